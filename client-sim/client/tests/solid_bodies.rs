//! In a room in which bodies stop players, a client predicts its player among the bodies that it
//! sees, and takes the server's correction where it does not know enough.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use parlour_client::{Agreement, Command, Event, Position, Tick};
use parlour_shared::{
    ids::{KindId, Slot},
    message::{EntityKind, RoomEntered, ServerMessage},
    motion::{Direction, Gait, Heading, Velocity},
};
use support::{
    OTHER, OTHER_PLAYER, OWN, Record, Seat, encoded, enter_own, gait, map, room_entered, snapshot,
};

const GATE: Record = Record::EnterObject(
    Slot::FIRST_OBJECT,
    KindId(1),
    Position {
        x: 100 * 256,
        y: 200 * 256,
    },
    Gait {
        heading: Heading::walk(Direction::Still),
        blocked_x: false,
        blocked_y: false,
    },
);

/// Players stop each other, and gates of 48 x 8 px stop them.
fn kinds() -> Vec<EntityKind> {
    let player = EntityKind {
        name: "player".into(),
        half_x: 2048,
        half_y: 2048,
        layer: 1,
        stopped_by: 1 << 1,
        ..EntityKind::default()
    };
    let gate = EntityKind {
        name: "gate".into(),
        half_x: 24 * 256,
        half_y: 4 * 256,
        stopped_by: 0,
        ..player.clone()
    };
    vec![player, gate]
}

/// Returns a client that sees these entities from tick 100 on, and stands at this position.
fn among(position: Position, others: &[Record]) -> Seat {
    let mut seat = Seat::welcomed();
    let entered = RoomEntered {
        kinds: kinds(),
        ..room_entered(map())
    };
    seat.get(&encoded(&ServerMessage::RoomEntered(entered)));
    let records = [&[enter_own(position)], others].concat();
    seat.get(&snapshot(1, 100, None, None, &records));
    seat
}

fn walk(seat: &mut Seat, direction: Direction, tick: u32) -> u32 {
    let heading = direction.into();
    let at = Some(Tick(tick));
    seat.send(Command::Walk { heading, at }).0
}

fn agreement(event: &Event) -> Option<Agreement> {
    match event {
        Event::Snapshot { own, .. } => *own,
        _ => None,
    }
}

#[test]
fn a_gate_stops_the_prediction() {
    let mut seat = among(Position::from_px(100, 150), &[GATE]);
    walk(&mut seat, Direction::South, 101);
    let before_gate = Position::from_px(100, 200 - 4 - 8);
    assert_eq!(
        seat.client.position_at(Tick(110)),
        Some(Position {
            x: 100 * 256,
            y: 150 * 256 + 9 * 640
        })
    );
    assert_eq!(seat.client.position_at(Tick(130)), Some(before_gate));
    assert_eq!(seat.client.position_at(Tick(220)), Some(before_gate));
}

/// Returns a gate in the slot of an object.
fn gate(slot: u16, position: Position) -> Record {
    let slot = Slot(Slot::FIRST_OBJECT.0 + slot);
    Record::EnterObject(slot, KindId(1), position, Gait::default())
}

#[test]
fn among_very_many_bodies_the_nearest_ones_stop_the_prediction() {
    let far = |slot: u16| gate(slot, Position::from_px(300 + i32::from(slot), 900));
    let mut others: Vec<Record> = (0..400).map(far).collect();
    others.push(gate(400, Position::from_px(100, 200)));
    let mut seat = among(Position::from_px(100, 150), &others);
    walk(&mut seat, Direction::South, 101);
    let before_gate = Position::from_px(100, 200 - 4 - 8);
    assert_eq!(seat.client.position_at(Tick(150)), Some(before_gate));
}

#[test]
fn a_body_that_came_from_afar_on_one_segment_stops_the_prediction() {
    let slow = Heading::free(Velocity { x: -300, y: 0 });
    let start = Position {
        x: 170 * 256 + 300 * 2_600,
        y: 150 * 256,
    };
    let other = Record::Enter(OTHER, OTHER_PLAYER, start, gait(slow));
    let mut seat = among(Position::from_px(200, 150), &[other]);
    seat.get(&snapshot(1, 2_700, Some(100), None, &[]));
    walk(&mut seat, Direction::West, 2_701);
    for ticks in 1..60 {
        let free = 200 * 256 - 640 * (ticks - 1);
        let behind = (170 + 16) * 256 - 300 * (ticks - 1);
        let position = seat.client.position_at(Tick(2_700 + ticks as u32)).unwrap();
        assert_eq!(position.x, free.max(behind), "after {ticks} ticks");
    }
}

#[test]
fn a_snapshot_that_agrees_is_compared() {
    let mut seat = among(Position::from_px(100, 150), &[GATE]);
    let seq = walk(&mut seat, Direction::South, 101);
    let stopped = Gait {
        blocked_y: true,
        ..gait(Heading::walk(Direction::South))
    };
    let turn = Record::Turn(OWN, 0, gait(Heading::walk(Direction::South)));
    let event = seat.get(&snapshot(1, 101, Some(100), Some(seq), &[turn]));
    assert_eq!(agreement(&event), Some(Agreement::Agreed));
    let anchor = Record::Anchor(OWN, Position::from_px(100, 188), stopped);
    let event = seat.get(&snapshot(1, 130, Some(101), None, &[anchor]));
    assert_eq!(agreement(&event), Some(Agreement::Agreed));
}

#[test]
fn a_gate_that_lets_the_player_pass_is_a_correction() {
    let mut seat = among(Position::from_px(100, 150), &[GATE]);
    let seq = walk(&mut seat, Direction::South, 101);
    let turn = Record::Turn(OWN, 29, gait(Heading::walk(Direction::South)));
    let event = seat.get(&snapshot(1, 130, Some(100), Some(seq), &[turn]));
    assert_eq!(agreement(&event), Some(Agreement::Corrected));
    // It overlaps the gate, whose middle is above it.
    let here = Position {
        x: 100 * 256,
        y: 150 * 256 + 29 * 640,
    };
    assert!(here.y > 200 * 256);
    let next = Position {
        y: here.y + 640,
        ..here
    };
    assert_eq!(seat.client.position_at(Tick(131)), Some(next));
}

#[test]
fn a_player_follows_a_slower_one_at_each_tick() {
    // The slot of the other player is higher, so it walks after the own one in each tick.
    let slow = Heading::free(Velocity { x: 300, y: 0 });
    let other = Record::Enter(OTHER, OTHER_PLAYER, Position::from_px(130, 150), gait(slow));
    let mut seat = among(Position::from_px(100, 150), &[other]);
    walk(&mut seat, Direction::East, 101);
    for ticks in 1..60 {
        let free = 100 * 256 + 640 * (ticks - 1);
        // Where the other one was before this tick.
        let behind = (130 - 16) * 256 + 300 * (ticks - 1);
        let position = seat.client.position_at(Tick(100 + ticks as u32)).unwrap();
        assert_eq!(position.x, free.min(behind), "after {ticks} ticks");
    }
}

#[test]
fn bodies_stop_nobody_where_the_kinds_do_not_say_so() {
    let other = Record::Enter(OTHER, OTHER_PLAYER, Position::from_px(130, 150), Gait::default());
    let mut seat = Seat::in_room(Position::from_px(100, 150));
    seat.get(&snapshot(1, 101, Some(100), None, &[other]));
    walk(&mut seat, Direction::East, 102);
    assert_eq!(
        seat.client.position_at(Tick(142)),
        Some(Position::from_px(200, 150))
    );
}

//! The client detects every violation of the protocol by a server, and reports its kind.

mod support;

use parlour_client::{Command, Event};
use parlour_shared::{
    ids::{Epoch, Tick},
    map::MapInfo,
    message::{Scope, ServerMessage},
    motion::{Direction, Gait, Heading, Position},
    view::SnapshotJson,
};
use support::{
    EPOCH, OTHER, OTHER_PLAYER, OWN, Record, Seat, chat, encoded, enter_own, entered_with, gait, left, map,
    snapshot, welcome,
};

const HERE: Position = Position { x: 25_600, y: 25_600 };
const EAST: Heading = Heading::walk(Direction::East);
const WEST: Heading = Heading::walk(Direction::West);

fn seat() -> Seat {
    Seat::in_room(HERE)
}

#[test]
fn bytes_that_are_not_a_message_are_a_violation() {
    assert_eq!(seat().violation(&[]), "codec");
    assert_eq!(seat().violation(&[200, 1, 2]), "codec");
    assert_eq!(
        seat().violation(&[chat(Scope::Room, EPOCH, 41), vec![0]].concat()),
        "codec"
    );
    assert_eq!(seat().violation(&[0, 0xFF]), "snapshot");
    let frame = snapshot(1, 101, Some(100), None, &[]);
    assert_eq!(seat().violation(&frame[..frame.len() - 1]), "snapshot");
    let json = encoded(&ServerMessage::Snapshot(SnapshotJson::default()));
    assert_eq!(seat().violation(&json), "snapshot");
}

#[test]
fn messages_out_of_order_are_a_violation() {
    let mut fresh = Seat {
        client: parlour_client::Client::new(),
        now: std::time::Instant::now(),
    };
    assert_eq!(fresh.violation(&entered_with(map())), "before_welcome");
    assert_eq!(Seat::welcomed().violation(&welcome()), "second_welcome");
    assert_eq!(
        Seat::welcomed().violation(&snapshot(1, 101, None, None, &[])),
        "snapshot_outside_room"
    );
    assert_eq!(Seat::welcomed().violation(&left()), "room_order");
    assert_eq!(seat().violation(&entered_with(map())), "room_order");
    let huge = MapInfo { tile_px: 1, ..map() };
    assert_eq!(Seat::welcomed().violation(&entered_with(huge)), "map");
}

#[test]
fn snapshots_that_do_not_fit_the_view_are_a_violation() {
    assert_eq!(
        seat().violation(&snapshot(2, 101, Some(100), None, &[])),
        "wrong_stay"
    );
    assert_eq!(
        seat().violation(&snapshot(1, 100, None, None, &[enter_own(HERE)])),
        "tick_not_later"
    );
    assert_eq!(
        seat().violation(&snapshot(1, 103, Some(101), None, &[])),
        "unknown_base"
    );
    assert_eq!(
        seat().violation(&snapshot(1, 101, Some(100), None, &[enter_own(HERE)])),
        "enter_of_known_slot"
    );
    let turn = Record::Turn(OTHER, 0, gait(EAST));
    assert_eq!(
        seat().violation(&snapshot(1, 101, Some(100), None, &[turn])),
        "news_of_unknown_slot"
    );
    assert_eq!(
        seat().violation(&snapshot(1, 101, Some(100), None, &[Record::Leave(OTHER)])),
        "news_of_unknown_slot"
    );
    let early = Record::Turn(OWN, 5, gait(EAST));
    assert_eq!(
        seat().violation(&snapshot(1, 101, Some(100), None, &[early])),
        "turn_too_old"
    );
    assert_eq!(
        seat().violation(&snapshot(1, u32::MAX, None, None, &[enter_own(HERE)])),
        "tick_range"
    );
    let other = Record::Enter(OTHER, OTHER_PLAYER, HERE, Gait::default());
    assert_eq!(
        seat().violation(&snapshot(1, 101, None, None, &[other])),
        "own_missing"
    );
}

#[test]
fn a_player_that_moves_without_a_command_is_a_violation() {
    let pushed = Record::Anchor(
        OWN,
        Position {
            x: HERE.x + 1,
            ..HERE
        },
        Gait::default(),
    );
    assert_eq!(
        seat().violation(&snapshot(1, 110, Some(100), None, &[pushed])),
        "prediction"
    );
    let walks = Record::Turn(OWN, 0, gait(EAST));
    assert_eq!(
        seat().violation(&snapshot(1, 110, Some(100), None, &[walks])),
        "prediction"
    );
    // A full snapshot is checked in the same way.
    let elsewhere = enter_own(Position {
        y: HERE.y - 1,
        ..HERE
    });
    assert_eq!(
        seat().violation(&snapshot(1, 110, None, None, &[elsewhere])),
        "prediction"
    );
}

#[test]
fn a_command_that_is_applied_wrongly_is_a_violation() {
    let turned = |seat: &mut Seat, records| {
        let (seq, _) = seat.send(Command::walk(Direction::East));
        seat.violation(&snapshot(1, 110, Some(100), Some(seq), &[records]))
    };
    assert_eq!(turned(&mut seat(), Record::Turn(OWN, 3, gait(EAST))), "none");
    assert_eq!(
        turned(&mut seat(), Record::Turn(OWN, 3, gait(WEST))),
        "prediction"
    );
    let blocked = Gait {
        blocked_x: true,
        ..gait(EAST)
    };
    assert_eq!(turned(&mut seat(), Record::Turn(OWN, 3, blocked)), "prediction");
    // The player cannot have walked for ten ticks, because at most nine have passed.
    let walked = |ticks: i32| {
        Record::Anchor(
            OWN,
            Position {
                x: HERE.x + 640 * ticks,
                ..HERE
            },
            gait(EAST),
        )
    };
    assert_eq!(turned(&mut seat(), walked(9)), "none");
    assert_eq!(turned(&mut seat(), walked(10)), "prediction");
    // The command is acknowledged, but nothing happened.
    let mut quiet = seat();
    let (seq, _) = quiet.send(Command::walk(Direction::East));
    assert_eq!(
        quiet.violation(&snapshot(1, 110, Some(100), Some(seq), &[])),
        "prediction"
    );
}

#[test]
fn a_mismatch_is_reported_once() {
    let mut seat = seat();
    let pushed = Position {
        x: HERE.x + 256,
        ..HERE
    };
    let frame = snapshot(
        1,
        110,
        Some(100),
        None,
        &[Record::Anchor(OWN, pushed, Gait::default())],
    );
    assert_eq!(seat.violation(&frame), "prediction");
    assert!(matches!(
        seat.get(&snapshot(1, 120, Some(110), None, &[])),
        Event::Snapshot { own: Some(_), .. }
    ));
    assert_eq!(
        seat.client.segment().map(|segment| segment.at(Tick(120))),
        Some(pushed)
    );
}

#[test]
fn a_position_in_a_wall_or_off_the_map_is_a_violation() {
    let places = [
        Position::from_px(200, 330),
        Position { x: -1, y: 0 },
        Position {
            x: i32::MIN,
            y: i32::MIN,
        },
        Position {
            x: i32::MAX,
            y: i32::MAX,
        },
    ];
    for place in places {
        let frame = snapshot(
            1,
            110,
            Some(100),
            None,
            &[Record::Anchor(OWN, place, Gait::default())],
        );
        assert_eq!(seat().violation(&frame), "own_in_wall", "{place:?}");
    }
}

#[test]
fn acknowledging_a_command_that_was_not_sent_is_a_violation() {
    assert_eq!(
        seat().violation(&snapshot(1, 110, Some(100), Some(1), &[])),
        "acknowledgement"
    );
    let mut seat = seat();
    let (first, _) = seat.send(Command::walk(Direction::East));
    let (second, _) = seat.send(Command::walk(Direction::West));
    seat.get(&snapshot(
        1,
        105,
        Some(100),
        Some(second),
        &[Record::Turn(OWN, 0, gait(WEST))],
    ));
    assert_eq!(
        seat.violation(&snapshot(1, 110, Some(105), Some(first), &[])),
        "acknowledgement"
    );
}

#[test]
fn gaps_and_repetitions_in_the_streams_are_violations() {
    for scope in [Scope::Room, Scope::Near] {
        let first = if scope == Scope::Room { 41 } else { 1 };
        let mut seat = seat();
        seat.get(&chat(scope, EPOCH, first));
        assert_eq!(seat.violation(&chat(scope, EPOCH, first)), "stamp");
        assert_eq!(seat.violation(&chat(scope, EPOCH, first + 2)), "stamp");
        assert_eq!(seat.violation(&chat(scope, Epoch(8), first + 3)), "stamp");
        seat.get(&chat(scope, EPOCH, first + 4));
        seat.get(&left());
        assert_eq!(seat.violation(&chat(scope, EPOCH, first + 5)), "stamp");
    }
}

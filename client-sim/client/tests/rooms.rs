//! Ticks belong to a room: the clock, the aim and the prediction start again in each room, whose
//! ticks may be lower than those of the last one.

mod support;

use std::time::Duration;

use parlour_client::{Agreement, Command, DEFAULT_LEAD, Event, Heading, Position, Tick};
use parlour_shared::{message::LeaveReason, motion::Direction};
use support::{
    OWN, OWN_PLAYER, Record, Seat, enter_own, entered_next, entered_with, gait, left, left_for, map, snapshot,
};

const EAST: Heading = Heading::walk(Direction::East);
const PERIOD: Duration = Duration::from_nanos(16_666_666);

/// Returns a client that came from tick 100 of one room to tick 7 of the next, where it stands at
/// this position at tick 8.
fn in_next_room(mut seat: Seat, position: Position) -> Seat {
    seat.get(&left_for(LeaveReason::Moved));
    assert_eq!(seat.get(&entered_next(2, 7)), Event::Entered);
    seat.now += PERIOD;
    seat.get(&snapshot(2, 8, None, None, &[enter_own(position)]));
    seat
}

#[test]
fn the_clock_runs_only_in_a_room_and_starts_again_in_the_next() {
    let mut seat = Seat::welcomed();
    assert_eq!(seat.client.tick_at(seat.now), None, "no tick before a room");
    seat.get(&entered_with(map()));
    assert_eq!(seat.client.tick_at(seat.now), Some(Tick(100)));
    seat.get(&left());
    assert_eq!(seat.client.tick_at(seat.now), None, "no tick after a room");
    assert_eq!(seat.client.next_sample(seat.now, DEFAULT_LEAD), None);
    seat.get(&entered_next(2, 7));
    assert_eq!(seat.client.tick_at(seat.now), Some(Tick(7)));
    let later = seat.now + Duration::from_millis(500);
    assert_eq!(seat.client.tick_at(later), Some(Tick(37)));
}

#[test]
fn snapshots_of_the_next_room_may_have_lower_ticks_but_rise_within_a_stay() {
    let place = Position::from_px(100, 100);
    let mut seat = in_next_room(Seat::in_room(place), place);
    seat.get(&snapshot(2, 9, Some(8), None, &[]));
    assert_eq!(
        seat.violation(&snapshot(2, 9, Some(8), None, &[])),
        "tick_not_later"
    );
    assert_eq!(seat.violation(&snapshot(1, 10, Some(9), None, &[])), "wrong_stay");
}

#[test]
fn headers_of_the_next_room_may_have_lower_ticks() {
    let mut seat = Seat::welcomed();
    let place = Position::from_px(100, 100);
    let frames = [
        entered_with(map()),
        snapshot(1, 100, None, None, &[enter_own(place)]),
        left_for(LeaveReason::Moved),
        entered_next(2, 7),
        snapshot(2, 8, None, None, &[enter_own(place)]),
        snapshot(2, 9, Some(8), None, &[]),
    ];
    for frame in frames {
        let received = seat.client.receive_header(&frame, seat.now);
        assert_eq!(received.expect("in order").violation, None);
    }
    let again = seat
        .client
        .receive_header(&snapshot(2, 9, Some(8), None, &[]), seat.now);
    assert_eq!(again.expect_err("not later").kind(), "tick_not_later");
}

#[test]
fn a_room_that_ended_may_be_followed_by_another_or_by_none() {
    let mut seat = Seat::in_room(Position::from_px(100, 100));
    let event = seat.get(&left_for(LeaveReason::Ended));
    assert!(
        matches!(&event, Event::Left(left) if left.reason == LeaveReason::Ended),
        "{event:?}"
    );
    assert!(seat.client.room().is_none());
    seat.get(&entered_next(2, 1));
    assert_eq!(
        seat.client.room().map(|room| room.entered.room.as_str()),
        Some("next")
    );
}

#[test]
fn walks_of_the_last_room_are_not_predicted_in_the_next() {
    let place = Position::from_px(100, 100);
    let mut seat = Seat::in_room(place);
    seat.send(Command::walk(Direction::East));
    // It was aimed far ahead of the next room's ticks, and the one after it is not held up.
    seat.send(Command::Walk {
        heading: Direction::East.into(),
        at: Some(Tick(104)),
    });
    let mut seat = in_next_room(seat, place);
    assert_eq!(seat.client.position_at(Tick(200)), Some(place));
    seat.send(Command::Walk {
        heading: Direction::East.into(),
        at: Some(Tick(10)),
    });
    assert_eq!(
        seat.client.position_at(Tick(20)),
        Some(Position::from_px(125, 100))
    );
}

#[test]
fn a_walk_that_was_sent_before_entering_may_take_effect_in_the_next_room() {
    let place = Position::from_px(100, 100);
    let mut seat = Seat::in_room(place);
    let (seq, _) = seat.send(Command::walk(Direction::East));
    let mut seat = in_next_room(seat, place);
    let turn = [Record::Turn(OWN, 1, gait(EAST))];
    let event = seat.get(&snapshot(2, 10, Some(8), Some(seq), &turn));
    assert!(
        matches!(
            event,
            Event::Snapshot {
                own: Some(Agreement::Agreed),
                ..
            }
        ),
        "{event:?}"
    );
    assert_eq!(seat.client.unacknowledged_walks(), 0);
}

#[test]
fn the_numbers_of_walks_go_on_in_the_next_room() {
    let place = Position::from_px(100, 100);
    let mut seat = Seat::in_room(place);
    seat.send(Command::walk(Direction::East));
    let mut seat = in_next_room(seat, place);
    assert_eq!(seat.send(Command::walk(Direction::Still)).0, 2);
    assert_eq!(seat.client.player(), Some(OWN_PLAYER));
}

#[test]
fn the_aim_starts_again_in_the_next_room() {
    let place = Position::from_px(100, 100);
    let mut seat = Seat::in_room(place);
    // An acknowledged walk teaches the client that it must send 40 ms before a tick.
    let start = seat.now;
    seat.send(Command::Walk {
        heading: Direction::East.into(),
        at: Some(Tick(101)),
    });
    seat.now = start + 3 * PERIOD;
    let turn = [Record::Turn(OWN, 0, gait(EAST))];
    seat.get(&snapshot(1, 101, Some(100), Some(1), &turn));
    // One of the last room is still in flight.
    seat.send(Command::Walk {
        heading: Direction::East.into(),
        at: Some(Tick(106)),
    });
    let mut seat = in_next_room(seat, place);
    let expected = (seat.now + PERIOD - DEFAULT_LEAD, Tick(9));
    assert_eq!(seat.client.next_sample(seat.now, DEFAULT_LEAD), Some(expected));
    // Its acknowledgement says nothing about the ticks of this room.
    seat.get(&snapshot(
        2,
        9,
        Some(8),
        Some(2),
        &[Record::Turn(OWN, 0, gait(EAST))],
    ));
    let (moment, tick) = seat
        .client
        .next_sample(seat.now, DEFAULT_LEAD)
        .expect("a tick is known");
    assert!(tick <= Tick(11), "{tick:?}");
    assert!(moment <= seat.now + 2 * PERIOD);
}

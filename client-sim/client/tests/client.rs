//! The client applies the server's messages, and encodes the player's commands.

mod support;

use std::{sync::Arc, time::Duration};

use parlour_client::{Agreement, Client, Command, DEFAULT_LEAD, Event, Settings};
use parlour_shared::{
    codec,
    ids::{Slot, Tick},
    limits::PROTOCOL,
    map::MapInfo,
    message::{ClientMessage, Pong, Scope, ServerMessage, Stamp, StateChanged, StateEntry},
    motion::{Direction, Gait, Heading, Position},
};
use support::{
    EPOCH, OTHER, OTHER_PLAYER, OWN, OWN_PLAYER, Record, Seat, chat, encoded, enter_own, entered_in,
    entered_with, gait, left, map, snapshot, walls,
};

const EAST: Heading = Heading::walk(Direction::East);

#[test]
fn the_hello_names_protocol_and_schema() {
    let mut out = Vec::new();
    let settings = Settings {
        name: "ada".into(),
        token: Some("t".into()),
    };
    Client::new().hello(&settings, &mut out);
    let Ok(ClientMessage::Hello(hello)) = codec::decode_client(&out) else {
        panic!("not a hello")
    };
    assert_eq!((hello.protocol, hello.schema), (PROTOCOL, codec::SCHEMA));
    assert_eq!((hello.name.as_str(), hello.token.as_deref()), ("ada", Some("t")));
}

#[test]
fn commands_become_messages_on_the_wire() {
    let mut seat = Seat::welcomed();
    let decoded = |out: Vec<u8>| codec::decode_client(&out).expect("canonical");
    let (request, out) = seat.send(Command::join("plaza/1"));
    assert!(
        matches!(decoded(out), ClientMessage::Join(join) if join.request == request && join.room == "plaza/1")
    );
    let (other, out) = seat.send(Command::say("hi"));
    assert_ne!(request, other);
    assert!(
        matches!(decoded(out), ClientMessage::Chat(chat) if chat.request == other && chat.scope == Scope::Room)
    );
    let (first, _) = seat.send(Command::walk(Direction::East));
    let (second, out) = seat.send(Command::Walk {
        heading: Direction::East.into(),
        at: Some(Tick(12)),
    });
    assert_eq!((first, second), (1, 2));
    assert!(matches!(decoded(out), ClientMessage::Move(step) if step.seq == 2 && step.tick == Tick(12)));
    let (_, out) = seat.send(Command::Bye);
    assert_eq!(decoded(out), ClientMessage::Bye);
}

#[test]
fn a_view_follows_the_snapshots() {
    let mut seat = Seat::in_room(Position::from_px(100, 100));
    assert_eq!(seat.client.player(), Some(OWN_PLAYER));
    assert_eq!(seat.client.slot(), Some(OWN));
    let there = Position::from_px(200, 100);
    seat.get(&snapshot(
        1,
        110,
        Some(100),
        None,
        &[Record::Enter(OTHER, OTHER_PLAYER, there, gait(EAST))],
    ));
    assert_eq!(
        seat.client.view().position(OTHER, Tick(120)),
        Some(Position::from_px(225, 100))
    );
    assert_eq!(seat.client.snapshot().enters.len(), 1);
    seat.get(&snapshot(1, 120, Some(110), None, &[Record::Leave(OTHER)]));
    assert_eq!(seat.client.view().get(OTHER), None);
}

#[test]
fn the_players_own_turn_agrees_with_the_prediction() {
    let mut seat = Seat::in_room(Position::from_px(100, 100));
    let (seq, _) = seat.send(Command::walk(Direction::East));
    let event = seat.get(&snapshot(
        1,
        106,
        Some(100),
        Some(seq),
        &[Record::Turn(OWN, 2, gait(EAST))],
    ));
    assert!(
        matches!(event, Event::Snapshot { own: Some(Agreement::Agreed), ack: Some(ack) } if ack.seq == seq)
    );
    assert_eq!(
        seat.client.segment().map(|segment| segment.at(Tick(106))),
        Some(Position::from_px(105, 100))
    );
}

#[test]
fn the_players_position_is_known_before_the_server_reports_it() {
    let mut seat = Seat::in_room(Position::from_px(100, 100));
    seat.send(Command::Walk {
        heading: Direction::East.into(),
        at: Some(Tick(104)),
    });
    assert_eq!(
        seat.client.position_at(Tick(104)),
        Some(Position::from_px(100, 100))
    );
    assert_eq!(
        seat.client.position_at(Tick(124)),
        Some(Position::from_px(150, 100))
    );
}

#[test]
fn the_tick_is_estimated_from_the_fastest_message() {
    let mut seat = Seat::in_room(Position::from_px(100, 100));
    let start = seat.now;
    assert_eq!(seat.client.tick_at(start), Some(Tick(100)));
    // Half a second later a message arrives that took 100 ms. It must not set the estimate back.
    seat.now = start + Duration::from_millis(500);
    seat.get(&snapshot(1, 124, Some(100), None, &[]));
    assert_eq!(seat.client.tick_at(seat.now), Some(Tick(130)));
    seat.get(&snapshot(1, 133, Some(124), None, &[]));
    assert_eq!(seat.client.tick_at(seat.now), Some(Tick(133)));
}

#[test]
fn a_ping_measures_the_round_trip() {
    let mut seat = Seat::welcomed();
    let (nonce, _) = seat.send(Command::Ping);
    seat.now += Duration::from_millis(7);
    let pong = encoded(&ServerMessage::Pong(Pong { nonce }));
    assert_eq!(
        seat.get(&pong),
        Event::Pong {
            rtt: Duration::from_millis(7)
        }
    );
}

#[test]
fn room_state_is_kept_up_to_date() {
    let mut seat = Seat::in_room(Position::from_px(100, 100));
    let entry = |key: &str, version, value: Option<&str>| StateEntry {
        key: key.into(),
        version,
        value: value.map(Into::into),
    };
    let changed = |seq, entries| {
        encoded(&ServerMessage::StateChanged(StateChanged {
            stamp: Stamp { epoch: EPOCH, seq },
            tick: Tick(101),
            player: Some(OTHER_PLAYER),
            entries,
        }))
    };
    seat.get(&changed(
        41,
        vec![entry("a", 1, Some("x")), entry("b", 1, Some("y"))],
    ));
    seat.get(&chat(Scope::Room, EPOCH, 42));
    seat.get(&changed(43, vec![entry("a", 2, Some("z")), entry("b", 2, None)]));
    assert_eq!(seat.client.state(), [entry("a", 2, Some("z"))]);
}

#[test]
fn a_new_room_starts_from_scratch() {
    let mut seat = Seat::in_room(Position::from_px(100, 100));
    seat.get(&chat(Scope::Near, EPOCH, 1));
    assert!(matches!(seat.get(&left()), Event::Left(_)));
    assert_eq!(seat.client.slot(), None);
    assert_eq!(seat.get(&entered_with(map())), Event::Entered);
    // The position differs, and the streams start again. Neither is a violation.
    let event = seat.get(&snapshot(
        1,
        130,
        None,
        None,
        &[enter_own(Position::from_px(500, 500))],
    ));
    assert!(matches!(
        event,
        Event::Snapshot {
            own: Some(Agreement::Started),
            ..
        }
    ));
    seat.get(&chat(Scope::Near, EPOCH, 1));
    seat.get(&chat(Scope::Room, EPOCH, 41));
}

#[test]
fn a_spectator_sees_only_the_others() {
    let mut seat = Seat::welcomed();
    let entered = seat.client.receive(&entered_in(Slot::NOBODY, map()), seat.now);
    assert!(entered.expect("in order").violation.is_none());
    assert_eq!(seat.client.slot(), None);
    let place = Position::from_px(100, 100);
    let other = Record::Enter(OTHER, OTHER_PLAYER, place, Gait::default());
    let received = seat
        .client
        .receive(&snapshot(1, 101, None, None, &[other]), seat.now);
    let received = received.expect("nobody is missing");
    assert!(matches!(received.event, Event::Snapshot { own: None, ack: None }));
    assert!(received.violation.is_none());
    assert_eq!(
        seat.client
            .view()
            .find_player(OTHER_PLAYER)
            .map(|(slot, ..)| slot),
        Some(OTHER)
    );
}

#[test]
fn clients_share_equal_walls() {
    let mut seats = [(); 2].map(|()| Seat::in_room(Position::from_px(100, 100)));
    let mut known = Vec::new();
    for seat in &mut seats {
        seat.client.share_walls(&mut known);
    }
    let grids = seats
        .each_ref()
        .map(|seat| seat.client.room().map(|room| room.walls.clone()));
    let [Some(one), Some(other)] = grids else {
        panic!("both are in a room");
    };
    assert!(Arc::ptr_eq(&one, &other));
    assert_eq!((known.len(), &*one), (1, &walls()));
    // Different maps have their own walls, and the number of kept ones is bounded.
    for width in 21..60 {
        let mut seat = Seat::welcomed();
        seat.get(&entered_with(MapInfo { width, ..map() }));
        seat.client.share_walls(&mut known);
        assert_eq!(
            seat.client.room().map(|room| room.walls.size()),
            Some((width, 20))
        );
    }
    assert_eq!(known.len(), 16);
}

#[test]
fn aimed_walks_teach_when_to_sample_next() {
    let mut seat = Seat::in_room(Position::from_px(100, 100));
    let start = seat.now;
    // Before the first acknowledgement the client assumes that there is no latency.
    let (moment, tick) = seat
        .client
        .next_sample(start, DEFAULT_LEAD)
        .expect("a tick is known");
    let period = Duration::from_nanos(16_666_666);
    assert_eq!((moment, tick), (start + period - DEFAULT_LEAD, Tick(101)));
    let walk = Command::Walk {
        heading: Direction::East.into(),
        at: Some(tick),
    };
    seat.now = moment;
    seat.send(walk);
    seat.now = start + period + Duration::from_micros(500);
    seat.get(&snapshot(
        1,
        101,
        Some(100),
        Some(1),
        &[Record::Turn(OWN, 0, gait(EAST))],
    ));
    // It arrived 2 ms early, as intended. The next ticks are sampled at the same distance.
    let (next, tick) = seat
        .client
        .next_sample(seat.now, DEFAULT_LEAD)
        .expect("a tick is known");
    assert_eq!((next, tick), (moment + period, Tick(102)));
    let mut fresh = Client::new();
    assert_eq!(fresh.next_sample(seat.now, DEFAULT_LEAD), None);
    fresh.hello(&Settings::default(), &mut Vec::new());
    assert_eq!(fresh.next_sample(seat.now, DEFAULT_LEAD), None);
}

#[test]
fn debug_output_of_settings_and_hello_hides_secrets() {
    let settings = Settings {
        name: "Ada".into(),
        token: Some("secret".into()),
    };
    assert_eq!(
        format!("{settings:?}"),
        r#"Settings { name: "Ada", token: Some(..) }"#
    );
    let hello = parlour_shared::message::Hello {
        token: settings.token,
        resume: Some("secret".into()),
        ..parlour_shared::message::Hello::default()
    };
    let text = format!("{hello:?}");
    assert!(
        text.contains("token: Some(..)") && !text.contains("secret"),
        "{text}"
    );
}

//! The order of refusals if several apply: docs/protocol.md, section 11.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{
    ids::{ObjectId, PlayerId},
    limits::{MAX_CUSTOM_BYTES, MAX_STATE_KEYS, MAX_STATE_WRITES},
    message::{
        Act, ActTarget, Body, ClientMessage, Custom, KeyVersion, Move, MoveHeading, Refusal, Refused, Scope,
        ServerMessage, StateWrite,
    },
    motion::Direction,
};
use parlour_sim::{Rate, SimulationApp};
use parlour_testing::{SessionActions as _, TestWorld, plaza};

/// One request, then none for 1000 ticks.
const ONCE: Rate = Rate {
    burst: 1,
    every_ticks: 1000,
};

fn write(key: String, version: u32) -> StateWrite {
    StateWrite {
        key,
        version,
        value: Some("v".into()),
    }
}

fn stale(key: &str, version: u32) -> Refusal {
    Refusal::StaleVersion {
        current: vec![KeyVersion {
            key: key.into(),
            version,
        }],
    }
}

#[test]
fn a_rate_limit_comes_before_every_other_refusal() {
    let mut config = plaza();
    let rates = &mut config.rules.rates;
    for rate in [
        &mut rates.join,
        &mut rates.chat,
        &mut rates.skin,
        &mut rates.state,
        &mut rates.custom,
    ] {
        *rate = ONCE;
    }
    let mut world = TestWorld::new(config);
    world.open(1);
    for _ in 0..2 {
        world.join(1, "No Such Room");
        world.chat(1, Scope::Room, "");
        world.skin(1, 99);
        world.write_all(1, vec![]);
        world.custom(1, "unknown", &1_u8);
    }
    world.tick();
    let refusals = world.refusals(1);
    let first = [
        Refusal::NoSuchRoom,
        Refusal::BadText,
        Refusal::UnknownSkin,
        Refusal::BadState,
        Refusal::UnknownMessage,
    ];
    assert_eq!(refusals[..5], first);
    assert_eq!(refusals[5..], vec![Refusal::rate_limited(1000); 5]);
}

#[test]
fn an_invalid_request_comes_before_a_missing_room() {
    let mut world = TestWorld::new(plaza());
    world.open(1);
    world.chat(1, Scope::Near, "");
    world.write_all(1, vec![write("No Key".into(), 0)]);
    world.skin(1, 99);
    world.custom(1, "unknown", &1_u8);
    world.tick();
    let senseless = [
        Refusal::BadText,
        Refusal::BadState,
        Refusal::UnknownSkin,
        Refusal::UnknownMessage,
    ];
    assert_eq!(world.refusals(1), senseless);
    world.leave(1);
    world.chat(1, Scope::Room, "hello");
    world.write_all(1, vec![write("key".into(), 0)]);
    world.tick();
    assert_eq!(world.refusals(1), vec![Refusal::NotInRoom; 3]);
}

#[test]
fn a_stale_version_comes_before_a_full_state() {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(1, "plaza");
    for from in (0..MAX_STATE_KEYS).step_by(MAX_STATE_WRITES) {
        let batch = (from..from + MAX_STATE_WRITES).map(|at| write(format!("k{at}"), 0));
        world.write_all(1, batch.collect());
    }
    world.tick();
    assert_eq!(world.refusals(1), []);
    world.write_all(1, vec![write("k0".into(), 7), write("new".into(), 0)]);
    world.write_all(1, vec![write("k0".into(), 1), write("new".into(), 0)]);
    world.tick();
    assert_eq!(world.refusals(1), [stale("k0", 1), Refusal::StateFull]);
}

#[test]
fn a_join_checks_the_room_then_the_player_then_the_capacity() {
    let mut config = plaza();
    config.rules.capacity = 1;
    config.max_rooms = 2;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza/2");
    world.tick();
    world.messages(1);
    let view = world.client(1).room().view;
    for name in ["atlantis", "plaza/3", "plaza", "plaza/2"] {
        world.join(1, name);
    }
    world.tick();
    let refusals = [
        Refusal::NoSuchRoom,
        Refusal::TooManyRooms,
        Refusal::AlreadyThere,
        Refusal::RoomFull,
    ];
    assert_eq!(world.refusals(1), refusals);
    let room = world.client(1).room();
    assert_eq!(
        (room.room.as_str(), room.view),
        ("plaza", view),
        "a refused join leaves a player where it was"
    );
    assert_eq!(world.output.counts.rooms, 2);
}

#[test]
fn a_body_over_1_kib_is_bad() {
    let mut world = TestWorld::with_plugins(plaza(), |app: &mut bevy_app::App| {
        app.player_message::<Vec<u8>>("blob");
    });
    world.open(1);
    // The length takes three bytes.
    for bytes in [MAX_CUSTOM_BYTES - 3, MAX_CUSTOM_BYTES - 2] {
        let mut body = Vec::new();
        parlour_shared::codec::encode(&vec![0_u8; bytes], &mut body);
        assert_eq!(body.len(), bytes + 3);
        let (name, body) = ("blob".into(), Body::Bytes(body));
        world.send(
            1,
            ClientMessage::Custom(Custom {
                request: 6,
                name,
                body,
            }),
        );
        world.tick();
        let over = bytes + 3 > MAX_CUSTOM_BYTES;
        let bad = Refusal::BadBody {
            reason: "the body is longer than 1024 bytes".into(),
        };
        assert_eq!(world.refusals(1), vec![bad; usize::from(over)]);
    }
}

#[test]
fn an_action_that_no_game_logic_registered_is_an_unknown_message() {
    let mut config = plaza();
    config.rules.rates.custom = ONCE;
    let mut world = TestWorld::new(config);
    for (session, target) in [
        (1, ActTarget::Object(ObjectId(1))),
        (2, ActTarget::Player(PlayerId(7))),
    ] {
        world.open(session);
        let act = Act {
            request: 6,
            target,
            name: "open".into(),
            body: Body::default(),
        };
        world.send(session, ClientMessage::Act(act));
        world.tick();
        assert_eq!(world.refusals(session), [Refusal::UnknownMessage]);
        world.custom(session, "wave", &());
        world.tick();
        let refusals = world.refusals(session);
        assert!(
            matches!(refusals[..], [Refusal::RateLimited { .. }]),
            "actions and custom messages share a limit: {refusals:?}"
        );
    }
}

#[test]
fn a_rate_limited_command_is_refused_with_request_0_and_keeps_its_sequence_number() {
    let mut config = plaza();
    config.rules.rates.moves = Rate {
        burst: 1,
        every_ticks: 10,
    };
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.tick();
    world.messages(1);
    let mut walk = |seq, wait| {
        world.ticks(wait);
        let command = Move {
            seq,
            heading: MoveHeading::walk(Direction::East),
            ..Move::default()
        };
        world.command(1, command);
        world.tick();
        let refused = world.messages(1).into_iter().filter_map(|message| match message {
            ServerMessage::Refused(refused) => Some(refused),
            _ => None,
        });
        (world.output.counts.moves, refused.collect::<Vec<_>>())
    };
    let refused = Refused {
        request: 0,
        refusal: Refusal::rate_limited(9),
    };
    assert_eq!(walk(1, 0), (1, vec![]));
    assert_eq!(walk(2, 0), (0, vec![refused]));
    assert_eq!(walk(2, 10), (1, vec![]));
}

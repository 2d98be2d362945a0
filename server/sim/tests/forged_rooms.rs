//! A saved world from an untrusted source may hold rooms and reservations that no world can have.
//! Loading refuses each of them before it compares the hash.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::collections::BTreeMap;

use parlour_shared::{
    ids::{Epoch, SessionId, Tick},
    limits::RESERVATION_TICKS,
    message::{Join, JoinMode, Property},
};
use parlour_sim::{LoadError, OptionSpec, RoomTypeConfig, SimConfig, Simulation};
use parlour_testing::{SessionActions as _, TestWorld, encoded, forged_part, generous_rules, plaza};
use parlour_tick::{Reservation, TickInput, TickOutput};

fn config() -> SimConfig {
    let mut config = plaza();
    config.room_types = vec![RoomTypeConfig {
        rules: generous_rules(),
        options: vec![
            OptionSpec::number(OptionSpec::CAPACITY, 1, 10),
            OptionSpec::one_of("mode", ["day", "night"]),
        ],
        ..RoomTypeConfig::new("office", "plaza")
    }];
    config
}

fn property(key: &str, value: &str) -> Property {
    Property {
        key: key.into(),
        value: value.into(),
    }
}

/// A world with an office for three, in which one player is and one seat is reserved.
fn world() -> TestWorld {
    let mut world = TestWorld::new(config());
    world.open(1);
    world.join_as(
        1,
        Join {
            options: vec![property("mode", "day"), property("capacity", "3")],
            ..Join::room(1, "office")
        },
    );
    world.reserve(
        1,
        Reservation {
            ticket: "ticket".into(),
            seats: 1,
            join: Join::room(2, "office"),
            ..Reservation::default()
        },
    );
    world.ticks(3);
    world
}

#[track_caller]
fn assert_refused(bytes: &[u8]) {
    let error = Simulation::load(config(), (), bytes).err();
    let refused = matches!(
        error,
        Some(LoadError::Contradiction(_) | LoadError::Value { .. } | LoadError::Room { .. })
    );
    assert!(refused, "{error:?}");
}

#[test]
fn an_honest_world_with_options_and_reservations_continues() {
    let mut world = world();
    let mut loaded = Simulation::load(config(), (), &world.saved()).unwrap();
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    for _ in 0..RESERVATION_TICKS + 10 {
        world.tick();
        loaded.step(&mut input, &mut output);
        assert_eq!(output.hash, world.output.hash);
    }
}

#[test]
fn options_that_the_type_does_not_have_are_refused() {
    let office = vec![property("capacity", "3"), property("mode", "day")];
    let mut world = world();
    let honest = forged_part(&mut world, "room_options", &encoded(&office));
    assert!(
        Simulation::load(config(), (), &honest).is_ok(),
        "the helper changes nothing else"
    );
    let cases: [Vec<Property>; 5] = [
        vec![property("mode", "noon")],
        vec![property("colour", "red")],
        vec![property("mode", "day"), property("capacity", "3")],
        vec![property("capacity", "3"), property("capacity", "3")],
        vec![property("map", "plaza")],
    ];
    for options in cases {
        assert_refused(&forged_part(&mut world, "room_options", &encoded(&options)));
    }
}

#[test]
fn an_error_does_not_contain_the_name_of_a_private_room() {
    let mut world = TestWorld::new(config());
    world.open(1);
    let mode = JoinMode::Private;
    world.join_as(
        1,
        Join {
            mode,
            ..Join::room(1, "office/k7dq9x0w2m4c8vb")
        },
    );
    world.ticks(3);
    let bytes = forged_part(
        &mut world,
        "room_options",
        &encoded(&[property("mode", "noon")].to_vec()),
    );
    let error = Simulation::load(config(), (), &bytes).err().unwrap().to_string();
    assert!(error.contains("the room office/k7dq…: "), "{error}");
}

#[test]
fn a_listing_that_nobody_could_publish_is_refused() {
    let mut world = world();
    let many = (0..9).map(|n| property(&format!("key-{n}"), "")).collect();
    let cases: [Vec<Property>; 4] = [
        many,
        vec![property("Key", "")],
        vec![property("key", &"x".repeat(257))],
        vec![property("b", ""), property("a", "")],
    ];
    for properties in cases {
        assert_refused(&forged_part(
            &mut world,
            "room_listing",
            &encoded(&(false, properties)),
        ));
    }
}

#[test]
fn a_room_of_a_type_that_its_name_does_not_say_is_refused() {
    let mut world = world();
    let room = |name: &str, room_type: &str, map: &str| {
        let empty_since: Option<Tick> = None;
        encoded(&(name, room_type, map, Epoch(1), 0_u32, empty_since, false))
    };
    let honest = forged_part(&mut world, "room", &room("office", "office", "plaza"));
    assert!(Simulation::load(config(), (), &honest).is_ok());
    for (name, room_type, map) in [
        ("office", "plaza", "plaza"),
        ("plaza", "plaza", "plaza"),
        ("cellar", "cellar", "plaza"),
        ("office", "office", "attic"),
        ("Office", "office", "plaza"),
    ] {
        assert_refused(&forged_part(&mut world, "room", &room(name, room_type, map)));
    }
}

#[test]
fn impossible_reservations_are_refused() {
    let mut world = world();
    let now = world.now();
    let owner = (SessionId(1), false);
    let spawn: Option<String> = None;
    let mut reservations = |ticket: &str, room: u32, seats: u8, until: Tick| {
        let held = (Epoch(room), seats, until, spawn.clone(), owner);
        let all = BTreeMap::from([(ticket.to_owned(), held)]);
        forged_part(&mut world, "reservations", &encoded(&all))
    };
    let soon = now.after(1);
    // Loaded, but its hash is that of a different reservation.
    let possible = reservations("other", 1, 2, soon);
    let error = Simulation::load(config(), (), &possible).err();
    assert!(matches!(error, Some(LoadError::Hash { .. })), "{error:?}");
    for (ticket, room, seats, until) in [
        ("other", 9, 1, soon),
        ("other", 1, 0, soon),
        ("other", 1, 33, soon),
        ("other", 1, 1, now),
        ("other", 1, 1, now.after(RESERVATION_TICKS + 1)),
        ("", 1, 1, soon),
    ] {
        assert_refused(&reservations(ticket, room, seats, until));
    }
}

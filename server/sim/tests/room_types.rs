//! Room types: rules per type, options of a room, and the checks of a configuration.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use parlour_shared::{
    message::{Join, Property, Refusal, Scope},
    motion::{Speeds, UNITS_PER_PX},
};
use parlour_sim::{
    BroadcastLimit, ConfigError, Interest, InvalidRoomType, OnDrop, OptionKind, OptionSpec, Rate, RateLimits,
    Room, RoomOptions, RoomRules, RoomTypeConfig, Rooms, SimConfig, Simulation, SimulationApp as _,
};
use parlour_testing::{SessionActions as _, TestWorld, generous_rules, maps::open_map, plaza};
use parlour_tick::Cadence;

/// The map `plaza` with the default rules, and the type `office` with narrow rules, two maps and
/// options.
fn config() -> SimConfig {
    let mut config = plaza();
    config.maps.push(Arc::new(open_map("attic", 40, 1)));
    config.room_types = vec![RoomTypeConfig {
        name: "office".into(),
        rules: RoomRules {
            capacity: 4,
            near_px: 60,
            empty_ticks: 5,
            cadence: Cadence::Hz30,
            ..generous_rules()
        },
        maps: vec!["plaza".into(), "attic".into()],
        options: vec![
            OptionSpec::number(OptionSpec::CAPACITY, 1, 4),
            OptionSpec::number(OptionSpec::NEAR_PX, 10, 60),
            OptionSpec::one_of(OptionSpec::CADENCE, ["30", "10"]),
            OptionSpec::one_of("mode", ["day", "night"]),
            OptionSpec {
                name: "title".into(),
                kind: OptionKind::Text,
            },
        ],
    }];
    config
}

fn option(key: &str, value: &str) -> Property {
    Property {
        key: key.into(),
        value: value.into(),
    }
}

fn with_options(room: &str, options: &[(&str, &str)]) -> Join {
    Join {
        options: options.iter().map(|(key, value)| option(key, value)).collect(),
        ..Join::room(1, room)
    }
}

fn rules(world: &TestWorld, name: &str) -> RoomRules {
    let room = world.room(name).unwrap();
    *world.sim.world().get::<Room>(room).unwrap().rules()
}

fn rooms(world: &TestWorld) -> usize {
    world.sim.world().resource::<Rooms>().len()
}

#[test]
fn each_map_is_a_type_unless_a_type_has_its_name() {
    let mut config = config();
    config.room_types.push(RoomTypeConfig {
        rules: RoomRules {
            capacity: 7,
            ..generous_rules()
        },
        ..RoomTypeConfig::new("attic", "plaza")
    });
    let mut world = TestWorld::new(config);
    for (session, room, room_type, map, capacity) in [
        (1, "plaza/x", "plaza", "plaza", 1000),
        (2, "office", "office", "plaza", 4),
        (3, "attic", "attic", "plaza", 7),
    ] {
        world.open_and_join(session, room);
        world.tick();
        let entered = world.client(session).room();
        assert_eq!(
            (entered.room.as_str(), entered.room_type.as_str()),
            (room, room_type)
        );
        assert_eq!((entered.map.name.as_str(), entered.capacity), (map, capacity));
    }
    world.open_and_join(4, "cellar");
    world.tick();
    assert_eq!(world.refusals(4), [Refusal::NoSuchRoom]);
}

#[test]
fn players_see_each_other_by_the_rules_of_their_room() {
    let mut config = config();
    config.room_types[0].options.clear();
    let mut everyone = config.room_types[0].clone();
    everyone.name = "hall".into();
    everyone.rules.interest = Interest::All;
    config.room_types.push(everyone);
    let mut world = TestWorld::teleporting(config);
    // 100 px apart: within 150 px, but not within 60 px.
    for (room, sessions) in [("plaza", [1, 2]), ("office", [3, 4]), ("hall", [5, 6])] {
        for (session, x) in sessions.into_iter().zip([200, 300]) {
            world.open_and_join(session, room);
            world.tick();
            world.teleport(session, x * UNITS_PER_PX, 200 * UNITS_PER_PX);
        }
    }
    world.ticks(8);
    assert!(world.sees(1, 2).is_some());
    assert!(world.sees(3, 4).is_none());
    assert!(world.sees(5, 6).is_some());
    let ranges = [1, 3, 5].map(|session| {
        let room = world.client(session).room();
        (room.interest_px, room.near_px)
    });
    assert_eq!(ranges, [(Some(150), 150), (Some(60), 60), (None, 60)]);
    // A near-me chat has the same range, even if everybody is visible.
    (1..=6).for_each(|session| drop(world.messages(session)));
    [1, 3, 5]
        .into_iter()
        .for_each(|session| world.chat(session, Scope::Near, "hi"));
    world.tick();
    assert_eq!([2, 4, 6].map(|session| world.chats(session).len()), [1, 0, 0]);
}

#[test]
fn a_room_is_removed_after_the_time_of_its_type() {
    let mut config = config();
    config.rules.empty_ticks = 20;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "office");
    world.tick();
    world.leave(1);
    world.leave(2);
    world.tick();
    world.ticks(4);
    assert!(world.room("office").is_some());
    world.tick();
    assert!(world.room("office").is_none());
    world.ticks(14);
    assert!(world.room("plaza").is_some());
    world.tick();
    assert!(world.room("plaza").is_none());
}

#[test]
fn rate_limits_follow_the_room_of_the_player() {
    let mut config = config();
    let rare = Rate {
        burst: 1,
        every_ticks: 30,
    };
    config.rules.rates.chat = Rate {
        burst: 3,
        every_ticks: 600,
    };
    config.room_types[0].rules.rates.chat = rare;
    let mut world = TestWorld::new(config);
    let say = |world: &mut TestWorld, times| {
        (0..times).for_each(|_| world.chat(1, Scope::Room, "hi"));
        world.tick();
        let limited = |refusal: &Refusal| matches!(refusal, Refusal::RateLimited { .. });
        world.refusals(1).into_iter().filter(limited).count()
    };
    world.open_and_join(1, "plaza");
    world.tick();
    assert_eq!(say(&mut world, 4), 1);
    // Ten minutes of debt in the plaza is at most an empty bucket in the office.
    world.join(1, "office");
    world.tick();
    assert_eq!(say(&mut world, 1), 1);
    world.ticks(29);
    assert_eq!(say(&mut world, 2), 1);
}

#[test]
fn a_room_broadcasts_as_much_as_its_type_allows() {
    let mut config = config();
    config.room_types[0].rules.broadcast = BroadcastLimit {
        bytes_per_tick: 1,
        burst_ticks: 100,
    };
    let mut world = TestWorld::new(config);
    for (session, room, refused) in [(1, "plaza", 0), (2, "office", 1)] {
        world.open_and_join(session, room);
        world.tick();
        world.messages(session);
        (0..2).for_each(|_| world.chat(session, Scope::Room, "hello"));
        world.tick();
        assert_eq!(world.refusals(session).len(), refused, "{room}");
    }
}

#[test]
fn options_narrow_the_rules_and_choose_the_map() {
    let mut world = TestWorld::new(config());
    world.open(1);
    let options = [
        ("near_px", "25"),
        ("capacity", "1"),
        ("cadence", "10"),
        ("map", "attic"),
    ];
    world.join_as(1, with_options("office", &options));
    world.tick();
    let entered = world.client(1).room();
    assert_eq!(
        (entered.capacity, entered.near_px, entered.map.name.as_str()),
        (1, 25, "attic")
    );
    let expected = RoomRules {
        capacity: 1,
        near_px: 25,
        cadence: Cadence::Hz10,
        ..config().room_types[0].rules
    };
    assert_eq!(rules(&world, "office"), expected);
    world.open_and_join(2, "office");
    world.open_and_join(3, "office/b");
    world.open_and_join(4, "office/b");
    world.tick();
    assert_eq!(world.refusals(2), [Refusal::RoomFull]);
    assert_eq!(world.refusals(4), [], "options are those of one room");
}

#[test]
fn logic_reads_the_options_and_they_are_the_first_properties() {
    let mut world = TestWorld::new(config());
    world.open(1);
    world.join_as(1, with_options("office", &[("title", "Tea"), ("capacity", "3")]));
    world.tick();
    let expected = [option("capacity", "3"), option("title", "Tea")];
    assert_eq!(world.client(1).room().properties, expected);
    let room = world.room("office").unwrap();
    let options = world.sim.world().get::<RoomOptions>(room).unwrap();
    assert_eq!(
        (options.get("title"), options.number("capacity")),
        (Some("Tea"), Some(3))
    );
    assert_eq!((options.get("mode"), options.number("title")), (None, None));
    let all: Vec<_> = options.iter().collect();
    assert_eq!(all, [("capacity", "3"), ("title", "Tea")]);
    // The options of a join into a room that exists have no effect, valid or not.
    world.open(2);
    world.join_as(
        2,
        with_options("office", &[("title", "Coffee"), ("colour", "red")]),
    );
    world.tick();
    assert_eq!(world.client(2).room().properties, expected);
}

#[test]
fn options_that_do_not_fit_the_type_are_refused_and_leave_no_room() {
    let long = "x".repeat(257);
    let bad: [&[(&str, &str)]; 14] = [
        &[("colour", "red")],
        &[("mode", "noon")],
        &[("mode", "")],
        &[("capacity", "5")],
        &[("capacity", "0")],
        &[("capacity", "03")],
        &[("capacity", "+3")],
        &[("capacity", "three")],
        &[("near_px", "9")],
        &[("cadence", "60")],
        &[("cadence", "20")],
        &[("map", "cellar")],
        &[("title", &long)],
        &[("mode", "day"), ("mode", "day")],
    ];
    let mut world = TestWorld::new(config());
    world.open(1);
    for options in bad {
        world.join_as(1, with_options("office", options));
        world.tick();
        assert_eq!(world.refusals(1), [Refusal::BadOptions], "{options:?}");
        assert_eq!(rooms(&world), 0);
    }
    // A type with one map has no option `map`, and a map has no options.
    for options in [[("map", "plaza")], [("mode", "day")]] {
        world.join_as(1, with_options("plaza", &options));
        world.tick();
        assert_eq!(world.refusals(1), [Refusal::BadOptions]);
    }
    assert_eq!(rooms(&world), 0);
}

#[test]
fn logic_may_refuse_a_room_which_then_does_not_exist() {
    let logic = |app: &mut App| {
        app.accept_room(|room| match (room.room_type, room.options.get("mode")) {
            ("office", None) => Err(7),
            _ => Ok(()),
        });
        app.accept_room(|room| match room.name {
            "office/secret" => Err(8),
            _ => Ok(()),
        });
    };
    let mut world = TestWorld::with_plugins(config(), logic);
    world.open_and_join(1, "plaza");
    world.tick();
    world.forget_messages();
    for (name, options, code) in [
        ("office", &[][..], 7),
        ("office/secret", &[("mode", "day")], 8),
        ("office/secret", &[], 7),
    ] {
        world.join_as(1, with_options(name, options));
        world.tick();
        assert_eq!(world.refusals(1), [Refusal::Declined { code }]);
        assert_eq!(rooms(&world), 1, "only the plaza");
        assert_eq!(world.client(1).room().room, "plaza", "the player stays");
    }
    world.join_as(1, with_options("office", &[("mode", "day")]));
    world.tick();
    assert_eq!(world.client(1).room().room, "office");
    // Nobody judges a room that exists.
    world.open_and_join(2, "office");
    world.tick();
    assert_eq!(world.client(2).room().epoch.0, 2, "a refused room has no number");
}

/// Rules that differ from the default ones in every field, all narrower.
fn narrow_rules() -> RoomRules {
    let rate = |every_ticks| Rate {
        burst: 1,
        every_ticks,
    };
    RoomRules {
        capacity: 2,
        max_objects: 3,
        near_px: 20,
        interest: Interest::Near,
        refresh_ticks: 6,
        empty_ticks: 3,
        cadence: Cadence::Hz10,
        rates: RateLimits {
            moves: rate(100),
            join: rate(101),
            chat: rate(102),
            skin: rate(103),
            state: rate(104),
            custom: rate(105),
        },
        speeds: Speeds::new(&[300]).unwrap(),
        on_drop: OnDrop::Logic,
        broadcast: BroadcastLimit {
            bytes_per_tick: 7,
            burst_ticks: 9,
        },
    }
}

/// Rules that are wider than the default ones in every field.
fn wide_rules() -> RoomRules {
    let rate = Rate {
        burst: u32::MAX,
        every_ticks: 0,
    };
    RoomRules {
        capacity: u32::MAX,
        max_objects: u32::MAX,
        near_px: u32::MAX,
        interest: Interest::All,
        refresh_ticks: 1,
        empty_ticks: u32::MAX,
        cadence: Cadence::Hz60,
        rates: RateLimits {
            moves: rate,
            join: rate,
            chat: rate,
            skin: rate,
            state: rate,
            custom: rate,
        },
        speeds: Speeds::new(&[640, 4096]).unwrap(),
        on_drop: OnDrop::Stand,
        broadcast: BroadcastLimit {
            bytes_per_tick: u32::MAX,
            burst_ticks: u32::MAX,
        },
    }
}

fn narrows(app: &mut App) {
    app.accept_room(|room| {
        match room.options.get("mode") {
            Some("night") => room.rules = narrow_rules(),
            Some("day") => room.rules = wide_rules(),
            _ => {}
        }
        Ok(())
    });
}

#[test]
fn logic_narrows_every_rule_of_a_room_by_its_options_and_widens_none() {
    let mut config = config();
    config.room_types[0].rules = RoomRules {
        interest: Interest::All,
        ..RoomRules::default()
    };
    let of_type = config.room_types[0].rules;
    let mut world = TestWorld::with_plugins(config.clone(), narrows);
    for (session, (room, mode, expected)) in (1..).zip([
        ("office/night", "night", narrow_rules()),
        ("office/day", "day", of_type),
    ]) {
        world.open(session);
        world.join_as(session, with_options(room, &[("mode", mode)]));
        world.tick();
        assert_eq!(rules(&world, room), expected, "{mode}");
    }
    world.open_and_join(3, "office/usual");
    world.tick();
    assert_eq!(rules(&world, "office/usual"), of_type);
    // A saved world contains no rules: they follow from the options again.
    let loaded = Simulation::load(config, narrows, &world.saved()).unwrap();
    let rooms = loaded.world().resource::<Rooms>();
    for (name, expected) in [
        ("office/night", narrow_rules()),
        ("office/day", of_type),
        ("office/usual", of_type),
    ] {
        let room = loaded.world().get::<Room>(rooms.get(name).unwrap()).unwrap();
        assert_eq!(*room.rules(), expected, "{name}");
    }
}

#[test]
fn rules_that_no_room_can_have_become_the_narrowest_possible_ones() {
    let nothing = |app: &mut App| {
        app.accept_room(|room| {
            let rate = Rate {
                burst: 0,
                every_ticks: u32::MAX,
            };
            room.rules.capacity = 0;
            room.rules.near_px = 0;
            room.rules.rates.moves = rate;
            room.rules.broadcast.bytes_per_tick = 0;
            room.rules.broadcast.burst_ticks = 0;
            Ok(())
        });
    };
    let mut world = TestWorld::with_plugins(config(), nothing);
    world.open_and_join(1, "plaza");
    world.tick();
    assert_eq!(rules(&world, "plaza").check(), Ok(()));
    assert_eq!(rules(&world, "plaza").capacity, 1);
}

#[test]
fn an_impossible_configuration_is_refused() {
    let of_type = |change: fn(&mut RoomTypeConfig)| {
        let mut config = config();
        change(&mut config.room_types[0]);
        config.check()
    };
    assert_eq!(config().check(), Ok(()));
    assert_eq!(
        of_type(|office| office.name = "big office".into()),
        Err(ConfigError::TypeName("big office".into()))
    );
    assert_eq!(
        of_type(|office| office.name = "office/1".into()),
        Err(ConfigError::TypeName("office/1".into()))
    );
    let mut twice = config();
    twice.room_types.push(twice.room_types[0].clone());
    assert_eq!(twice.check(), Err(ConfigError::SameType("office".into())));

    let why = |change| match of_type(change) {
        Err(ConfigError::RoomType { name, why }) if name == "office" => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(|office| office.maps.clear()), InvalidRoomType::NoMap);
    for map in ["cellar", "plaza"] {
        let mut config = config();
        config.room_types[0].maps.push(map.into());
        let error = config.check().unwrap_err().to_string();
        assert_eq!(
            error,
            format!("room type office: the map {map} does not exist, or is named twice")
        );
    }
    assert!(matches!(
        why(|office| office.rules.refresh_ticks = 7),
        InvalidRoomType::Rules(_)
    ));
    let options: [fn() -> OptionSpec; 11] = [
        || OptionSpec::number("Mode", 0, 1),
        || OptionSpec::number("level", 2, 1),
        || OptionSpec::one_of("mode", ["day"]),
        || OptionSpec::one_of("map", ["plaza"]),
        || OptionSpec::number("capacity", 1, 2),
        || OptionSpec::one_of("near_px", ["10"]),
        || OptionSpec::number("near_px", 0, 10),
        || OptionSpec::number("cadence", 10, 30),
        || OptionSpec::one_of("cadence", ["30", "15"]),
        || OptionSpec::one_of("cadence", ["60"]),
        || OptionSpec::one_of("colour", []),
    ];
    for option in options {
        let mut config = config();
        config.room_types[0]
            .options
            .retain(|known| known.name != "near_px" && known.name != "cadence");
        config.room_types[0].options.push(option());
        let error = config.check().unwrap_err();
        let why = matches!(
            &error,
            ConfigError::RoomType { why: InvalidRoomType::Option { name, .. }, .. } if *name == option().name
        );
        assert!(why, "{error}");
    }
    let wide: fn(&mut RoomTypeConfig) = |office| office.options[0] = OptionSpec::number("capacity", 1, 5);
    assert!(matches!(why(wide), InvalidRoomType::Option { .. }));
    let many: fn(&mut RoomTypeConfig) = |office| {
        office.options = (0..9)
            .map(|n| OptionSpec::number(&format!("n{n}"), 0, 1))
            .collect();
    };
    assert_eq!(why(many), InvalidRoomType::TooManyOptions);
}

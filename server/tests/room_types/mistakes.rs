//! All mistakes in room types are reported together, before anything starts.

use std::net::{Ipv4Addr, TcpListener};

use bevy_app::App;
use parlour::{RoomType, Server, ServerBuilder, StartError, room_types::RoomTypeErrors};
use parlour_sim::OptionSpec;

/// Returns a builder with the bundled maps and these types.
fn builder(types: Vec<RoomType>) -> ServerBuilder {
    types
        .into_iter()
        .fold(Server::builder(), ServerBuilder::room_type)
}

/// Returns the mistakes as lines.
fn mistakes(types: Vec<RoomType>) -> Vec<String> {
    let errors = builder(types).check().expect_err("the types have mistakes");
    lines(&errors)
}

fn lines(errors: &RoomTypeErrors) -> Vec<String> {
    errors.0.iter().map(ToString::to_string).collect()
}

#[test]
fn valid_types_are_accepted() {
    let types = vec![
        RoomType::new("office").map("lobby").fallback("plaza").durable(),
        RoomType::new("tag")
            .map("plaza")
            .map("garden")
            .plugins(|_: &mut App| {})
            .rules(|rules| rules.capacity = 12)
            .option(OptionSpec::one_of("mode", ["classic", "freeze"]))
            .option(OptionSpec::number("capacity", 2, 12))
            .own_world()
            .fallback("office/quiet"),
        // Replaces the type of the map.
        RoomType::new("plaza").rules(|rules| rules.capacity = 5),
    ];
    builder(types).check().unwrap();
}

#[test]
fn all_mistakes_of_all_types_are_reported_together() {
    let found = mistakes(vec![
        RoomType::new("Office").map("lobby"),
        RoomType::new("offfice"),
        RoomType::new("tag")
            .map("plasa")
            .map("zoo")
            .rules(|rules| rules.capacity = 0)
            .fallback("lobi"),
        RoomType::new("tag").map("plaza").map("plaza").fallback("tag/2"),
        RoomType::new("quiz")
            .map("plaza")
            .option(OptionSpec::one_of("Mode", ["a"]))
            .option(OptionSpec::one_of("mode", []))
            .option(OptionSpec::number("rounds", 9, 1))
            .option(OptionSpec::number("rounds", 1, 9))
            .option(OptionSpec::number("capacity", 1, 2000))
            .fallback("a b"),
    ]);
    let expected = [
        "room type \"Office\": the name must be 1 to 32 characters of a-z, 0-9, - and _",
        "room type \"offfice\": no map has the name of the type: set one with .map(\"garden\"); the maps are garden, lobby, plaza",
        "room type \"tag\": the map \"plasa\" does not exist: did you mean `plaza`?",
        "room type \"tag\": the map \"zoo\" does not exist: the maps are garden, lobby, plaza",
        "room type \"tag\": the rules cannot be used: capacity is 0, not within 1 to 32000",
        "room type \"tag\": the fallback \"lobi\" belongs to no room type: did you mean `lobby`?",
        "room type \"tag\": is declared twice: remove one of the two, or rename it",
        "room type \"tag\": the map \"plaza\" is named twice",
        "room type \"tag\": the fallback \"tag/2\" is a room of this type",
        "room type \"quiz\": the option \"Mode\" has an invalid name",
        "room type \"quiz\": the option \"mode\" allows no value",
        "room type \"quiz\": the option \"rounds\" has a minimum above its maximum",
        "room type \"quiz\": the option \"rounds\" is declared twice",
        "room type \"quiz\": the option \"capacity\" must be a number",
        "room type \"quiz\": the fallback \"a b\" is not the name of a room",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (line, expected) in found.iter().zip(expected) {
        assert!(
            line.starts_with(expected),
            "{line}\nshould start with\n{expected}"
        );
    }
}

#[test]
fn names_of_shared_worlds_are_reserved() {
    let with_logic = |name: &str| RoomType::new(name).map("plaza").plugins(|_: &mut App| {});
    // Only worlds that are named after the type can have the same name.
    builder(vec![
        RoomType::new("main").map("plaza"),
        RoomType::new("tag-2").map("plaza"),
        with_logic("tag"),
    ])
    .check()
    .unwrap();
    builder(vec![with_logic("tag").own_world(), with_logic("tag-2")])
        .check()
        .unwrap();
    let found = mistakes(vec![
        with_logic("main"),
        with_logic("main-2"),
        with_logic("tag"),
        with_logic("tag-3").own_world(),
    ]);
    assert_eq!(
        found,
        [
            "room type \"main\": the name is that of a world for all types without their own logic: choose a different \
             one, such as `mains`",
            "room type \"main-2\": the name is that of a world for all types without their own logic: choose a different \
             one, such as `main2`",
            "room type \"tag-3\": the name is that of a world of the type `tag`: choose a different one, such as `tag3`",
        ]
    );
}

#[test]
fn too_many_types_are_an_error() {
    let many = |count: usize| {
        (0..count)
            .map(|n| RoomType::new(format!("t{n}")).map("plaza"))
            .collect()
    };
    builder(many(256)).check().unwrap();
    assert_eq!(mistakes(many(257)).len(), 1);
}

#[test]
fn a_server_with_mistakes_binds_no_port_and_reports_the_mistakes() {
    // The port is in use, which would be the error if the server tried to bind it.
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let started = builder(vec![RoomType::new("tag"), RoomType::new("quiz")])
        .configure(|options| options.listen = taken.local_addr().unwrap())
        .start();
    let Err(StartError::RoomTypes(errors)) = started else {
        panic!("the server started")
    };
    let text = errors.to_string();
    assert!(
        text.starts_with("2 mistakes in the room types:\n  room type \"tag\": "),
        "{text}"
    );
    assert_eq!(format!("{errors:?}"), text);
}

#[test]
fn empty_rooms_of_a_durable_type_stay_for_at_least_a_minute() {
    let office = |ticks: u32| {
        let office = RoomType::new("office").map("lobby").durable();
        builder(vec![office.rules(move |rules| rules.empty_ticks = ticks)]).check()
    };
    assert_eq!(office(60 * 60), Ok(()));
    let errors = lines(&office(60 * 60 - 1).unwrap_err());
    assert_eq!(
        errors,
        [
            "room type \"office\": is durable, but its empty rooms are removed after 59 s. After a restart all rooms are \
             empty until players come back, so the minimum is 60 s: write rules.empty_ticks = 600 * TICK_RATE"
        ]
    );
    // The default of the node is less.
    let by_default = builder(vec![RoomType::new("office").map("lobby").durable()]);
    assert_eq!(by_default.check(), Ok(()));
}

//! A server does not start with saved worlds that it cannot continue, and says why.

use std::{fs, path::Path};

use parlour::{RoomType, Server, ServerOptions, StartError, StateError, WorldFault};
use parlour_client::JoinRequest;
use parlour_recording::format::FrozenWorld;
use parlour_shared::text::shortened_room_name;
use parlour_sim::OptionSpec;
use parlour_testing::TemporaryPath;

use crate::{
    durable::{file, saved, start_durable, stop, with_durable},
    games::{fragile, scores, start},
    visitor::Visitor,
};

/// Starts a server with the durable types after a change of its options, and returns the error.
fn refused(state: &TemporaryPath, change: impl FnOnce(&mut ServerOptions)) -> (StateError, String) {
    let mut options = None;
    // Never started: only its options are used.
    drop(start(|real| {
        let mut durable = real.clone();
        with_durable(&mut durable, &state.0);
        change(&mut durable);
        options = Some(durable);
    }));
    match Server::start(options.unwrap()) {
        Err(StartError::State(error)) => {
            let text = error.to_string();
            (error, text)
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the server started"),
    }
}

#[tokio::test]
async fn a_server_does_not_start_without_a_world_that_it_cannot_continue() {
    let state = TemporaryPath::missing("durable");
    let server = start_durable(&state);
    let _ann = Visitor::open_in(&server, "ann", "castle/1").await;
    // One directory is for one server.
    let (error, text) = refused(&state, |_| {});
    assert!(matches!(error, StateError::InUse(_)), "{text}");
    stop(&server);
    drop(server);
    let path = file(&state, "castle.1");
    let good = fs::read(&path).unwrap();

    let (_, text) = refused(&state, |options| {
        options
            .room_types
            .retain(|one| !format!("{one:?}").contains("\"castle\""));
    });
    assert!(
        text.contains("castle.1.plr") && text.contains("\"castle\" no longer exists"),
        "{text}"
    );
    let (_, text) = refused(&state, |options| {
        let castle = RoomType::new("castle").map("plaza").plugins(scores).own_world();
        options
            .room_types
            .retain(|one| !format!("{one:?}").contains("\"castle\""));
        options.room_types.push(castle);
    });
    assert!(text.contains("other game logic: its state has fuse"), "{text}");
    let (_, text) = refused(&state, |options| {
        let castle = RoomType::new("castle").map("east").plugins(fragile).own_world();
        options
            .room_types
            .retain(|one| !format!("{one:?}").contains("\"castle\""));
        options.room_types.push(castle);
    });
    assert!(
        text.contains("\"plaza\", which is not a map of that type"),
        "{text}"
    );

    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&path, damaged).unwrap();
    let (_, text) = refused(&state, |_| {});
    assert!(
        text.contains("damaged") && text.contains("move the file away"),
        "{text}"
    );

    let mut older = FrozenWorld::read(std::io::Cursor::new(&good)).unwrap();
    older.header.simulation -= 1;
    fs::write(&path, older.write(Vec::new()).unwrap()).unwrap();
    let (_, text) = refused(&state, |_| {});
    assert!(text.contains("simulation version"), "{text}");

    let mut swapped = good.clone();
    swapped.swap(8, 9);
    fs::write(&path, swapped).unwrap();
    let (_, text) = refused(&state, |_| {});
    assert!(text.contains("is a recording in format 256"), "{text}");

    fs::rename(&path, file(&state, "castle.2")).unwrap();
    fs::write(file(&state, "castle.2"), &good).unwrap();
    let (_, text) = refused(&state, |_| {});
    assert!(text.contains("contains the world \"castle.1\""), "{text}");

    fs::rename(file(&state, "castle.2"), &path).unwrap();
    let server = start_durable(&state);
    let _bob = Visitor::open_in(&server, "bob", JoinRequest::existing("castle/1")).await;
}

#[tokio::test]
async fn all_worlds_that_cannot_go_on_are_reported_at_once_each_with_what_to_do() {
    let state = TemporaryPath::missing("durable");
    let server = start_durable(&state);
    let _ann = Visitor::open_in(&server, "ann", "castle/1").await;
    let _bob = Visitor::open_in(&server, "bob", "castle/2").await;
    let _cat = Visitor::open_in(&server, "cat", "club").await;
    stop(&server);
    drop(server);
    let mut damaged = fs::read(file(&state, "castle.2")).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(file(&state, "castle.2"), damaged).unwrap();
    fs::write(file(&state, "castle.3"), "not a world").unwrap();
    fs::rename(file(&state, "club"), file(&state, "club-2")).unwrap();

    let (error, text) = refused(&state, |options| {
        let castle = RoomType::new("castle").map("east").plugins(fragile).own_world();
        options
            .room_types
            .retain(|one| !format!("{one:?}").contains("\"castle\""));
        options.room_types.push(castle.durable());
    });
    let StateError::Worlds(worlds) = error else {
        panic!("{text}");
    };
    let mut found: Vec<_> = worlds
        .iter()
        .map(|world| (world.path.file_stem().unwrap().to_str().unwrap(), world.fault))
        .collect();
    found.sort_by_key(|(name, _)| *name);
    let expected = [
        ("castle.1", WorldFault::Different),
        ("castle.2", WorldFault::Damaged),
        ("castle.3", WorldFault::Damaged),
        ("club-2", WorldFault::Renamed),
    ];
    assert_eq!(found, expected, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        (lines.len(), lines[0]),
        (5, "cannot go on with 4 saved worlds:"),
        "{text}"
    );
    let line = |name: &str| lines.iter().find(|line| line.contains(name)).unwrap();
    for (name, parts) in [
        ("castle.1.plr", ["is not a map of that type", "Start the version"]),
        ("castle.2.plr", ["damaged", "Restore a copy"]),
        ("castle.3.plr", ["the file is not a recording", "Restore a copy"]),
        ("club-2.plr", ["contains the world \"club\"", "Rename it back"]),
    ] {
        for part in parts {
            assert!(line(name).contains(part), "{part}: {text}");
        }
        assert!(line(name).contains("move the file away"), "{text}");
    }
    assert!(!line("castle.2.plr").contains("Start the version"), "{text}");
}

#[tokio::test]
async fn an_option_that_the_type_does_not_allow_any_more_is_named_with_its_values() {
    let study = |options: &mut ServerOptions, state: &Path, specs: &[OptionSpec]| {
        let study = RoomType::new("study").map("plaza").own_world().durable();
        let study = specs.iter().cloned().fold(study, RoomType::option);
        options.room_types.push(study);
        options.state = Some(state.to_owned());
    };
    let state = TemporaryPath::missing("durable");
    let three = OptionSpec::one_of("mode", ["one", "two", "three"]);
    let teams = OptionSpec::number("teams", 1, 9);
    let server = start(|options| study(options, &state.0, &[three.clone(), teams.clone()]));
    let join = JoinRequest::enter("study/red")
        .option("mode", "three")
        .option("teams", "4");
    let _ann = Visitor::open_in(&server, "ann", join).await;
    stop(&server);
    drop(server);

    let refused = |specs: &[OptionSpec]| {
        let (_, text) = refused(&state, |options| {
            options.room_types.clear();
            study(options, &state.0, specs);
        });
        assert!(!text.contains("contradicts"), "{text}");
        text
    };
    let two = OptionSpec::one_of("mode", ["one", "two"]);
    for (specs, expected) in [
        (
            [two, teams].to_vec(),
            "the room study/red: its option mode is \"three\", but the type allows only \"one\", \"two\"",
        ),
        (
            [three.clone(), OptionSpec::number("teams", 1, 3)].to_vec(),
            "its option teams is \"4\", but the type allows only the numbers 1 to 3",
        ),
        (
            [three.clone()].to_vec(),
            "its option teams is \"4\", but the type has no such option",
        ),
    ] {
        let text = refused(&specs);
        assert!(text.contains(expected), "{text}");
    }
    let four = OptionSpec::one_of("mode", ["one", "two", "three", "four"]);
    let server = start(|options| {
        study(options, &state.0, &[four, OptionSpec::number("teams", 0, 9)]);
    });
    let _bob = Visitor::open_in(&server, "bob", JoinRequest::existing("study/red")).await;
}

#[test]
fn a_directory_for_worlds_is_created_or_the_start_fails() {
    let directory = TemporaryPath::directory();
    let inner = TemporaryPath(directory.0.join("state/worlds"));
    start_durable(&inner).inner.stop();
    assert_eq!(saved(&inner), Vec::<String>::new());
    let file = directory.0.join("file");
    fs::write(&file, "").unwrap();
    let below = TemporaryPath(file.join("below"));
    let (error, text) = refused(&below, |_| {});
    assert!(matches!(error, StateError::Directory { .. }), "{text}");
    assert!(
        text.contains("file/below") && text.ends_with("with --state"),
        "{text}"
    );
}

#[tokio::test]
async fn the_name_of_a_private_room_is_not_in_the_error_of_its_world() {
    let state = TemporaryPath::missing("durable");
    let server = start_durable(&state);
    let ann = Visitor::open_in(&server, "ann", JoinRequest::private("castle")).await;
    let name = ann.connection.client().room().unwrap().entered.room.clone();
    stop(&server);
    drop(server);
    let (_, text) = refused(&state, |options| {
        let castle = RoomType::new("castle").map("east").plugins(fragile).own_world();
        options
            .room_types
            .retain(|one| !format!("{one:?}").contains("\"castle\""));
        options.room_types.push(castle);
    });
    assert!(text.contains(&shortened_room_name(&name)), "{text}");
    assert!(!text.contains(&name), "{text}");
}

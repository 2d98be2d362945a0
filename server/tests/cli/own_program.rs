//! A program of its own, with game logic and room types: it has the same commands as `parlour`, and
//! replays its recordings with its own logic.

use std::net::TcpStream;

use parlour_shared::message::{Body, ClientMessage, Custom};
use parlour_testing::TemporaryPath;

use crate::{
    process::{ServerProcess, example, parlour, run},
    support::raw_client::RawClient,
};

/// Records a server of the example `dice`, on which a player rolls a die.
fn recorded_dice(name: &str) -> TemporaryPath {
    let directory = TemporaryPath::missing(name);
    let server = ServerProcess::start_example("dice", &["--record", directory.path()]);
    let stream = TcpStream::connect(server.wait_for_address()).unwrap();
    let mut ann = RawClient::upgrade(stream, "parlour.v1");
    ann.hello("Ann");
    ann.join("plaza");
    let roll = |request, sides| {
        ClientMessage::Custom(Custom {
            request,
            name: "roll".into(),
            body: Body::Bytes(vec![sides]),
        })
    };
    ann.send(&roll(5, 6));
    assert_eq!(ann.answer(), (5, None));
    server.stop();
    directory
}

#[test]
fn a_program_replays_its_recordings_with_its_own_logic() {
    let directory = recorded_dice("own-logic");
    let main = format!("{}/main", directory.path());

    let (code, out, err) = run(&mut example("dice", &["replay", &main]));
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("hashes verified"), "{out}");
    assert!(err.starts_with("dice: replaying "), "{err}");
    let (code, out, err) = run(&mut example("dice", &["replay", directory.path(), "--verify"]));
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("hashes verified"), "{out}");

    let dump = ["replay", &main, "--dump", "players", "--player", "Ann", "--json"];
    let (code, out, err) = run(&mut example("dice", &dump));
    assert_eq!(code, Some(0), "{err}");
    let player: serde_json::Value = serde_json::from_str(&out).unwrap();
    let best = player["components"]["best_roll"].as_u64();
    assert!(best.is_some_and(|best| (1..=6).contains(&best)), "{out}");

    for show in [
        &["replay", &main, "--follow", "Ann"][..],
        &["replay", &main, "--export"],
        &["replay", &main, "--diff"],
        &["replay", directory.path(), "--follow", "Ann"],
    ] {
        let (code, out, err) = run(&mut example("dice", show));
        assert_eq!(code, Some(0), "{show:?}: {err}");
        assert!(!out.is_empty(), "{show:?}");
    }
}

#[test]
fn a_program_serves_a_playback_of_its_recording() {
    let directory = recorded_dice("own-playback");
    let main = format!("{}/main", directory.path());
    let server = ServerProcess::start_example("dice", &["replay", &main, "--serve", "--paused"]);
    let line = server.wait_for_line("is serving a playback");
    assert!(line.starts_with("dice (Parlour "), "{line}");
    server.stop();
}

#[test]
fn a_program_without_the_logic_refuses_the_recording() {
    let directory = recorded_dice("other-logic");
    let main = format!("{}/main", directory.path());
    let (code, _, err) = run(&mut parlour(&["replay", &main]));
    assert_eq!(code, Some(65), "{err}");
    assert!(err.contains("other game logic: its state has best_roll"), "{err}");
}

#[test]
fn bots_play_in_the_room_types_of_a_program_and_each_world_is_replayed_with_the_logic_of_its_type() {
    let directory = TemporaryPath::missing("own-types");
    let server = ServerProcess::start_example(
        "room_types",
        &["demo", "--bots", "8", "--record", directory.path()],
    );
    let admin = server.wait_for_admin_address();
    let bots = server.wait_for_line("Bots: ");
    assert!(bots.ends_with("8, in office and tag"), "{bots}");
    server.wait_for_bots();
    let (_, rooms, err) = run(&mut example(
        "room_types",
        &["rooms", "--admin", &admin.to_string()],
    ));
    assert!(rooms.contains("office") && rooms.contains("tag"), "{rooms}{err}");
    server.stop();

    let (code, out, err) = run(&mut example(
        "room_types",
        &["replay", directory.path(), "--verify"],
    ));
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("\nmain ") || out.starts_with("main "), "{out}");
    assert!(out.contains("tag"), "{out}");

    // The world of a type that a program does not have.
    let world = out
        .lines()
        .find_map(|line| line.split(' ').next().filter(|name| name.starts_with("tag")));
    let world = world.unwrap();
    let (code, _, err) = run(&mut example(
        "dice",
        &["replay", directory.path(), "--world", world, "--verify"],
    ));
    assert_eq!(code, Some(65), "{err}");
    assert!(
        err.contains("its rooms have the type \"tag\", which this program does not have"),
        "{err}"
    );
}

#[test]
fn a_room_type_of_the_program_and_of_the_file_with_one_name_is_a_mistake_in_the_file() {
    let file = TemporaryPath::named_file("tag.toml", "[room_types.office]\nmap = \"plaza\"\n");
    let (code, out, err) = run(&mut example("room_types", &["config", "check", file.path()]));
    assert_eq!((code, out.as_str()), (Some(78), ""), "{err}");
    assert!(err.contains("tag.toml") && err.contains("office"), "{err}");

    let file = TemporaryPath::named_file("cafe.toml", "[room_types.cafe]\nmap = \"plaza\"\n");
    let (code, out, err) = run(&mut example("room_types", &["config", "check", file.path()]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("3 room types"), "{out}");
}

#[test]
fn help_errors_and_the_version_name_the_program() {
    let (code, out, _) = run(&mut example("dice", &["replay", "--help"]));
    assert_eq!(code, Some(0));
    assert!(
        out.contains("dice replay rec --verify") && !out.contains("parlour replay"),
        "{out}"
    );
    let (code, _, err) = run(&mut example("dice", &["--capacity", "many"]));
    assert_eq!(code, Some(78));
    assert!(err.starts_with("dice: "), "{err}");
    let (_, out, _) = run(&mut example("dice", &["--version"]));
    assert_eq!(out, format!("dice (Parlour {})\n", parlour::BUILD));
}

#[test]
fn a_program_prints_the_types_of_its_logic() {
    let (code, out, err) = run(&mut example("dice", &["types", "plaza"]));
    assert_eq!(code, Some(0), "{err}");
    for line in [
        "  roll: { sides: number };",
        "  rolled: { number: number };",
        "    best_roll?: number;",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    let (code, out, _) = run(&mut example("dice", &["types", "plaza", "--json"]));
    assert_eq!(code, Some(0));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["room_type"], "plaza");
    let (code, _, err) = run(&mut example("dice", &["types", "placa"]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("plaza"), "{err}");
}

//! `--state`: a process that is stopped by SIGTERM saves its durable worlds, and the next one goes
//! on with them.

use std::fs;

use parlour_recording::format::FrozenWorld;
use parlour_shared::message::{ClientMessage, RoomEntered, SetState, StateWrite};
use parlour_testing::TemporaryPath;
use rustix::process::Signal;

use crate::{
    process::{FREE_PORTS, ServerProcess, parlour, run},
    support::{http::connect, raw_client::RawClient},
};

/// `hall` shares the world `main` with the maps, and each office has its own world.
const TYPES: &str = "[room_types.hall]\nmap = \"lobby\"\ndurable = true\n\
                     [room_types.office]\nmap = \"lobby\"\nown_world = true\ndurable = true\n";

fn types() -> TemporaryPath {
    TemporaryPath::named_file("types.toml", TYPES)
}

/// Starts a server, and waits until it has printed the whole banner. Returns the arguments of the
/// next start as well.
fn start(types: &TemporaryPath, state: &TemporaryPath) -> ServerProcess {
    ServerProcess::start(&["--config", types.path(), "--state", state.path()])
}

fn enter(server: &ServerProcess, room: &str) -> (RawClient, RoomEntered) {
    // The line is printed once.
    let address = server.wait_for_address();
    enter_at(address, room)
}

fn enter_at(address: std::net::SocketAddr, room: &str) -> (RawClient, RoomEntered) {
    let mut client = RawClient::upgrade(connect(address), "parlour.v1");
    client.hello("ann");
    let entered = client.join(room);
    (client, entered)
}

fn write(client: &mut RawClient, value: &str) {
    client.send(&ClientMessage::SetState(SetState {
        request: 5,
        writes: vec![StateWrite {
            key: "flag".to_owned(),
            value: Some(value.to_owned()),
            ..StateWrite::default()
        }],
    }));
    assert_eq!(client.answer(), (5, None));
}

#[test]
fn sigterm_saves_the_durable_worlds_and_the_next_process_goes_on_with_them() {
    let (types, state) = (types(), TemporaryPath::missing("state"));
    let server = start(&types, &state);
    let address = server.wait_for_address();
    let (mut ann, office) = enter_at(address, "office/1");
    write(&mut ann, "red");
    let (mut bob, hall) = enter_at(address, "hall");
    write(&mut bob, "blue");
    let (_cat, _) = enter_at(address, "plaza");
    server.wait_for_line("Ctrl-C");
    let log = server.stop_with(Signal::TERM);
    for world in ["main", "office.1"] {
        let line = log
            .lines()
            .find(|line| line.contains("saved a world") && line.contains(world));
        let line = line.unwrap_or_else(|| panic!("{world}: {log}"));
        assert!(
            ["rooms=", "players=", "bytes=", "ms="]
                .iter()
                .all(|part| line.contains(part)),
            "{line}"
        );
    }
    // The players were still in their seats.
    let file = state.0.join("office.1.plr");
    let frozen = FrozenWorld::open(&file).unwrap();
    assert!(frozen.tick >= office.tick);

    // A file and a directory of saved worlds have nothing to replay.
    let (code, _, err) = run(&mut parlour(&["replay", file.to_str().unwrap()]));
    assert_eq!(code, Some(65), "{err}");
    assert!(
        err.contains("office.1.plr is a saved world") && err.contains("--dump players"),
        "{err}"
    );
    let (code, _, err) = run(&mut parlour(&["replay", state.path()]));
    assert_eq!(code, Some(65), "{err}");
    for part in [
        "contains saved worlds",
        "--dump players",
        "main.plr",
        "office.1.plr",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }

    // People can look at the file.
    let (code, out, err) = run(&mut parlour(&[
        "replay",
        file.to_str().unwrap(),
        "--dump",
        "players",
    ]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("ann") && out.contains("office/1"), "{out}");

    let server = start(&types, &state);
    let address = server.wait_for_address();
    for (room, before, flag) in [("office/1", &office, "red"), ("hall", &hall, "blue")] {
        let (_client, entered) = enter_at(address, room);
        assert_eq!(entered.epoch, before.epoch);
        assert!(entered.tick > before.tick);
        assert_eq!(entered.state[0].value.as_deref(), Some(flag));
    }
    server.wait_for_line("Ctrl-C");
    let log = server.stop();
    assert!(log.contains("a saved world goes on"), "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn a_world_that_cannot_be_saved_is_named_and_the_exit_code_is_73() {
    let (types, state) = (types(), TemporaryPath::missing("state"));
    let server = start(&types, &state);
    let (_ann, _) = enter(&server, "office/1");
    server.wait_for_line("Ctrl-C");
    fs::remove_dir_all(&state.0).unwrap();
    server.signal(Signal::TERM);
    let (code, log) = server.wait_for_end();
    assert_eq!(code, Some(73), "{log}");
    assert!(
        log.contains("a world could not be saved") && log.contains("office.1"),
        "{log}"
    );
    let last = log.lines().last().unwrap();
    assert!(
        last.starts_with("parlour: these worlds could not be saved: office.1 ("),
        "{last}"
    );
}

#[test]
fn a_saved_world_that_cannot_go_on_exits_with_78() {
    let (types, state) = (types(), TemporaryPath::directory());
    fs::write(state.0.join("office.1.plr"), "not a world").unwrap();
    let args = ["--config", types.path(), "--state", state.path(), "--log", "off"];
    let (code, _, err) = run(&mut parlour(&[&args[..], &FREE_PORTS].concat()));
    assert_eq!(code, Some(78), "{err}");
    assert!(
        err.contains("office.1.plr: the file is not a recording") && err.contains("move the file away"),
        "{err}"
    );
    // No directory.
    let file = state.0.join("office.1.plr");
    let args = ["--state", file.to_str().unwrap(), "--log", "off"];
    let (code, _, err) = run(&mut parlour(&[&args[..], &FREE_PORTS].concat()));
    assert_eq!(code, Some(73), "{err}");
}

#[test]
fn a_setting_that_has_no_effect_is_a_warning() {
    let types = types();
    let server = ServerProcess::start(&["--config", types.path()]);
    server.wait_for_line("Ctrl-C");
    let log = server.stop();
    assert!(
        log.contains("WARN") && log.contains("--state DIR") && log.contains("hall, office"),
        "{log}"
    );

    let (code, _, err) = run(&mut parlour(&["config", "check", types.path()]));
    assert_eq!(code, Some(0), "{err}");
    assert!(
        err.contains("warning: ") && err.contains("hall, office") && err.contains("--state DIR"),
        "{err}"
    );

    let state = TemporaryPath::missing("state");
    let server = ServerProcess::start(&["--state", state.path()]);
    server.wait_for_line("Ctrl-C");
    let log = server.stop();
    assert!(
        log.contains("WARN") && log.contains("no room type is durable"),
        "{log}"
    );
    assert!(log.contains("there are no saved worlds"), "{log}");
}

#[test]
fn saved_rooms_whose_type_is_not_durable_any_more_are_named_in_a_warning() {
    let (types, state) = (types(), TemporaryPath::missing("state"));
    let server = start(&types, &state);
    let (_ann, _) = enter(&server, "office/1");
    server.wait_for_line("Ctrl-C");
    server.stop();
    let file = state.0.join("office.1.plr");
    assert!(file.exists());

    let office = TYPES.replace("own_world = true\ndurable = true", "own_world = true");
    let changed = TemporaryPath::named_file("changed.toml", &office);
    let server = start(&changed, &state);
    server.wait_for_line("Ctrl-C");
    let log = server.stop();
    let line = log.lines().find(|line| line.contains("not durable any more"));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("WARN") && line.contains("office/1"), "{line}");
    assert!(!file.exists());
}

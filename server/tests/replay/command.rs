//! `parlour replay` as a process: its output, its exit codes and its errors.

use std::fs;

use parlour_sim::{Logic, SIMULATION, SimulationApp};

use crate::support::{ScriptedRecording, TemporaryPath, parlour, story, without_events};

fn recorded(script: &ScriptedRecording, ticks: u32) -> TemporaryPath {
    TemporaryPath::file(&script.record(ticks))
}

/// Runs a replay that fails with one line. Returns the exit code and the line.
fn refused(words: &[&str]) -> (Option<i32>, String) {
    let (code, out, err) = parlour(words);
    assert_eq!(out, "", "{err}");
    assert_eq!(err.trim_end().lines().count(), 1, "{err}");
    (code, err)
}

#[test]
fn a_verified_recording_is_reported_in_one_line() {
    let file = recorded(&story(), 900);
    let (code, out, err) = parlour(&[file.path()]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let expected = "900 ticks, 1 to 900 (2026-11-21T14:03:00.000Z to 14:03:14.983), 900 hashes verified in ";
    assert!(out.starts_with(expected) && out.lines().count() == 1, "{out}");
    let end = " x real time), and also from 2 saved worlds; the recording ended normally.\n";
    assert!(out.ends_with(end), "{out}");
}

#[test]
fn a_verified_recording_is_reported_as_json() {
    let file = recorded(&story(), 900);
    for words in [&["--json"][..], &["--verify", "--format", "json"]] {
        let (code, out, err) = parlour(&[&[file.path()][..], words].concat());
        assert_eq!((code, err.as_str()), (Some(0), ""));
        let found: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(found["result"], "same");
        assert_eq!((&found["ticks"], &found["hashes"]), (&900.into(), &900.into()));
        assert_eq!(
            (&found["first_tick"], &found["last_tick"]),
            (&1.into(), &900.into())
        );
        assert_eq!(found["from"], "2026-11-21T14:03:00.000Z");
        assert_eq!(found["ending"], "the recording ended normally");
    }
}

#[test]
fn a_difference_is_exit_code_1() {
    let mut script = story();
    script.wrong_hash = Some(77);
    let file = recorded(&script, 200);
    let (code, err) = refused(&[file.path()]);
    assert_eq!(code, Some(1), "{err}");
    assert!(
        err.contains("tick 77 reached a different state") && err.contains("--diff"),
        "{err}"
    );
    // --diff shows that this program reaches the recorded state, but not the recorded hash.
    let (code, out, err) = parlour(&[file.path(), "--diff"]);
    assert_eq!((code, err.as_str()), (Some(1), ""), "{out}");
    assert!(out.contains("77"), "{out}");
    // A window that ends before the difference is verified.
    let (code, out, _) = parlour(&[file.path(), "--to", "76"]);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("76 ticks"), "{out}");
}

#[test]
fn a_different_version_is_refused_and_a_different_map_is_ignored() {
    let mut script = story();
    script.simulation = Some(SIMULATION + 1);
    let (code, err) = refused(&[recorded(&script, 20).path()]);
    assert_eq!(code, Some(65));
    assert!(
        err.contains("simulation version") && err.contains("use the program that made it"),
        "{err}"
    );

    let file = recorded(&story(), 20);
    let maps = TemporaryPath::directory();
    let map = format!("{}/../assets/maps/", env!("CARGO_MANIFEST_DIR"));
    for name in ["lobby.tmx", "garden.tmx", "plaza.tmx"] {
        fs::copy(format!("{map}{name}"), maps.0.join(name)).unwrap();
    }
    assert_eq!(parlour(&[file.path(), "--maps", maps.path()]).0, Some(0));
    let plaza = fs::read_to_string(maps.0.join("plaza.tmx")).unwrap();
    fs::write(
        maps.0.join("plaza.tmx"),
        plaza.replacen("\"r5c5\"", "\"moved\"", 1),
    )
    .unwrap();
    // The recording was made with the bundled plaza. A different map with that name does not hide
    // it.
    assert_eq!(parlour(&[file.path(), "--maps", maps.path()]).0, Some(0));
}

#[test]
fn different_game_logic_is_refused() {
    // A resource that `parlour` does not declare.
    #[derive(bevy_ecs::prelude::Resource, Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
    struct Weather(u32);
    let mut script = story();
    script.logic = Logic::new(|app| {
        app.init_resource::<Weather>();
        app.state_resource::<Weather>("weather");
    });
    let (code, err) = refused(&[recorded(&script, 20).path()]);
    assert_eq!(code, Some(65));
    assert!(
        err.contains("other game logic") && err.contains("weather"),
        "{err}"
    );
}

#[test]
fn an_error_about_a_moment_quotes_it_once() {
    let (code, _, err) = parlour(&["x.plr", "--at", "noon"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("is neither a tick (1234) nor a time"), "{err}");
    assert_eq!(err.matches("noon").count(), 1, "{err}");
}

#[test]
fn a_file_that_is_not_a_recording_is_refused() {
    let (code, err) = refused(&["/nowhere.plr"]);
    assert_eq!(code, Some(65));
    assert!(err.contains("/nowhere.plr: cannot be read"), "{err}");
    assert_eq!(err.matches("/nowhere.plr").count(), 1, "{err}");
    let text = TemporaryPath::file(b"[settings]\nthis is some other file");
    let (code, err) = refused(&[text.path()]);
    assert_eq!(code, Some(65));
    assert!(err.contains("not a recording"), "{err}");
    let header = TemporaryPath::file(&story().record(20)[..100]);
    assert_eq!(refused(&[header.path()]).0, Some(65));
}

#[test]
fn wrong_arguments_are_exit_code_2() {
    let file = recorded(&without_events(), 20);
    for words in [
        &["--from", "yesterday"][..],
        &["--dump", "everything"],
        &["--dump", "chat", "--follow", "Ada"],
        &["--room", "plaza"],
        &["--at", "7"],
        // Flags that do not belong to the chosen output are errors.
        &["--follow", "Ada", "--at", "7"],
        &["--follow", "Ada", "--player", "Bob"],
        &["--follow", "object:1", "--room", "plaza"],
        &["--follow", "Ada", "--format", "json"],
        &["--export", "--room", "plaza"],
        &["--export", "--at", "7"],
        &["--follow", "Ada", "--json"],
        &["--serve", "--json"],
        &["--export", "--json"],
        &["--json", "--format", "json"],
        &["--verify", "--dump", "players"],
        &["--verify", "--diff"],
        &["--diff", "--player", "Ada"],
        &["--dump", "chat", "--paused"],
        &["--dump", "chat", "--speed", "2"],
    ] {
        let words: Vec<&str> = [file.path()].into_iter().chain(words.iter().copied()).collect();
        let (code, _, err) = parlour(&words);
        assert_eq!(code, Some(2), "{words:?}: {err}");
    }
    assert_eq!(parlour(&[]).0, Some(2));
}

#[test]
fn settings_that_a_replay_does_not_use_are_refused() {
    let file = recorded(&without_events(), 20);
    for (words, right) in [
        (
            &["--seed", "7", "--capacity", "5"][..],
            "replay does not use --capacity, --seed:",
        ),
        (
            &["--listen", "127.0.0.1:0"],
            "replay uses --listen only with --serve:",
        ),
        (
            &["--dump", "chat", "--log", "debug"],
            "replay uses --log only with --serve:",
        ),
        (&["--serve", "--cadence", "60"], "replay does not use --cadence:"),
        (
            &["--record", "x", "--admin", "y"],
            "replay does not use --record, and uses --admin only with --serve:",
        ),
    ] {
        let words: Vec<&str> = [file.path()].into_iter().chain(words.iter().copied()).collect();
        let (code, err) = refused(&words);
        assert_eq!(code, Some(2), "{words:?}: {err}");
        assert!(err.contains(right) && err.contains("--help"), "{words:?}: {err}");
    }
}

#[test]
fn a_moment_outside_of_the_recording_is_exit_code_64() {
    let file = recorded(&without_events(), 20);
    for words in [
        &["--from", "14:05"][..],
        &["--dump", "players", "--at", "14:05"],
        &["--follow", "Ada", "--to", "14:02"],
        &["--export", "--from", "14:05"],
        &[
            "--serve",
            "--from",
            "14:05",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
        ],
    ] {
        let words: Vec<&str> = [file.path()].into_iter().chain(words.iter().copied()).collect();
        let (code, _, err) = parlour(&words);
        assert_eq!(code, Some(64), "{words:?}: {err}");
        let holds =
            "is not in the recording: it has ticks 1 to 20, 14:03:00.000 to 14:03:00.316 on 2026-11-21 (UTC)";
        assert!(err.contains(holds), "{words:?}: {err}");
    }
    let (code, err) = refused(&[file.path(), "--dump", "chat", "--from", "10", "--at", "9"]);
    assert_eq!(
        (code, err.contains("--from is after --at")),
        (Some(64), true),
        "{err}"
    );
    // For a recording without ticks, the file is at fault.
    let empty = recorded(&without_events(), 0);
    assert_eq!(refused(&[empty.path(), "--from", "14:05"]).0, Some(65));
}

#[test]
fn a_recorded_panic_that_does_not_repeat_is_a_difference() {
    let mut script = story();
    script.panics = true;
    let file = recorded(&script, 50);
    let (code, err) = refused(&[file.path()]);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("tick 50 panicked when it was recorded, and does not now"),
        "{err}"
    );
    let (code, out, err) = parlour(&[file.path(), "--dump", "players"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(
        err.contains("the last tick panicked") && out.contains("Cleo"),
        "{out}{err}"
    );
}

//! `parlour replay FILE --diff OTHER` as a process.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use parlour_server::maps;
use parlour_sim::{Logic, SimConfig};
use parlour_testing::{Script, SessionActions as _};
use parlour_tick::TickInput;

use crate::support::{Recorded, record};

/// A session opens, and joins a room of a bundled map a second later.
fn inputs(room: &str) -> Vec<TickInput> {
    let mut script = Script::default();
    script.at(1).open_as(1, "Ada");
    script.at(70).join(1, room);
    script.inputs(90)
}

fn recorded(name: &str, seed: u64, room: &str) -> Recorded {
    let mut config = SimConfig::new(maps::load(None).unwrap());
    config.seed = seed;
    record(
        &format!("command-{name}"),
        &config,
        &Logic::default(),
        &inputs(room),
    )
}

/// Exit code, standard output, standard error.
fn run(one: &Path, other: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
    command.env_clear().stdin(Stdio::null());
    command.arg("replay").arg(one).arg("--diff").arg(other).args(more);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_same_is_exit_code_0() {
    let [one, other] = ["same-one", "same-other"].map(|name| recorded(name, 1, "plaza"));
    let (code, out, error) = run(&one.path, &other.path, &[]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert_eq!(out, "the same: ticks 1 to 90, inputs and hashes\n");
}

#[test]
fn a_difference_is_exit_code_1() {
    let (one, other) = (recorded("one", 1, "plaza"), recorded("other", 1, "lobby"));
    let (code, out, error) = run(&one.path, &other.path, &[]);
    assert_eq!((code, error.as_str()), (Some(1), ""));
    assert!(out.starts_with("tick       70, 20"), "{out}");
    assert!(out.contains("session 1, \"Ada\""), "{out}");
    assert!(out.contains("only the other: join lobby ("), "{out}");

    let (code, out, _) = run(&one.path, &other.path, &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!((&json["result"], &json["tick"]), (&"inputs".into(), &70.into()));
}

#[test]
fn other_seeds_are_named() {
    let (one, other) = (
        recorded("seed-one", 1, "plaza"),
        recorded("seed-other", 2, "plaza"),
    );
    let (code, out, _) = run(&one.path, &other.path, &[]);
    assert_eq!(code, Some(1));
    assert!(out.contains("seed: \"1\" | \"2\""), "{out}");
}

#[test]
fn what_is_no_recording_is_exit_code_65() {
    let one = recorded("good", 1, "plaza");
    let (code, out, error) = run(&one.path, Path::new(env!("CARGO_MANIFEST_PATH")), &[]);
    assert_eq!((code, out.as_str()), (Some(65), ""));
    assert!(error.contains("is not a recording"), "{error}");
}

#[test]
fn a_recording_behind_the_flag_gets_a_tip() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
    command.env_clear().args(["replay", "--diff", "rec"]);
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    let tip = "tip: put the recording before --diff: parlour replay rec --diff\n";
    assert!(error.contains(tip), "{error}");
}

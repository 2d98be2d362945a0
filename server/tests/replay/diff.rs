//! `parlour replay FILE --diff OTHER` as a process.

use std::process::Command;

use parlour_testing::SessionActions as _;

use crate::support::{TemporaryPath, parlour, without_events};

/// Returns a recording of a session that joins this room at tick 70.
fn recorded(seed: u64, room: &str) -> TemporaryPath {
    let mut script = without_events();
    script.config.seed = seed;
    script.at(1).open_as(1, "Ada");
    script.at(70).join(1, room);
    TemporaryPath::file(&script.record(90))
}

fn diff(one: &TemporaryPath, other: &str, more: &[&str]) -> (Option<i32>, String, String) {
    parlour(&[&[one.path(), "--diff", other], more].concat())
}

#[test]
fn equal_recordings_are_exit_code_0() {
    let [one, other] = [1, 1].map(|seed| recorded(seed, "plaza"));
    let (code, out, error) = diff(&one, other.path(), &[]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert_eq!(out, "the same: ticks 1 to 90, inputs and hashes\n");
}

#[test]
fn a_difference_is_exit_code_1() {
    let (one, other) = (recorded(1, "plaza"), recorded(1, "lobby"));
    let (code, out, error) = diff(&one, other.path(), &[]);
    assert_eq!((code, error.as_str()), (Some(1), ""));
    assert!(out.starts_with("tick       70, 20"), "{out}");
    assert!(out.contains("session 1, \"Ada\""), "{out}");
    assert!(out.contains("only the other: join lobby ("), "{out}");

    let (code, out, _) = diff(&one, other.path(), &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!((&json["result"], &json["tick"]), (&"inputs".into(), &70.into()));
}

#[test]
fn different_seeds_are_reported() {
    let (one, other) = (recorded(1, "plaza"), recorded(2, "plaza"));
    let (code, out, _) = diff(&one, other.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(out.contains("seed: \"1\" | \"2\""), "{out}");
}

#[test]
fn a_file_that_is_not_a_recording_is_exit_code_65() {
    let one = recorded(1, "plaza");
    let (code, out, error) = diff(&one, env!("CARGO_MANIFEST_PATH"), &[]);
    assert_eq!((code, out.as_str()), (Some(65), ""));
    assert!(error.contains("is not a recording"), "{error}");
}

#[test]
fn a_recording_after_the_flag_gets_a_tip() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
    command.env_clear().args(["replay", "--diff", "rec"]);
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    let tip = "tip: put the recording before --diff: parlour replay rec --diff\n";
    assert!(error.contains(tip), "{error}");
}

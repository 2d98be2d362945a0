//! `connection-report` says what is missing before it measures anything. That it measures,
//! `--quick` shows.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

use std::process::Command;

#[test]
fn without_a_server_it_says_how_to_get_one() {
    let output = Command::new(env!("CARGO_BIN_EXE_connection-report"))
        .args(["--quick", "--server", "/there/is/no/server"])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(
        error.contains("/there/is/no/server") && error.contains("cargo build"),
        "{error}"
    );
}

#[test]
fn a_server_that_ends_at_once_is_no_measurement() {
    let output = Command::new(env!("CARGO_BIN_EXE_connection-report"))
        .args(["--quick", "--server", "/bin/false"])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(error.contains("ended before it was ready"), "{error}");
}

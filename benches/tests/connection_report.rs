//! `connection-report` checks its requirements before it measures. `--quick` runs the measurements.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::process::Command;

#[test]
fn a_missing_server_binary_is_reported_with_the_way_to_build_it() {
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
fn a_server_that_ends_at_once_is_reported() {
    let output = Command::new(env!("CARGO_BIN_EXE_connection-report"))
        .args(["--quick", "--server", "/bin/false"])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(error.contains("ended before it was ready"), "{error}");
}

//! The raw floor moves messages at the given rates, and both sides count the same.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// Returns a free port.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn floor(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_floor"))
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn report(child: Child) -> Value {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_near(value: &Value, expected: f64) {
    let got = value.as_f64().unwrap();
    assert!(
        (got - expected).abs() < 0.25 * expected,
        "{got}, not about {expected}"
    );
}

#[test]
fn both_sides_move_and_count_the_given_rates() {
    let address = format!("127.0.0.1:{}", free_port());
    // The driver starts first and waits for the server.
    let drive = floor(&[
        "drive",
        "--connect",
        &address,
        "--clients=20",
        "--inputs-per-second=5",
        "--input-bytes=13",
        "--settle=300ms",
        "--duration=2s",
    ]);
    let serve = floor(&[
        "serve",
        "--listen",
        &address,
        "--clients=20",
        "--frames-per-second=30",
        "--frame-bytes=77",
        "--settle=300ms",
    ]);
    let (drive, serve) = (report(drive), report(serve));

    assert_eq!((&drive["clients"], &serve["clients"]), (&20.into(), &20.into()));
    assert_near(&serve["sent_frames_per_s"], 600.0);
    assert_near(&drive["frames_in_per_s"], 600.0);
    assert_near(&drive["inputs_out_per_s"], 100.0);
    assert_near(&serve["received_inputs_per_s"], 100.0);
    for (side, field) in [
        (&serve, "cpu_us_per_message"),
        (&serve, "cpu_us_per_client_s"),
        (&serve, "cpu_percent"),
        (&drive, "cpu_us_per_message"),
        (&drive, "cpu_percent"),
    ] {
        assert!(side[field].as_f64().unwrap() > 0.0, "{field}");
    }
}

#[test]
fn zero_clients_are_a_usage_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_floor"))
        .args(["serve", "--listen=127.0.0.1:0", "--clients=0"])
        .args(["--frames-per-second=60", "--frame-bytes=10"])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("--clients"), "{error}");
}

#[test]
fn sigterm_ends_the_run_with_a_report() {
    let address = format!("127.0.0.1:{}", free_port());
    let drive = floor(&[
        "drive",
        "--connect",
        &address,
        "--clients=2",
        "--inputs-per-second=1",
        "--input-bytes=9",
        "--settle=0s",
        "--duration=1h",
    ]);
    let mut serve = floor(&[
        "serve",
        "--listen",
        &address,
        "--clients=2",
        // More frames than ticks.
        "--frames-per-second=90",
        "--frame-bytes=9",
        "--settle=100ms",
    ]);
    // The begin of the measurement cannot be observed from outside. It begins after 0.1 s, so one
    // second is enough.
    assert!(serve.try_wait().unwrap().is_none());
    Command::new("sleep").arg("1").status().unwrap();
    let pid = rustix::process::Pid::from_child(&serve);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_near(&report(serve)["sent_frames_per_s"], 180.0);
    // The driver ends when the server disconnects.
    assert!(report(drive)["frames_in_per_s"].as_f64().unwrap() > 0.0);
}

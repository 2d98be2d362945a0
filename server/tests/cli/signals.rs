//! Signals to a running server process, and its log.

use std::{io::Write as _, net::TcpStream, process::Stdio};

use parlour_shared::message::{ClientMessage, Custom, Refusal};
use rustix::process::Signal;

use crate::{
    process::{FREE_PORTS, ServerProcess, parlour},
    support::{http::connect, raw_client::RawClient},
};

/// Starts a server and waits until it has printed the whole banner.
fn start(args: &[&str]) -> ServerProcess {
    let server = ServerProcess::start(args);
    server.wait_for_line("Ctrl-C");
    server
}

#[test]
fn sigterm_and_ctrl_c_stop_the_server_with_exit_code_0() {
    for (signal, args) in [(Signal::TERM, &[][..]), (Signal::INT, &["serve"])] {
        let server = ServerProcess::start(args);
        let address = server.wait_for_address();
        TcpStream::connect(address).unwrap();
        server.wait_for_line("Ctrl-C");
        let log = server.stop_with(signal);
        assert!(log.contains("stopped"), "{log}");
        assert!(TcpStream::connect(address).is_err(), "the port is still open");
    }
}

#[test]
fn a_second_ctrl_c_ends_the_process_at_once() {
    let server = ServerProcess::start(&[]);
    // The stop takes long because this client does not answer the close frame.
    let _client = RawClient::upgrade(connect(server.wait_for_address()), "parlour.v1.json");
    server.signal(Signal::INT);
    server.wait_for_line("Stopping");
    server.signal(Signal::INT);
    assert_eq!(server.wait_for_end().0, Some(130));
}

#[test]
fn the_log_can_be_json() {
    let log = start(&["--log-format", "json", "--log", "info"]).stop();
    assert!(!log.is_empty());
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            line["level"].is_string() && line["timestamp"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn an_unknown_custom_message_is_logged_with_its_reason() {
    let server = ServerProcess::start(&["--log", "debug"]);
    let mut client = RawClient::upgrade(connect(server.wait_for_address()), "parlour.v1");
    client.hello("ann");
    client.join("plaza");
    client.send(&ClientMessage::Custom(Custom {
        name: "wave\n".into(),
        ..Custom::default()
    }));
    assert_eq!(client.answer(), (0, Some(Refusal::UnknownMessage)));
    let log = server.stop();
    let mut lines = log.lines();
    let line = lines.find(|line| line.contains("game logic could not read a message"));
    let line = line.expect("a log line");
    assert!(
        line.contains(r#""wave\n""#) && line.contains("no plugin declared"),
        "{line}"
    );
}

#[test]
fn a_demo_lets_its_bots_leave_before_it_stops() {
    let server = ServerProcess::start(&["demo", "--bots", "5", "--max-connections", "100"]);
    let mut lines = server.wait_for_bots();
    lines.sort();
    assert_eq!(
        lines,
        [
            "2 bots are walking around, starting in lobby.",
            "3 bots are walking around, starting in plaza."
        ]
    );
    let log = server.stop_with(Signal::INT);
    assert!(
        log.matches("bots left").count() == 2 && !log.contains("WARN") && !log.contains("ERROR"),
        "{log}"
    );
}

#[test]
fn a_full_pipe_as_standard_error_delays_nothing() {
    let (_reader, mut writer) = std::io::pipe().unwrap();
    // Fills the pipe, so that writing the first line of the log would wait forever.
    writer.write_all(&[b'x'; 64 * 1024]).unwrap();
    let args = [&["demo", "--bots", "4", "--log", "debug"], &FREE_PORTS[..]].concat();
    let server = ServerProcess::start_command(parlour(&args).stderr(Stdio::from(writer)));
    server.wait_for_bots();
    server.stop();
}

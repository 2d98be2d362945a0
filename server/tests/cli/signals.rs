//! A running server prints its addresses, and stops when it is asked to.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use rustix::process::Signal;

use crate::process::{FREE_PORTS, Running};

fn started(words: &[&str]) -> (Running, String) {
    let server = Running::start(&[words, &FREE_PORTS].concat());
    let line = server.line("world    ws://");
    let (_, address) = line.split_once("ws://").unwrap();
    let address = address.strip_suffix("/ws").unwrap().to_owned();
    server.line("npx wscat -c ws://127.0.0.1:");
    server.line("Ctrl-C");
    TcpStream::connect(&address).unwrap();
    (server, address)
}

#[test]
fn sigterm_and_ctrl_c_stop_it_with_0() {
    for (signal, words) in [(Signal::TERM, &[][..]), (Signal::INT, &["serve"])] {
        let (server, address) = started(words);
        server.signal(signal);
        let (code, log) = server.end();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("stopped"), "{log}");
        assert!(TcpStream::connect(&address).is_err(), "the port is still open");
    }
}

#[test]
fn ctrl_c_again_ends_it_at_once() {
    let (server, address) = started(&[]);
    // A client that never answers the close makes stopping take a while.
    let mut client = TcpStream::connect(&address).unwrap();
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         Sec-WebSocket-Protocol: parlour.v1.json\r\n\r\n"
    );
    client.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    server.signal(Signal::INT);
    server.line("Stopping");
    server.signal(Signal::INT);
    assert_eq!(server.end().0, Some(130));
}

#[test]
fn logs_are_json_when_asked_for() {
    let (server, _) = started(&["--log-format", "json", "--log", "info"]);
    server.signal(Signal::TERM);
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
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
fn the_demo_lets_bots_in_and_stops_as_well() {
    let (server, _) = started(&["demo", "--bots", "5", "--max-connections", "100"]);
    let mut in_maps = [server.line("bots walk about"), server.line("bots walk about")];
    in_maps.sort();
    assert_eq!(
        in_maps,
        [
            "2 bots walk about, from lobby on.",
            "3 bots walk about, from plaza on."
        ]
    );
    server.signal(Signal::INT);
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.matches("bots left").count() == 2 && !log.contains("WARN") && !log.contains("ERROR"),
        "{log}"
    );
}

#[test]
fn a_standard_error_that_takes_nothing_delays_nothing() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    // Fills the pipe: the first line of the log would wait forever.
    writer.write_all(&[b'x'; 64 * 1024]).unwrap();
    let words = [&["demo", "--bots", "4", "--log", "debug"], &FREE_PORTS[..]].concat();
    let server = Running::start_logging_to(writer, &words);
    server.line("bots walk about");
    server.line("bots walk about");
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
    drop(reader);
}

//! A person who types JSON has time for the hello, and the close frame says what was wrong.

use std::{
    io::{Read as _, Write as _},
    time::{Duration, Instant},
};

use parlour_shared::{
    codec::SCHEMA,
    message::ServerMessage,
    websocket::{
        OpCode,
        handshake::{ClientHandshake, ClientRequest},
    },
};

use crate::support::{Client, Got, TestServer, start, start_with};

/// The time for the hello of a client that does not get the longer one.
const SHORT: Duration = Duration::from_millis(300);

/// Returns the close code and reason of a JSON client that sends these texts.
#[track_caller]
fn closed(server: &TestServer, texts: &[&str]) -> (u16, String) {
    let mut client = server.websocket("parlour.v1.json");
    for text in texts {
        client.frame(OpCode::Text, text.as_bytes());
    }
    client.closed_because()
}

/// Returns a JSON client whose request has this header line, as from a proxy.
fn forwarded(server: &TestServer, line: (&str, &str)) -> Client {
    let request = ClientRequest {
        host: "localhost",
        path: "/ws",
        nonce: [7; 16],
        subprotocols: &["parlour.v1.json"],
        headers: &[line],
    };
    let (mut handshake, bytes) = ClientHandshake::start(&request).unwrap();
    let mut stream = server.dial();
    stream.write_all(&bytes).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    assert!(handshake.read(&answer).unwrap().is_some());
    Client::after_upgrade(stream, "parlour.v1.json")
}

#[test]
fn json_over_loopback_has_more_time_for_its_hello() {
    let server = start_with(|options| options.edge.handshake_timeout = SHORT);
    let mut person = server.websocket("parlour.v1.json");
    for mut other in [
        server.websocket("parlour.v1"),
        forwarded(&server, ("x-forwarded-for", "192.0.2.1")),
    ] {
        let reason = "no hello within 0.3 s of connecting".to_owned();
        assert_eq!(other.closed_because(), (4408, reason));
    }
    // These connected after the person, whose short time would also be over.
    person.hello_without_answer("ann");
    assert!(matches!(person.message(), ServerMessage::Welcome(welcome) if welcome.name == "ann"));
}

#[test]
fn a_typed_hello_has_a_minute_or_a_longer_handshake_timeout() {
    let mut options = parlour_server::ServerOptions::new(parlour_sim::SimConfig::new(Vec::new()));
    let typing = |options: &parlour_server::ServerOptions, address: &str| {
        options
            .edge
            .time_to_type_hello(address.parse().unwrap())
            .as_secs()
    };
    for (address, seconds) in [
        ("127.0.0.1", 60),
        ("::1", 60),
        ("::ffff:127.0.0.1", 60),
        ("192.0.2.1", 5),
    ] {
        assert_eq!(typing(&options, address), seconds, "{address}");
    }
    options.edge.handshake_timeout = Duration::from_secs(90);
    assert_eq!(typing(&options, "127.0.0.1"), 90);
}

#[test]
fn the_longer_time_also_ends() {
    let server = start_with(|options| {
        options.edge.handshake_timeout = SHORT;
        options.edge.handshake_timeout_by_hand = 3 * SHORT;
    });
    let begin = Instant::now();
    let (code, reason) = closed(&server, &[]);
    assert_eq!((code, &*reason), (4408, "no hello within 0.9 s of connecting"));
    assert!(begin.elapsed() >= 3 * SHORT, "{:?}", begin.elapsed());
    server.await_metric("parlour_unauthenticated_connections", 0.0);
}

#[test]
fn slow_typists_take_no_places_from_others() {
    let server = start_with(|options| {
        options.edge.handshake_timeout = SHORT;
        options.edge.max_unauthenticated_per_address = 1;
    });
    let persons: Vec<Client> = (0..16).map(|_| server.websocket("parlour.v1.json")).collect();
    // All places with the longer time are taken: this one has the usual time.
    let (code, reason) = closed(&server, &[]);
    assert_eq!((code, &*reason), (4408, "no hello within 0.3 s of connecting"));
    server.await_metric("parlour_unauthenticated_connections", 16.0);
    server.player("ann");
    drop(persons);
    server.await_metric("parlour_unauthenticated_connections", 0.0);
}

#[test]
fn the_index_page_says_how_long_a_hello_may_take() {
    let server = start();
    let page = server.request("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert!(page.contains("with the hello within 60 s:\n"), "{page}");
}

#[test]
fn the_close_frame_names_a_typing_mistake() {
    let server = start();
    let hello = r#"{"hello":{"protocol":1,"name":"Ada"}}"#;
    for (text, reason) in [
        (
            r#"{"bogus":1}"#,
            "unknown message `bogus`; known are hello, join, leave, move, chat, set_skin, set_state, custom, ping, bye",
        ),
        (
            r#""sprnt""#,
            "unknown message `sprnt`; known are hello, join, leave, move, chat, set_skin, set_state, custom, ping, bye",
        ),
        (
            r#"{"move":"east"}"#,
            r#"`move` must be an object with fields, not text, as in {"move":{"direction":"east"}}"#,
        ),
        (
            r#"{"hello":{"name":"Ada"}}"#,
            r#"`hello.protocol` is missing, as in {"hello":{"protocol":1,"name":"Ada"}}"#,
        ),
    ] {
        // Before the hello and after it.
        for texts in [&[text][..], &[hello, text]] {
            assert_eq!(closed(&server, texts), (4400, reason.to_owned()), "{texts:?}");
        }
    }
    let first = r#"the first message must be a hello, as in {"hello":{"protocol":1,"name":"Ada"}}"#;
    let join = r#"{"join":{"room":"plaza"}}"#;
    assert_eq!(closed(&server, &[join]), (4400, first.to_owned()));
}

#[test]
fn the_close_frame_says_why_a_hello_is_rejected() {
    let server = start();
    let schema =
        format!("the server does not have schema 5, only {SCHEMA}; leave it out if you type the hello");
    for (text, code, reason) in [
        (
            r#"{"hello":{"protocol":2}}"#,
            4415,
            "the server does not speak protocol 2, only 1",
        ),
        (r#"{"hello":{"protocol":1,"schema":5}}"#, 4415, &*schema),
        (
            r#"{"hello":{"protocol":1,"token":"SECRET"}}"#,
            4401,
            "this server cannot verify tokens: leave `token` out and connect as a guest",
        ),
        (
            r#"{"hello":{"protocol":1,"session":"SECRET"}}"#,
            4103,
            "this server cannot resume a session: leave `session` and `resume` out",
        ),
    ] {
        assert_eq!(closed(&server, &[text]), (code, reason.to_owned()), "{text}");
    }
    let long = format!(r#"{{"hello":{{"protocol":1,"name":"{}"}}}}"#, "x".repeat(8000));
    assert_eq!(
        closed(&server, &[&long]),
        (1009, "a hello of more than 7168 bytes".to_owned())
    );
}

#[test]
fn the_close_frame_names_a_frame_of_the_wrong_type() {
    let server = start();
    let mut client = server.websocket("parlour.v1.json");
    client.frame(OpCode::Binary, b"\x09");
    let reason = "a binary message: parlour.v1.json takes text, parlour.v1 takes binary".to_owned();
    assert_eq!(client.closed_because(), (1003, reason));
    let mut client = server.websocket("parlour.v1.json");
    client.frame(OpCode::Text, b"{\"hello\":{\"name\":\"\xff\"}}");
    assert_eq!(client.closed_because(), (1007, "text is not UTF-8".to_owned()));
}

#[test]
fn binary_clients_get_the_short_reason() {
    let server = start();
    let mut client = server.websocket("parlour.v1");
    client.frame(OpCode::Binary, &[250]);
    assert_eq!(client.closed_because(), (4400, "malformed message".to_owned()));
}

#[test]
fn a_close_reason_fits_its_frame_and_is_printable() {
    let server = start();
    for name in [
        "\u{202e}",
        "\u{7}",
        "\u{1f600}",
        "m\u{43e}ve",
        &"\u{e9}".repeat(2000),
    ] {
        let text = serde_json::json!({ name: {} }).to_string();
        let mut client = server.websocket("parlour.v1.json");
        client.frame(OpCode::Text, text.as_bytes());
        let got = loop {
            match client.next() {
                Got::Close(code, reason) => break (code, reason),
                Got::Text(_) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(got.0, Some(4400));
        assert!(got.1.starts_with("unknown message"), "{got:?}");
        assert!(got.1.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{got:?}");
        assert!(got.1.len() <= 123, "{got:?}");
    }
}

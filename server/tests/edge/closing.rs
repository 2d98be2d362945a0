//! Connections that end: by a close frame of the client, by a bye, or without either.

use std::time::{Duration, Instant};

use parlour_shared::{message::ClientMessage, websocket::OpCode};

use crate::support::{raw_client::ConnectionEvent, test_server::start};

#[test]
fn a_close_frame_of_the_client_is_answered_with_its_code_and_ends_the_session() {
    let server = start();
    let mut client = server.player("ann");
    server.await_metric("parlour_sessions", 1.0);
    client.send_frame(OpCode::Close, &[0x03, 0xE9, b'x']);
    assert_eq!(
        client.next_event(),
        ConnectionEvent::Close(Some(1001), String::new())
    );
    assert_eq!(client.next_event(), ConnectionEvent::End);
    server.await_metric("parlour_sessions", 0.0);
    let mut client = server.player("bob");
    client.send_frame(OpCode::Close, b"");
    assert_eq!(client.next_event(), ConnectionEvent::Close(None, String::new()));
}

#[test]
fn a_bye_is_answered_with_1000() {
    let server = start();
    let mut client = server.player("ann");
    client.send(&ClientMessage::Bye);
    assert_eq!(
        client.next_event(),
        ConnectionEvent::Close(Some(1000), "goodbye".into())
    );
    client.send_frame(OpCode::Close, &1000_u16.to_be_bytes());
    assert_eq!(client.next_event(), ConnectionEvent::End);
    assert_eq!(
        server.metric("parlour_closes_total{by=\"server\",code=\"1000\"}"),
        1.0
    );
}

#[test]
fn a_client_that_does_not_answer_the_close_frame_is_cut_off() {
    let server = start();
    let mut client = server.player("ann");
    client.send(&ClientMessage::Bye);
    assert_eq!(client.close_code(), 1000);
    let begin = Instant::now();
    assert!(matches!(
        client.next_event(),
        ConnectionEvent::End | ConnectionEvent::Reset
    ));
    let took = begin.elapsed();
    assert!(
        (Duration::from_secs(4)..Duration::from_secs(15)).contains(&took),
        "{took:?}"
    );
    server.await_metric("parlour_websockets", 0.0);
}

#[test]
fn a_session_ends_when_its_connection_ends_without_a_close_frame() {
    let server = start();
    let client = server.player("ann");
    server.await_metric("parlour_sessions", 1.0);
    drop(client);
    server.await_metric("parlour_sessions", 0.0);
    server.await_metric("parlour_closes_total{by=\"client\",code=\"none\"}", 1.0);
    server.await_metric("parlour_connections", 0.0);
}

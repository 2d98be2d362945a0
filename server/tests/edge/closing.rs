//! How connections end.

use std::time::{Duration, Instant};

use parlour_shared::{message::ClientMessage, websocket::OpCode};

use crate::support::{Got, start};

#[test]
fn a_clients_close_is_answered_with_its_code_and_the_session_ends() {
    let server = start();
    let mut client = server.player("ann");
    server.await_metric("parlour_sessions", 1.0);
    client.frame(OpCode::Close, &[0x03, 0xE9, b'x']);
    assert_eq!(client.next(), Got::Close(Some(1001), String::new()));
    assert_eq!(client.next(), Got::End);
    server.await_metric("parlour_sessions", 0.0);
    let mut client = server.player("bob");
    client.frame(OpCode::Close, b"");
    assert_eq!(client.next(), Got::Close(None, String::new()));
}

#[test]
fn bye_is_1000() {
    let server = start();
    let mut client = server.player("ann");
    client.say(&ClientMessage::Bye);
    assert_eq!(client.next(), Got::Close(Some(1000), "goodbye".into()));
    client.frame(OpCode::Close, &1000_u16.to_be_bytes());
    assert_eq!(client.next(), Got::End);
    assert_eq!(
        server.metric("parlour_closes_total{by=\"server\",code=\"1000\"}"),
        1.0
    );
}

#[test]
fn a_client_that_does_not_answer_the_close_frame_is_cut_off() {
    let server = start();
    let mut client = server.player("ann");
    client.say(&ClientMessage::Bye);
    assert_eq!(client.closed(), 1000);
    let begin = Instant::now();
    assert!(matches!(client.next(), Got::End | Got::Reset));
    let took = begin.elapsed();
    assert!(
        (Duration::from_secs(4)..Duration::from_secs(15)).contains(&took),
        "{took:?}"
    );
    server.await_metric("parlour_websockets", 0.0);
}

#[test]
fn a_session_ends_when_its_connection_just_ends() {
    let server = start();
    let client = server.player("ann");
    server.await_metric("parlour_sessions", 1.0);
    drop(client);
    server.await_metric("parlour_sessions", 0.0);
    server.await_metric("parlour_closes_total{by=\"client\",code=\"none\"}", 1.0);
    server.await_metric("parlour_connections", 0.0);
}

//! The hello has one deadline, counted from the accept of the connection, even if the bytes arrive
//! slowly.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    time::{Duration, Instant},
};

use parlour_shared::{message::ServerMessage, websocket::OpCode};

use crate::support::{
    http::{head_and_body, read_head},
    raw_client::{RawClient, masked_frame, upgrade_request},
    test_server::{TestServer, start_with},
};

const DEADLINE: Duration = Duration::from_millis(600);

fn server_with_deadline() -> TestServer {
    start_with(|options| options.edge.handshake_timeout = DEADLINE)
}

#[test]
fn a_silent_connection_is_closed_without_an_answer() {
    let server = server_with_deadline();
    let start = Instant::now();
    let mut stream = server.connect();
    // No 408: browsers open connections in advance, and would take it for the answer to their next
    // request.
    assert_eq!(stream.read(&mut [0; 64]).unwrap_or(0), 0);
    assert!(start.elapsed() >= DEADLINE, "{:?}", start.elapsed());
    server.await_metric("parlour_connections", 0.0);
    server.await_metric("parlour_unauthenticated_connections", 0.0);
}

#[test]
fn slow_bytes_do_not_extend_the_deadline() {
    let server = server_with_deadline();
    let start = Instant::now();
    let mut stream = server.connect();
    stream.set_read_timeout(Some(Duration::from_millis(40))).unwrap();
    let request = upgrade_request("parlour.v1");
    // The request would take 8 s: each byte waits for the read timeout of 40 ms.
    for byte in request {
        if stream.write_all(&[byte]).is_err() {
            break;
        }
        match stream.read(&mut [0; 64]) {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(_) => {}
        }
    }
    assert!(start.elapsed() < 8 * DEADLINE, "{:?}", start.elapsed());
    server.await_metric("parlour_rejects_total{class=\"handshake_timeout\"}", 1.0);
}

#[test]
fn a_request_that_is_incomplete_at_the_deadline_is_answered_with_408() {
    let server = server_with_deadline();
    let request = upgrade_request("parlour.v1");
    let start = Instant::now();
    for sent in [1, request.len() - 1] {
        let mut stream = server.connect();
        stream.write_all(&request[..sent]).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = head_and_body(&answer);
        assert!(head.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{answer}"
        );
    }
    assert!(start.elapsed() >= 2 * DEADLINE, "{:?}", start.elapsed());
    server.await_metric("parlour_connections", 0.0);
}

#[test]
fn an_upgrade_without_a_hello_is_closed_with_4408() {
    let server = server_with_deadline();
    let start = Instant::now();
    let mut client = server.websocket("parlour.v1");
    // A ping is not a hello.
    client.send_frame(OpCode::Ping, b"");
    assert_eq!(client.close_code(), 4408);
    assert!(start.elapsed() >= DEADLINE, "{:?}", start.elapsed());
    assert_eq!(server.metric("parlour_sessions"), 0.0);
}

#[test]
fn a_hello_sent_together_with_the_request_is_read() {
    let server = server_with_deadline();
    let mut bytes = upgrade_request("parlour.v1.json");
    let hello = br#"{"hello":{"protocol":1,"name":"eager"}}"#;
    bytes.extend(masked_frame(OpCode::Text, hello));
    let mut stream = server.connect();
    stream.write_all(&bytes).unwrap();
    read_head(&mut stream);
    let mut client = RawClient::after_upgrade(stream, "parlour.v1.json");
    assert!(matches!(
        client.next_message(),
        ServerMessage::Welcome(welcome) if welcome.name == "eager"
    ));
}

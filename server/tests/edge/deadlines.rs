//! One deadline from accept to hello, however slowly bytes arrive.

use std::{
    io::{Read as _, Write as _},
    time::{Duration, Instant},
};

use crate::support::{Client, start_with, upgrade_request};

const DEADLINE: Duration = Duration::from_millis(600);

fn server() -> crate::support::TestServer {
    start_with(|options| options.edge.handshake_timeout = DEADLINE)
}

#[test]
fn a_silent_connection_is_closed() {
    let server = server();
    let begin = Instant::now();
    let mut stream = server.dial();
    // No 408: browsers connect in advance, and would take it as the answer to their next request.
    assert_eq!(stream.read(&mut [0; 64]).unwrap_or(0), 0);
    assert!(begin.elapsed() >= DEADLINE, "{:?}", begin.elapsed());
    server.await_metric("parlour_connections", 0.0);
    server.await_metric("parlour_unauthenticated_connections", 0.0);
}

#[test]
fn slow_bytes_do_not_extend_the_deadline() {
    let server = server();
    let begin = Instant::now();
    let mut stream = server.dial();
    stream.set_read_timeout(Some(Duration::from_millis(40))).unwrap();
    let (_, request) = upgrade_request("parlour.v1");
    // At 25 bytes a second the request would take 8 s.
    for byte in request {
        if stream.write_all(&[byte]).is_err() {
            break;
        }
        match stream.read(&mut [0; 64]) {
            Ok(_) => break,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(_) => {}
        }
    }
    assert!(begin.elapsed() < 8 * DEADLINE, "{:?}", begin.elapsed());
    server.await_metric("parlour_rejects_total{class=\"handshake_timeout\"}", 1.0);
}

#[test]
fn a_request_that_does_not_arrive_in_time_is_408() {
    let server = server();
    let (_, request) = upgrade_request("parlour.v1");
    let begin = Instant::now();
    for sent in [1, request.len() - 1] {
        let mut stream = server.dial();
        stream.write_all(&request[..sent]).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        assert!(
            head.contains(&format!("content-length: {}", text.len())),
            "{answer}"
        );
    }
    assert!(begin.elapsed() >= 2 * DEADLINE, "{:?}", begin.elapsed());
    server.await_metric("parlour_connections", 0.0);
}

#[test]
fn an_upgrade_without_a_hello_is_4408() {
    let server = server();
    let begin = Instant::now();
    let mut client = server.websocket("parlour.v1");
    // A ping is not a hello.
    client.frame(parlour_shared::websocket::OpCode::Ping, b"");
    assert_eq!(client.closed(), 4408);
    assert!(begin.elapsed() >= DEADLINE, "{:?}", begin.elapsed());
    assert_eq!(server.metric("parlour_sessions"), 0.0);
}

#[test]
fn bytes_right_after_the_request_are_read() {
    let server = server();
    let (_, mut bytes) = upgrade_request("parlour.v1.json");
    let hello = br#"{"hello":{"protocol":1,"name":"eager"}}"#;
    let mask = Some([9, 9, 9, 9]);
    parlour_shared::websocket::encode_into(&mut bytes, parlour_shared::websocket::OpCode::Text, hello, mask);
    let mut stream = server.dial();
    stream.write_all(&bytes).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let mut client = Client::after_upgrade(stream, "parlour.v1.json");
    assert!(matches!(
        client.message(),
        parlour_shared::message::ServerMessage::Welcome(welcome) if welcome.name == "eager"
    ));
}

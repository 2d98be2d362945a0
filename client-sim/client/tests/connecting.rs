//! The errors of a connection that cannot be opened, and whether to try again.
#![cfg(feature = "connect")]

#[path = "support/peer.rs"]
mod peer;
mod support;

use std::time::Duration;

use parlour_client::{AddressError, ConnectError, Connection, Options};
use peer::{Incoming, Peer, answered, connected, listen};

async fn refused(address: &str) -> ConnectError {
    let opened = Connection::open(address, Options::default()).await;
    opened.expect_err("it must not open")
}

#[tokio::test]
async fn an_invalid_address_is_not_tried_again() {
    let error = refused("http://127.0.0.1/ws").await;
    assert!(
        matches!(error, ConnectError::Address(AddressError::Scheme)),
        "{error}"
    );
    assert_eq!(error.reconnect_after(), None);
    let error = refused("ws://127.0.0.1:1/with space").await;
    assert!(
        matches!(error, ConnectError::Address(AddressError::Character)),
        "{error}"
    );
}

#[tokio::test]
async fn a_port_without_a_listener_is_tried_again() {
    let (listener, address) = listen().await;
    drop(listener);
    let error = refused(&address).await;
    assert!(matches!(error, ConnectError::Io(_)), "{error}");
    let wait = error.reconnect_after().expect("a server may start");
    assert!((500..2500).contains(&wait.as_millis()), "{wait:?}");
}

#[tokio::test]
async fn a_refused_connection_has_the_status_and_the_text() {
    let full = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 19\r\n\r\nthe server is full\n";
    let error = answered(full).await;
    assert_eq!(
        error.to_string(),
        "the server answered with status 503: the server is full"
    );
    assert!(error.reconnect_after().is_some());
    let error = answered(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    assert!(
        matches!(error, ConnectError::Refused { status: 403, .. }),
        "{error}"
    );
    assert_eq!(error.reconnect_after(), None);
}

fn status_and_body(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn a_problem_body_is_reported_by_its_detail() {
    let said = async |content_type: &str, body: &str| {
        let answer = status_and_body("503 Service Unavailable", content_type, body);
        let ConnectError::Refused { status: 503, text } = answered(answer.as_bytes()).await else {
            panic!("{body}")
        };
        text
    };
    let problem = "application/problem+json";
    let full = r#"{"type":"/problems/server-full","title":"Server unavailable","status":503,"detail":"the server is full, try again later","class":"too_many_connections"}"#;
    assert_eq!(said(problem, full).await, "the server is full, try again later");
    let charset = format!("{problem}; charset=utf-8");
    let proxy = said(&charset, r#"{"title":"No\u001b[31m backend","status":503}"#);
    assert_eq!(proxy.await, "No[31m backend");
    // Bodies from other servers.
    assert_eq!(said(problem, "{\"detail\":").await, "{\"detail\":");
    assert_eq!(said("text/plain", "{}").await, "{}");
}

#[tokio::test]
async fn a_long_answer_is_cut_and_has_no_control_characters() {
    let body = "\x1b[31m".repeat(200);
    let error = answered(format!("HTTP/1.1 400 Bad Request\r\n\r\n{body}").as_bytes()).await;
    let ConnectError::Refused { text, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        text.chars().count() <= 200 && !text.chars().any(char::is_control),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_parlour_is_reported() {
    for answer in [
        &b"SSH-2.0-OpenSSH_9.7\r\n"[..],
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
    ] {
        let error = answered(answer).await;
        assert!(matches!(error, ConnectError::NotParlour(_)), "{error}");
        assert_eq!(error.reconnect_after(), None);
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_tried_again() {
    let error = answered(b"").await;
    assert!(error.reconnect_after().is_some(), "{error:?}");
    // `fn main() -> Result<(), ConnectError>` prints this form.
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[tokio::test]
async fn a_close_instead_of_a_welcome_is_reported_with_its_reason() {
    let (listener, address) = listen().await;
    let (opened, ()) = tokio::join!(Connection::open(&address, Options::default()), async {
        let mut peer = Peer::upgraded(listener.accept().await.expect("a client").0).await;
        peer.close(4401, "authentication failed").await;
        while !matches!(peer.next().await, Incoming::End) {}
    });
    let error = opened.expect_err("closed");
    let ConnectError::Disconnected(end) = &error else {
        panic!("{error}")
    };
    assert_eq!((end.code(), error.reconnect_after()), (Some(4401), None));
    assert!(error.to_string().contains("authentication failed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn opening_times_out_if_the_server_does_not_answer() {
    let (_listener, address) = listen().await;
    let timeout = Duration::from_secs(7);
    let options = Options {
        timeout,
        ..Options::default()
    };
    let started = tokio::time::Instant::now();
    let error = Connection::open(&address, options)
        .await
        .expect_err("nothing arrived");
    assert!(
        matches!(error, ConnectError::TimedOut(time) if time == timeout),
        "{error}"
    );
    assert_eq!(started.elapsed().as_secs(), 7);
    assert!(error.reconnect_after().is_some());
}

#[tokio::test]
async fn opening_may_be_cancelled_at_any_time() {
    let (listener, address) = listen().await;
    let mut opening = Box::pin(Connection::open(&address, Options::default()));
    let (mut stream, _) = tokio::select! {
        _ = &mut opening => panic!("nobody answered"),
        accepted = listener.accept() => accepted.expect("a client"),
    };
    drop(tokio::time::timeout(Duration::from_millis(50), &mut opening).await);
    drop(opening);
    let mut bytes = Vec::new();
    let ended = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes);
    let ended = tokio::time::timeout(Duration::from_secs(5), ended).await;
    ended.expect("the socket is closed").expect("closed in order");
    let (connection, _peer) = connected(Options::default()).await;
    assert!(connection.client().player().is_some());
}

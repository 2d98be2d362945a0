//! While a token is checked, nothing of the client is handled.

use std::time::{Duration, Instant};

use parlour_shared::{
    limits::PROTOCOL,
    message::{ClientMessage, Hello, Join, ServerMessage},
    websocket::OpCode,
};
use parlour_testing::{encoded, eventually};

use crate::{
    support::raw_client::masked_frame,
    tokens::{Oracle, guarded, welcome},
};

fn hello(token: &str) -> Vec<u8> {
    let hello = Hello {
        protocol: PROTOCOL,
        token: Some(token.to_owned()),
        ..Hello::default()
    };
    masked_frame(OpCode::Binary, &encoded(&ClientMessage::Hello(hello)))
}

fn join() -> Vec<u8> {
    masked_frame(
        OpCode::Binary,
        &encoded(&ClientMessage::Join(Join::room(1, "plaza"))),
    )
}

#[test]
fn what_follows_the_hello_is_handled_after_the_check() {
    let oracle = Oracle::start(None);
    let guarded = guarded("follows", |options| {
        options.auth.user_check_url = Some(oracle.url("/users"))
    });
    let mut client = guarded.server.websocket("parlour.v1");
    client.send_bytes(&[hello(&guarded.token("ada")), join()].concat());
    eventually("the user is checked", || oracle.requests() == 1);
    client.send_bytes(&masked_frame(
        OpCode::Binary,
        &encoded(&ClientMessage::Ping { nonce: 3 }),
    ));
    assert_eq!(guarded.server.metric("parlour_sessions"), 0.0);
    assert_eq!(
        guarded.server.metric("parlour_messages_in_total{kind=\"join\"}"),
        0.0
    );
    assert_eq!(
        guarded.server.metric("parlour_messages_in_total{kind=\"ping\"}"),
        0.0
    );
    // The check fails after 2 s, and the client must try again.
    assert_eq!(client.close_code(), 1013);
    assert_eq!(
        guarded.server.metric("parlour_messages_in_total{kind=\"join\"}"),
        0.0
    );

    oracle.answer_with(Some((204, String::new())));
    let mut client = guarded.server.websocket("parlour.v1");
    client.send_bytes(&[hello(&guarded.token("ada")), join()].concat());
    welcome(&mut client);
    client.wait_for(|message| matches!(message, ServerMessage::RoomEntered(_)).then_some(()));
}

#[test]
fn a_client_that_sends_too_much_meanwhile_is_closed() {
    let oracle = Oracle::start(None);
    let guarded = guarded("too_much", |options| {
        options.auth.user_check_url = Some(oracle.url("/users"))
    });
    let mut client = guarded.server.websocket("parlour.v1");
    let pings = masked_frame(OpCode::Ping, &[7; 100]).repeat(90);
    client.send_bytes(&[hello(&guarded.token("ada")), pings].concat());
    // Either all of it arrived in one read, or the rest waits in the socket until the check fails.
    let begin = Instant::now();
    let code = client.close_code();
    assert!(
        code == 4429 || code == 1013 && begin.elapsed() > Duration::from_secs(1),
        "{code}"
    );
}

#[test]
fn the_deadline_of_the_hello_holds() {
    let oracle = Oracle::start(None);
    let guarded = guarded("deadline", |options| {
        options.auth.user_check_url = Some(oracle.url("/users"));
        options.edge.handshake_timeout = Duration::from_millis(500);
    });
    let begin = Instant::now();
    assert_eq!(guarded.hello(Some(&guarded.token("ada"))).close_code(), 1013);
    assert!(
        begin.elapsed() < Duration::from_millis(1900),
        "{:?}",
        begin.elapsed()
    );
}

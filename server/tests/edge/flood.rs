//! Floods of messages, pings and pongs are closed with 4429.

use parlour_shared::{
    message::{Chat, ClientMessage},
    websocket::OpCode,
};
use parlour_testing::encoded;

use crate::support::{
    raw_client::{ConnectionEvent, masked_frame},
    test_server::start,
};

fn frames(opcode: OpCode, payload: &[u8], count: usize) -> Vec<u8> {
    masked_frame(opcode, payload).repeat(count)
}

#[test]
fn a_ping_is_answered_and_a_flood_of_pings_is_closed_with_4429() {
    let server = start();
    let mut client = server.player("ann");
    client.send_frame(OpCode::Ping, b"payload");
    assert_eq!(client.next_event(), ConnectionEvent::Pong(b"payload".to_vec()));
    client.send_bytes(&frames(OpCode::Ping, b"x", 1000));
    assert_eq!(client.close_code(), 4429);
}

#[test]
fn a_flood_of_unsolicited_pongs_is_closed_with_4429() {
    let server = start();
    let mut client = server.player("ann");
    client.send_bytes(&frames(OpCode::Pong, b"x", 1000));
    client.send_frame(OpCode::Ping, b"still here");
    assert_eq!(client.next_event(), ConnectionEvent::Pong(b"still here".to_vec()));
    client.send_bytes(&frames(OpCode::Pong, b"x", 5000));
    assert_eq!(client.close_code(), 4429);
    assert_eq!(server.metric("parlour_rejects_total{class=\"flood\"}"), 1.0);
}

#[test]
fn a_flood_of_messages_is_closed_with_4429() {
    let server = start();
    let mut client = server.player("ann");
    client.send_bytes(&frames(
        OpCode::Binary,
        &encoded(&ClientMessage::Ping { nonce: 1 }),
        5000,
    ));
    assert_eq!(client.close_code(), 4429);
}

#[test]
fn messages_over_the_limit_per_tick_are_dropped_and_counted() {
    let server = start();
    let mut client = server.player("ann");
    client.join("plaza");
    let chat = encoded(&ClientMessage::Chat(Chat {
        text: "hi".into(),
        ..Chat::default()
    }));
    client.send_bytes(&frames(OpCode::Binary, &chat, 500));
    client.ping();
    // The 500 chats arrive within a few ticks. A tick accepts 32 messages of a session.
    assert!(server.metric("parlour_drops_total{reason=\"per_session\"}") > 100.0);
}

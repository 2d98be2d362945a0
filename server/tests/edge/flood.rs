//! Floods of messages, pings and pongs.

use parlour_shared::{
    codec,
    message::{Chat, ClientMessage, ServerMessage},
    websocket::{OpCode, encode_into},
};

use crate::support::{Got, start};

const MASK: Option<[u8; 4]> = Some([3, 1, 4, 1]);

fn frames(opcode: OpCode, payload: &[u8], count: usize) -> Vec<u8> {
    let mut frame = Vec::new();
    encode_into(&mut frame, opcode, payload, MASK);
    frame.repeat(count)
}

fn encoded(message: &ClientMessage) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode(message, &mut bytes);
    bytes
}

#[test]
fn a_ping_is_answered_and_a_flood_of_them_is_4429() {
    let server = start();
    let mut client = server.player("ann");
    client.frame(OpCode::Ping, b"payload");
    assert_eq!(client.next(), Got::Pong(b"payload".to_vec()));
    client.raw(&frames(OpCode::Ping, b"x", 1000));
    assert_eq!(client.closed(), 4429);
}

#[test]
fn unsolicited_pongs_count_as_messages() {
    let server = start();
    let mut client = server.player("ann");
    client.raw(&frames(OpCode::Pong, b"x", 1000));
    client.frame(OpCode::Ping, b"still here");
    assert_eq!(client.next(), Got::Pong(b"still here".to_vec()));
    client.raw(&frames(OpCode::Pong, b"x", 5000));
    assert_eq!(client.closed(), 4429);
    assert_eq!(server.metric("parlour_rejects_total{class=\"flood\"}"), 1.0);
}

#[test]
fn a_flood_of_messages_is_4429() {
    let server = start();
    let mut client = server.player("ann");
    client.raw(&frames(
        OpCode::Binary,
        &encoded(&ClientMessage::Ping { nonce: 1 }),
        5000,
    ));
    assert_eq!(client.closed(), 4429);
}

#[test]
fn messages_over_the_limit_of_a_tick_are_dropped_and_counted() {
    let server = start();
    let mut client = server.player("ann");
    client.join("plaza");
    let chat = encoded(&ClientMessage::Chat(Chat {
        text: "hi".into(),
        ..Chat::default()
    }));
    client.raw(&frames(OpCode::Binary, &chat, 500));
    client.say(&ClientMessage::Ping { nonce: 77 });
    client.wait(|message| match message {
        ServerMessage::Pong(pong) => (pong.nonce == 77).then_some(()),
        _ => None,
    });
    // 500 arrive within a few ticks, each of which accepts 32.
    assert!(server.metric("parlour_drops_total{reason=\"per_session\"}") > 100.0);
}

//! A reset at any byte of a handshake or a frame.

use std::io::{Read as _, Write as _};

use parlour_shared::{
    codec,
    limits::PROTOCOL,
    message::{ClientMessage, Hello, Join},
    websocket::{OpCode, encode_into},
};

use crate::support::{reset, start, start_with, upgrade_request};

fn frame(message: &ClientMessage) -> Vec<u8> {
    let (mut payload, mut frame) = (Vec::new(), Vec::new());
    codec::encode(message, &mut payload);
    encode_into(&mut frame, OpCode::Binary, &payload, Some([5, 6, 7, 8]));
    frame
}

#[test]
fn a_reset_at_any_byte_of_the_request_or_after_it() {
    let server = start_with(|options| options.edge.max_unauthenticated_per_address = 10_000);
    let (_, mut bytes) = upgrade_request("parlour.v1");
    bytes.extend(frame(&ClientMessage::Hello(Hello {
        protocol: PROTOCOL,
        ..Hello::default()
    })));
    bytes.extend(frame(&ClientMessage::Join(Join {
        request: 0,
        room: "plaza".into(),
    })));
    for end in 0..=bytes.len() {
        let mut stream = server.dial();
        stream.write_all(&bytes[..end]).unwrap();
        reset(stream);
    }
    server.await_metric("parlour_connections", 0.0);
    server.await_metric("parlour_sessions", 0.0);
    assert!(server.server.failure().is_none());
}

#[test]
fn a_reset_after_any_byte_of_the_answers() {
    let server = start();
    let (_, mut bytes) = upgrade_request("parlour.v1");
    bytes.extend(frame(&ClientMessage::Hello(Hello {
        protocol: PROTOCOL,
        ..Hello::default()
    })));
    bytes.extend(frame(&ClientMessage::Join(Join {
        request: 0,
        room: "plaza".into(),
    })));
    for read in (0..260).step_by(9) {
        let mut stream = server.dial();
        stream.write_all(&bytes).unwrap();
        stream.read_exact(&mut vec![0; read]).unwrap();
        reset(stream);
    }
    server.await_metric("parlour_sessions", 0.0);
    // The world continues, and accepts the next player.
    server.player("ann").join("plaza");
    assert!(server.server.failure().is_none());
}

//! Connections that the client resets at any byte of a request, a frame or an answer.

use std::io::{Read as _, Write as _};

use parlour_shared::{
    limits::PROTOCOL,
    message::{ClientMessage, Hello, Join},
    websocket::OpCode,
};
use parlour_testing::encoded;

use crate::support::{
    raw_client::{masked_frame, reset, upgrade_request},
    test_server::{start, start_with},
};

/// Returns all bytes of a client that joins the plaza: the request, a hello and a join.
fn bytes_of_a_join() -> Vec<u8> {
    let hello = ClientMessage::Hello(Hello {
        protocol: PROTOCOL,
        ..Hello::default()
    });
    let join = ClientMessage::Join(Join::room(0, "plaza"));
    let mut bytes = upgrade_request("parlour.v1");
    for message in [hello, join] {
        bytes.extend(masked_frame(OpCode::Binary, &encoded(&message)));
    }
    bytes
}

#[test]
fn a_reset_after_any_sent_byte_ends_the_session() {
    let server = start_with(|options| options.edge.max_unauthenticated_per_address = 10_000);
    let bytes = bytes_of_a_join();
    for end in 0..=bytes.len() {
        let mut stream = server.connect();
        stream.write_all(&bytes[..end]).unwrap();
        reset(stream);
    }
    server.await_metric("parlour_connections", 0.0);
    server.await_metric("parlour_sessions", 0.0);
    assert!(server.inner.failure().is_none());
}

#[test]
fn a_reset_after_any_received_byte_ends_the_session() {
    let server = start();
    let bytes = bytes_of_a_join();
    for read in (0..260).step_by(9) {
        let mut stream = server.connect();
        stream.write_all(&bytes).unwrap();
        stream.read_exact(&mut vec![0; read]).unwrap();
        reset(stream);
    }
    server.await_metric("parlour_sessions", 0.0);
    // The world continues, and accepts the next player.
    server.player_in_plaza("ann");
    assert!(server.inner.failure().is_none());
}

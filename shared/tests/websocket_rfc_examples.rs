//! The examples of RFC 6455, section 5.7, read and written.

mod websocket_support;

use parlour_shared::websocket::{Decoder, Limits, OpCode, Role, encode_into, frame_header};
use websocket_support::{FIN, LIMITS, OwnedEvent, TEXT, decode, feed};

const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

#[test]
fn a_single_unmasked_text_is_decoded_and_encoded() {
    let bytes = [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F];
    assert_eq!(
        decode(Role::Client, LIMITS, &bytes),
        (vec![OwnedEvent::Text("Hello".into())], None)
    );

    let mut written = Vec::new();
    encode_into(&mut written, OpCode::Text, b"Hello", None);
    assert_eq!(written, bytes);
}

#[test]
fn a_single_masked_text_is_decoded_and_encoded() {
    let bytes = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58];
    assert_eq!(
        decode(Role::Server, LIMITS, &bytes),
        (vec![OwnedEvent::Text("Hello".into())], None)
    );

    let mut written = Vec::new();
    encode_into(&mut written, OpCode::Text, b"Hello", Some(KEY));
    assert_eq!(written, bytes);
}

#[test]
fn a_fragmented_unmasked_text_is_decoded() {
    let mut decoder = Decoder::new(Role::Client, LIMITS);
    assert_eq!(
        feed(&mut decoder, &[0x01, 0x03, 0x48, 0x65, 0x6C]),
        (vec![], None)
    );
    assert_eq!(
        feed(&mut decoder, &[0x80, 0x02, 0x6C, 0x6F]),
        (vec![OwnedEvent::Text("Hello".into())], None)
    );
}

#[test]
fn a_ping_and_a_masked_pong_are_decoded_and_encoded() {
    let ping = [0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F];
    assert_eq!(
        decode(Role::Client, LIMITS, &ping),
        (vec![OwnedEvent::Ping(b"Hello".to_vec())], None)
    );

    let pong = [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58];
    assert_eq!(
        decode(Role::Server, LIMITS, &pong),
        (vec![OwnedEvent::Pong(b"Hello".to_vec())], None)
    );

    let mut written = Vec::new();
    encode_into(&mut written, OpCode::Pong, b"Hello", Some(KEY));
    assert_eq!(written, pong);
}

#[test]
fn a_binary_message_of_256_bytes_is_decoded_and_encoded() {
    let payload: Vec<u8> = (0..=255).collect();
    let bytes = [&[0x82, 0x7E, 0x01, 0x00], &payload[..]].concat();
    assert_eq!(
        decode(Role::Client, LIMITS, &bytes),
        (vec![OwnedEvent::Binary(payload)], None)
    );
    assert_eq!(frame_header(OpCode::Binary, 256, None).as_bytes(), &bytes[..4]);
}

#[test]
fn a_binary_message_of_64_kib_is_decoded_and_encoded() {
    let limits = Limits {
        max_message: 64 * 1024,
        max_fragments: 1,
    };
    let payload = vec![0xA5; 64 * 1024];
    let bytes = [&[0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0], &payload[..]].concat();
    assert_eq!(
        decode(Role::Client, limits, &bytes),
        (vec![OwnedEvent::Binary(payload)], None)
    );
    assert_eq!(
        frame_header(OpCode::Binary, 64 * 1024, None).as_bytes(),
        &bytes[..10]
    );
}

#[test]
fn the_longest_header_has_14_bytes() {
    let header = frame_header(OpCode::Text, 0x0102_0304, Some(KEY));
    assert_eq!(
        header.as_ref(),
        [FIN | TEXT, 0xFF, 0, 0, 0, 0, 1, 2, 3, 4, 0x37, 0xFA, 0x21, 0x3D]
    );
}

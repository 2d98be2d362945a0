//! Each role reads the frames that the other writes.

mod websocket_support;

use parlour_shared::websocket::{
    Decoder, Limits, OpCode, Role, WebSocketError, WebSocketEvent, apply_mask, encode_close, encode_into,
    frame_header,
};
use proptest::prelude::*;
use websocket_support::{LIMITS, OwnedEvent, decode, feed};

/// Returns the mask that a sender to `role` needs.
fn mask_to(role: Role, key: [u8; 4]) -> Option<[u8; 4]> {
    (role == Role::Server).then_some(key)
}

fn event() -> impl Strategy<Value = OwnedEvent> {
    let bytes = |max| prop::collection::vec(any::<u8>(), 0..max);
    prop_oneof![
        prop::collection::vec(any::<char>(), 0..100)
            .prop_map(|chars| OwnedEvent::Text(String::from_iter(chars))),
        bytes(300).prop_map(OwnedEvent::Binary),
        (0..16_385usize, any::<u8>()).prop_map(|(len, byte)| OwnedEvent::Binary(vec![byte; len])),
        bytes(126).prop_map(OwnedEvent::Ping),
        bytes(126).prop_map(OwnedEvent::Pong),
    ]
}

proptest! {
    #[test]
    fn both_roles_read_what_the_other_writes(
        events in prop::collection::vec((event(), any::<[u8; 4]>()), 0..10),
        code in 3000..5000u16, reason in ".{0,30}",
    ) {
        for role in [Role::Server, Role::Client] {
            let mut bytes = Vec::new();
            for (event, key) in &events {
                let (opcode, payload) = match event {
                    OwnedEvent::Text(text) => (OpCode::Text, text.as_bytes()),
                    OwnedEvent::Binary(payload) => (OpCode::Binary, &payload[..]),
                    OwnedEvent::Ping(payload) => (OpCode::Ping, &payload[..]),
                    OwnedEvent::Pong(payload) => (OpCode::Pong, &payload[..]),
                    OwnedEvent::Close(..) => unreachable!("not generated"),
                };
                encode_into(&mut bytes, opcode, payload, mask_to(role, *key));
            }
            encode_close(&mut bytes, code, &reason, mask_to(role, [9, 8, 7, 6]));
            let mut expected: Vec<OwnedEvent> = events.iter().map(|(event, _)| event.clone()).collect();
            expected.push(OwnedEvent::Close(Some(code), reason.clone()));
            prop_assert_eq!(decode(role, LIMITS, &bytes), (expected, None));
        }
    }

    #[test]
    fn a_mask_is_a_byte_by_byte_xor(
        payload in prop::collection::vec(any::<u8>(), 0..100), key in any::<[u8; 4]>(),
    ) {
        let expected: Vec<u8> = payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect();
        let mut masked = payload.clone();
        apply_mask(&mut masked, key);
        prop_assert_eq!(&masked, &expected);
        apply_mask(&mut masked, key);
        prop_assert_eq!(masked, payload);
    }
}

/// Tests the lengths at which the form of the header changes, with one buffer and with a separate
/// header.
#[test]
fn every_form_of_length_round_trips() {
    let limits = Limits {
        max_message: 70_000,
        max_fragments: 1,
    };
    for len in [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 65_537] {
        let payload: Vec<u8> = (0..len).map(|byte: usize| byte as u8).collect();
        for role in [Role::Server, Role::Client] {
            let mask = mask_to(role, [1, 2, 3, 255]);
            let mut bytes = Vec::new();
            encode_into(&mut bytes, OpCode::Binary, &payload, mask);
            assert_eq!(
                decode(role, limits, &bytes),
                (vec![OwnedEvent::Binary(payload.clone())], None)
            );

            let header = frame_header(OpCode::Binary, len, mask);
            let mut body = payload.clone();
            apply_mask(&mut body, mask.unwrap_or_default());
            assert_eq!([header.as_bytes(), &body].concat(), bytes);
        }
    }
}

#[test]
fn a_role_refuses_its_own_frames() {
    let (mut by_server, mut by_client) = (Vec::new(), Vec::new());
    encode_into(&mut by_server, OpCode::Text, b"x", None);
    encode_into(&mut by_client, OpCode::Text, b"x", Some([0; 4]));
    assert_eq!(
        decode(Role::Server, LIMITS, &by_server).1,
        Some(WebSocketError::Unmasked)
    );
    assert_eq!(
        decode(Role::Client, LIMITS, &by_client).1,
        Some(WebSocketError::Masked)
    );
}

#[test]
fn a_long_reason_is_cut_at_a_character() {
    // 123 bytes fit; the character of three bytes at 122 does not.
    let reason = format!("{}\u{20AC}tail", "r".repeat(122));
    let mut bytes = Vec::new();
    encode_close(&mut bytes, 4001, &reason, None);
    assert_eq!(
        decode(Role::Client, LIMITS, &bytes),
        (vec![OwnedEvent::Close(Some(4001), "r".repeat(122))], None)
    );

    let mut bytes = Vec::new();
    encode_close(&mut bytes, 1000, &"r".repeat(500), Some([5; 4]));
    assert_eq!(
        decode(Role::Server, LIMITS, &bytes),
        (vec![OwnedEvent::Close(Some(1000), "r".repeat(123))], None)
    );
}

#[test]
fn a_close_may_be_empty() {
    let mut bytes = Vec::new();
    encode_into(&mut bytes, OpCode::Close, &[], None);
    assert_eq!(bytes, [0x88, 0]);
    let mut decoder = Decoder::new(Role::Client, LIMITS);
    let mut rest = &mut bytes[..];
    assert_eq!(
        decoder.next(&mut rest),
        Ok(Some(WebSocketEvent::Close {
            code: None,
            reason: ""
        }))
    );
    assert_eq!(feed(&mut decoder, b"more"), (vec![], None));
}

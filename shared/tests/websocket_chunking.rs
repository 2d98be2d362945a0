//! The decoder returns the same events however a network cuts the bytes, and no bytes make it
//! panic.

mod websocket_support;

use parlour_shared::websocket::{Decoder, Limits, Role, WebSocketError};
use proptest::prelude::*;
use websocket_support::{
    BINARY, CONTINUATION, FIN, LIMITS, OwnedEvent, PING, TEXT, conversation, decode, decode_in_pieces, feed,
    frame_to, noise,
};

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(vec![Role::Server, Role::Client])
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![1]),
        prop::collection::vec(1..12usize, 1..8),
        prop::collection::vec(1..300usize, 1..8)
    ]
}

proptest! {
    #[test]
    fn valid_frames_give_the_same_events_however_they_are_cut(
        role in role(), frames in conversation(), sizes in sizes(),
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(|frame| frame.bytes(role)).collect();
        let whole = decode(role, LIMITS, &bytes);
        prop_assert_eq!(whole.1, None);
        let finals = frames.iter().filter(|frame| frame.first & FIN != 0).count();
        prop_assert_eq!(whole.0.len(), finals, "each frame with FIN ends a message or is a control frame");
        prop_assert_eq!(decode_in_pieces(role, LIMITS, &bytes, &sizes), whole);
    }

    #[test]
    fn any_bytes_give_the_same_events_and_error_however_they_are_cut(
        role in role(), bytes in noise(), sizes in sizes(),
        max_message in 0..300usize, max_fragments in 0..4u32,
    ) {
        let limits = Limits { max_message, max_fragments };
        let whole = decode(role, limits, &bytes);
        prop_assert_eq!(decode_in_pieces(role, limits, &bytes, &sizes), whole);
    }

    #[test]
    fn memory_is_bounded_by_the_bytes_received_and_by_the_limits(
        role in role(), frames in conversation(), sizes in sizes(),
    ) {
        let mut decoder = Decoder::new(role, LIMITS);
        let mut came = 0;
        for frame in frames {
            for piece in frame.bytes(role).chunks(sizes[0]) {
                came += piece.len();
                prop_assert_eq!(feed(&mut decoder, piece).1, None);
                // A vector grows to at most twice what it needs, and has at least 8 bytes.
                prop_assert!(decoder.buffered_capacity() <= (2 * came).max(8));
                prop_assert!(decoder.buffered_capacity() <= 2 * (LIMITS.max_message + 125));
            }
        }
    }
}

/// Every way to cut one conversation into two.
#[test]
fn every_cut_into_two_parts_makes_no_difference() {
    for role in [Role::Server, Role::Client] {
        let bytes = [
            frame_to(role, FIN | TEXT, "h\u{e9}llo".as_bytes()),
            frame_to(role, BINARY, b"one "),
            frame_to(role, FIN | PING, b"between"),
            frame_to(role, CONTINUATION, b""),
            frame_to(role, FIN | CONTINUATION, &[b'x'; 130]),
        ]
        .concat();
        let expected = decode(role, LIMITS, &bytes);
        assert_eq!(expected.0.len(), 3);
        for cut in 1..bytes.len() {
            assert_eq!(
                decode_in_pieces(role, LIMITS, &bytes, &[cut, bytes.len()]),
                expected,
                "cut at {cut}"
            );
        }
    }
}

/// An error does not depend on whether the events before it were in the same input.
#[test]
fn events_before_an_error_are_kept() {
    let bytes = [frame_to(Role::Client, FIN | BINARY, b"good"), vec![0xF2, 0]].concat();
    let expected = (
        vec![OwnedEvent::Binary(b"good".to_vec())],
        Some(WebSocketError::ReservedBits),
    );
    assert_eq!(decode(Role::Client, LIMITS, &bytes), expected);
    assert_eq!(decode_in_pieces(Role::Client, LIMITS, &bytes, &[1]), expected);
}

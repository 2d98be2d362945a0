//! A decoder without an incomplete message uses no heap memory.

mod websocket_support;

use parlour_shared::websocket::{Decoder, Limits, Role, WebSocketEvent};
use websocket_support::{
    BINARY, CONTINUATION, FIN, LIMITS, OwnedEvent, PING, TEXT, feed, frame_to, frame_with_length,
};

#[test]
fn a_whole_message_borrows_from_the_input() {
    let mut decoder = Decoder::new(Role::Server, LIMITS);
    let mut scratch = [
        frame_to(Role::Server, FIN | BINARY, b"payload"),
        frame_to(Role::Server, FIN | PING, b""),
    ]
    .concat();
    let place = scratch.as_ptr_range();
    let mut rest = &mut scratch[..];
    let Ok(Some(WebSocketEvent::Binary(payload))) = decoder.next(&mut rest) else {
        panic!("a message")
    };
    assert_eq!(payload, b"payload");
    assert!(place.contains(&payload.as_ptr()));
    assert_eq!(decoder.buffered_capacity(), 0);
    assert_eq!(decoder.next(&mut rest), Ok(Some(WebSocketEvent::Ping(b""))));
    assert_eq!(decoder.next(&mut rest), Ok(None));
    assert_eq!(decoder.buffered_capacity(), 0);
}

#[test]
fn nothing_is_kept_after_a_large_message_in_fragments() {
    let mut decoder = Decoder::new(Role::Server, LIMITS);
    let part = [b'a'; 1000];
    assert_eq!(
        feed(&mut decoder, &frame_to(Role::Server, TEXT, &part)),
        (vec![], None)
    );
    for _ in 0..14 {
        assert_eq!(
            feed(&mut decoder, &frame_to(Role::Server, CONTINUATION, &part)),
            (vec![], None)
        );
    }
    assert!(decoder.buffered_capacity() >= 15_000);
    let (events, error) = feed(&mut decoder, &frame_to(Role::Server, FIN | CONTINUATION, &part));
    assert_eq!(
        (events, error),
        (vec![OwnedEvent::Text("a".repeat(16_000))], None)
    );
    assert_eq!(decoder.buffered_capacity(), 0);
}

#[test]
fn nothing_is_kept_after_a_message_that_arrives_in_parts() {
    let mut decoder = Decoder::new(Role::Client, LIMITS);
    let bytes = frame_to(Role::Client, FIN | BINARY, &[1; 5000]);
    for piece in bytes.chunks(700) {
        assert_eq!(feed(&mut decoder, piece).1, None);
    }
    assert_eq!(decoder.buffered_capacity(), 0);
}

#[test]
fn an_incomplete_header_is_kept_without_allocating() {
    let mut decoder = Decoder::new(Role::Server, LIMITS);
    let bytes = frame_to(Role::Server, FIN | BINARY, &[1; 5000]);
    assert_eq!(feed(&mut decoder, &bytes[..7]), (vec![], None));
    assert_eq!(decoder.buffered_capacity(), 0);
}

#[test]
fn memory_grows_with_the_bytes_received_and_not_with_the_announced_length() {
    let limits = Limits {
        max_message: 1 << 30,
        max_fragments: 1,
    };
    let mut decoder = Decoder::new(Role::Server, limits);
    let bytes = frame_with_length(FIN | BINARY, b"only a little", Some([0; 4]), 1 << 30, 8);
    assert_eq!(feed(&mut decoder, &bytes), (vec![], None));
    assert!(decoder.buffered_capacity() < 64);
}

#[test]
fn the_decoder_itself_is_small() {
    assert!(size_of::<Decoder>() <= 192, "{} bytes", size_of::<Decoder>());
}

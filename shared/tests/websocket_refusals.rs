//! Frames that a decoder refuses, and the close codes. It neither waits for a payload nor buffers
//! it.

mod websocket_support;

use parlour_shared::websocket::{Decoder, Limits, Role, WebSocketError};
use websocket_support::{
    BINARY, CLOSE, CONTINUATION, FIN, LIMITS, OwnedEvent, PING, PONG, TEXT, decode, feed, frame, frame_to,
    frame_with_length,
};

const KEY: Option<[u8; 4]> = Some([1, 2, 3, 4]);

/// Checks that the bytes are refused with this error and code after this many events, in one piece
/// and byte by byte, and that no event follows.
#[track_caller]
fn refused(role: Role, bytes: &[u8], events: usize, error: WebSocketError, code: u16) {
    let mut decoder = Decoder::new(role, LIMITS);
    let (seen, refused) = feed(&mut decoder, bytes);
    assert_eq!((seen.len(), refused), (events, Some(error)));
    assert_eq!(error.close_code(), code);
    assert_eq!(
        feed(&mut decoder, &frame_to(role, FIN | PING, b"")),
        (vec![], None),
        "nothing after an error"
    );
    assert_eq!(decoder.buffered_capacity(), 0);

    let mut decoder = Decoder::new(role, LIMITS);
    let refused = bytes.iter().find_map(|byte| feed(&mut decoder, &[*byte]).1);
    assert_eq!(refused, Some(error));
}

#[test]
fn masks_of_the_wrong_role_are_refused() {
    refused(
        Role::Server,
        &frame(FIN | BINARY, b"x", None)[..2],
        0,
        WebSocketError::Unmasked,
        1002,
    );
    refused(
        Role::Client,
        &frame(FIN | BINARY, b"x", KEY)[..2],
        0,
        WebSocketError::Masked,
        1002,
    );
}

#[test]
fn reserved_bits_are_refused() {
    for bit in [0x10, 0x20, 0x40] {
        for opcode in [TEXT, BINARY, CLOSE, PING, PONG] {
            let bytes = frame(FIN | bit | opcode, b"x", KEY);
            refused(Role::Server, &bytes[..2], 0, WebSocketError::ReservedBits, 1002);
        }
    }
}

#[test]
fn reserved_opcodes_are_refused() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let bytes = frame(FIN | opcode, b"", KEY);
        refused(
            Role::Server,
            &bytes[..2],
            0,
            WebSocketError::UnknownOpCode(opcode),
            1002,
        );
    }
}

#[test]
fn control_frames_in_fragments_are_refused() {
    for opcode in [CLOSE, PING, PONG] {
        refused(
            Role::Server,
            &frame(opcode, b"", KEY)[..2],
            0,
            WebSocketError::FragmentedControl,
            1002,
        );
    }
}

#[test]
fn control_frames_over_125_bytes_are_refused() {
    for opcode in [CLOSE, PING, PONG] {
        let bytes = frame(FIN | opcode, &[b'a'; 126], KEY);
        refused(Role::Server, &bytes[..2], 0, WebSocketError::ControlTooLong, 1002);
    }
    let longest = frame(FIN | PING, &[b'a'; 125], KEY);
    assert_eq!(
        decode(Role::Server, LIMITS, &longest),
        (vec![OwnedEvent::Ping(vec![b'a'; 125])], None)
    );
}

#[test]
fn lengths_not_in_the_shortest_form_are_refused() {
    for (len, len_bytes) in [(0, 2), (125, 2), (0, 8), (125, 8), (126, 8), (0xFFFF, 8)] {
        let bytes = frame_with_length(FIN | BINARY, b"", KEY, len, len_bytes);
        refused(
            Role::Server,
            &bytes[..2 + len_bytes],
            0,
            WebSocketError::NonMinimalLength,
            1002,
        );
    }
}

#[test]
fn lengths_with_the_highest_bit_are_refused() {
    for len in [1 << 63, u64::MAX, 1 << 63 | 1] {
        let bytes = frame_with_length(FIN | BINARY, b"", KEY, len, 8);
        refused(
            Role::Server,
            &bytes[..10],
            0,
            WebSocketError::LengthOverflow,
            1002,
        );
    }
}

#[test]
fn a_continuation_without_a_message_is_refused() {
    for first in [CONTINUATION, FIN | CONTINUATION] {
        refused(
            Role::Server,
            &frame(first, b"x", KEY),
            0,
            WebSocketError::UnexpectedContinuation,
            1002,
        );
    }
    let after_a_message = [frame(FIN | TEXT, b"a", KEY), frame(FIN | CONTINUATION, b"b", KEY)].concat();
    refused(
        Role::Server,
        &after_a_message,
        1,
        WebSocketError::UnexpectedContinuation,
        1002,
    );
}

#[test]
fn a_message_inside_another_is_refused() {
    for opcode in [TEXT, BINARY, FIN | TEXT, FIN | BINARY] {
        let bytes = [
            frame(TEXT, b"a", KEY),
            frame(FIN | PING, b"", KEY),
            frame(opcode, b"b", KEY),
        ]
        .concat();
        refused(Role::Server, &bytes, 1, WebSocketError::InterleavedMessage, 1002);
    }
}

#[test]
fn too_many_fragments_are_refused() {
    for payload in [&b""[..], b"x"] {
        let mut bytes = frame(BINARY, payload, KEY);
        for _ in 1..63 {
            bytes.extend(frame(CONTINUATION, payload, KEY));
        }
        let allowed = [&bytes[..], &frame(FIN | CONTINUATION, payload, KEY)].concat();
        assert_eq!(
            decode(Role::Server, LIMITS, &allowed),
            (vec![OwnedEvent::Binary(payload.repeat(64))], None)
        );

        // Control frames are not fragments.
        bytes.extend(frame(FIN | PING, b"", KEY));
        bytes.extend(frame(CONTINUATION, payload, KEY));
        bytes.extend(&frame(FIN | CONTINUATION, payload, KEY)[..2]);
        refused(Role::Server, &bytes, 1, WebSocketError::TooManyFragments, 1009);
    }
}

#[test]
fn a_close_with_one_byte_of_a_code_is_refused() {
    refused(
        Role::Server,
        &frame(FIN | CLOSE, &[3], KEY),
        0,
        WebSocketError::TruncatedCloseCode,
        1002,
    );
}

#[test]
fn close_codes_that_must_not_be_sent_are_refused() {
    let bad = (0..1000)
        .chain(1004..=1006)
        .chain(1015..3000)
        .chain(5000..=u16::MAX);
    let is_bad: Vec<u16> = bad.collect();
    for code in 0..=u16::MAX {
        let bytes = frame(FIN | CLOSE, &code.to_be_bytes(), KEY);
        let expected = if is_bad.binary_search(&code).is_ok() {
            (vec![], Some(WebSocketError::InvalidCloseCode(code)))
        } else {
            (vec![OwnedEvent::Close(Some(code), String::new())], None)
        };
        assert_eq!(decode(Role::Server, LIMITS, &bytes), expected);
    }
    assert_eq!(WebSocketError::InvalidCloseCode(0).close_code(), 1002);
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    // Lone continuation byte, overlong form, surrogate, beyond the last character, cut short.
    for bad in [
        &b"\x80"[..],
        b"\xC0\x80",
        b"\xED\xA0\x80",
        b"\xF4\x90\x80\x80",
        b"ab\xE2\x82",
    ] {
        refused(
            Role::Server,
            &frame(FIN | TEXT, bad, KEY),
            0,
            WebSocketError::InvalidUtf8,
            1007,
        );
        let reason = [&1000u16.to_be_bytes(), bad].concat();
        refused(
            Role::Server,
            &frame(FIN | CLOSE, &reason, KEY),
            0,
            WebSocketError::InvalidUtf8,
            1007,
        );
        // The same bytes are valid in a binary message.
        let expected = (vec![OwnedEvent::Binary(bad.to_vec())], None);
        assert_eq!(
            decode(Role::Server, LIMITS, &frame(FIN | BINARY, bad, KEY)),
            expected
        );
    }
}

#[test]
fn text_in_fragments_is_checked_after_each() {
    // A fragment may end inside a character,
    let euro = "\u{20AC}".as_bytes();
    let bytes = [
        frame(TEXT, &euro[..1], KEY),
        frame(CONTINUATION, &euro[1..2], KEY),
    ]
    .concat();
    let end = frame(FIN | CONTINUATION, &euro[2..], KEY);
    assert_eq!(
        decode(Role::Server, LIMITS, &[&bytes[..], &end].concat()),
        (vec![OwnedEvent::Text("\u{20AC}".into())], None)
    );
    // but the message may not,
    let end = frame(FIN | CONTINUATION, b"", KEY);
    refused(
        Role::Server,
        &[&bytes[..], &end].concat(),
        0,
        WebSocketError::InvalidUtf8,
        1007,
    );
    // and invalid UTF-8 is refused before the message ends.
    let bytes = [&bytes[..], &frame(CONTINUATION, b"x", KEY)].concat();
    refused(Role::Server, &bytes, 0, WebSocketError::InvalidUtf8, 1007);
}

#[test]
fn a_message_over_the_limit_is_refused_at_its_header() {
    for len in [LIMITS.max_message as u64 + 1, 0x1_0000, u64::MAX >> 1] {
        let len_bytes = if len > 0xFFFF { 8 } else { 2 };
        let bytes = frame_with_length(FIN | TEXT, b"", KEY, len, len_bytes);
        refused(
            Role::Server,
            &bytes[..2 + len_bytes],
            0,
            WebSocketError::MessageTooLong,
            1009,
        );
    }
    // The limit applies to all fragments together.
    let half = vec![0; LIMITS.max_message / 2];
    let allowed = [frame(BINARY, &half, KEY), frame(CONTINUATION, &half, KEY)].concat();
    let bytes = [&allowed[..], &frame(FIN | CONTINUATION, b"x", KEY)[..2]].concat();
    refused(Role::Server, &bytes, 0, WebSocketError::MessageTooLong, 1009);
    let bytes = [&allowed[..], &frame(FIN | CONTINUATION, b"", KEY)].concat();
    assert_eq!(
        decode(Role::Server, LIMITS, &bytes),
        (vec![OwnedEvent::Binary(half.repeat(2))], None)
    );
}

#[test]
fn control_frames_do_not_count_towards_the_message() {
    let limits = Limits {
        max_message: 3,
        max_fragments: 2,
    };
    let bytes = [
        frame(BINARY, b"abc", KEY),
        frame(FIN | PING, &[9; 125], KEY),
        frame(FIN | PONG, b"12345", KEY),
        frame(FIN | CONTINUATION, b"", KEY),
    ];
    let expected = vec![
        OwnedEvent::Ping(vec![9; 125]),
        OwnedEvent::Pong(b"12345".to_vec()),
        OwnedEvent::Binary(b"abc".to_vec()),
    ];
    assert_eq!(decode(Role::Server, limits, &bytes.concat()), (expected, None));
}

#[test]
fn nothing_is_read_after_a_close() {
    let mut decoder = Decoder::new(Role::Server, LIMITS);
    let bytes = [
        frame(FIN | CLOSE, b"\x03\xE8bye", KEY),
        frame(FIN | TEXT, b"still here?", KEY),
        vec![0xFF; 5],
    ];
    let expected = vec![OwnedEvent::Close(Some(1000), "bye".into())];
    assert_eq!(feed(&mut decoder, &bytes.concat()), (expected, None));
    assert_eq!(
        feed(&mut decoder, &frame(FIN | TEXT, b"and now?", KEY)),
        (vec![], None)
    );
}

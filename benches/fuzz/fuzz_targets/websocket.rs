//! WebSocket frames in both directions: the events do not depend on how the bytes are split, and
//! memory is bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_shared::websocket::{Decoder, Limits, Role};

const LIMITS: Limits = Limits {
    max_message: 300,
    max_fragments: 4,
};

/// Returns the events as text, and the error at the end if there is one.
fn events<'a>(role: Role, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let (mut decoder, mut seen) = (Decoder::new(role, LIMITS), Vec::new());
    for piece in pieces {
        let mut bytes = piece.to_vec();
        let mut rest = &mut bytes[..];
        loop {
            match decoder.next(&mut rest) {
                Ok(Some(event)) => seen.push(format!("{event:?}")),
                Ok(None) => break,
                Err(error) => {
                    seen.push(error.to_string());
                    return seen;
                }
            }
        }
        assert!(
            decoder.buffered_capacity() <= 4 * LIMITS.max_message,
            "{}",
            decoder.buffered_capacity()
        );
    }
    seen
}

fuzz_target!(|input: &[u8]| {
    let Some((cut, bytes)) = input.split_first() else {
        return;
    };
    for role in [Role::Server, Role::Client] {
        let whole = events(role, std::iter::once(bytes));
        assert_eq!(events(role, bytes.chunks(usize::from(*cut % 32) + 1)), whole);
        assert_eq!(events(role, bytes.chunks(1)), whole);
    }
});

//! What names, texts and keys look like. The server cleans names and chat when they arrive; a
//! client that wants to show a text as others will get it can call the same functions.

mod character;
mod clean;
mod count;
mod panic;
mod pieces;

pub use clean::{TextError, clean_chat, clean_name};
pub use count::{Count, count};
pub use panic::panic_message;
pub use pieces::{Piece, Pieces, pieces};

use crate::limits::{MAX_INSTANCE_BYTES, MAX_ROOM_NAME_BYTES, MAX_STATE_KEY_BYTES};

/// A room's name, taken apart: `map` or `map/instance`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomName<'a> {
    /// The map that the room is made from.
    pub map: &'a str,
    /// Which of the rooms made from that map; empty for the first.
    pub instance: &'a str,
}

impl<'a> RoomName<'a> {
    /// Takes `map` or `map/instance` apart, each of `a-z`, `0-9`, `-` and `_`, the instance of at
    /// most 15.
    #[must_use]
    pub fn parse(name: &'a str) -> Option<Self> {
        if name.len() > MAX_ROOM_NAME_BYTES {
            return None;
        }
        let (map, instance) = match name.split_once('/') {
            Some((map, instance)) => (map, Some(instance)),
            None => (name, None),
        };
        let word = |text: &str| !text.is_empty() && text.bytes().all(is_word_byte);
        let instance_fits =
            instance.is_none_or(|instance| word(instance) && instance.len() <= MAX_INSTANCE_BYTES);
        (word(map) && instance_fits).then_some(Self {
            map,
            instance: instance.unwrap_or(""),
        })
    }
}

/// A key of room state: 1 to 48 bytes of `a-z`, `0-9`, `-`, `_` and `.`.
#[must_use]
pub fn is_state_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= MAX_STATE_KEY_BYTES && key.bytes().all(|b| is_word_byte(b) || b == b'.')
}

fn is_word_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')
}

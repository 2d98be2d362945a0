//! The rules for names, texts and keys. The server cleans names and chat texts when they arrive. A
//! client can call the same functions to show a text as others will see it.

mod character;
mod clean;
mod code_points;
mod count;
mod panic;

pub use clean::{TextError, clean_chat, clean_name};
pub use code_points::{CodePoint, CodePoints, code_points};
pub use count::{Count, count};
pub use panic::panic_message;

use crate::limits::{MAX_INSTANCE_BYTES, MAX_ROOM_NAME_BYTES, MAX_STATE_KEY_BYTES};

/// The parts of a room's name, `TYPE` or `TYPE/INSTANCE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomName<'a> {
    /// The room's type.
    pub room_type: &'a str,
    /// The instance among the rooms of that type; empty for the first.
    pub instance: &'a str,
}

impl<'a> RoomName<'a> {
    /// Parses `TYPE` or `TYPE/INSTANCE`. Both consist of `a-z`, `0-9`, `-` and `_`, and the
    /// instance has at most 15 bytes. Returns `None` if the name is invalid.
    #[must_use]
    pub fn parse(name: &'a str) -> Option<Self> {
        if name.len() > MAX_ROOM_NAME_BYTES {
            return None;
        }
        let (room_type, instance) = match name.split_once('/') {
            Some((room_type, instance)) => (room_type, Some(instance)),
            None => (name, None),
        };
        let word = |text: &str| !text.is_empty() && text.bytes().all(is_word_byte);
        let instance_fits =
            instance.is_none_or(|instance| word(instance) && instance.len() <= MAX_INSTANCE_BYTES);
        (word(room_type) && instance_fits).then_some(Self {
            room_type,
            instance: instance.unwrap_or(""),
        })
    }
}

/// Returns whether rooms can have a type of this name: `a-z`, `0-9`, `-` and `_`, and not too long
/// for the name of a room.
#[must_use]
pub fn is_room_type(name: &str) -> bool {
    RoomName::parse(name).is_some_and(|parsed| parsed.room_type == name)
}

/// Returns the name of a private room for people who must not enter it: the type, and the first 4
/// characters of the instance, such as `tag/k7dq…`.
#[must_use]
pub fn shortened_room_name(name: &str) -> String {
    const SHOWN: usize = 4;
    match name.split_once('/') {
        Some((room_type, instance)) => {
            let start: String = instance.chars().take(SHOWN).collect();
            format!("{room_type}/{start}…")
        }
        // Without an instance there is nothing to hide.
        None => name.to_owned(),
    }
}

/// Whether `key` is a valid key of room state, an option or a property: 1 to 48 bytes of `a-z`,
/// `0-9`, `-`, `_` and `.`.
#[must_use]
pub fn is_state_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= MAX_STATE_KEY_BYTES && key.bytes().all(|b| is_word_byte(b) || b == b'.')
}

fn is_word_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')
}

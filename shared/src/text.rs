//! What names and texts may look like. Checked by the simulation, and by clients that want to know early.

use crate::limits::{
    MAX_CHAT_BYTES, MAX_INSTANCE_BYTES, MAX_NAME_CHARS, MAX_ROOM_NAME_BYTES, MAX_STATE_KEY_BYTES,
};

/// A room's name, taken apart: `map` or `map/instance`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomName<'a> {
    /// The map that the room is made from.
    pub map: &'a str,
    /// Which of the rooms made from that map; empty for the first.
    pub instance: &'a str,
}

impl<'a> RoomName<'a> {
    /// Takes `map` or `map/instance` apart, each of `a-z`, `0-9`, `-` and `_`, the instance of at most 15.
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

/// A player's name: 1 to 24 characters, no control characters, no blank at either end.
#[must_use]
pub fn is_player_name(name: &str) -> bool {
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= MAX_NAME_CHARS
        && !name.chars().any(is_unprintable)
}

/// A chat text: 1 byte to 2 KiB, not only blanks, no control characters but the line feed.
#[must_use]
pub fn is_chat_text(text: &str) -> bool {
    text.len() <= MAX_CHAT_BYTES
        && !text.trim().is_empty()
        && !text.chars().any(|c| c != '\n' && is_unprintable(c))
}

/// A key of room state: 1 to 48 bytes of `a-z`, `0-9`, `-`, `_` and `.`.
#[must_use]
pub fn is_state_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= MAX_STATE_KEY_BYTES && key.bytes().all(|b| is_word_byte(b) || b == b'.')
}

fn is_word_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')
}

/// Control characters, and the invisible ones that reorder or hide the text around them.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{FEFF}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{E0000}'..='\u{E007F}')
}

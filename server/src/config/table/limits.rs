//! The settings of rate limits.

use super::{Parsed, Section, Setting, SettingKind, set};
use crate::config::value::{rate, show_rate, whole};

/// Makes a setting whose value is a rate.
macro_rules! rate_setting {
    ($name:literal, $field:ident, $help:literal) => {
        Setting {
            name: $name,
            section: Section::Limits,
            form: "RATE",
            help: $help,
            kind: SettingKind::Text,
            also: None,
            apply: set!(rates.$field, rate),
            show: |settings| show_rate(settings.rates.$field),
        }
    };
}

pub(super) const SETTINGS: &[Setting] = &[
    rate_setting!("rate_move", moves, "Movement commands: a burst, then a rate"),
    rate_setting!("rate_join", join, "Joins and leaves"),
    rate_setting!("rate_chat", chat, "Chat messages"),
    rate_setting!("rate_skin", skin, "Changes of skin"),
    rate_setting!("rate_state", state, "Batches of writes to room state"),
    rate_setting!("rate_custom", custom, "Messages for plugins"),
    Setting {
        name: "room_talk_mib",
        section: Section::Limits,
        form: "MIB",
        help: "The limit on chats and state writes in one room, for all players together: MiB per second, \
               bytes times listeners, with a burst of four seconds",
        kind: SettingKind::Number,
        also: None,
        apply: set!(room_talk_mib, |text| whole(text, 1..=1024)),
        show: |settings| settings.room_talk_mib.to_string(),
    },
];

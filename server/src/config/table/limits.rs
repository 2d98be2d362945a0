//! The settings of rate limits.

use super::{ParseResult, Section, Setting, SettingKind, set};
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
    rate_setting!(
        "rate_move",
        moves,
        "The rate limit on the movement commands of a player: a burst, then a number per time"
    ),
    rate_setting!(
        "rate_join",
        join,
        "The rate limit on the joins and leaves of a player"
    ),
    rate_setting!(
        "rate_chat",
        chat,
        "The rate limit on the chat messages of a player"
    ),
    rate_setting!("rate_skin", skin, "The rate limit on a player's changes of skin"),
    rate_setting!(
        "rate_state",
        state,
        "The rate limit on a player's batches of writes to room state"
    ),
    rate_setting!(
        "rate_custom",
        custom,
        "The rate limit on a player's messages for plugins"
    ),
    Setting {
        name: "room_talk_mib",
        section: Section::Limits,
        form: "MIB",
        help: "The limit on chat and state writes in one room, for all players together, in MiB \
               per second: bytes times listeners. The burst is four seconds",
        kind: SettingKind::Number,
        also: None,
        apply: set!(room_talk_mib, |text| whole(text, 1..=1024)),
        show: |settings| settings.room_talk_mib.to_string(),
    },
];

//! What a player may do how often.

use super::{Kind, Parsed, Section, Setting, set};
use crate::config::value::{rate, show_rate};

/// A setting that is a rate: these differ in nothing but what they are about.
macro_rules! rate_setting {
    ($name:literal, $field:ident, $help:literal) => {
        Setting {
            name: $name,
            section: Section::Limits,
            form: "RATE",
            help: $help,
            kind: Kind::Text,
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
        "Movement commands: so many at once, then so many in a time"
    ),
    rate_setting!("rate_join", join, "Joins and leaves"),
    rate_setting!("rate_chat", chat, "Chat messages"),
    rate_setting!("rate_skin", skin, "Changes of skin"),
    rate_setting!("rate_state", state, "Batches of writes to room state"),
    rate_setting!("rate_custom", custom, "Messages for plugins"),
];

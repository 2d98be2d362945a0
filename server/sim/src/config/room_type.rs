//! Room types: what the rooms of a type have in common, and what may differ between them.

use std::fmt;

use parlour_shared::limits::MAX_PROPERTY_VALUE_BYTES;
use serde::{Deserialize, Serialize};

use super::RoomRules;

/// A type of rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomTypeConfig {
    /// The name, with which the names of its rooms begin: `a-z`, `0-9`, `-` and `_`.
    pub name: String,
    /// The rules of its rooms.
    pub rules: RoomRules,
    /// The names of its maps, from [`super::SimConfig::maps`], without repetition. A room has the
    /// first one, unless its option `map` chooses a different one.
    pub maps: Vec<String>,
    /// The options of its rooms, at most 8, with different names.
    pub options: Vec<OptionSpec>,
}

impl RoomTypeConfig {
    /// Returns a type with this map and the default rules, without options.
    #[must_use]
    pub fn new(name: impl Into<String>, map: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            rules: RoomRules::default(),
            maps: vec![map.into()],
            options: Vec::new(),
        }
    }

    /// Returns whether a room of this type may be created with this option.
    #[must_use]
    pub fn admits(&self, option: &str, value: &str) -> bool {
        if option == OptionSpec::MAP && self.maps.len() > 1 {
            return self.maps.iter().any(|map| map == value);
        }
        let spec = self.options.iter().find(|spec| spec.name == option);
        spec.is_some_and(|spec| spec.kind.admits(value))
    }
}

/// An option that a join may have if it creates the room. It may also be left out.
///
/// Game logic reads options from [`crate::RoomOptions`], and may narrow any rule of a room by them
/// ([`crate::NewRoom::rules`]). Four names have a meaning without game logic:
///
/// * `capacity`, a number: the rule [`RoomRules::capacity`] of this room, at most that of the type.
/// * `near_px`, a number: the rule [`RoomRules::near_px`] of this room, at most that of the type.
/// * `cadence`, one of 60, 30, 20 and 10: the rule [`RoomRules::cadence`] of this room, at most
///   that of the type.
/// * `map`: the map of this room. Every type with several maps has this option, with the names of
///   its maps as values. It is not declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionSpec {
    /// The name: 1 to 48 bytes of `a-z 0-9 - _ .`
    pub name: String,
    /// The values that it may have.
    pub kind: OptionKind,
}

impl OptionSpec {
    /// The option that narrows [`RoomRules::capacity`].
    pub const CAPACITY: &str = "capacity";
    /// The option that narrows [`RoomRules::near_px`].
    pub const NEAR_PX: &str = "near_px";
    /// The option that narrows [`RoomRules::cadence`].
    pub const CADENCE: &str = "cadence";
    /// The option that chooses a map.
    pub const MAP: &str = "map";

    /// Returns an option with these values.
    #[must_use]
    pub fn one_of<const N: usize>(name: &str, values: [&str; N]) -> Self {
        Self {
            name: name.to_owned(),
            kind: OptionKind::OneOf(values.map(String::from).to_vec()),
        }
    }

    /// Returns an option that is a whole number from `least` to `most`.
    #[must_use]
    pub fn number(name: &str, least: u32, most: u32) -> Self {
        Self {
            name: name.to_owned(),
            kind: OptionKind::Number { least, most },
        }
    }
}

/// The values that an option may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OptionKind {
    /// Any text up to 256 bytes.
    Text,
    /// One of these texts.
    OneOf(Vec<String>),
    /// A whole number, in decimal digits without a sign or leading zeros.
    Number {
        /// The minimum.
        least: u32,
        /// The maximum.
        most: u32,
    },
}

impl OptionKind {
    /// Returns whether an option of this kind may have this value.
    #[must_use]
    pub fn admits(&self, value: &str) -> bool {
        match self {
            Self::Text => value.len() <= MAX_PROPERTY_VALUE_BYTES,
            Self::OneOf(values) => values.iter().any(|known| known == value),
            Self::Number { least, most } => {
                whole_number(value).is_some_and(|number| (*least..=*most).contains(&number))
            }
        }
    }
}

/// The values, as in "it allows only ...".
impl fmt::Display for OptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => write!(f, "texts of at most {MAX_PROPERTY_VALUE_BYTES} bytes"),
            Self::OneOf(values) => {
                let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
                f.write_str(&values.join(", "))
            }
            Self::Number { least, most } => write!(f, "the numbers {least} to {most}"),
        }
    }
}

/// Reads a whole number. Each number has only one form, so that rooms can be found by their number.
pub(crate) fn whole_number(text: &str) -> Option<u32> {
    let canonical = text == "0" || text.starts_with(|first: char| matches!(first, '1'..='9'));
    text.parse().ok().filter(|_| canonical)
}

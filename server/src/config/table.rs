//! The table of settings: each setting is declared once, in the file of its section.

mod access;
mod limits;
mod log;
mod network;
mod recording;
mod relations;
mod world;

use super::{settings::Settings, value::ParseResult};
pub(super) use relations::RELATIONS;

/// A setting, with everything that the file, the environment, the flags, the help and
/// `config print` need.
#[derive(Debug)]
pub struct Setting {
    /// The key in the file, such as `io_threads`. The variable is `PARLOUR_IO_THREADS`, and the
    /// flag `--io-threads`.
    pub name: &'static str,
    /// The heading under which the setting is shown.
    pub section: Section,
    /// The syntax of a value in the help, such as `ADDRESS:PORT`.
    pub form: &'static str,
    /// The effect of the setting, without a period at the end.
    pub help: &'static str,
    /// How a value is written in TOML.
    pub kind: SettingKind,
    /// A second variable, which is read if the first one is not set.
    pub also: Option<&'static str>,
    /// Stores a value, or returns a description of valid values that completes the sentence "must
    /// be ...".
    pub(super) apply: fn(&mut Settings, &str) -> ParseResult<()>,
    /// Returns the value as a text that [`Self::apply`] accepts.
    pub(super) show: fn(&Settings) -> String,
}

/// A heading of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Addresses, threads and the limits of connections.
    Network,
    /// Tokens, guests and users.
    Access,
    /// The rules and maps of the world.
    World,
    /// Rate limits of players and rooms.
    Limits,
    /// Recordings and the history.
    Recording,
    /// Log lines.
    Log,
}

/// How a value is written in TOML. In the environment and in flags, all values are plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// `"text"`.
    Text,
    /// The path of a file or directory, or this word, both in quotes. A relative path in a
    /// configuration file is relative to the folder of that file.
    PathOr(&'static str),
    /// `7`.
    Number,
    /// `7` or `"word"`.
    NumberOrWord,
    /// `["one", "two"]`. In the environment and in flags: `one,two`.
    List,
    /// `"text"` that is never printed, or `"none"`.
    Secret,
    /// A list, or one of these words in quotes.
    ListOr(&'static [&'static str]),
}

/// Returns all settings, in the order in which they are shown.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    let tables = [
        network::SETTINGS,
        access::SETTINGS,
        world::SETTINGS,
        limits::SETTINGS,
        recording::SETTINGS,
        log::SETTINGS,
    ];
    tables.into_iter().flatten()
}

impl Setting {
    /// Returns the name of the environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("PARLOUR_{}", self.name.to_ascii_uppercase())
    }

    /// Returns the flag, without its two dashes.
    #[must_use]
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Returns the default as text.
    #[must_use]
    pub fn default_text(&self) -> String {
        self.text(&Settings::default())
    }

    /// Returns the setting to which the default is adjusted, if any.
    #[must_use]
    pub fn default_follows(&self) -> Option<&'static str> {
        let mut ways = RELATIONS.iter().flat_map(relations::Relation::both_ways);
        ways.find(|(side, _)| side.name == self.name && side.follow.is_some())
            .map(|(_, other)| other)
    }

    /// Returns the value in these settings as text.
    #[must_use]
    pub fn text(&self, settings: &Settings) -> String {
        (self.show)(settings)
    }

    /// Returns a text of [`Self::text`] as TOML.
    pub(super) fn literal(&self, text: &str) -> String {
        let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
        match self.kind {
            SettingKind::Number => text.to_owned(),
            SettingKind::NumberOrWord if text.parse::<u64>().is_ok() => text.to_owned(),
            SettingKind::Text | SettingKind::Secret | SettingKind::NumberOrWord => string(text),
            SettingKind::PathOr(word) if text == word => string(text),
            // The printed file may be stored in a different folder, which would move a relative
            // path.
            SettingKind::PathOr(_) => {
                let absolute = std::path::absolute(text);
                string(&absolute.map_or_else(|_| text.to_owned(), |path| path.display().to_string()))
            }
            SettingKind::ListOr(words) if words.contains(&text) => string(text),
            SettingKind::List | SettingKind::ListOr(_) => {
                let items = text.split(',').filter(|item| !item.is_empty()).map(string);
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl Section {
    /// Returns the text of the heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Network => "Network",
            Self::Access => "Access",
            Self::World => "World",
            Self::Limits => "Limits",
            Self::Recording => "Recording",
            Self::Log => "Log",
        }
    }
}

/// Expands to an `apply` function, which parses a value and stores it in a field or a path of
/// fields.
macro_rules! set {
    ($($field:ident).+, $parse:expr) => {
        |settings, text| {
            let parse: fn(&str) -> ParseResult<_> = $parse;
            settings.$($field).+ = parse(text)?;
            Ok(())
        }
    };
}
use set;

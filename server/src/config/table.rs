//! Every setting, declared once.

mod limits;
mod log;
mod network;
mod recording;
mod relations;
mod world;

use super::{settings::Settings, value::Parsed};
pub(super) use relations::RELATIONS;

/// A setting: everything that the file, the environment, the flags, the help and `config print`
/// need of it.
#[derive(Debug)]
pub struct Setting {
    /// Its key in the file; the variable is `PARLOUR_` and this in capitals, the flag has dashes
    /// instead of `_`.
    pub name: &'static str,
    /// The heading under which it is shown.
    pub section: Section,
    /// The form of a value, as help shows it.
    pub form: &'static str,
    /// What it does, in a sentence or two.
    pub help: &'static str,
    /// The TOML type of a value.
    pub kind: SettingKind,
    /// A variable that is read if its own is not set.
    pub also: Option<&'static str>,
    /// Stores a value, or returns what would have been one, to follow "must be".
    pub(super) apply: fn(&mut Settings, &str) -> Parsed<()>,
    /// Returns the value as text that [`Self::apply`] accepts.
    pub(super) show: fn(&Settings) -> String,
}

/// A heading of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Where the server listens and whom it serves.
    Network,
    /// The rules and maps of the world.
    World,
    /// Rate limits of players and rooms.
    Limits,
    /// What is recorded.
    Recording,
    /// What is logged.
    Log,
}

/// How a value is written in TOML. In the environment and in flags, all are plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// `"text"`.
    Text,
    /// `7`.
    Number,
    /// `7` or `"word"`.
    NumberOrWord,
    /// `["one", "two"]`; with commas elsewhere.
    List,
    /// Like [`Self::List`], or one of these words.
    ListOr(&'static [&'static str]),
}

/// Returns all settings, in the order in which they are shown.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    let tables = [
        network::SETTINGS,
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

    /// Returns the setting that the default follows, if any.
    #[must_use]
    pub fn default_follows(&self) -> Option<&'static str> {
        let mut ways = RELATIONS.iter().flat_map(relations::Relation::both_ways);
        ways.find(|(side, _)| side.name == self.name)
            .map(|(_, other)| other)
    }

    /// Returns the value in these settings as text.
    #[must_use]
    pub fn text(&self, settings: &Settings) -> String {
        (self.show)(settings)
    }
}

impl Section {
    /// Returns the text of the heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Network => "Network",
            Self::World => "World",
            Self::Limits => "Limits",
            Self::Recording => "Recording",
            Self::Log => "Log",
        }
    }
}

/// Makes an `apply` function: it parses a value and stores it in a field or a path of fields.
macro_rules! set {
    ($($field:ident).+, $parse:expr) => {
        |settings, text| {
            let parse: fn(&str) -> Parsed<_> = $parse;
            settings.$($field).+ = parse(text)?;
            Ok(())
        }
    };
}
use set;

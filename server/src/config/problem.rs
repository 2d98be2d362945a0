//! Mistakes in a configuration. Each has its place, what is wrong, and how to correct it.

use std::{collections::BTreeSet, fmt};

use parlour_shared::text::count;
use thiserror::Error;

use super::settings::Settings;

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingSource {
    /// The default.
    Default,
    /// The default of the program that uses Parlour.
    Program,
    /// The default, adjusted to the value of the setting with this name.
    Follows(&'static str),
    /// A line of the configuration file. `None`: the whole file.
    File {
        /// The path, as the user wrote it.
        path: String,
        /// Counted from 1.
        line: Option<usize>,
    },
    /// An environment variable.
    Variable(String),
    /// A flag, with its two dashes.
    Flag(String),
    /// Two settings that contradict each other.
    Contradiction,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place of the mistake.
    pub source: SettingSource,
    /// What is wrong, and how to correct it.
    pub text: String,
}

/// All mistakes in a configuration that cannot be used.
#[derive(Error)]
pub struct Problems {
    /// The mistakes, at least one.
    pub errors: Vec<Problem>,
    /// Probable mistakes. On their own, they would not prevent a start.
    pub warnings: Vec<Problem>,
    pub(super) settings: Box<Settings>,
    /// The settings whose values are certain: the user's value, or the default.
    pub(super) known: BTreeSet<&'static str>,
}

impl Problems {
    /// Returns the settings if those with these names are valid, so that the files and directories
    /// that they contain can be checked in the same run. The values of other settings may be
    /// invalid.
    #[must_use]
    pub fn settings_if_known(&self, names: &[&str]) -> Option<&Settings> {
        let is_known = names.iter().all(|name| self.known.contains(name));
        is_known.then_some(&self.settings)
    }
}

/// The text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Program => f.write_str("default of this program"),
            Self::Follows(name) => write!(f, "default, follows {name}"),
            Self::File {
                path,
                line: Some(line),
            } => write!(f, "{path}:{line}"),
            Self::File { path, line: None } => f.write_str(path),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
            Self::Contradiction => f.write_str("settings that contradict each other"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.text)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in the configuration:", count(self.errors.len(), "mistake"))?;
        for error in &self.errors {
            write!(f, "\n  {error}")?;
        }
        for warning in &self.warnings {
            write!(f, "\n  {warning} (only a warning)")?;
        }
        Ok(())
    }
}

//! Mistakes in a configuration, each with its place and what would be right.

use std::fmt;

use parlour_shared::text::count;
use thiserror::Error;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingSource {
    /// The default.
    Default,
    /// A default that follows a different setting: its name.
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
    /// Several settings together.
    Together,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it was made.
    pub source: SettingSource,
    /// What is wrong and what would be right.
    pub text: String,
}

/// A configuration that cannot be used.
#[derive(Debug, Error)]
pub struct Problems {
    /// Every mistake; at least one.
    pub errors: Vec<Problem>,
    /// Mistakes that alone would only be warnings.
    pub warnings: Vec<Problem>,
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Follows(name) => write!(f, "default, follows {name}"),
            Self::File {
                path,
                line: Some(line),
            } => write!(f, "{path}:{line}"),
            Self::File { path, line: None } => f.write_str(path),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
            Self::Together => f.write_str("settings that contradict each other"),
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

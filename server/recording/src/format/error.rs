//! Why a recording cannot be opened or read to its end.

use std::io;

use thiserror::Error;

use super::FORMAT;
use crate::VersionError;

/// Why a file cannot be opened as a recording.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is a different kind of file.
    #[error("is not a recording of parlour")]
    NotARecording,
    /// It has a different version of the format.
    #[error(
        "is a recording in format {0}; this program reads format {FORMAT}: use the version of the program that wrote it"
    )]
    Format(u16),
    /// It was cut inside its header, so its world is unknown.
    #[error("the recording ends inside its header: nothing can be read from it")]
    NoHeader,
    /// The header is damaged.
    #[error("the recording's header is damaged: {0}")]
    Damaged(String),
}

/// Why reading stops before the end.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Invalid bytes. Everything before them is as recorded.
    #[error("the recording is damaged at byte {offset}: {what}")]
    Damaged {
        /// Where the invalid chunk starts.
        offset: u64,
        /// What is wrong with it.
        what: String,
    },
    /// Its messages are of a different version.
    #[error(transparent)]
    Version(#[from] VersionError),
}

impl ReadError {
    pub(super) fn damaged(offset: u64, flaw: &str) -> Self {
        Self::Damaged {
            offset,
            what: flaw.to_owned(),
        }
    }

    pub(super) fn what(self) -> String {
        match self {
            Self::Damaged { what, .. } => what,
            other => other.to_string(),
        }
    }
}

//! Why the worlds of an earlier process cannot go on, with what to do.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use parlour_recording::format::{FrozenWorldError, OpenError, ReadError};
use parlour_shared::text::count;
use thiserror::Error;

/// Why the worlds of an earlier process cannot go on.
#[derive(Debug, Error)]
pub enum StateError {
    /// The directory cannot be used.
    #[error("cannot keep worlds in the directory {}: {source}; choose a different one with --state", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A different server uses it.
    #[error(
        "a different server keeps its worlds in the directory {}: stop it first, or choose a different one with --state",
        .0.display()
    )]
    InUse(PathBuf),
    /// Worlds cannot go on: all of them, at least one.
    #[error("cannot go on with {}", OneOrMore(.0))]
    Worlds(Vec<UnusableWorld>),
}

/// A saved world that cannot go on. It is displayed as the path, the reason and the advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableWorld {
    /// The file.
    pub path: PathBuf,
    /// The reason.
    pub why: String,
    /// The kind of the reason.
    pub fault: WorldFault,
}

/// The kinds of reasons for which a saved world cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldFault {
    /// The file is whole, but this program, with these settings, cannot run its world.
    Different,
    /// The file is damaged, or has a different content.
    Damaged,
    /// The file was renamed.
    Renamed,
    /// The system cannot read the file.
    Unreadable,
}

impl WorldFault {
    fn advice(self) -> &'static str {
        match self {
            Self::Different => {
                "Start the version of the program that saved it, with the same maps and room types"
            }
            Self::Damaged => "Restore a copy of the file",
            Self::Renamed => "Rename it back",
            Self::Unreadable => "Make it readable",
        }
    }
}

impl UnusableWorld {
    /// Returns the error of a file that was read.
    pub(crate) fn new(path: &Path, fault: WorldFault, why: impl ToString) -> Self {
        Self {
            path: path.to_owned(),
            why: why.to_string(),
            fault,
        }
    }

    /// Returns the error of a file that is not a whole saved world of this format.
    pub(crate) fn unread(path: &Path, error: &FrozenWorldError) -> Self {
        let fault = match error {
            FrozenWorldError::Open(OpenError::Io(_)) | FrozenWorldError::Read(ReadError::Io(_)) => {
                WorldFault::Unreadable
            }
            FrozenWorldError::Open(OpenError::Format(_)) | FrozenWorldError::Read(ReadError::Version(_)) => {
                WorldFault::Different
            }
            FrozenWorldError::Open(_)
            | FrozenWorldError::Read(ReadError::Damaged { .. })
            | FrozenWorldError::Cut { .. }
            | FrozenWorldError::NotOneWorld => WorldFault::Damaged,
        };
        Self::new(path, fault, error)
    }
}

impl fmt::Display for UnusableWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, advice) = (self.path.display(), self.fault.advice());
        write!(
            f,
            "{path}: {}. {advice}, or move the file away to start without its rooms",
            self.why
        )
    }
}

/// One world in the same line, or a line for each.
struct OneOrMore<'a>(&'a [UnusableWorld]);

impl fmt::Display for OneOrMore<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [world] = self.0 {
            return write!(f, "the saved world {world}");
        }
        write!(f, "{}:", count(self.0.len(), "saved world"))?;
        self.0.iter().try_for_each(|world| write!(f, "\n  {world}"))
    }
}

//! Why something cannot be found in the worlds of a node, or not be shown.

use std::{io, path::PathBuf};

use thiserror::Error;

use crate::replay::{MomentError, ReplayError, ShowError};

/// Why something cannot be found in the worlds of a node, or not be shown.
#[derive(Debug, Error)]
pub enum WorldsError {
    /// A tick without a world.
    #[error(
        "{0} is a tick of one world, and each world counts its own ticks: use a time, such as 14:03:20, or choose a \
         world with --world NAME"
    )]
    TickWithoutWorld(String),
    /// A time of day is ambiguous in a world.
    #[error("world {world}: {error}")]
    Moment {
        /// The name of the world.
        world: String,
        /// Why.
        error: MomentError,
    },
    /// No world has the moment, the player or the room.
    #[error("{0}")]
    NoMatch(String),
    /// A recording cannot be run.
    #[error("{}: {error}", path.display())]
    Replay {
        /// The first file of the run.
        path: PathBuf,
        /// Why.
        error: ReplayError,
    },
    /// The output cannot be written.
    #[error("cannot write it: {0}")]
    Io(#[from] io::Error),
}

impl WorldsError {
    pub(super) fn show(path: PathBuf, error: ShowError) -> Self {
        match error {
            ShowError::Replay(error) => Self::Replay { path, error },
            ShowError::NoMatch(text) => Self::NoMatch(text),
            ShowError::Io(error) => Self::Io(error),
        }
    }
}

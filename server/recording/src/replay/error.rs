//! The errors of running and showing recordings.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use parlour_shared::ids::Tick;
use parlour_sim::LoadError;
use thiserror::Error;

use super::MomentError;
use crate::{
    HeaderError, VersionError,
    format::{OpenError, ReadError},
};

/// The reason why a recording cannot be run again, or not to its end.
#[derive(Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A file cannot be read as a recording.
    #[error("{}: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: OpenError,
    },
    /// The recording was made by another version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// The recorded world cannot be created by this program.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The recording was made with different game logic.
    #[error("it was recorded with other game logic: {0}. Use the program that recorded it")]
    Logic(String),
    /// The recording cannot be read to its end.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The given next file does not continue the one before it.
    #[error("{0} does not continue the file before it: replay it alone")]
    NotTheNext(String),
    /// The recording has no ticks.
    #[error("it has no ticks")]
    Empty,
    /// The recording starts in the middle, without a saved world.
    #[error("it starts without a saved world: there is no world to run its ticks on")]
    NoKeyframe,
    /// A saved world cannot be loaded.
    #[error("the world saved after tick {} cannot be loaded: {error}", tick.0)]
    Keyframe {
        /// The tick.
        tick: Tick,
        /// Why.
        error: LoadError,
    },
    /// A saved world and its chunk contain different ticks.
    #[error("the recording is damaged: the world saved after tick {} contains tick {}", tick.0, got.0)]
    OtherTick {
        /// The tick in the chunk.
        tick: Tick,
        /// The tick in the world.
        got: Tick,
    },
    /// Ticks are not consecutive.
    #[error("the recording is damaged: tick {} follows tick {}", tick.0, last.0)]
    NotNext {
        /// The tick.
        tick: Tick,
        /// The last tick of the world.
        last: Tick,
    },
    /// The moment was not recorded.
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// The world reached a different state.
    #[error(
        "tick {} reached a different state than was recorded: {} (hash {recorded:016x} recorded, {got:016x} now){}",
        tick.0, differ(parts), ran_since(*since)
    )]
    Diverged {
        /// The first tick that differs.
        tick: Tick,
        /// The tick of the saved world from which this world started, or 0 for the start.
        since: Tick,
        /// The recorded state hash.
        recorded: u64,
        /// The state hash now.
        got: u64,
        /// The parts of the state that differ.
        parts: Vec<String>,
    },
    /// The world that ran from the start reached every recorded state, but a world that was loaded
    /// from a saved one did not.
    #[error(
        "a second world, loaded from the world saved after tick {}, reached a different state than was recorded: tick {}, {}. \
         The first world, which ran from the beginning, reached every recorded state; so the likely cause is that game \
         logic depends on something that is not saved: a Local, Added or Changed of an earlier tick, RemovedComponents, a \
         static",
        saved.0, tick.0, differ(parts)
    )]
    NotSaved {
        /// The tick of the saved world that the second world was loaded from.
        saved: Tick,
        /// The first tick that differs.
        tick: Tick,
        /// The parts of the state that differ, or a different kind of difference in words.
        parts: Vec<String>,
    },
    /// A tick was skipped when it was recorded, but changes something if it is run.
    #[error(
        "tick {} was skipped when it was recorded, because nothing was due, but changes the state if it is run: {}. The \
         likely cause is a system of game logic in the set MaySleep that changes something in a tick that no function given \
         to sleeps_until has named",
        tick.0, differ(parts)
    )]
    NotQuiet {
        /// The tick.
        tick: Tick,
        /// The parts of the state that differ.
        parts: Vec<String>,
    },
    /// The hashes agree, but the saved world differs: a part of the state is not hashed.
    #[error("the world saved after tick {} differs from the world that the recorded ticks lead to", .0.0)]
    KeyframeDiffers(Tick),
    /// A tick panicked that did not when it was recorded.
    #[error("tick {} panicked, and did not when it was recorded: {message}", tick.0)]
    Panic {
        /// The tick.
        tick: Tick,
        /// The panic's message.
        message: String,
    },
    /// A tick panicked as it did when it was recorded, and so left no state.
    #[error("tick {} panicked ({message}): there is no state after it, try tick {}", tick.0, tick.0.saturating_sub(1))]
    Panicked {
        /// The tick.
        tick: Tick,
        /// The panic's message.
        message: String,
    },
    /// A tick panicked when it was recorded, but not now.
    #[error("tick {} panicked when it was recorded, and does not now", .0.0)]
    NoPanic(Tick),
    /// The system could not start a thread for the second world.
    #[error("cannot start a thread: {0}; is a limit of processes or memory too low?")]
    Thread(io::Error),
}

/// The text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ReplayError {
    pub(super) fn not_opened(path: &Path, error: OpenError) -> Self {
        Self::Open {
            path: path.to_owned(),
            error,
        }
    }

    /// Names the parts of the state that only one side has, after what is known about the cause.
    pub(super) fn logic(cause: Option<String>, recorded: &[String], ours: &[String]) -> Self {
        let only = |these: &[String], others: &[String]| -> Vec<String> {
            let missing = these.iter().filter(|name| !others.contains(name));
            missing.cloned().collect()
        };
        let (unknown, new) = (only(recorded, ours), only(ours, recorded));
        let parts = match (unknown.is_empty(), new.is_empty()) {
            (false, _) => format!(
                "its state has {}, which this program does not know",
                unknown.join(", ")
            ),
            (true, false) => format!(
                "this program's state has {}, which the recording does not have",
                new.join(", ")
            ),
            (true, true) => "the parts of the state are declared in a different order".to_owned(),
        };
        Self::Logic(match cause {
            Some(cause) => format!("{cause}; {parts}"),
            None => parts,
        })
    }

    /// Returns whether the text begins with the path of a file, so that a caller need not add it.
    #[must_use]
    pub fn names_file(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::NotTheNext(_))
    }

    /// Returns whether the recording is valid, but the world reached a different state.
    #[must_use]
    pub fn is_divergence(&self) -> bool {
        matches!(
            self,
            Self::Diverged { .. }
                | Self::NotSaved { .. }
                | Self::NotQuiet { .. }
                | Self::KeyframeDiffers(_)
                | Self::Panic { .. }
                | Self::NoPanic(_)
        )
    }
}

/// The reason why a recording cannot be shown, or not all of it.
#[derive(Debug, Error)]
pub enum ShowError {
    /// The recording cannot be run that far.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The player or room does not exist, or several players have that name.
    #[error("{0}")]
    NoMatch(String),
    /// The output cannot be written.
    #[error("cannot write it: {0}")]
    Io(#[from] io::Error),
}

fn differ(parts: &[String]) -> String {
    match parts {
        [] => "all fingerprints agree".to_owned(),
        parts => parts.join(", "),
    }
}

/// Returns a note if the world was loaded, because it then has only the saved state of the recorded
/// world.
fn ran_since(since: Tick) -> String {
    match since.0 {
        0 => String::new(),
        tick => format!(", in a world that was loaded from the world saved after tick {tick}"),
    }
}

//! Why a recording cannot be run again, or not to its end.

use std::io;

use parlour_shared::ids::Tick;
use parlour_sim::LoadError;
use thiserror::Error;

use super::MomentError;
use crate::{
    HeaderError, VersionError,
    format::{OpenError, ReadError},
};

/// Why a recording cannot be run again, or not to its end.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// It is no recording that can be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It was made by another version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// Its world cannot be made here.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// It was made with other game logic.
    #[error("it was recorded with other game logic: {0}. Use the program that recorded it")]
    Logic(String),
    /// It cannot be read to its end.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It was said to go on in a file that does not go on from it.
    #[error("{0} does not go on from the file before it: replay it alone")]
    NotTheNext(String),
    /// There is nothing in it.
    #[error("there is no tick in it")]
    Empty,
    /// It begins in the middle, without a world to begin with.
    #[error("it begins without a saved world: there is nothing to run its ticks on")]
    NoKeyframe,
    /// A saved world cannot be loaded.
    #[error("the world saved after tick {} cannot be loaded: {error}", tick.0)]
    Keyframe {
        /// The tick.
        tick: Tick,
        /// Why.
        error: LoadError,
    },
    /// A saved world is that of another tick than its chunk says.
    #[error("the recording is damaged: the world saved after tick {} says that it is of tick {}", tick.0, got.0)]
    OtherTick {
        /// What the chunk says.
        tick: Tick,
        /// What the world says.
        got: Tick,
    },
    /// Ticks do not follow each other.
    #[error("the recording is damaged: tick {} follows tick {}", tick.0, last.0)]
    NotNext {
        /// The tick.
        tick: Tick,
        /// The last tick of its world.
        last: Tick,
    },
    /// The moment is not in the recording.
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// The world reached another state.
    #[error(
        "tick {} came to another state than was recorded: {} (hash {recorded:016x} recorded, {got:016x} now){}",
        tick.0, differ(parts), ran_since(*since)
    )]
    Diverged {
        /// The first tick that differs.
        tick: Tick,
        /// The tick of the saved world that it has run since; 0: since the beginning.
        since: Tick,
        /// The recorded state hash.
        recorded: u64,
        /// The state hash now.
        got: u64,
        /// The parts of the state that differ.
        parts: Vec<String>,
    },
    /// The world that ran from the beginning reached every recorded state, and one that was loaded on the way did not.
    #[error(
        "a second world, loaded from the one saved after tick {}, reached another state than was recorded at tick {}: {}. \
         The first world, which ran from the beginning, reached every recorded state; so the likely cause is that game \
         logic decides by something that is not saved: a Local, Added or Changed of an earlier tick, RemovedComponents, a \
         static",
        saved.0, tick.0, differ(parts)
    )]
    NotSaved {
        /// The tick after which the second world was saved.
        saved: Tick,
        /// The first tick that differs.
        tick: Tick,
        /// The parts of the state that differ, or another difference in words.
        parts: Vec<String>,
    },
    /// The hashes agree, but the saved world does not: a part of the state is not in the hash.
    #[error("the world saved after tick {} differs from the one that the recording comes to", .0.0)]
    KeyframeDiffers(Tick),
    /// It panicked, and did not when it was recorded.
    #[error("tick {} panicked, and did not when it was recorded: {message}", tick.0)]
    Panic {
        /// The tick.
        tick: Tick,
        /// What the panic said.
        message: String,
    },
    /// There is no state to look at: it panicked, as it did when it was recorded.
    #[error("tick {} panicked ({message}): there is no state after it, look at tick {}", tick.0, tick.0.saturating_sub(1))]
    Panicked {
        /// The tick.
        tick: Tick,
        /// What the panic said.
        message: String,
    },
    /// It panicked when it was recorded, and does not now.
    #[error("tick {} panicked when it was recorded, and does not now", .0.0)]
    NoPanic(Tick),
    /// The system gave no thread for the second world.
    #[error("cannot start a thread: {0}; is a limit of processes or memory too low?")]
    Thread(io::Error),
}

impl ReplayError {
    /// Names what one side has and the other has not.
    pub(super) fn logic(recorded: &[String], ours: &[String]) -> Self {
        let only = |these: &[String], others: &[String]| -> Vec<String> {
            let missing = these.iter().filter(|name| !others.contains(name));
            missing.cloned().collect()
        };
        let (unknown, new) = (only(recorded, ours), only(ours, recorded));
        Self::Logic(match (unknown.is_empty(), new.is_empty()) {
            (false, _) => format!(
                "its state has {}, which this program does not know",
                unknown.join(", ")
            ),
            (true, false) => format!("this program's state has {}, which it has not", new.join(", ")),
            (true, true) => "the parts of the state are declared in another order".to_owned(),
        })
    }

    /// Whether the recording is sound, and the world reached another state.
    #[must_use]
    pub fn is_divergence(&self) -> bool {
        matches!(
            self,
            Self::Diverged { .. }
                | Self::NotSaved { .. }
                | Self::KeyframeDiffers(_)
                | Self::Panic { .. }
                | Self::NoPanic(_)
        )
    }
}

/// Why what a recording has cannot be shown, or not all of it.
#[derive(Debug, Error)]
pub enum ShowError {
    /// The recording cannot be run to there.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The player or the room is not there, or several players have that name.
    #[error("{0}")]
    NoMatch(String),
    /// It cannot be written.
    #[error("cannot write it: {0}")]
    Io(#[from] io::Error),
}

fn differ(parts: &[String]) -> String {
    match parts {
        [] => "no fingerprint tells in what".to_owned(),
        parts => parts.join(", "),
    }
}

/// That a world was loaded is worth a word: it has nothing of the one that was recorded but what was saved.
fn ran_since(since: Tick) -> String {
    match since.0 {
        0 => String::new(),
        tick => format!(", in a world that has run since the one saved after tick {tick}"),
    }
}

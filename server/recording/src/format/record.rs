//! The recorded items: ticks and saved worlds.

use parlour_shared::ids::Tick;
use parlour_tick::TickInput;

/// A recorded tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickRecord {
    /// Its number.
    pub tick: Tick,
    /// How it ended.
    pub outcome: Outcome,
    /// Its input.
    pub input: TickInput,
}

/// How a tick ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It finished.
    Finished {
        /// The state hash.
        hash: u64,
        /// A fingerprint of each part of the state, in the order of the header's `state`.
        parts: Vec<u16>,
    },
    /// It did not finish. It is the last tick.
    Panicked,
}

impl Outcome {
    /// Returns the state hash, or `None` if the tick panicked.
    #[must_use]
    pub fn hash(&self) -> Option<u64> {
        match self {
            Self::Finished { hash, .. } => Some(*hash),
            Self::Panicked => None,
        }
    }

    /// Returns the fingerprints; empty if the tick panicked.
    #[must_use]
    pub fn parts(&self) -> &[u16] {
        match self {
            Self::Finished { parts, .. } => parts,
            Self::Panicked => &[],
        }
    }
}

/// An item of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The world after a tick.
    Keyframe {
        /// The tick.
        tick: Tick,
        /// The saved world.
        state: Vec<u8>,
    },
    /// A tick.
    Tick(TickRecord),
}

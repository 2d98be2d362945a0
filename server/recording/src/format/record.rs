//! What was recorded: ticks and saved worlds.

use parlour_shared::ids::Tick;
use parlour_tick::TickInput;

/// What was recorded of a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickRecord {
    /// Its number.
    pub tick: Tick,
    /// What came of it.
    pub outcome: Outcome,
    /// What it was given.
    pub input: TickInput,
}

/// What came of a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The world after it.
    Finished {
        /// The state hash.
        hash: u64,
        /// A fingerprint of each part of the state, in the order of the header's `state`.
        parts: Vec<u16>,
    },
    /// It did not finish. Nothing comes after it.
    Panicked,
}

impl Outcome {
    /// The state hash; none of a tick that panicked.
    #[must_use]
    pub fn hash(&self) -> Option<u64> {
        match self {
            Self::Finished { hash, .. } => Some(*hash),
            Self::Panicked => None,
        }
    }

    /// The fingerprints; none of a tick that panicked.
    #[must_use]
    pub fn parts(&self) -> &[u16] {
        match self {
            Self::Finished { parts, .. } => parts,
            Self::Panicked => &[],
        }
    }
}

/// One thing that a recording holds.
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

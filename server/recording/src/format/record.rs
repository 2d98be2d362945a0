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
    /// It was skipped, because the world was quiet: it has no events, and changed only the tick
    /// number. [`parlour_sim::Simulation::skip`] reaches the same state.
    Skipped {
        /// The state hash after it. Of several skipped ticks in a row, only the last has one.
        hash: Option<u64>,
    },
    /// It did not finish. It is the last tick.
    Panicked,
}

impl Outcome {
    /// Returns the state hash, or `None` if the tick panicked or was skipped without one.
    #[must_use]
    pub fn hash(&self) -> Option<u64> {
        match self {
            Self::Finished { hash, .. } => Some(*hash),
            Self::Skipped { hash } => *hash,
            Self::Panicked => None,
        }
    }

    /// Returns the fingerprints; empty if the tick panicked or was skipped.
    #[must_use]
    pub fn parts(&self) -> &[u16] {
        match self {
            Self::Finished { parts, .. } => parts,
            Self::Skipped { .. } | Self::Panicked => &[],
        }
    }

    /// Returns whether the two ticks may have reached the same state: as far as is recorded of
    /// both, they did.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Skipped { .. }, Self::Finished { .. } | Self::Skipped { .. })
            | (Self::Finished { .. }, Self::Skipped { .. }) => {
                let hashes = self.hash().zip(other.hash());
                hashes.is_none_or(|(hash, other)| hash == other)
            }
            _ => self == other,
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

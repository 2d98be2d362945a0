//! Small number types, one per idea, so that a slot is never taken for a player.

use serde::{Deserialize, Serialize};

/// One step of the world, 1/60 s. Starts at 1 with the first step and does not wrap (2.2 years at
/// 60 Hz).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tick(pub u32);

impl Tick {
    /// The tick `ticks` later.
    #[must_use]
    pub fn after(self, ticks: u32) -> Self {
        Self(self.0 + ticks)
    }

    /// How many ticks have passed since `earlier`; 0 if `earlier` lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A player as other players know it. Looks random on purpose: it must not tell how many players
/// there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlayerId(pub u32);

/// A player's small index in its room; reused after the player has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slot(pub u16);

impl Slot {
    /// A slot that no player ever has: that of a client without a player of its own.
    pub const NOBODY: Self = Self(u16::MAX);

    /// The slot as an index into a dense array.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// An authenticated participation; given by the server's edge, never sent to anyone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub u64);

/// One life of a room. A room that was cleaned up and created again has a higher epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

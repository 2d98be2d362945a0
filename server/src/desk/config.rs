//! What the desk must know about the node.

use std::time::Duration;

use parlour_sim::RoomTypeConfig;

/// The settings of the desk.
#[derive(Clone, Debug)]
pub(crate) struct DeskConfig {
    /// The number of tick threads, at least 1.
    pub(crate) tick_threads: usize,
    /// The types of rooms, each with a different name.
    pub(crate) types: Vec<DeskRoomType>,
    /// The number of skins in the catalogue.
    pub(crate) skins: usize,
    /// The maximum number of rooms of the node.
    pub(crate) max_rooms: usize,
    /// The maximum number of worlds of the node.
    pub(crate) max_worlds: usize,
}

/// A type of rooms, as far as it concerns the desk.
#[derive(Clone, Debug)]
pub(crate) struct DeskRoomType {
    /// The type as its worlds know it. The desk counts with the capacity until a room reports its
    /// own, and refuses options that the type does not have before it creates a world.
    pub(crate) config: RoomTypeConfig,
    pub(crate) worlds: WorldSharing,
    /// The room to which players go whose room has ended.
    pub(crate) fallback: Option<String>,
    /// Whether its rooms are kept while the process does not run.
    pub(crate) durable: bool,
    pub(crate) joins: JoinRate,
}

/// The worlds in which the rooms of a type are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorldSharing {
    /// The shared worlds of the built-in logic.
    Main,
    /// Shared worlds for this type only.
    Shared,
    /// One world for each room.
    Own,
}

/// How often a session may join: a token bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JoinRate {
    /// Tokens in a full bucket, at least 1.
    pub(crate) burst: u32,
    /// The time until a token comes back.
    pub(crate) every: Duration,
}

impl Default for JoinRate {
    fn default() -> Self {
        Self {
            burst: 5,
            every: Duration::from_secs(1),
        }
    }
}

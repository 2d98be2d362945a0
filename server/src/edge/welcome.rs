//! The first message to a session, which describes the server to its client.

use std::sync::atomic::{AtomicU32, Ordering};

use parlour_shared::{
    codec::SCHEMA,
    limits::{PROTOCOL, TICK_RATE},
    message::{Durability, Welcome},
};
use parlour_tick::{Arrival, player_id};

/// What every welcome of a server contains, and the ids of its players.
#[derive(Debug)]
pub(crate) struct Welcomes {
    /// The catalogue of skins.
    pub(crate) skins: Vec<String>,
    /// The types of rooms that can be joined.
    pub(crate) room_types: Vec<String>,
    /// The seed of the ids. `None`: the sessions are spectators, which are not players.
    pub(crate) seed: Option<u64>,
    /// The number of players so far.
    pub(crate) players: AtomicU32,
}

impl Welcomes {
    /// Returns the player of a session that opens with this name.
    pub(super) fn admit(&self, name: String) -> Arrival {
        match self.seed {
            Some(seed) => {
                let n = self.players.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
                Arrival::new(player_id(seed, n), name)
            }
            None => Arrival {
                name: "spectator".to_owned(),
                ..Arrival::default()
            },
        }
    }

    /// Returns the welcome of a player.
    pub(super) fn welcome(&self, player: &Arrival, heartbeat_ms: u32) -> Welcome {
        Welcome {
            protocol: PROTOCOL,
            schema: SCHEMA,
            player: player.player,
            name: player.name.clone(),
            tick_rate: TICK_RATE,
            durability: Durability::L0,
            heartbeat_ms,
            skins: self.skins.clone(),
            room_types: self.room_types.clone(),
            session: None,
            resume: None,
        }
    }
}

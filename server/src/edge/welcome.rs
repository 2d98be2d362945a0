//! The first message to a session, which describes the server to its client.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use parlour_shared::{
    codec::SCHEMA,
    limits::{PROTOCOL, TICK_RATE},
    message::{Durability, Welcome},
};
use parlour_tick::{Arrival, player_id};

use super::{connection::IoThread, session::Session};
use crate::session::ResumeKey;

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

    /// Returns the welcome to a session, without the fields about resuming it.
    fn welcome(&self, session: &Session) -> Welcome {
        Welcome {
            protocol: PROTOCOL,
            schema: SCHEMA,
            player: session.player,
            name: session.name.clone(),
            tick_rate: TICK_RATE,
            durability: Durability::L0,
            skins: self.skins.clone(),
            room_types: self.room_types.clone(),
            ..Welcome::default()
        }
    }
}

impl IoThread {
    /// Returns the welcome to a session, and the key with which it can be resumed.
    pub(super) fn welcome(&self, session: &Session, key: Option<&ResumeKey>) -> Welcome {
        let options = &self.shared.options;
        Welcome {
            heartbeat_ms: milliseconds(options.heartbeat),
            session: session.name_for_client(),
            resume: key.map(ResumeKey::to_text),
            resume_ms: key.map_or(0, |_| milliseconds(options.resume_timeout)),
            ..self.shared.welcomes.welcome(session)
        }
    }
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

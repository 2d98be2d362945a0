//! Versioned room state: a write names the version of the key that its client knows, and is refused
//! if the key now has a different one.

use std::collections::BTreeMap;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::PlayerId,
    limits::{MAX_STATE_KEYS, MAX_STATE_VALUE_BYTES, MAX_STATE_WRITES},
    message::{KeyVersion, Refusal, ServerMessage, SetState, Stamp, StateChanged, StateEntry, StateWrite},
    text::is_state_key,
};
use serde::{Deserialize, Serialize};

use crate::{
    broadcast_budget,
    clock::Clock,
    outbox::Outbox,
    player::Player,
    rooms::{self, InRoom, Room, Seats},
    state,
};

/// The keys and values of a room.
#[derive(Component, Clone, Debug, Default, Serialize, Deserialize)]
pub struct RoomState {
    entries: BTreeMap<String, (u32, String)>,
    /// The number of batches so far. A batch gives its number to the keys that it writes, as their
    /// version. So versions also rise across a deletion.
    revision: u32,
}

impl RoomState {
    /// Returns all entries, by key.
    #[must_use]
    pub fn entries(&self) -> Vec<StateEntry> {
        let entry = |(key, (version, value)): (&String, &(u32, String))| StateEntry {
            key: key.clone(),
            version: *version,
            value: Some(value.clone()),
        };
        self.entries.iter().map(entry).collect()
    }

    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(|(_, value)| value.as_str())
    }

    /// Returns the version of a key, or 0 if it does not exist.
    #[must_use]
    pub fn version(&self, key: &str) -> u32 {
        self.entries.get(key).map_or(0, |(version, _)| *version)
    }

    /// Returns whether all writes can be applied. `kept` is the number of keys for which there must
    /// be space afterwards.
    pub(crate) fn check(&self, writes: &[StateWrite], kept: usize) -> Result<(), Refusal> {
        let current: Vec<KeyVersion> = writes
            .iter()
            .map(|write| (write, self.version(&write.key)))
            .filter(|(write, version)| write.version != *version)
            .map(|(write, version)| KeyVersion {
                key: write.key.clone(),
                version,
            })
            .collect();
        if !current.is_empty() {
            return Err(Refusal::StaleVersion { current });
        }
        let added = writes
            .iter()
            .filter(|write| write.version == 0 && write.value.is_some())
            .count();
        let removed = writes
            .iter()
            .filter(|write| write.version != 0 && write.value.is_none())
            .count();
        if self.entries.len() + added + kept > MAX_STATE_KEYS + removed {
            return Err(Refusal::StateFull);
        }
        Ok(())
    }

    /// Applies writes that passed the check.
    pub(crate) fn apply(&mut self, writes: &[StateWrite]) -> Vec<StateEntry> {
        self.revision += 1;
        for write in writes {
            match &write.value {
                Some(value) => self
                    .entries
                    .insert(write.key.clone(), (self.revision, value.clone())),
                None => self.entries.remove(&write.key),
            };
        }
        let entry = |write: &StateWrite| StateEntry {
            key: write.key.clone(),
            version: self.revision,
            value: write.value.clone(),
        };
        writes.iter().map(entry).collect()
    }
}

/// The keys that only game logic writes.
#[derive(Resource, Debug, Default)]
pub(crate) struct OwnedKeys {
    prefixes: Vec<&'static str>,
    /// The keys of components of rooms.
    components: Vec<&'static str>,
}

impl OwnedKeys {
    pub(crate) fn add(&mut self, prefix: &'static str) {
        self.prefixes.push(prefix);
    }

    /// Adds the key of a component of rooms. Returns the number of those before it.
    ///
    /// # Panics
    /// If there is one with this key, or there are 64.
    pub(crate) fn add_component(&mut self, key: &'static str) -> usize {
        let count = self.components.len();
        assert!(
            !self.components.contains(&key),
            "two components of rooms have the key {key}: choose different keys"
        );
        assert!(
            count < MAX_STATE_KEYS,
            "at most {MAX_STATE_KEYS} components of rooms can be replicated; {key} is one too many"
        );
        self.components.push(key);
        count
    }

    /// Returns whether the key is that of a component of rooms.
    pub(crate) fn is_component(&self, key: &str) -> bool {
        self.components.contains(&key)
    }

    fn contains(&self, key: &str) -> bool {
        self.is_component(key) || self.prefixes.iter().any(|prefix| key.starts_with(prefix))
    }

    /// Returns the number of components that a room does not have now. Their keys always have
    /// space.
    pub(crate) fn missing(&self, state: &RoomState) -> usize {
        let missing = self.components.iter().filter(|key| state.get(key).is_none());
        missing.count()
    }
}

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<OwnedKeys>();
    state::derived::<OwnedKeys>(app);
    app.register_required_components::<Room, RoomState>();
    state::component::<RoomState>(app, "room_state");
}

/// Applies a batch and sends it to all players in the room.
pub(crate) fn write(world: &mut World, player: Entity, batch: &SetState) -> Result<(), Refusal> {
    if !is_well_formed(&batch.writes) {
        return Err(Refusal::BadState);
    }
    let owned = world.resource::<OwnedKeys>();
    if batch.writes.iter().any(|write| owned.contains(&write.key)) {
        return Err(Refusal::NotYours);
    }
    let room = world.get::<InRoom>(player).ok_or(Refusal::NotInRoom)?.0;
    let state = world.get::<RoomState>(room).ok_or(Refusal::NotInRoom)?;
    state.check(&batch.writes, owned.missing(state))?;
    let listeners = world.get::<Seats>(room).ok_or(Refusal::NotInRoom)?.len();
    let bytes = |write: &StateWrite| write.key.len() + write.value.as_ref().map_or(0, String::len);
    let bytes = batch.writes.iter().map(bytes).sum();
    if !broadcast_budget::charge(world, room, (player, batch.request), bytes, listeners) {
        return Ok(());
    }
    let entries = world
        .get_mut::<RoomState>(room)
        .ok_or(Refusal::NotInRoom)?
        .apply(&batch.writes);
    let (id, session) = world
        .get::<Player>(player)
        .map(|author| (author.id, author.session))
        .ok_or(Refusal::NotInRoom)?;
    let stamp = announce(world, room, Some(id), entries).ok_or(Refusal::NotInRoom)?;
    world
        .resource_mut::<Outbox>()
        .accept(session, batch.request, Some(stamp));
    Ok(())
}

/// Sends a change to all players in the room.
pub(crate) fn announce(
    world: &mut World,
    room: Entity,
    player: Option<PlayerId>,
    entries: Vec<StateEntry>,
) -> Option<Stamp> {
    let stamp = world.get_mut::<Room>(room)?.stamp();
    let changed = ServerMessage::StateChanged(StateChanged {
        stamp,
        tick: world.resource::<Clock>().tick,
        player,
        entries,
    });
    world.resource_scope(|world, mut outbox: Mut<Outbox>| {
        rooms::broadcast(world, &mut outbox, [room], &changed);
    });
    Some(stamp)
}

pub(crate) fn is_well_formed(writes: &[StateWrite]) -> bool {
    let distinct = |at: usize| !writes[..at].iter().any(|earlier| earlier.key == writes[at].key);
    (1..=MAX_STATE_WRITES).contains(&writes.len())
        && (0..writes.len()).all(distinct)
        && writes.iter().all(|write| {
            is_state_key(&write.key)
                && write.value.as_ref().is_none_or(|value| value.len() <= MAX_STATE_VALUE_BYTES)
                // Version 0 without a value would delete a key that does not exist.
                && (write.version != 0 || write.value.is_some())
        })
}

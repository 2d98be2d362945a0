//! Room state that game logic writes.

use bevy_app::App;
use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::message::{Refusal, StateEntry, StateWrite};
use thiserror::Error;

use crate::{
    room_state::{self, OwnedKeys, RoomState},
    state,
    taken::with_taken,
};

/// The state of rooms, as a system parameter for game logic that writes it. Its clients have it as
/// the state of their room, and keep it when they come back. It is for values that change now and
/// then: a round, a score, the positions of the pieces of a board. Write it in
/// [`crate::StepSet::Simulate`], [`crate::StepSet::React`] or [`crate::StepSet::Interest`]; changes
/// are sent with this tick.
///
/// A world in which a system uses it must declare at least one prefix of keys with
/// [`SimulationApp::owns_state`](crate::SimulationApp::owns_state).
///
/// ```
/// # use bevy_ecs::prelude::*;
/// # use parlour_sim::{RoomEvent, RoomStates};
/// /// After `app.owns_state("round")`.
/// fn begin(mut events: MessageReader<RoomEvent>, mut states: RoomStates) {
///     for event in events.read() {
///         if let RoomEvent::Created { room } = *event {
///             states.set(room, "round", "1").expect("a valid key of a room that exists");
///         }
///     }
/// }
/// ```
#[derive(SystemParam)]
pub struct RoomStates<'w, 's> {
    rooms: Query<'w, 's, &'static mut RoomState>,
    owned: Res<'w, OwnedKeys>,
    written: ResMut<'w, WrittenStates>,
}

/// The changes of this tick, which are not sent yet.
#[derive(Resource, Debug, Default)]
pub struct WrittenStates(Vec<(Entity, Vec<StateEntry>)>);

/// Room state cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RoomStateError {
    /// There is no such room.
    #[error("there is no such room")]
    NoSuchRoom,
    /// The key is invalid, or the value is too long.
    #[error("a key has 1 to 48 bytes of a-z 0-9 - _ . and a value at most 1,024 bytes")]
    Invalid,
    /// The room has 64 keys, with those of its replicated components.
    #[error("the room has 64 keys already")]
    Full,
    /// The key is that of a component of rooms (`replicate_room`), which alone writes it.
    #[error("the key is that of a replicated component: change the component instead")]
    Component,
}

impl RoomStates<'_, '_> {
    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, room: Entity, key: &str) -> Option<&str> {
        self.rooms.get(room).ok()?.get(key)
    }

    /// Writes a key. Does nothing if it has this value.
    ///
    /// # Errors
    /// [`RoomStateError`] if the room does not exist, the key or value is invalid, the room has 64
    /// keys, or the key is that of a component of rooms.
    pub fn set(&mut self, room: Entity, key: &str, value: &str) -> Result<(), RoomStateError> {
        self.check_is_no_component(key)?;
        self.write(room, key, Some(value), OwnedKeys::missing)
    }

    /// Removes a key. Does nothing if it does not exist.
    ///
    /// # Errors
    /// [`RoomStateError::NoSuchRoom`], and [`RoomStateError::Component`] if the key is that of a
    /// component of rooms.
    pub fn remove(&mut self, room: Entity, key: &str) -> Result<(), RoomStateError> {
        self.check_is_no_component(key)?;
        self.write(room, key, None, |_, _| 0)
    }

    /// The key of a component is written when the component changes, and in the first tick of a
    /// loaded world. A different value would be kept until then.
    fn check_is_no_component(&self, key: &str) -> Result<(), RoomStateError> {
        match self.owned.is_component(key) {
            true => Err(RoomStateError::Component),
            false => Ok(()),
        }
    }

    /// Writes the key of a component of rooms, for which space is kept.
    pub(super) fn write_component(
        &mut self,
        room: Entity,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), RoomStateError> {
        self.write(room, key, value, |_, _| 0)
    }

    fn write(
        &mut self,
        room: Entity,
        key: &str,
        value: Option<&str>,
        kept: fn(&OwnedKeys, &RoomState) -> usize,
    ) -> Result<(), RoomStateError> {
        let state = self.rooms.get(room).map_err(|_| RoomStateError::NoSuchRoom)?;
        if state.get(key) == value {
            return Ok(());
        }
        let write = StateWrite {
            key: key.to_owned(),
            version: state.version(key),
            value: value.map(str::to_owned),
        };
        let writes = std::slice::from_ref(&write);
        if !room_state::is_well_formed(writes) {
            return Err(RoomStateError::Invalid);
        }
        match state.check(writes, kept(&self.owned, state)) {
            Ok(()) => {}
            Err(Refusal::StateFull) => return Err(RoomStateError::Full),
            Err(_) => return Err(RoomStateError::Invalid),
        }
        let mut state = self.rooms.get_mut(room).map_err(|_| RoomStateError::NoSuchRoom)?;
        let entries = state.apply(writes);
        self.written.0.push((room, entries));
        Ok(())
    }
}

/// Reserves the keys with a prefix for game logic. Returns whether the function that sends changes
/// must be added.
pub(super) fn own(app: &mut App, prefix: &'static str) -> bool {
    app.world_mut().resource_mut::<OwnedKeys>().add(prefix);
    prepare(app)
}

/// Lets game logic write room state. Returns whether this is the first call.
pub(super) fn prepare(app: &mut App) -> bool {
    let is_first = !app.world().contains_resource::<WrittenStates>();
    if is_first {
        app.init_resource::<WrittenStates>();
        state::derived::<WrittenStates>(app);
    }
    is_first
}

/// Sends the changes of this tick.
pub(super) fn send_changes(world: &mut World) {
    if world.resource::<WrittenStates>().0.is_empty() {
        return;
    }
    with_taken(world, |world, written: &mut WrittenStates| {
        for (room, entries) in written.0.drain(..) {
            // Game logic may have despawned the room.
            room_state::announce(world, room, None, entries);
        }
    });
}

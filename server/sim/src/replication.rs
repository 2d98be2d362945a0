//! Replication: each change is encoded to bytes once per tick, and each viewer's frame is spliced
//! together from those bytes.
//!
//! 1. The messages of plugins are sent. They come first because a player's snapshot must be
//!    the last frame that it is sent in a tick.
//! 2. `collect` compares the world with the records of what was sent, and marks the changed slots.
//! 3. `splice` finds the viewers that are due (`cadence`), and writes their frames: `frame` in a
//!    full tick, `nearby` in a nearby tick. `encode` encodes a changed slot when the first viewer
//!    needs it, and all frames copy those bytes.

mod cadence;
mod changes;
mod collect;
mod encode;
mod frame;
mod nearby;
mod quiet;
mod record;
mod splice;
mod viewer;
mod watchers;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::{KindId, SessionId, Slot};
use parlour_tick::Pace;
use serde::Serialize;

use crate::{
    rooms::Room,
    schedule::{StepSet, TickSchedule},
    state,
};
use changes::Changes;
use encode::Arena;
pub(crate) use quiet::{catch_up, next_due};
use record::Record;
pub(crate) use splice::show;
use viewer::Viewer;
pub(crate) use watchers::{FollowTarget, Watchers};

/// The records of what the viewers of a room were sent. They are not part of the state: they follow
/// from the world and from which viewers are held.
#[derive(Component, Debug, Default)]
pub(crate) struct Replica {
    /// The records of entities, by slot.
    records: Vec<Record>,
    /// The viewers, by slot.
    viewers: Vec<Option<Viewer>>,
    changes: Changes,
    arena: Arena,
}

impl Replica {
    /// Adds a player: a record, and a viewer that was sent nothing yet. `slot_count` is the number
    /// of slots of the room.
    pub(crate) fn enter(&mut self, slot: Slot, session: SessionId, view: u8, slot_count: usize) {
        self.grow(slot_count);
        self.records[slot.index()] = Record::default();
        self.viewers[slot.index()] = Some(Viewer::new(session, view, self.records.len()));
    }

    /// Extends the records to all slots of the room. An empty room of a loaded world has seats, but
    /// no records yet.
    fn grow(&mut self, slot_count: usize) {
        if self.records.len() < slot_count {
            self.records.resize_with(slot_count, Record::default);
            self.viewers.resize_with(slot_count, || None);
            self.changes.grow(slot_count);
            self.viewers
                .iter_mut()
                .flatten()
                .for_each(|viewer| viewer.grow(slot_count));
        }
    }

    /// Adds an object.
    pub(crate) fn add_object(&mut self, _slot: Slot) {}

    /// Removes an object.
    pub(crate) fn remove_object(&mut self, _slot: Slot) {}

    /// Removes a player. Viewers that know its slot are sent a leave before the slot can belong to
    /// a different player.
    pub(crate) fn leave(&mut self, slot: Slot) {
        self.viewers[slot.index()] = None;
        self.changes.forget(slot);
        self.viewers
            .iter_mut()
            .flatten()
            .for_each(|viewer| viewer.lose(slot));
    }
}

/// How often viewers are sent snapshots.
#[derive(Resource, Debug, Default)]
pub(crate) struct Pacing {
    /// The pace of this tick, from its input.
    pub(crate) pace: Pace,
    /// If set, no viewer is sent snapshots.
    pub(crate) muted: bool,
}

/// The order within [`StepSet::Replicate`].
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ReplicateSet {
    /// The messages of plugins are sent.
    Deliver,
    Collect,
    Components,
    Splice,
}

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Room, Replica>();
    state::derived::<Replica>(app);
    app.init_resource::<Pacing>().init_resource::<Watchers>();
    state::derived::<Pacing>(app);
    state::derived::<Watchers>(app);
    app.configure_sets(
        TickSchedule,
        (
            ReplicateSet::Deliver,
            ReplicateSet::Collect,
            ReplicateSet::Components,
            ReplicateSet::Splice,
        )
            .chain()
            .in_set(StepSet::Replicate),
    );
    app.add_systems(TickSchedule, collect::collect.in_set(ReplicateSet::Collect));
    app.add_systems(TickSchedule, splice::splice.in_set(ReplicateSet::Splice));
}

/// Replicates a component of players under this index.
pub(crate) fn replicate_component<C: Component + Serialize>(app: &mut App, index: usize) {
    // Components write to different fields of the same records, so their order does not matter.
    app.add_systems(
        TickSchedule,
        collect::component::<C>(index)
            .in_set(ReplicateSet::Components)
            .ambiguous_with(ReplicateSet::Components),
    );
}

/// Replicates a component of a kind of objects under this index.
pub(crate) fn replicate_object_component<C: Component + Serialize>(
    _app: &mut App,
    _kind: KindId,
    _index: usize,
) {
}

//! Replication: each change is encoded to bytes once per tick, and each viewer's frame is spliced
//! together from those bytes.
//!
//! 1. The messages of plugins are sent. They come first because a player's snapshot must be
//!    the last frame that it is sent in a tick.
//! 2. `collect` and `collect_objects` compare the world with the records of what was sent, and mark
//!    the changed slots.
//! 3. `splice` finds the viewers that are due (`cadence`), and writes their frames: `frame` in a
//!    full tick, `nearby` in a nearby tick. `arena` encodes a changed slot when the first viewer
//!    needs it, and all frames copy those bytes. `object_sight` compares the objects that a viewer
//!    knows with those that it sees.

mod arena;
mod cadence;
mod changes;
mod collect;
mod collect_objects;
mod encode;
mod frame;
mod known_players;
mod nearby;
mod object_records;
mod object_sight;
mod quiet;
mod record;
mod splice;
mod table;
mod viewer;
mod watchers;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::{KindId, SessionId, Slot, Tick};
use parlour_tick::Pace;
use serde::Serialize;

use crate::{
    rooms::Room,
    schedule::{StepSet, TickSchedule},
    state,
};
use collect_objects::ComponentIndices;
use frame::{RoomRecords, Scratch};
use object_records::ObjectRecords;
pub(crate) use quiet::{catch_up, next_due};
use record::Record;
pub(crate) use splice::show;
use table::Table;
use viewer::Viewer;
pub(crate) use watchers::{FollowTarget, Watchers};

/// The records of what the viewers of a room were sent. They are not part of the state: they follow
/// from the world and from which viewers are held.
#[derive(Component, Debug)]
pub(crate) struct Replica {
    /// The records of players, by slot.
    players: Table,
    objects: ObjectRecords,
    /// The viewers, by slot. Dropped players have none.
    viewers: Vec<Option<Viewer>>,
    scratch: Scratch,
}

impl Default for Replica {
    fn default() -> Self {
        Self {
            players: Table::new(Slot(0)),
            objects: ObjectRecords::default(),
            viewers: Vec::new(),
            scratch: Scratch::default(),
        }
    }
}

impl Replica {
    /// Adds a player. `slot_count` is the number of slots of the room.
    pub(crate) fn enter(&mut self, slot: Slot, slot_count: usize) {
        self.grow(slot_count);
        self.players.records[slot.index()] = Record::default();
    }

    /// Adds the viewer of a player, which was sent nothing yet, or replaces it.
    pub(crate) fn add_viewer(&mut self, slot: Slot, session: SessionId, view: u8) {
        self.viewers[slot.index()] = Some(Viewer::new(session, view, self.players.records.len()));
    }

    /// Removes the viewer of a player that stays. It then costs as little as a free slot.
    pub(crate) fn remove_viewer(&mut self, slot: Slot) {
        self.viewers[slot.index()] = None;
    }

    /// Extends the records to all slots of the room. An empty room of a loaded world has seats, but
    /// no records yet.
    fn grow(&mut self, slot_count: usize) {
        if self.viewers.len() < slot_count {
            self.players.grow(slot_count);
            self.viewers.resize_with(slot_count, || None);
            self.viewers
                .iter_mut()
                .flatten()
                .for_each(|viewer| viewer.players.grow(slot_count));
        }
    }

    /// Removes an object. A viewer that knows it is sent a leave, even if the slot has a different
    /// object by then.
    pub(crate) fn remove_object(&mut self, slot: Slot) {
        self.objects.leave(slot);
    }

    /// Removes a player. Viewers that know its slot are sent a leave before the slot can belong to
    /// a different player.
    pub(crate) fn leave(&mut self, slot: Slot) {
        self.viewers[slot.index()] = None;
        self.players.forget(slot.index());
        self.viewers
            .iter_mut()
            .flatten()
            .for_each(|viewer| viewer.players.lose(slot));
    }

    /// Starts the frames of a tick. Returns the records, and the viewers that are players.
    fn begin(&mut self, tick: Tick) -> (RoomRecords<'_>, &mut [Option<Viewer>]) {
        let Self {
            players,
            objects,
            viewers,
            scratch,
        } = self;
        players.begin(tick);
        objects.begin(tick);
        let records = RoomRecords {
            players,
            objects,
            scratch,
        };
        (records, viewers)
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
    app.add_systems(
        TickSchedule,
        (collect::collect, collect_objects::collect_objects)
            .chain()
            .in_set(ReplicateSet::Collect),
    );
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
    app: &mut App,
    kind: KindId,
    index: usize,
) {
    if !app.world().contains_resource::<ComponentIndices<C>>() {
        app.init_resource::<ComponentIndices<C>>();
        state::derived::<ComponentIndices<C>>(app);
        app.add_systems(
            TickSchedule,
            collect_objects::object_component::<C>()
                .in_set(ReplicateSet::Components)
                .ambiguous_with(ReplicateSet::Components),
        );
    }
    app.world_mut()
        .resource_mut::<ComponentIndices<C>>()
        .add(kind, index);
}

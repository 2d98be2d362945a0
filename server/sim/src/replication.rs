//! Replication: what changed is encoded once per tick, and each viewer's frame is spliced from those bytes.
//!
//! First the messages of plugins go out, for a player's snapshot comes last. Then a chain of steps: `collect` compares the
//! world with what was told of it, `splice` finds who has its turn, and writes each of them a `frame` (or, between turns, what
//! is `nearby`): ranges of bytes that `encode` makes of a changed slot when the first viewer needs them.

mod changes;
mod collect;
mod due;
mod encode;
mod frame;
mod nearby;
mod record;
mod splice;
mod viewer;
mod watchers;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::{SessionId, Slot};
use parlour_tick::Pace;
use serde::Serialize;

use crate::{
    rooms::Room,
    schedule::{Step, StepSet},
    state,
};
use changes::Changes;
use encode::Arena;
use record::Record;
pub(crate) use splice::show;
use viewer::Viewer;
pub(crate) use watchers::{Followed, Watchers};

/// What the viewers of a room were told, and what is new. No part of the state: it follows from the world and
/// from which links were held.
#[derive(Component, Debug, Default)]
pub(crate) struct Replica {
    /// What there is to tell, by slot.
    records: Vec<Record>,
    /// Who is to be told, by slot.
    viewers: Vec<Option<Viewer>>,
    changes: Changes,
    arena: Arena,
}

impl Replica {
    /// Someone sits down: a slot to be told of, and a viewer who knows nothing yet.
    pub(crate) fn enter(&mut self, slot: Slot, session: SessionId, view: u8, pool: usize) {
        self.grow(pool);
        self.records[slot.index()] = Record::default();
        self.viewers[slot.index()] = Some(Viewer::new(session, view, self.records.len()));
    }

    /// Makes room for as many slots as the room has: an empty room of a loaded world has seats, and no records yet.
    fn grow(&mut self, pool: usize) {
        if self.records.len() < pool {
            self.records.resize_with(pool, Record::default);
            self.viewers.resize_with(pool, || None);
            self.changes.grow(pool);
            self.viewers
                .iter_mut()
                .flatten()
                .for_each(|viewer| viewer.grow(pool));
        }
    }

    /// Someone gets up: whoever knew the slot is told, before it can mean someone else.
    pub(crate) fn leave(&mut self, slot: Slot) {
        self.viewers[slot.index()] = None;
        self.changes.forget(slot);
        self.viewers
            .iter_mut()
            .flatten()
            .for_each(|viewer| viewer.lose(slot));
    }
}

/// The pace of this tick, from its input.
#[derive(Resource, Debug, Default)]
pub(crate) struct Pacing(pub(crate) Pace);

/// Whether nobody is sent snapshots.
#[derive(Resource, Debug, Default)]
pub(crate) struct Muted(pub(crate) bool);

/// The order within [`StepSet::Replicate`].
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ReplicateSet {
    /// The messages of plugins go out: a player's snapshot comes last.
    Deliver,
    Collect,
    Extras,
    Splice,
}

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Room, Replica>();
    state::derived::<Replica>(app);
    app.init_resource::<Muted>()
        .init_resource::<Pacing>()
        .init_resource::<Watchers>();
    state::derived::<Muted>(app);
    state::derived::<Pacing>(app);
    state::derived::<Watchers>(app);
    app.configure_sets(
        Step,
        (
            ReplicateSet::Deliver,
            ReplicateSet::Collect,
            ReplicateSet::Extras,
            ReplicateSet::Splice,
        )
            .chain()
            .in_set(StepSet::Replicate),
    );
    app.add_systems(Step, collect::collect.in_set(ReplicateSet::Collect));
    app.add_systems(
        Step,
        splice::splice
            .in_set(ReplicateSet::Splice)
            .run_if(|muted: Res<Muted>| !muted.0),
    );
}

/// Lets a plugin's component be told, as extra number `bit`.
pub(crate) fn replicate_extra<C: Component + Serialize>(app: &mut App, bit: usize) {
    // Extras write to different fields of the same records, so their order among each other means nothing.
    app.add_systems(
        Step,
        collect::extra::<C>(bit)
            .in_set(ReplicateSet::Extras)
            .ambiguous_with(ReplicateSet::Extras),
    );
}

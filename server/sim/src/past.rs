//! Past positions: where players and objects were in the last ticks, so that game logic can test a
//! hit against what a player saw when it aimed.
//!
//! A motion is a segment, so the past of an entity is its last few segments: [`PastMotion`]. They
//! are state, because a loaded world must give the same answers. [`RecentMovers`] lists the
//! entities of a room that moved in the kept ticks. All others are where they were, and the indexes
//! of the present find them. [`crate::PastSpace`] answers the queries.

mod past_motion;
mod recent_movers;
mod record;

use std::time::Duration;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::limits::MAX_PAST_TICKS;

use crate::{
    clock::ticks_in,
    movement::{ChangePositions, Motion, Walk},
    replication::ReplicateSet,
    rooms::Room,
    schedule::{MaySleep, StepSet, TickSchedule},
    state,
};
pub(crate) use past_motion::PastMotion;
pub(crate) use recent_movers::{RecentMovers, rebuild};

/// For how many ticks past positions are kept. Only in worlds that keep them.
#[derive(Resource, Clone, Copy, Debug)]
pub(crate) struct KeptTicks(pub(crate) u32);

/// Keeps the positions of this much time. If it is called several times, the longest time applies.
///
/// # Panics
/// If the time is longer than 250 ms.
pub(crate) fn keep(app: &mut App, time: Duration) {
    let ticks = ticks_in(time);
    assert!(
        ticks <= MAX_PAST_TICKS,
        "past positions are kept for at most 250 ms, not {time:?}"
    );
    if let Some(mut kept) = app.world_mut().get_resource_mut::<KeptTicks>() {
        kept.0 = kept.0.max(ticks);
        return;
    }
    app.insert_resource(KeptTicks(ticks));
    state::derived::<KeptTicks>(app);
    state::component_as::<PastMotion, _>(
        app,
        "past_motion",
        |past, fold| fold.value(past),
        past_motion::restore,
    );
    state::derived::<RecentMovers>(app);
    app.register_required_components::<Motion, PastMotion>();
    app.register_required_components::<Room, RecentMovers>();
    app.world_mut()
        .register_component_hooks::<Motion>()
        .on_remove(recent_movers::forget);
    // Game logic may change motions before `Walk`, and also after it. What clients are sent of a
    // tick is its end.
    let after_walk = record::record.after(ChangePositions).in_set(Walk);
    let at_end = record::record.in_set(ReplicateSet::Collect);
    app.add_systems(
        TickSchedule,
        (
            after_walk.in_set(StepSet::Simulate).in_set(MaySleep),
            at_end.in_set(MaySleep),
        ),
    );
}

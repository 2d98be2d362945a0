//! Moves all objects with a route.

use std::num::NonZeroU32;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::motion::Heading;
use serde::{Deserialize, Serialize};

use super::{PathFinder, PathQueue, PathRequest, Route, TileCell, Walkable};
use crate::{
    clock::Clock,
    kinds::{EntityKinds, Kind},
    movement::{Motion, Walk, surroundings, turn_entity},
    objects::Object,
    rooms::Room,
    schedule::{MaySleep, StepSet, TickSchedule},
    state::{self, StableId, StableIds},
    wake_times,
};

/// In [`StepSet::Simulate`], before [`Walk`]: objects with a [`Route`] turn at the corners of their
/// paths. Game logic that sets targets runs before it, or after it and one tick later.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct FollowPaths;

/// The searches for the paths of all [`Route`]s. Part of the state.
#[derive(Resource, Clone, Debug, Serialize, Deserialize)]
pub struct PathSearches {
    /// A forged state in which nothing is ever found does not load.
    nodes_per_tick: NonZeroU32,
    queue: PathQueue,
}

impl PathSearches {
    /// Returns the nodes that all searches together may use in a tick.
    #[must_use]
    pub fn nodes_per_tick(&self) -> u32 {
        self.nodes_per_tick.get()
    }

    /// Changes the nodes that all searches together may use in a tick. At least 1.
    pub fn set_nodes_per_tick(&mut self, nodes: u32) {
        self.nodes_per_tick = at_least_one(nodes);
    }

    /// Returns the number of objects that wait for a path.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }
}

fn at_least_one(nodes: u32) -> NonZeroU32 {
    NonZeroU32::new(nodes).unwrap_or(NonZeroU32::MIN)
}

/// Adds routes to a world.
pub(crate) fn declare(app: &mut App, nodes_per_tick: u32) {
    if let Some(mut searches) = app.world_mut().get_resource_mut::<PathSearches>() {
        let nodes_per_tick = searches.nodes_per_tick().max(nodes_per_tick);
        searches.set_nodes_per_tick(nodes_per_tick);
        return;
    }
    app.insert_resource(PathSearches {
        nodes_per_tick: at_least_one(nodes_per_tick),
        queue: PathQueue::default(),
    });
    state::resource::<PathSearches>(app, "path_searches");
    state::component::<Route>(app, "route");
    app.configure_sets(TickSchedule, FollowPaths.in_set(StepSet::Simulate).before(Walk));
    app.add_systems(TickSchedule, follow_paths.in_set(FollowPaths).in_set(MaySleep));
    // An object that walks keeps the world awake by itself.
    let next = |world: &World| {
        let is_empty = world.resource::<PathSearches>().queue.is_empty();
        (!is_empty).then(|| world.resource::<Clock>().tick.after(1))
    };
    wake_times::wakes_at(app, Box::new(next));
}

/// The paths that objects ask for in this tick: the object, and the first and last tile.
type Wanted = (StableId, Entity, TileCell, TileCell);

/// Memory of the system.
#[derive(Default)]
struct RouteMemory {
    wanted: Vec<Wanted>,
    finder: PathFinder,
}

/// An object between two turns costs two comparisons.
fn follow_paths(
    mut walkers: Query<(Entity, &StableId, &Object, &mut Route, &mut Motion)>,
    (objects, rooms): (Query<&Object>, Query<&Room>),
    (kinds, ids, clock): (Res<EntityKinds>, Res<StableIds>, Res<Clock>),
    mut searches: ResMut<PathSearches>,
    mut memory: Local<Box<RouteMemory>>,
) {
    let tick = clock.tick;
    let RouteMemory { wanted, finder } = &mut **memory;
    let map_of = |object: &Object| {
        let room = rooms.get(object.room()).ok()?;
        let kind = kinds.get(object.kind())?;
        let map = Walkable::new(surroundings(room, kind).walls, kind.size().into());
        Some((map, (room, kind)))
    };
    for (entity, id, object, mut route, mut motion) in &mut walkers {
        let segment = motion.segment();
        if !route.is_due(tick, &segment) {
            continue;
        }
        let Some((map, place)) = map_of(object) else {
            continue;
        };
        if let Some((from, to)) = route.wanted(map, segment.at(tick)) {
            wanted.push((*id, entity, from, to));
        }
        steer(&mut route, &mut motion, (map, place), &clock);
    }
    // The order of objects in memory is not the same in a loaded world.
    wanted.sort_unstable_by_key(|(id, ..)| *id);
    for (requester, entity, from, to) in wanted.drain(..) {
        let Ok((_, _, object, mut route, _)) = walkers.get_mut(entity) else {
            continue;
        };
        let Some(kind) = kinds.get(object.kind()) else {
            continue;
        };
        let request = PathRequest {
            requester,
            room: StableId::room(object.epoch()),
            size: kind.size().into(),
            from,
            to,
        };
        // If the queue is full, the object asks again in the next tick.
        if searches.queue.push(request).is_ok() {
            route.ask(from, to);
        }
    }
    if searches.queue.is_empty() {
        return;
    }
    let PathSearches {
        nodes_per_tick,
        queue,
    } = &mut *searches;
    let map = |request: &PathRequest| {
        let object = objects.get(ids.find(request.requester)?).ok()?;
        map_of(object).map(|(map, _)| map)
    };
    queue.run(nodes_per_tick.get(), finder, map, |request, result| {
        let walker = ids.find(request.requester);
        let Some(Ok((_, _, object, mut route, mut motion))) = walker.map(|entity| walkers.get_mut(entity))
        else {
            return;
        };
        if let Some((map, place)) = map_of(object) {
            route.answer(map, motion.segment().at(tick), request, result);
            steer(&mut route, &mut motion, (map, place), &clock);
        }
    });
}

/// Moves an object along its path from this tick on.
fn steer(
    route: &mut Route,
    motion: &mut Mut<'_, Motion>,
    (map, place): (Walkable<'_>, (&Room, &Kind)),
    clock: &Clock,
) {
    let (tick, segment) = (clock.tick, motion.segment());
    let stretch = route.stretch(map, segment.at(tick));
    let heading = Heading::free(stretch.velocity);
    if heading == segment.gait.heading {
        route.follow(tick, &segment, stretch.ticks);
    } else {
        turn_entity(motion, place, heading, tick);
        route.turn(tick);
    }
}

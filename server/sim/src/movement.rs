//! Movement: commands wait for their tick, and become segments. Walls and solid bodies change
//! segments.

mod among_bodies;
mod carriers;
mod control;
mod motion;
mod moving_objects;
mod queue;
mod solid_bodies;
mod steer;
mod surroundings;
mod unsteered;
mod walkers;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::message::Move;

use crate::{
    clock::Clock,
    objects::Object,
    outbox::Outbox,
    player::{Link, Player},
    rooms::{InRoom, Room},
    schedule::{MaySleep, StepSet, TickSchedule},
    state,
};
pub use control::Control;
pub use motion::{CurrentPosition, Motion};
pub(crate) use moving_objects::MovingObjects;
use moving_objects::ObjectWalk;
pub(crate) use queue::MoveQueue;
use queue::take_command;
pub use solid_bodies::Passable;
pub(crate) use solid_bodies::{SolidBodies, forget as forget_body};
pub use steer::Steer;
pub use surroundings::surroundings;
pub(crate) use surroundings::turn as turn_entity;
pub(crate) use unsteered::{is_under_way, let_go_on, stand};
pub(crate) use walkers::Walkers;

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Player, MoveQueue>();
    state::component::<MoveQueue>(app, "moves_waiting");
    state::component::<Motion>(app, "motion");
    state::derived::<CurrentPosition>(app);
    app.init_resource::<MovingObjects>();
    state::derived::<MovingObjects>(app);
    app.configure_sets(
        TickSchedule,
        (Step.in_set(ChangePositions), ChangePositions.in_set(Walk)),
    );
    app.add_systems(TickSchedule, walk.in_set(Step).in_set(StepSet::Simulate));
}

/// Adds a [`Control`] to every player.
pub(crate) fn add_control(app: &mut App) {
    if state::name_of::<Control>(app).is_some() {
        return;
    }
    state::component::<Control>(app, "control");
    app.register_required_components::<Player, Control>();
    let systems = (control::apply.before(Step), carriers::follow_carriers.after(Step));
    app.add_systems(
        TickSchedule,
        systems
            .in_set(ChangePositions)
            .in_set(StepSet::Simulate)
            .in_set(MaySleep),
    );
}

/// Lets bodies stop bodies: called when the first kind is declared that others stop.
pub(crate) fn add_solid_bodies(app: &mut App) {
    if state::name_of::<Passable>(app).is_some() {
        return;
    }
    state::component::<Passable>(app, "passable");
    state::derived::<SolidBodies>(app);
    app.register_required_components::<Room, SolidBodies>();
    app.world_mut()
        .register_component_hooks::<Passable>()
        .on_add(solid_bodies::open)
        .on_remove(solid_bodies::close);
    let walk = among_bodies::walk_among_bodies.after(walk);
    app.add_systems(
        TickSchedule,
        walk.in_set(Step).in_set(StepSet::Simulate).in_set(MaySleep),
    );
}

/// In [`StepSet::Simulate`]: players and objects move. Game logic that sets motion runs before it.
/// Game logic that reads positions of this tick runs after it.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Walk;

/// The first part of [`Walk`]: positions change. Then the indexes of positions follow.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ChangePositions;

/// The part of [`ChangePositions`] in which players and objects move to this tick. Controls apply
/// before it, and carried ones follow after it.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
struct Step;

/// Queues a movement command. A command outside of the window of ticks or out of sequence, or with
/// a speed that the room does not have, is dropped and counted.
pub(crate) fn command(world: &mut World, player: Entity, command: Move, early: i16) {
    let now = world.resource::<Clock>().tick;
    let room = world
        .get::<InRoom>(player)
        .and_then(|room| world.get::<Room>(room.0));
    let heading = room.and_then(|room| command.heading.resolve(room.rules.speeds.as_slice()));
    let queue = world.get_mut::<MoveQueue>(player).zip(heading);
    let taken = queue.is_some_and(|(mut queue, heading)| queue.push(command, heading, early, now));
    if !taken {
        world.resource_mut::<Outbox>().out.counts.moves_dropped += 1;
    }
}

type Walker<'a> = (
    Entity,
    &'a InRoom,
    &'a mut Motion,
    &'a mut CurrentPosition,
    &'a mut MoveQueue,
    &'a mut Link,
);

/// Moves all players and objects to this tick, in a world in which no body stops another. A player
/// without a new command that cannot reach a wall yet costs a comparison if it stands still, and an
/// addition if it walks.
fn walk(
    mut walkers: Query<Walker<'_>, Without<Object>>,
    mut controls: Query<&mut Control>,
    mut objects: ObjectWalk<'_, '_>,
    rooms: Query<&Room>,
    clock: Res<Clock>,
    mut outbox: ResMut<Outbox>,
) {
    if objects.kinds.have_solids() {
        return;
    }
    let tick = clock.tick;
    // Most worlds have none.
    let has_controls = !controls.is_empty();
    for (player, room, mut motion, mut position, mut queue, mut link) in &mut walkers {
        let reviewed = tick >= motion.course.review;
        let due = queue.is_due(tick);
        if reviewed || due {
            let Ok(room) = rooms.get(room.0) else {
                continue;
            };
            let walls = &room.map.walls;
            let mut control = has_controls.then(|| controls.get_mut(player).ok()).flatten();
            if reviewed && !control.as_ref().is_some_and(|control| control.is_carried()) {
                motion::review(&mut motion, walls.into(), tick);
            }
            let control = control.as_deref_mut();
            if due
                && let Some(heading) =
                    take_command(&mut queue, &mut link, control, &mut outbox.out.counts, tick)
                && heading != motion.course.segment.gait.heading
            {
                motion.turn(walls, heading, tick);
            }
        }
        let here = motion.course.segment.at(tick);
        if position.0 != here {
            position.0 = here;
        }
    }
    objects.walk(&rooms, &controls, tick);
}

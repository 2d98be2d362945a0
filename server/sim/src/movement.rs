//! Movement: commands wait for their tick, and become segments. Walls change segments.

mod control;
mod motion;
mod queue;
mod walkers;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{message::Move, motion::contact, snapshot::Ack};

use crate::{
    clock::Clock,
    outbox::Outbox,
    player::{Link, Player},
    rooms::{InRoom, Room},
    schedule::{MaySleep, StepSet, TickSchedule},
    state,
};
pub use control::Control;
pub use motion::{CurrentPosition, Motion};
pub(crate) use queue::MoveQueue;
pub(crate) use walkers::Walkers;

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Player, MoveQueue>();
    state::component::<MoveQueue>(app, "moves_waiting");
    state::component::<Motion>(app, "motion");
    state::derived::<CurrentPosition>(app);
    app.configure_sets(TickSchedule, ChangePositions.in_set(Walk));
    app.add_systems(
        TickSchedule,
        walk.in_set(ChangePositions).in_set(StepSet::Simulate),
    );
}

/// Adds a [`Control`] to every player.
pub(crate) fn add_control(app: &mut App) {
    if state::name_of::<Control>(app).is_some() {
        return;
    }
    state::component::<Control>(app, "control");
    app.register_required_components::<Player, Control>();
    let systems = (control::apply.before(walk), control::follow_carriers.after(walk));
    app.add_systems(
        TickSchedule,
        systems
            .in_set(ChangePositions)
            .in_set(StepSet::Simulate)
            .in_set(MaySleep),
    );
}

/// In [`StepSet::Simulate`]: players move. Game logic that sets motion runs before it. Game logic
/// that reads positions of this tick runs after it.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Walk;

/// The first part of [`Walk`]: positions change. Then the indexes of positions follow.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ChangePositions;

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

/// Moves all players to this tick. A player without a new command that cannot reach a wall yet
/// costs a comparison if it stands still, and an addition if it walks.
fn walk(
    mut walkers: Query<Walker<'_>>,
    mut controls: Query<&mut Control>,
    rooms: Query<&Room>,
    clock: Res<Clock>,
    mut outbox: ResMut<Outbox>,
) {
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
                let course = contact(walls, &motion.course, tick);
                if course.segment == motion.course.segment {
                    // The tick of the next check is not state. It changes about every 6 ticks, when
                    // a walker enters new tiles, and hashing it took a tenth of the tick.
                    motion.bypass_change_detection().course = course;
                } else {
                    motion.follow(course, tick);
                }
            }
            if due && let Some(command) = queue.pop_due(tick) {
                outbox.out.counts.moves += 1;
                link.ack = Some(Ack {
                    seq: command.seq,
                    early: command.early,
                });
                let heading = match &mut control {
                    Some(control) => control.obey(command.heading),
                    None => Some(command.heading),
                };
                if let Some(heading) = heading
                    && heading != motion.course.segment.gait.heading
                {
                    motion.turn(walls, heading, tick);
                }
            }
        }
        let here = motion.course.segment.at(tick);
        if position.0 != here {
            position.0 = here;
        }
    }
}

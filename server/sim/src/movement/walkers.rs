//! Finds the next tick in which a player or an object moves without further input.

use bevy_ecs::{prelude::*, query::QueryState};
use parlour_shared::{ids::Tick, motion::Velocity};

use super::{Control, Motion, MoveQueue, MovingObjects};

/// The search for players and objects in motion. Remembers the one that it found last, which is
/// most likely still in motion.
#[derive(Debug, Default)]
pub(crate) struct Walkers {
    query: Option<PlayerQuery>,
    /// The control of a player that is in no room is due for nothing.
    controls: Option<QueryState<&'static Control, With<Motion>>>,
    mover: Option<Entity>,
}

type PlayerQuery = QueryState<(
    Entity,
    &'static Motion,
    &'static MoveQueue,
    Option<&'static Control>,
)>;

impl Walkers {
    /// Returns the next tick in which a command, a wall or a door is due for a player or an object
    /// that stands still, or `None` if one of them is in motion.
    pub(crate) fn next_due(&mut self, world: &mut World, now: Tick) -> Option<Tick> {
        let moves = |motion: &Motion| motion.segment().gait.velocity() != Velocity::default();
        let last = self.mover.and_then(|mover| world.get::<Motion>(mover));
        if last.is_some_and(moves) {
            return None;
        }
        let controls = self.controls.get_or_insert_with(|| world.query_filtered());
        let controls = controls.iter(world).map(Control::next_due);
        let mut due = controls.min().unwrap_or(Tick(u32::MAX));
        for object in world.resource::<MovingObjects>().iter() {
            let Some(motion) = world.get::<Motion>(object) else {
                continue;
            };
            if moves(motion) {
                self.mover = Some(object);
                return None;
            }
            due = due.min(review(motion, world.get(object)));
        }
        let query = self.query.get_or_insert_with(|| world.query());
        for (player, motion, queue, control) in query.iter(world) {
            if moves(motion) {
                self.mover = Some(player);
                return None;
            }
            due = due
                .min(review(motion, control))
                .min(motion.next_door_check)
                .min(queue.next());
            if due <= now.after(1) {
                break;
            }
        }
        Some(due)
    }
}

/// Returns the tick in which an entity is reviewed. One that is carried is not.
fn review(motion: &Motion, control: Option<&Control>) -> Tick {
    match control.is_some_and(Control::is_carried) {
        true => Tick(u32::MAX),
        false => motion.course.review,
    }
}

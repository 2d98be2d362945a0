//! How game logic turns, stops and teleports players and objects.

use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::motion::{Heading, Position, Velocity};

use super::{
    Motion,
    surroundings::{place_of, turn},
};
use crate::{
    clock::Clock,
    kinds::EntityKinds,
    objects::Object,
    rooms::{InRoom, Room},
};

/// Turns, stops and teleports players and objects, as a system parameter for game logic.
///
/// A change takes effect in this tick if the system runs before [`Walk`](crate::Walk), and
/// otherwise in the next one. A player keeps the velocity until its next command; to push, carry or
/// lock it, use its [`Control`](crate::Control). An object keeps it until the next change.
///
/// ```
/// # use bevy_ecs::prelude::*;
/// # use parlour_shared::motion::Velocity;
/// # use parlour_sim::Steer;
/// /// Where a guard walks.
/// #[derive(Component)]
/// struct Patrol(Velocity);
///
/// fn patrol(guards: Query<(Entity, &Patrol)>, mut steer: Steer) {
///     for (guard, patrol) in &guards {
///         steer.set_velocity(guard, patrol.0);
///     }
/// }
/// ```
#[derive(SystemParam)]
pub struct Steer<'w, 's> {
    #[allow(clippy::type_complexity, reason = "a query of a system")]
    movers: Query<
        'w,
        's,
        (
            Option<&'static InRoom>,
            Option<&'static Object>,
            &'static mut Motion,
        ),
    >,
    rooms: Query<'w, 's, &'static Room>,
    kinds: Res<'w, EntityKinds>,
    clock: Res<'w, Clock>,
}

impl Steer<'_, '_> {
    /// Moves an entity with this velocity from now on. Costs nothing if it already has it. Returns
    /// `false` if the entity is in no room.
    pub fn set_velocity(&mut self, entity: Entity, velocity: Velocity) -> bool {
        let Ok((room, object, mut motion)) = self.movers.get_mut(entity) else {
            return false;
        };
        let Some((room, kind)) = place_of(room, object) else {
            return false;
        };
        let (Ok(room), Some(kind)) = (self.rooms.get(room), self.kinds.get(kind)) else {
            return false;
        };
        let heading = Heading::free(velocity);
        if motion.segment().gait.heading != heading {
            turn(&mut motion, (room, kind), heading, self.clock.tick);
        }
        true
    }

    /// Stops an entity. Returns `false` if it is in no room.
    pub fn stop(&mut self, entity: Entity) -> bool {
        self.set_velocity(entity, Velocity::default())
    }

    /// Moves an entity to a position, where it stands still. The position must be free of walls.
    /// Returns `false` if the entity is in no room.
    pub fn teleport(&mut self, entity: Entity, position: Position) -> bool {
        let moved = self.movers.get_mut(entity).map(|(.., mut motion)| {
            motion.teleport(self.clock.tick, position);
        });
        moved.is_ok()
    }

    /// Returns the velocity of an entity on open ground, or `None` if it is in no room.
    #[must_use]
    pub fn velocity(&self, entity: Entity) -> Option<Velocity> {
        let (.., motion) = self.movers.get(entity).ok()?;
        Some(motion.segment().gait.heading.velocity())
    }
}

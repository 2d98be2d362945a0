//! Players that nobody steers any longer.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::KindId,
    motion::{Heading, Velocity},
};

use super::{Control, Motion, surroundings::turn};
use crate::{
    clock::Clock,
    kinds::EntityKinds,
    rooms::{InRoom, Room},
};

/// Lets a player stand from this tick on, as a command of its client would. While game logic
/// pushes, carries or locks it, it stands only afterwards.
pub(crate) fn stand(world: &mut World, player: Entity) {
    let still = Heading::default();
    let heading = match world.get_mut::<Control>(player) {
        Some(mut control) => control.obey(still),
        None => Some(still),
    };
    let turned = heading.and_then(|heading| turned(world, player, heading));
    if let Some((turned, mut motion)) = turned.zip(world.get_mut::<Motion>(player)) {
        *motion = turned;
    }
}

/// Lets the motion of a player go on. If it is pushed or carried, it stands afterwards.
pub(crate) fn let_go_on(world: &mut World, player: Entity) {
    if let Some(mut control) = world.get_mut::<Control>(player)
        && control.is_moved()
    {
        control.forget_wanted();
    }
}

/// Returns whether a player moves or is moved.
pub(crate) fn is_under_way(world: &World, player: Entity) -> bool {
    let Some(motion) = world.get::<Motion>(player) else {
        return false;
    };
    motion.segment().gait.velocity() != Velocity::default()
        || world.get::<Control>(player).is_some_and(Control::is_moved)
}

/// Returns the motion of a player with a different heading. `None`: it has this heading, or is in
/// no room.
fn turned(world: &World, player: Entity, heading: Heading) -> Option<Motion> {
    let mut motion = *world.get::<Motion>(player)?;
    if motion.segment().gait.heading == heading {
        return None;
    }
    let room = world.get::<Room>(world.get::<InRoom>(player)?.0)?;
    let kind = world.resource::<EntityKinds>().get(KindId::PLAYER)?;
    turn(&mut motion, (room, kind), heading, world.resource::<Clock>().tick);
    Some(motion)
}

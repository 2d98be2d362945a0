//! Actions: whether the target of an `act` is visible to the player, in reach and in sight.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{KindId, Slot},
    message::{ActTarget, Refusal},
    motion::{Position, UNITS_PER_PX},
};

use crate::{
    config::Interest,
    kinds::EntityKinds,
    movement::CurrentPosition,
    object_interest::ObjectInterest,
    objects::Object,
    proximity::Proximity,
    rooms::{InRoom, Room, Seat},
    space::{HalfSize, Rect, sees_body},
    state::{self, StableId},
};

/// How far an action reaches: from the centre of the player to the body of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    units: i64,
    through_walls: bool,
}

impl Reach {
    /// Returns a reach of this many pixels. Walls end it.
    #[must_use]
    pub fn px(px: u32) -> Self {
        Self {
            units: i64::from(px) * i64::from(UNITS_PER_PX),
            through_walls: false,
        }
    }

    /// Lets the action reach through walls.
    #[must_use]
    pub fn through_walls(mut self) -> Self {
        self.through_walls = true;
        self
    }
}

/// Returns the target of an action, if the player sees it and reaches it.
///
/// # Errors
/// [`Refusal::NotInRoom`], or [`Refusal::OutOfReach`] whatever the reason is. A target that is
/// hidden costs as much as one that does not exist: distance and sight are only computed for a
/// visible target.
pub(crate) fn find_target(
    world: &World,
    player: Entity,
    target: ActTarget,
    reach: Reach,
) -> Result<Entity, Refusal> {
    let actor = Actor::new(world, player).ok_or(Refusal::NotInRoom)?;
    let target = Target::find(world, target).filter(|target| {
        target.room == actor.room && actor.can_see(world, target.slot) && actor.reaches(world, target, reach)
    });
    target.map(|target| target.entity).ok_or(Refusal::OutOfReach)
}

/// The player that acts.
struct Actor<'a> {
    room: Entity,
    details: &'a Room,
    slot: Slot,
    position: Position,
}

/// What the player acts on.
struct Target {
    entity: Entity,
    room: Entity,
    slot: Slot,
    kind: KindId,
}

impl<'a> Actor<'a> {
    fn new(world: &'a World, player: Entity) -> Option<Self> {
        let room = world.get::<InRoom>(player)?.0;
        Some(Self {
            room,
            details: world.get::<Room>(room)?,
            slot: world.get::<Seat>(player)?.slot,
            position: world.get::<CurrentPosition>(player)?.0,
        })
    }

    /// Returns whether the player is sent the entity in this slot of its room.
    fn can_see(&self, world: &World, slot: Slot) -> bool {
        if self.details.rules.interest == Interest::All {
            return true;
        }
        if slot < Slot::FIRST_OBJECT {
            let near = world.get::<Proximity>(self.room);
            return near.is_some_and(|near| near.are_near(self.slot, slot));
        }
        let near = world.get::<ObjectInterest>(self.room);
        near.is_some_and(|near| near.is_near(self.slot, slot))
    }

    fn reaches(&self, world: &World, target: &Target, reach: Reach) -> bool {
        let (Some(position), Some(kind)) = (
            world.get::<CurrentPosition>(target.entity),
            world.resource::<EntityKinds>().get(target.kind),
        ) else {
            return false;
        };
        let body = Rect::of_body(position.0, HalfSize::from(kind.size()));
        let distance = self.position.distance_squared(body.nearest_to(self.position));
        distance <= reach.units.saturating_mul(reach.units)
            && (reach.through_walls || sees_body(&self.details.map.walls, self.position, body))
    }
}

impl Target {
    fn find(world: &World, target: ActTarget) -> Option<Self> {
        match target {
            ActTarget::Object(id) => {
                let entity = state::find(world, StableId::object(id))?;
                let object = world.get::<Object>(entity)?;
                Some(Self {
                    entity,
                    room: object.room(),
                    slot: object.slot(),
                    kind: object.kind(),
                })
            }
            ActTarget::Player(id) => {
                let entity = state::find(world, StableId::player(id))?;
                Some(Self {
                    entity,
                    room: world.get::<InRoom>(entity)?.0,
                    slot: world.get::<Seat>(entity)?.slot,
                    kind: KindId::PLAYER,
                })
            }
        }
    }
}

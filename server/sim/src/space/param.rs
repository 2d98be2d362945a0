//! The system parameter with which game logic asks where players and objects are.

use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::{
    ids::KindId,
    motion::{Position, UNITS_PER_PX},
};

use super::{FoundEntity, HalfSize, KindSet, ObjectSpace, Rect, queries::RoomSpace};
use crate::{
    kinds::EntityKinds,
    movement::CurrentPosition,
    objects::Object,
    proximity::PlayerSpace,
    rooms::{InRoom, Room, Seats},
};

/// Queries about the players and objects of a room, as a system parameter for game logic: who is in
/// a circle or a rectangle, the nearest, the first hit along a line, and sight. They use the
/// indexes with which the server finds what is near players.
///
/// ```
/// # use bevy_ecs::prelude::*;
/// # use parlour_shared::motion::UNITS_PER_PX;
/// # use parlour_sim::{CurrentPosition, FoundEntity, KindSet, Object, Space};
/// /// The players that a guard sees within 200 px, the nearest one first.
/// #[derive(Component, Default)]
/// struct Intruders(Vec<FoundEntity>);
///
/// fn watch(mut guards: Query<(&Object, &CurrentPosition, &mut Intruders)>, space: Space) {
///     for (guard, position, mut intruders) in &mut guards {
///         let Some(room) = space.room(guard.room()) else { continue };
///         let from = position.0;
///         room.in_circle(from, 200 * UNITS_PER_PX, KindSet::PLAYERS, &mut intruders.0);
///         intruders.0.retain(|player| room.can_see(from, player.position));
///     }
/// }
/// ```
///
/// A system that runs after [`Walk`](crate::Walk) sees the positions of this tick. A system that
/// runs before it sees the positions of the tick before; the players and objects are those of this
/// moment in both cases: players that entered and objects that were spawned in this tick are where
/// they appeared, and what left is gone.
#[derive(SystemParam)]
pub struct Space<'w, 's> {
    rooms: Query<
        'w,
        's,
        (
            &'static Room,
            &'static Seats,
            &'static PlayerSpace,
            &'static ObjectSpace,
        ),
    >,
    positions: Query<'w, 's, &'static CurrentPosition>,
    #[allow(clippy::type_complexity, reason = "a query of a system")]
    places: Query<
        'w,
        's,
        (
            Option<&'static InRoom>,
            Option<&'static Object>,
            &'static CurrentPosition,
        ),
    >,
    kinds: Res<'w, EntityKinds>,
    _wish: Local<'s, SpaceWish>,
}

impl Space<'_, '_> {
    /// Returns the queries about a room, or `None` if there is no such room.
    #[must_use]
    pub fn room(&self, room: Entity) -> Option<RoomSpace<'_>> {
        let (details, seats, players, objects) = self.rooms.get(room).ok()?;
        Some(RoomSpace {
            seats,
            positions: &self.positions,
            players: players.index(),
            objects,
            kinds: &self.kinds,
            walls: &details.map.walls,
            past: None,
        })
    }

    /// Returns the entities of some kinds whose centre is at most `px` pixels from the centre of a
    /// player or an object, the nearest first, and for equal distances by slot. The entity itself
    /// is not among them. If it is in no room, there are none.
    ///
    /// ```
    /// # use bevy_ecs::prelude::*;
    /// # use parlour_sim::{KindSet, Player, Space};
    /// # #[derive(Component)]
    /// # struct Lonely(bool);
    /// fn look_around(mut players: Query<(Entity, &mut Lonely), With<Player>>, space: Space) {
    ///     for (player, mut lonely) in &mut players {
    ///         lonely.0 = space.within(player, 100, KindSet::PLAYERS).is_empty();
    ///     }
    /// }
    /// ```
    ///
    /// It allocates the list if somebody is there. [`RoomSpace::in_circle`] uses a list again.
    #[must_use]
    pub fn within(&self, of: Entity, px: u32, kinds: KindSet) -> Vec<FoundEntity> {
        let mut found = Vec::new();
        if let Some((room, position, _)) = self.place_of(of) {
            let radius = i32::try_from(px).unwrap_or(i32::MAX).saturating_mul(UNITS_PER_PX);
            room.others_in_circle(of, position, radius, kinds, &mut found);
        }
        found
    }

    /// Returns the entities of some kinds whose body overlaps that of a player or an object, or is
    /// right beside it, the nearest first, and for equal distances by slot. The entity itself is
    /// not among them. If it is in no room, there are none.
    ///
    /// It allocates the list if it touches something. [`RoomSpace::touching`] uses a list again.
    #[must_use]
    pub fn touching(&self, of: Entity, kinds: KindSet) -> Vec<FoundEntity> {
        let mut found = Vec::new();
        if let Some((room, position, size)) = self.place_of(of) {
            // Bodies that stand side by side do not overlap.
            let beside = HalfSize { half_x: 1, half_y: 1 };
            let body = Rect::of_body(position, size).grown(beside);
            room.touching(body, kinds, &mut found);
            found.retain(|other| other.entity != of);
            found.sort_unstable_by_key(|other| (position.distance_squared(other.position), other.slot));
        }
        found
    }

    /// Returns the room of a player or an object, the centre of its body, and its size.
    fn place_of(&self, of: Entity) -> Option<(RoomSpace<'_>, Position, HalfSize)> {
        let (in_room, object, position) = self.places.get(of).ok()?;
        let room = object.map(Object::room).or(in_room.map(|room| room.0))?;
        let kind = self.kinds.get(object.map_or(KindId::PLAYER, Object::kind))?;
        Some((self.room(room)?, position.0, kind.size().into()))
    }

    /// Returns the kinds with these names, as the filter of a query. A name that no kind has adds
    /// nothing. The name of players is `player`.
    #[must_use]
    pub fn kinds(&self, names: &[&str]) -> KindSet {
        names.iter().filter_map(|name| self.kinds.find(name)).collect()
    }
}

/// Whether a system of the world has the parameter [`Space`]. Only then are the indexes also
/// brought up to date for it after players and objects moved.
#[derive(Resource, Debug, Default)]
pub(crate) struct SpaceIsUsed(pub(crate) bool);

impl SpaceIsUsed {
    /// Lets a system run only in such a world.
    pub(crate) fn run_condition(space: Res<Self>) -> bool {
        space.0
    }
}

/// Part of [`Space`]: sets [`SpaceIsUsed`] when the system is initialized.
pub(crate) struct SpaceWish;

impl FromWorld for SpaceWish {
    fn from_world(world: &mut World) -> Self {
        world.get_resource_or_init::<SpaceIsUsed>().0 = true;
        Self
    }
}

//! Random numbers for game logic.

use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::rng::{Purpose, Stream, mix};

use crate::{clock::Clock, config::Setup, rooms::Room};

/// Random numbers, as a system parameter for game logic. They follow from the seed of the world,
/// the tick, the room and a name, so a replay draws the same ones.
///
/// ```
/// # use bevy_ecs::prelude::*;
/// use parlour_sim::{Chance, Room};
///
/// fn roll(rooms: Query<Entity, With<Room>>, chance: Chance) {
///     for room in &rooms {
///         let number = 1 + chance.in_room(room, "dice").below(6); // 1 to 6
///     }
/// }
/// ```
#[derive(SystemParam)]
pub struct Chance<'w, 's> {
    clock: Res<'w, Clock>,
    setup: Res<'w, Setup>,
    rooms: Query<'w, 's, &'static Room>,
}

impl Chance<'_, '_> {
    /// Returns the stream with a name in this tick. Two calls with the same name in the same tick
    /// return the same numbers: draw several numbers from one stream.
    #[must_use]
    pub fn named(&self, name: &str) -> Stream {
        self.stream(0, name)
    }

    /// Like [`Self::named`], with a different stream for each room.
    #[must_use]
    pub fn in_room(&self, room: Entity, name: &str) -> Stream {
        let epoch = self.rooms.get(room).map_or(0, |room| room.epoch.0);
        self.stream(epoch, name)
    }

    fn stream(&self, epoch: u32, name: &str) -> Stream {
        let name = name.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
        let seed = self.setup.seed ^ mix(name.wrapping_add(u64::from(epoch)));
        Stream::new(seed, self.clock.tick.0.into(), Purpose::Game)
    }
}

//! The saved form of the objects near players: for each player with such objects, its slot and
//! their indexes.

use bevy_ecs::prelude::*;
use parlour_shared::{ids::Slot, limits::MAX_ROOM_OBJECTS};
use serde::{Serialize, Serializer, ser::SerializeSeq};

use super::interest::{ObjectInterest, SavedLists};
use crate::{
    objects::ObjectSlots,
    rooms::Seats,
    state::{LoadError, StableId},
};

impl Serialize for ObjectInterest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.lists().count()))?;
        for (player, objects) in self.lists() {
            seq.serialize_element(&(player, Indexes(objects)))?;
        }
        seq.end()
    }
}

struct Indexes<'a>(&'a [Slot]);

impl Serialize for Indexes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let indexes = self.0.iter().map(|slot| slot.0 - Slot::FIRST_OBJECT.0);
        serializer.collect_seq(indexes)
    }
}

/// Keeps the lists until the players and objects of the room are known.
pub(super) fn restore(loaded: SavedLists, _world: &World) -> Option<ObjectInterest> {
    Some(ObjectInterest::loading(loaded))
}

/// Checks the lists of a loaded world: each has a player and objects of its room. So they need no
/// more memory than these.
pub(crate) fn rebuild(world: &mut World) -> Result<(), LoadError> {
    let mut rooms = world.query::<(
        &StableId,
        &mut ObjectInterest,
        Option<&Seats>,
        Option<&ObjectSlots>,
    )>();
    for (id, mut interest, seats, objects) in rooms.iter_mut(world) {
        let lists = std::mem::take(&mut interest.bypass_change_detection().loaded);
        if lists.is_empty() {
            continue;
        }
        let are_possible = seats
            .zip(objects)
            .is_some_and(|(seats, objects)| are_possible(&lists, seats, objects));
        if !are_possible {
            let what = format!("{id}: something is near nobody, or nothing is near somebody");
            return Err(LoadError::Contradiction(what));
        }
        for (player, objects) in lists {
            for index in objects {
                interest.load_pair(player, Slot::of_object(index.into()));
            }
        }
    }
    Ok(())
}

fn are_possible(lists: &SavedLists, seats: &Seats, objects: &ObjectSlots) -> bool {
    let is_object = |&index: &u16| {
        u32::from(index) < MAX_ROOM_OBJECTS && objects.get(Slot::of_object(index.into())).is_some()
    };
    let is_list = |(player, objects): &(Slot, Vec<u16>)| {
        seats.get(*player).is_some()
            && !objects.is_empty()
            && objects.is_sorted_by(|one, next| one < next)
            && objects.iter().all(is_object)
    };
    lists.is_sorted_by(|(one, _), (next, _)| one < next) && lists.iter().all(is_list)
}

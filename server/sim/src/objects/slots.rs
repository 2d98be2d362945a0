//! The slots of the objects of a room.

use std::sync::atomic::{AtomicU64, Ordering};

use bevy_ecs::prelude::*;
use parlour_shared::{ids::Slot, limits::MAX_ROOM_OBJECTS, rng::Stream};
use serde::{Serialize, Serializer};

/// The minimum number of slots for objects, once a room has had an object.
const MIN_SLOTS: usize = 64;

/// The slots of the objects of a room. They begin at [`Slot::FIRST_OBJECT`].
#[derive(Component, Debug, Default)]
pub struct ObjectSlots {
    /// The object in each slot, from the first slot of objects on.
    by_slot: Vec<Option<Entity>>,
    len: u32,
}

impl ObjectSlots {
    /// Returns the number of objects in the room.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Returns whether the room has no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the number of slots for objects, taken or free.
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.by_slot.len()
    }

    /// Returns the object in a slot.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<Entity> {
        self.by_slot.get(slot.object_index()?).copied().flatten()
    }

    /// Returns all objects in the room, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, Entity)> {
        let objects = self.by_slot.iter().enumerate();
        objects.filter_map(|(at, object)| Some((Slot::of_object(at), (*object)?)))
    }

    /// Takes the first free slot after a random one, of about twice as many as there are objects.
    /// So a slot number does not reveal the number of objects out of sight. Ids do: they count
    /// upward in the whole world, and are no secret.
    pub(super) fn take(&mut self, object: Entity, random: &mut Stream) -> Slot {
        let slot_count = ((self.len as usize + 1) * 2).next_power_of_two();
        let slot_count = slot_count.clamp(MIN_SLOTS, MAX_ROOM_OBJECTS as usize);
        if slot_count > self.by_slot.len() {
            self.by_slot.resize(slot_count, None);
        }
        let all = self.by_slot.len();
        let start = random.below(all as u32) as usize;
        let at = (start..all)
            .chain(0..start)
            .find(|at| self.by_slot[*at].is_none());
        let at = at.expect("a room has fewer objects than slots");
        self.by_slot[at] = Some(object);
        self.len += 1;
        Slot::of_object(at)
    }

    /// Takes the slot that an object had when the room was saved. Returns `false` if the slot is
    /// already taken or does not exist.
    pub(super) fn take_again(&mut self, slot: Slot, object: Entity) -> bool {
        let place = slot.object_index().and_then(|at| self.by_slot.get_mut(at));
        let Some(place @ None) = place else { return false };
        *place = Some(object);
        self.len += 1;
        true
    }

    /// Frees a slot, if this object has it.
    pub(super) fn give_back(&mut self, slot: Slot, object: Entity) {
        let place = slot.object_index().and_then(|at| self.by_slot.get_mut(at));
        if let Some(place) = place.filter(|place| **place == Some(object)) {
            *place = None;
            self.len -= 1;
        }
    }
}

/// Only the number of slots is saved, which decides future slots. The slot of each object is saved
/// with the object.
impl Serialize for ObjectSlots {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.by_slot.len() as u32).serialize(serializer)
    }
}

/// The number of object slots of a world that is being loaded. [`restore`] borrows the world
/// immutably, so this counter is atomic.
#[derive(Resource, Debug, Default)]
pub(super) struct LoadedObjectSlots(AtomicU64);

impl LoadedObjectSlots {
    /// 1 GiB in memory. Without a limit, a few bytes of a forged keyframe could request any amount.
    const MAX: u64 = 1 << 26;
}

/// Returns free slots. A room may have more slots than its rules allow now, because the world may
/// have been saved when the limit was higher.
pub(super) fn restore(slot_count: u32, world: &World) -> Option<ObjectSlots> {
    let count = slot_count as usize;
    let largest = MAX_ROOM_OBJECTS as usize;
    let is_possible = count == 0
        || ((MIN_SLOTS..=largest).contains(&count) && (count.is_power_of_two() || count == largest));
    let loaded = &world.resource::<LoadedObjectSlots>().0;
    let all = loaded.fetch_add(slot_count.into(), Ordering::Relaxed) + u64::from(slot_count);
    (is_possible && all <= LoadedObjectSlots::MAX).then(|| ObjectSlots {
        by_slot: vec![None; count],
        len: 0,
    })
}

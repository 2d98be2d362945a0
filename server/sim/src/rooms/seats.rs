//! The slots of a room.

use bevy_ecs::prelude::*;
use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::{Epoch, Slot, Tick},
    rng::Stream,
};
use serde::{Deserialize, Serialize};

/// The room that a player is in.
#[derive(Component, Clone, Copy, Debug)]
#[relationship(relationship_target = Occupants)]
pub struct InRoom(pub Entity);

/// The players in a room, unordered. Bevy maintains this component from [`InRoom`].
#[derive(Component, Debug, Default)]
#[relationship_target(relationship = InRoom)]
pub struct Occupants(Vec<Entity>);

/// The seat of a player in its room.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Seat {
    /// The epoch of the room, which identifies it in every run.
    pub epoch: Epoch,
    /// Its slot in the room.
    pub slot: Slot,
    /// The first tick in which a door lets the player through again, after it went through one.
    pub doors_shut_until: Tick,
    /// The number of near-me chats that the player was sent in this stay.
    pub near_seq: u32,
}

/// The minimum number of slots of a room, once it has had a player.
const MIN_SLOTS: usize = 64;

/// The slots of a room, and the players in them.
#[derive(Component, Debug, Default)]
pub struct Seats {
    by_slot: Vec<Option<Entity>>,
    taken: FixedBitSet,
    len: u32,
    /// The seats that are reserved and not taken yet. They have no slots.
    reserved: u32,
}

impl Seats {
    /// Returns the number of players in the room.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Returns the number of reserved seats that nobody has taken yet. With the players, they are
    /// at most the capacity of the room.
    #[must_use]
    pub fn reserved(&self) -> u32 {
        self.reserved
    }

    pub(super) fn set_reserved(&mut self, reserved: u32) {
        self.reserved = reserved;
    }

    /// Returns whether the room has no player.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the number of slots: all bit sets of the room have this length.
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.by_slot.len()
    }

    /// Returns the taken slots.
    #[must_use]
    pub fn taken(&self) -> &FixedBitSet {
        &self.taken
    }

    /// Returns the player in a slot.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<Entity> {
        self.by_slot.get(slot.index()).copied().flatten()
    }

    /// Returns all players in the room, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, Entity)> {
        self.by_slot
            .iter()
            .enumerate()
            .filter_map(|(slot, player)| Some((Slot(slot as u16), (*player)?)))
    }

    /// Returns all players in the room, in the order of their slots, which every replay has too.
    pub fn players(&self) -> impl Iterator<Item = Entity> {
        self.by_slot.iter().copied().flatten()
    }

    /// Takes a random free slot of twice as many as there are players, or more, so that a slot
    /// number does not reveal the number of players out of sight. (A room of more than 16,384
    /// players has fewer slots than that.)
    pub(super) fn take(&mut self, player: Entity, random: &mut Stream) -> Slot {
        let slot_count = ((self.len as usize + 1) * 2).next_power_of_two();
        let slot_count = slot_count.clamp(MIN_SLOTS, Slot::FIRST_OBJECT.index());
        if slot_count > self.by_slot.len() {
            self.by_slot.resize(slot_count, None);
            self.taken.grow(slot_count);
        }
        let free = self.taken.zeroes().count() as u32;
        let slot = self
            .taken
            .zeroes()
            .nth(random.below(free) as usize)
            .expect("a room has fewer players than slots");
        self.by_slot[slot] = Some(player);
        self.taken.insert(slot);
        self.len += 1;
        Slot(slot as u16)
    }

    /// Returns whether a room of some capacity can have this many slots.
    pub(crate) fn is_possible_slot_count(slot_count: usize) -> bool {
        let sizes = MIN_SLOTS..=Slot::FIRST_OBJECT.index();
        slot_count == 0 || (slot_count.is_power_of_two() && sizes.contains(&slot_count))
    }

    /// Creates seats that are all free.
    pub(super) fn with_slot_count(slot_count: usize) -> Self {
        Self {
            by_slot: vec![None; slot_count],
            taken: FixedBitSet::with_capacity(slot_count),
            ..Self::default()
        }
    }

    /// Takes the slot that a player had when the room was saved. Returns `false` if the slot is
    /// already taken or does not exist.
    pub(super) fn take_again(&mut self, slot: Slot, player: Entity) -> bool {
        match self.by_slot.get_mut(slot.index()) {
            Some(seat @ None) => {
                *seat = Some(player);
                self.taken.insert(slot.index());
                self.len += 1;
                true
            }
            _ => false,
        }
    }

    pub(super) fn give_back(&mut self, slot: Slot) {
        if self.by_slot[slot.index()].take().is_some() {
            self.taken.set(slot.index(), false);
            self.len -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlour_shared::{limits::MAX_ROOM_CAPACITY, rng::Purpose};

    #[test]
    fn the_slots_of_the_largest_room_are_below_those_of_objects() {
        let mut seats = Seats {
            len: MAX_ROOM_CAPACITY - 1,
            ..Seats::default()
        };
        seats.take(Entity::PLACEHOLDER, &mut Stream::new(0, 0, Purpose::Slot));
        assert_eq!(seats.slot_count(), Slot::FIRST_OBJECT.index());
    }
}

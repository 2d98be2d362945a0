//! The slots near a slot as a list, as long as the list is short.

use fixedbitset::FixedBitSet;
use parlour_shared::ids::Slot;

/// The other slots near a slot, unordered, while there are at most [`ShortList::MOST`]. In a room
/// of 10,000 players a row of bits has 4 KB, and reading a sixth of all rows in every tick took
/// longer than everything else. A list has two cache lines. Its contents follow from the row.
#[derive(Clone, Debug)]
#[repr(align(128))]
pub(super) struct ShortList {
    /// The number of slots near the slot, also while they are too many for the list.
    len: u16,
    /// If there are too many, the first one is `NOBODY` and the others mean nothing.
    slots: [Slot; Self::MOST],
}

impl ShortList {
    const MOST: usize = 63;
    /// When only this many are left, they are listed again. The gap to [`Self::MOST`] avoids
    /// reading the row for each player that comes and goes.
    const LIST_AGAIN: usize = Self::MOST / 2;

    /// Returns all slots, or `None` if there are too many for the list.
    pub(super) fn slots(&self) -> Option<&[Slot]> {
        let len = usize::from(self.len);
        let is_listed = self.slots[0] != Slot::NOBODY || len == 0;
        self.slots.get(..len).filter(|_| is_listed)
    }

    /// Adds a slot that came near.
    pub(super) fn insert(&mut self, other: Slot) {
        if self.slots().is_some() {
            match self.slots.get_mut(usize::from(self.len)) {
                Some(free) => *free = other,
                None => self.slots[0] = Slot::NOBODY,
            }
        }
        self.len += 1;
    }

    /// Removes a slot that went away. `row`, the row of bits of `own`, no longer contains it.
    pub(super) fn remove(&mut self, other: Slot, own: Slot, row: &FixedBitSet) {
        let at = self
            .slots()
            .map(|slots| slots.iter().position(|&slot| slot == other));
        self.len -= 1;
        match at {
            Some(Some(at)) => self.slots[at] = self.slots[usize::from(self.len)],
            Some(None) => {}
            None if usize::from(self.len) <= Self::LIST_AGAIN => {
                let others = row
                    .ones()
                    .map(|slot| Slot(slot as u16))
                    .filter(|&slot| slot != own);
                for (place, slot) in self.slots.iter_mut().zip(others) {
                    *place = slot;
                }
            }
            None => {}
        }
    }
}

impl Default for ShortList {
    fn default() -> Self {
        Self {
            len: 0,
            slots: [Slot(0); Self::MOST],
        }
    }
}

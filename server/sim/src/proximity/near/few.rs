//! The slots near a slot as a list, while they are few.

use fixedbitset::FixedBitSet;
use parlour_shared::ids::Slot;

/// The other slots near a slot, unordered, while there are at most [`Few::MOST`]. In a room of
/// 10,000 a row of bits is 4 KB, and reading a sixth of all rows in every tick took longer than
/// everything else. This is two cache lines. It says nothing that the row does not.
#[derive(Clone, Debug)]
#[repr(align(128))]
pub(super) struct Few {
    /// Their number, listed or not.
    len: u16,
    slots: [Slot; Self::MOST],
}

impl Few {
    const MOST: usize = 63;
    /// When this few are left, they are listed again. The gap avoids reading the row for each
    /// player that comes and goes.
    const AGAIN: usize = Self::MOST / 2;

    /// Returns all of them, unless they are many.
    pub(super) fn listed(&self) -> Option<&[Slot]> {
        let len = usize::from(self.len);
        let is_listed = self.slots[0] != Slot::NOBODY || len == 0;
        self.slots.get(..len).filter(|_| is_listed)
    }

    /// Adds a slot that came near.
    pub(super) fn insert(&mut self, other: Slot) {
        if self.listed().is_some() {
            match self.slots.get_mut(usize::from(self.len)) {
                Some(free) => *free = other,
                None => self.slots[0] = Slot::NOBODY,
            }
        }
        self.len += 1;
    }

    /// Removes a slot that went away, and that is no longer in `row`, the row of bits of `own`.
    pub(super) fn remove(&mut self, other: Slot, own: Slot, row: &FixedBitSet) {
        let at = self
            .listed()
            .map(|listed| listed.iter().position(|&slot| slot == other));
        self.len -= 1;
        match at {
            Some(Some(at)) => self.slots[at] = self.slots[usize::from(self.len)],
            Some(None) => {}
            None if usize::from(self.len) <= Self::AGAIN => {
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

impl Default for Few {
    fn default() -> Self {
        Self {
            len: 0,
            slots: [Slot(0); Self::MOST],
        }
    }
}

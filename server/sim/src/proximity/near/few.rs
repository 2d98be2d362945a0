//! The slots near a slot as a list, while they are few.

use fixedbitset::FixedBitSet;
use parlour_shared::ids::Slot;

/// The others near a slot, in no order, as long as there are at most [`Few::MOST`]. In a room of 10,000 a row of bits is
/// 4 KB, and to read a sixth of all rows in every tick took longer than all else; this is two lines of the cache. It
/// says nothing that the row does not.
#[derive(Clone, Debug)]
#[repr(align(128))]
pub(super) struct Few {
    /// How many there are, listed or not.
    len: u16,
    slots: [Slot; Self::MOST],
}

impl Few {
    const MOST: usize = 63;
    /// When there are so few again, they are listed again: not at once, or the row would be read for each who comes
    /// and goes.
    const AGAIN: usize = Self::MOST / 2;

    /// All of them, unless they are many.
    pub(super) fn listed(&self) -> Option<&[Slot]> {
        let len = usize::from(self.len);
        let is_listed = self.slots[0] != Slot::NOBODY || len == 0;
        self.slots.get(..len).filter(|_| is_listed)
    }

    /// Someone came near.
    pub(super) fn insert(&mut self, other: Slot) {
        if self.listed().is_some() {
            match self.slots.get_mut(usize::from(self.len)) {
                Some(free) => *free = other,
                None => self.slots[0] = Slot::NOBODY,
            }
        }
        self.len += 1;
    }

    /// Someone went away, whom `row`, the row of bits of `own`, has no more.
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

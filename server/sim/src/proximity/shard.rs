//! The shard of a large room's pairs that a tick checks.

use parlour_shared::ids::Slot;

/// One of the equal shards of a room's pairs. A round checks each shard in one tick.
///
/// The slot number decides the shard of a slot. The slots of a shard are checked against the slots
/// of the same shard, and against those of the shards in the following half of the round. So a
/// round checks each pair exactly once, from one of its two slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shard {
    index: u32,
    count: u32,
    is_all: bool,
}

impl Shard {
    /// All pairs of the room.
    pub(super) const ALL: Self = Self {
        index: 0,
        count: 1,
        is_all: true,
    };

    /// Returns shard `index` of `count`.
    pub(super) fn new(index: u32, count: u32) -> Self {
        Self {
            index,
            count,
            is_all: false,
        }
    }

    /// Returns whether a slot is in this shard.
    pub(super) fn contains(self, slot: Slot) -> bool {
        self.shard_of(slot) == self.index
    }

    /// Returns whether the slots of this shard are checked against a slot.
    pub(super) fn checks_against(self, slot: Slot) -> bool {
        self.checks_against_shard(self.shard_of(slot))
    }

    /// Returns whether the slots of this shard are checked against those of a shard.
    pub(super) fn checks_against_shard(self, other: u32) -> bool {
        let ahead = if other < self.index {
            other + self.count
        } else {
            other
        } - self.index;
        // If two shards are half a round apart, the one with the lower index checks.
        2 * ahead < self.count || (2 * ahead == self.count && self.index < other)
    }

    /// Returns the number of this shard, or `None` if it is [`Self::ALL`].
    pub(super) fn index_of_round(self) -> Option<usize> {
        (!self.is_all).then_some(self.index as usize)
    }

    fn shard_of(self, slot: Slot) -> u32 {
        u32::from(slot.0) % self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_is_checked_once_per_round() {
        for count in 1..=6 {
            for (one, other) in (0..24).flat_map(|one| (0..24).map(move |other| (Slot(one), Slot(other)))) {
                let checks = |shard: Shard, one, other| shard.contains(one) && shard.checks_against(other);
                let shards = (0..count).map(|index| Shard::new(index, count));
                let checked = shards.filter(|&shard| checks(shard, one, other) || checks(shard, other, one));
                assert_eq!(
                    checked.count(),
                    1,
                    "slots {} and {} of {count} shards",
                    one.0,
                    other.0
                );
            }
        }
    }
}

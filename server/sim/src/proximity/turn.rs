//! The part of a large room that a tick checks.

use parlour_shared::ids::Slot;

/// The part of a large room that is checked in a tick. Slots take turns by their number. A slot
/// whose turn it is checks the slots whose turn is in the same tick or within half a round after
/// it. So one of the two checks each pair, once per round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    now: u32,
    of: u32,
}

impl Turn {
    /// All pairs.
    pub(super) const EVERYONE: Self = Self { now: 0, of: 1 };

    /// Turn `now` of a round of `of`.
    pub(super) fn new(now: u32, of: u32) -> Self {
        Self { now, of }
    }

    /// Returns whether it is the turn of a slot.
    pub(super) fn looks(self, slot: Slot) -> bool {
        self.own(slot) == self.now
    }

    /// Returns whether a slot is checked by the slots whose turn it is.
    pub(super) fn is_seen(self, slot: Slot) -> bool {
        let own = self.own(slot);
        let ahead = if own < self.now { own + self.of } else { own } - self.now;
        // Of two opposite turns, the first one checks.
        2 * ahead < self.of || (2 * ahead == self.of && self.now < own)
    }

    fn own(self, slot: Slot) -> u32 {
        u32::from(slot.0) % self.of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_round_each_pair_is_looked_at_by_one_of_the_two() {
        for of in 1..=6 {
            for (one, other) in (0..24).flat_map(|one| (0..24).map(move |other| (Slot(one), Slot(other)))) {
                let looks = |turn: Turn, one, other| turn.looks(one) && turn.is_seen(other);
                let turns = (0..of).map(|now| Turn::new(now, of));
                let looked = turns.filter(|&turn| looks(turn, one, other) || looks(turn, other, one));
                assert_eq!(looked.count(), 1, "slots {} and {} of {of} turns", one.0, other.0);
            }
        }
    }
}

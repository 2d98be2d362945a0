//! Checks a room: which players came near each other, and which went away.

use bevy_ecs::prelude::*;
use fixedbitset::FixedBitSet;
use parlour_shared::ids::Slot;

use super::{
    BRUTE_FORCE_UP_TO, Placed, Reach,
    grid::Grid,
    near::{Proximity, SMALL_POOL, WORD, slot_of},
    places::Places,
    turn::Turn,
};

/// Memory for checks, which all rooms share.
#[derive(Resource, Debug, Default)]
pub(super) struct Look {
    pub(super) placed: Vec<Placed>,
    places: Places,
    grid: Grid,
    scratch: Scratch,
    /// Pairs that changed, the lower slot first, and whether they are near now.
    changes: Vec<(Slot, Slot, bool)>,
}

/// Memory for the check of one player. Between two players only `seen` has bits, and between two
/// rooms nothing has.
#[derive(Debug, Default)]
struct Scratch {
    /// The slots that are checked. All others keep their state.
    seen: FixedBitSet,
    /// Slots within the longer reach of the player.
    within: FixedBitSet,
    /// Slots within the shorter reach.
    close: FixedBitSet,
    /// Slots that were near it before.
    before: FixedBitSet,
    /// Slots whose state changed, and whether they are near now.
    changes: Vec<(Slot, bool)>,
}

impl Look {
    /// Checks all pairs of a small room. `placed` has all players, by slot. Calls back for each
    /// pair that changed, the lower slot first.
    pub(super) fn at_all(
        &mut self,
        proximity: &mut Proximity,
        reach: Reach,
        mut tell: impl FnMut(Slot, Slot, bool),
    ) {
        debug_assert!(self.placed.len() <= BRUTE_FORCE_UP_TO && proximity.pool() <= SMALL_POOL);
        self.places.reset(self.placed.len());
        for (at, placed) in self.placed.iter().enumerate() {
            self.places.put(at, placed);
        }
        for (at, player) in self.placed.iter().enumerate() {
            let (mut within, mut close) = ([0; SMALL_POOL / WORD], [0; SMALL_POOL / WORD]);
            // Earlier players have already checked this one.
            let after = at + 1..self.placed.len();
            self.places
                .within(after, reach, player.position, |other, distance| {
                    let (word, bit) = (other.index() / WORD, other.index() % WORD);
                    within[word] |= 1 << bit;
                    close[word] |= usize::from(distance <= reach.enter_squared) << bit;
                });
            for word in player.slot.index() / WORD..proximity.pool().div_ceil(WORD) {
                let before = proximity.words(player.slot)[word];
                let near = close[word] | (before & within[word]);
                let mut changed = (before ^ near) & above(player.slot, word);
                while changed != 0 {
                    let other = slot_of(word, changed);
                    let near = near & (changed & changed.wrapping_neg()) != 0;
                    changed &= changed - 1;
                    proximity.set_both(player.slot, other, near);
                    tell(player.slot, other, near);
                }
            }
        }
    }

    /// Checks a part of the pairs of a large room. `placed` has all players that can be found in
    /// this part. Calls back for each pair that changed, the lower slot first.
    pub(super) fn at_part(
        &mut self,
        turn: Turn,
        proximity: &mut Proximity,
        reach: Reach,
        mut tell: impl FnMut(Slot, Slot, bool),
    ) {
        let Self {
            placed,
            grid,
            scratch,
            changes,
            ..
        } = self;
        grid.fill(placed, reach);
        scratch.grow(proximity.pool());
        for placed in &*placed {
            scratch.seen.insert(placed.slot.index());
        }
        // In the order of the cells, so that the next player is most likely in the cache.
        for player in grid.iter().filter(|player| turn.looks(player.slot)) {
            match proximity.few(player.slot) {
                Some(few) => scratch.compare_few(grid, player, few, reach),
                None => scratch.compare_words(grid, player, proximity.words(player.slot), reach),
            }
            // If two players check each other in this tick, the one with the lower slot reports it.
            let news = scratch.changes.drain(..);
            changes.extend(
                news.filter(|&(other, _)| player.slot < other || !turn.looks(other))
                    .map(|(other, near)| (player.slot.min(other), player.slot.max(other), near)),
            );
        }
        for placed in &*placed {
            scratch.seen.set(placed.slot.index(), false);
        }
        proximity.set_all(changes);
        changes
            .drain(..)
            .for_each(|(one, other, near)| tell(one, other, near));
    }
}

impl Scratch {
    fn grow(&mut self, pool: usize) {
        for row in [
            &mut self.seen,
            &mut self.within,
            &mut self.close,
            &mut self.before,
        ] {
            row.grow(pool);
        }
    }

    /// Finds the changes of a player from the list of slots near it.
    fn compare_few(&mut self, grid: &Grid, player: Placed, few: &[Slot], reach: Reach) {
        for &other in few {
            self.before.insert(other.index());
        }
        grid.around(reach, player.position, |other, distance| {
            if self.before.contains(other.index()) {
                self.before.set(other.index(), false);
            } else if distance <= reach.enter_squared && other != player.slot {
                self.changes.push((other, true));
            }
        });
        // A slot that was not found is beyond the longer reach, or is not checked.
        for &other in few {
            if self.before.contains(other.index()) {
                self.before.set(other.index(), false);
                if self.seen.contains(other.index()) {
                    self.changes.push((other, false));
                }
            }
        }
        // `few` is unordered, and a loaded world may hold it in a different order: sort.
        self.changes.sort_unstable();
    }

    /// Finds the changes of a player from its row, word by word.
    fn compare_words(&mut self, grid: &Grid, player: Placed, before: &[usize], reach: Reach) {
        // Sets of an earlier room may be longer.
        let within = &mut self.within.as_mut_slice()[..before.len()];
        let close = &mut self.close.as_mut_slice()[..before.len()];
        grid.around(reach, player.position, |other, distance| {
            let (word, bit) = (other.index() / WORD, other.index() % WORD);
            within[word] |= 1 << bit;
            close[word] |= usize::from(distance <= reach.enter_squared) << bit;
        });
        for (word, &before) in before.iter().enumerate() {
            let near = close[word] | (before & within[word]);
            let mut changed = (before ^ near) & self.seen.as_slice()[word];
            while changed != 0 {
                let near = near & (changed & changed.wrapping_neg()) != 0;
                self.changes.push((slot_of(word, changed), near));
                changed &= changed - 1;
            }
        }
        within.fill(0);
        close.fill(0);
    }
}

/// The slots of a word that are above a slot.
fn above(slot: Slot, word: usize) -> usize {
    if slot.index() / WORD == word {
        usize::MAX << (slot.index() % WORD) << 1
    } else {
        usize::MAX
    }
}

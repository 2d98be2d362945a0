//! Checks the pairs of a room: which players came near each other, and which went away.

use bevy_ecs::prelude::*;
use fixedbitset::FixedBitSet;
use parlour_shared::ids::Slot;

use super::{
    BRUTE_FORCE_UP_TO,
    near_rows::{Proximity, SMALL_POOL, WORD, slot_of},
    shard::Shard,
};
use crate::space::{Grid, NearRadius, PositionColumns, SlotPosition};

/// Checks rooms, one after the other, with memory that all rooms share.
#[derive(Debug, Default)]
pub(super) struct PairChecker {
    /// The players to check, by slot.
    pub(super) players: Vec<SlotPosition>,
    positions: PositionColumns,
    grid: Grid,
    scratch: Scratch,
    /// Pairs that changed, the lower slot first, and whether they are near now.
    changes: Vec<(Slot, Slot, bool)>,
}

/// The checker of a world. It is in a box, because Bevy reserves memory for 64 values of each type
/// of resource.
#[derive(Resource, Debug, Default)]
pub(super) struct SharedChecker(pub(super) Box<PairChecker>);

/// Memory for the check of one player. Between two players, all sets except `checked` are empty.
/// Between two rooms, `checked` is also empty.
#[derive(Debug, Default)]
struct Scratch {
    /// The slots to check against. All other slots keep their state.
    checked: FixedBitSet,
    /// Slots within the leave radius of the player.
    within: FixedBitSet,
    /// Slots within the enter radius of the player.
    close: FixedBitSet,
    /// Slots that were near the player before this check.
    before: FixedBitSet,
    /// Slots whose state changed, and whether they are near now.
    changes: Vec<(Slot, bool)>,
}

impl PairChecker {
    /// Checks all pairs of a small room. `self.players` must have all its players, by slot. Calls
    /// `report` for each pair that changed, the lower slot first.
    pub(super) fn check_all(
        &mut self,
        proximity: &mut Proximity,
        radius: NearRadius,
        mut report: impl FnMut(Slot, Slot, bool),
    ) {
        debug_assert!(self.players.len() <= BRUTE_FORCE_UP_TO && proximity.slot_count() <= SMALL_POOL);
        self.positions.reset(self.players.len());
        for (at, player) in self.players.iter().enumerate() {
            self.positions.put(at, player);
        }
        for (at, player) in self.players.iter().enumerate() {
            let (mut within, mut close) = ([0; SMALL_POOL / WORD], [0; SMALL_POOL / WORD]);
            // Pairs with earlier players are already checked.
            let after = at + 1..self.players.len();
            self.positions
                .within(after, radius, player.position, |other, distance| {
                    let (word, bit) = (other.index() / WORD, other.index() % WORD);
                    within[word] |= 1 << bit;
                    close[word] |= usize::from(distance <= radius.enter_squared) << bit;
                });
            for word in player.slot.index() / WORD..proximity.slot_count().div_ceil(WORD) {
                let before = proximity.words(player.slot)[word];
                let near = close[word] | (before & within[word]);
                let mut changed = (before ^ near) & above(player.slot, word);
                while changed != 0 {
                    let other = slot_of(word, changed);
                    let near = near & (changed & changed.wrapping_neg()) != 0;
                    changed &= changed - 1;
                    proximity.set_both(player.slot, other, near);
                    report(player.slot, other, near);
                }
            }
        }
    }

    /// Checks one shard of the pairs of a large room. `self.players` must have all players that the
    /// shard checks against. Calls `report` for each pair that changed, the lower slot first.
    pub(super) fn check_shard(
        &mut self,
        shard: Shard,
        proximity: &mut Proximity,
        radius: NearRadius,
        mut report: impl FnMut(Slot, Slot, bool),
    ) {
        let Self {
            players,
            grid,
            scratch,
            changes,
            ..
        } = self;
        grid.fill(players, radius);
        scratch.grow(proximity.slot_count());
        for player in &*players {
            scratch.checked.insert(player.slot.index());
        }
        // In the order of the cells, so that the next player is most likely in the cache.
        for player in grid.iter().filter(|player| shard.contains(player.slot)) {
            match proximity.short_list(player.slot) {
                Some(listed) => scratch.compare_list(grid, player, listed, radius),
                None => scratch.compare_words(grid, player, proximity.words(player.slot), radius),
            }
            // If both players of a pair are in the shard, the one with the lower slot reports it.
            let changed = scratch.changes.drain(..);
            changes.extend(
                changed
                    .filter(|&(other, _)| player.slot < other || !shard.contains(other))
                    .map(|(other, near)| (player.slot.min(other), player.slot.max(other), near)),
            );
        }
        for player in &*players {
            scratch.checked.set(player.slot.index(), false);
        }
        proximity.set_all(changes);
        changes
            .drain(..)
            .for_each(|(one, other, near)| report(one, other, near));
    }
}

impl Scratch {
    fn grow(&mut self, slot_count: usize) {
        for row in [
            &mut self.checked,
            &mut self.within,
            &mut self.close,
            &mut self.before,
        ] {
            row.grow(slot_count);
        }
    }

    /// Finds the changes of a player from the list of slots near it.
    fn compare_list(&mut self, grid: &Grid, player: SlotPosition, listed: &[Slot], radius: NearRadius) {
        for &other in listed {
            self.before.insert(other.index());
        }
        grid.around(radius, player.position, |other, distance| {
            if self.before.contains(other.index()) {
                self.before.set(other.index(), false);
            } else if distance <= radius.enter_squared && other != player.slot {
                self.changes.push((other, true));
            }
        });
        // A slot that was not found is beyond the leave radius, or is not checked in this tick.
        for &other in listed {
            if self.before.contains(other.index()) {
                self.before.set(other.index(), false);
                if self.checked.contains(other.index()) {
                    self.changes.push((other, false));
                }
            }
        }
        // The list is unordered, and a loaded world may hold it in a different order: sort.
        self.changes.sort_unstable();
    }

    /// Finds the changes of a player from its row, word by word.
    fn compare_words(&mut self, grid: &Grid, player: SlotPosition, before: &[usize], radius: NearRadius) {
        // The sets may be longer: they keep the size of the largest room.
        let within = &mut self.within.as_mut_slice()[..before.len()];
        let close = &mut self.close.as_mut_slice()[..before.len()];
        grid.around(radius, player.position, |other, distance| {
            let (word, bit) = (other.index() / WORD, other.index() % WORD);
            within[word] |= 1 << bit;
            close[word] |= usize::from(distance <= radius.enter_squared) << bit;
        });
        for (word, &before) in before.iter().enumerate() {
            let near = close[word] | (before & within[word]);
            let mut changed = (before ^ near) & self.checked.as_slice()[word];
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

/// Returns a mask of the bits of a word whose slots are above a slot.
fn above(slot: Slot, word: usize) -> usize {
    if slot.index() / WORD == word {
        usize::MAX << (slot.index() % WORD) << 1
    } else {
        usize::MAX
    }
}

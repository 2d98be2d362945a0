//! Checks the pairs of a room: which players came near each other, and which went away.

use fixedbitset::FixedBitSet;
use parlour_shared::ids::Slot;

use super::{
    BRUTE_FORCE_UP_TO,
    near_rows::{Proximity, SMALL_POOL},
    player_index::{PlayerIndex, Searched},
    shard::Shard,
    slot_words::{WORD, slot_of},
};
use crate::space::{Grid, NearRadius, PositionColumns, SlotPosition};

/// Checks rooms, one after the other, with memory that all rooms share.
#[derive(Debug, Default)]
pub(super) struct PairChecker {
    /// The players of a small room, by slot; or those of a large room to check in this tick.
    pub(super) players: Vec<SlotPosition>,
    positions: PositionColumns,
    grid: Grid,
    scratch: Scratch,
    /// Pairs that changed, the lower slot first, and whether they are near now.
    changes: Vec<(Slot, Slot, bool)>,
    /// Whether the last tick checked a room that is not small.
    pub(super) had_large_rooms: bool,
}

/// Memory for the check of one player. Between two players, all sets except `checked` are empty.
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
    /// The same as a list, without those that are not checked.
    listed: Vec<Slot>,
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

    /// Checks one shard of the pairs of a large room. Skips the pairs of which neither player has
    /// moved since the last check. Calls `report` for each pair that changed, ordered by the lower
    /// and then by the higher slot.
    pub(super) fn check_shard(
        &mut self,
        shard: Shard,
        proximity: &mut Proximity,
        index: &PlayerIndex,
        radius: NearRadius,
        mut report: impl FnMut(Slot, Slot, bool),
    ) {
        self.scratch.grow(proximity.slot_count());
        self.players.clear();
        match shard.index_of_round() {
            Some(own) if !index.many_move() => self.check_moving((shard, own), proximity, index, radius),
            _ => self.check_whole_shard(shard, proximity, index, radius),
        }
        // Pairs within the shard may have been found from both players. The order must not depend
        // on which pairs were skipped.
        self.changes.sort_unstable();
        self.changes.dedup();
        proximity.set_all(&self.changes);
        self.changes
            .drain(..)
            .for_each(|(one, other, near)| report(one, other, near));
    }

    /// Checks all pairs of a shard.
    fn check_whole_shard(
        &mut self,
        shard: Shard,
        proximity: &Proximity,
        index: &PlayerIndex,
        radius: NearRadius,
    ) {
        let Self {
            players,
            grid,
            scratch,
            changes,
            ..
        } = self;
        index.all_against(shard, players);
        grid.fill(players, radius);
        index.slots_against(shard, &mut scratch.checked);
        let searched = Searched {
            grid: Some(grid),
            resting: None,
        };
        // In the order of the cells, so that the next player is most likely in the cache.
        for player in grid.iter().filter(|player| shard.contains(player.slot)) {
            scratch.compare(searched, player, proximity, radius, changes);
        }
    }

    /// Checks the pairs of a shard of which at least one player moves.
    fn check_moving(
        &mut self,
        (shard, own): (Shard, usize),
        proximity: &Proximity,
        index: &PlayerIndex,
        radius: NearRadius,
    ) {
        let Self {
            players,
            grid,
            scratch,
            changes,
            ..
        } = self;
        index.moving_against(shard, players);
        grid.fill(players, radius);
        // The moving players of the shard, against all players.
        let searched = Searched {
            grid: Some(grid),
            resting: Some(index.resting()),
        };
        index.slots_against(shard, &mut scratch.checked);
        for player in grid.iter().filter(|player| shard.contains(player.slot)) {
            scratch.compare(searched, player, proximity, radius, changes);
        }
        // The resting players of the shard, against moving players of other shards. It is the
        // moving players that search, because there are fewer.
        if index.resting_of(own).is_empty() {
            return;
        }
        let searched = Searched {
            grid: None,
            resting: Some(index.resting_of(own)),
        };
        index.resting_slots(own, &mut scratch.checked);
        for player in grid.iter().filter(|player| !shard.contains(player.slot)) {
            scratch.compare(searched, player, proximity, radius, changes);
        }
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

    /// Appends the changes of a player.
    fn compare(
        &mut self,
        searched: Searched<'_>,
        player: SlotPosition,
        proximity: &Proximity,
        radius: NearRadius,
        changes: &mut Vec<(Slot, Slot, bool)>,
    ) {
        let own = player.slot;
        let change = |other: Slot, near| changes.push((own.min(other), own.max(other), near));
        match proximity.short_list(own) {
            Some(listed) => self.compare_list(searched, player, listed, radius, change),
            None => self.compare_words(searched, player, proximity.words(own), radius, change),
        }
    }

    /// Finds the changes of a player from the list of slots near it.
    fn compare_list(
        &mut self,
        searched: Searched<'_>,
        player: SlotPosition,
        listed: &[Slot],
        radius: NearRadius,
        mut change: impl FnMut(Slot, bool),
    ) {
        // Most listed players are not checked in this tick.
        let Self {
            checked,
            before,
            listed: few,
            ..
        } = self;
        few.clear();
        few.extend(listed.iter().filter(|other| checked.contains(other.index())));
        for other in &*few {
            before.insert(other.index());
        }
        searched.around(radius, player.position, |other, distance| {
            if before.contains(other.index()) {
                before.set(other.index(), false);
            } else if distance <= radius.enter_squared
                && other != player.slot
                && checked.contains(other.index())
            {
                change(other, true);
            }
        });
        // A slot that was not found is beyond the leave radius.
        for &other in &*few {
            if before.contains(other.index()) {
                before.set(other.index(), false);
                change(other, false);
            }
        }
    }

    /// Finds the changes of a player from its row, word by word.
    fn compare_words(
        &mut self,
        searched: Searched<'_>,
        player: SlotPosition,
        before: &[usize],
        radius: NearRadius,
        mut change: impl FnMut(Slot, bool),
    ) {
        // The sets may be longer: they keep the size of the largest room.
        let within = &mut self.within.as_mut_slice()[..before.len()];
        let close = &mut self.close.as_mut_slice()[..before.len()];
        searched.around(radius, player.position, |other, distance| {
            let (word, bit) = (other.index() / WORD, other.index() % WORD);
            within[word] |= 1 << bit;
            close[word] |= usize::from(distance <= radius.enter_squared) << bit;
        });
        for (word, &before) in before.iter().enumerate() {
            let near = close[word] | (before & within[word]);
            let mut changed = (before ^ near) & self.checked.as_slice()[word];
            while changed != 0 {
                let near = near & (changed & changed.wrapping_neg()) != 0;
                let other = slot_of(word, changed);
                changed &= changed - 1;
                // In a row, a player is near itself.
                if other != player.slot {
                    change(other, near);
                }
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

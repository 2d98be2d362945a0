//! Where the players of a large room are, and which of them may have moved since their pairs were
//! last checked.

use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::{Slot, Tick},
    motion::Position,
};

use super::{shard::Shard, slot_words::slot_of};
use crate::space::{Grid, NearRadius, Rect, RestingIndex, SlotPosition};

/// The players of a large room, by slot. A player counts as *moving* for at least a round after it
/// moved: until then, some of its pairs were last checked at an earlier position. All other players
/// *rest*. If both players of a pair rest, a check would change nothing.
///
/// This is not state, because the result does not depend on which of these checks are skipped. So
/// in a loaded world, all players may count as moving at first.
#[derive(Clone, Debug)]
pub(crate) struct PlayerIndex {
    positions: Vec<Position>,
    /// The last tick in which a player moved.
    moved_at: Vec<Tick>,
    /// The moving players, by shard.
    moving: Vec<Vec<Slot>>,
    /// The resting players.
    resting: RestingIndex,
    /// The resting players, by shard.
    resting_of: Vec<RestingIndex>,
    /// The slots of the resting players.
    rests: FixedBitSet,
    /// The slots of the moving players.
    moves: FixedBitSet,
    /// For each shard, its slots.
    members: Vec<FixedBitSet>,
    /// For each shard, the slots that it checks against.
    against: Vec<FixedBitSet>,
    /// The moving players, and perhaps some that rest, for queries of game logic.
    grid: Grid,
    /// Whether all moving players are in `grid`, at their present positions.
    is_filled: bool,
}

impl PlayerIndex {
    /// Creates the index of a room without players.
    pub(super) fn new(shards: u32, slot_count: usize, radius: NearRadius) -> Self {
        let mut index = Self {
            positions: Vec::new(),
            moved_at: Vec::new(),
            moving: (0..shards).map(|_| Vec::new()).collect(),
            resting: RestingIndex::new(radius.leave),
            // A shard has a sixth of the players, so larger cells take less time.
            resting_of: (0..shards)
                .map(|_| RestingIndex::new(radius.leave.saturating_mul(2)))
                .collect(),
            rests: FixedBitSet::new(),
            moves: FixedBitSet::new(),
            members: (0..shards).map(|_| FixedBitSet::new()).collect(),
            against: (0..shards).map(|_| FixedBitSet::new()).collect(),
            grid: Grid::default(),
            is_filled: false,
        };
        index.grow(slot_count);
        index
    }

    /// Makes room for this many slots.
    pub(super) fn grow(&mut self, slot_count: usize) {
        let before = self.positions.len();
        if before >= slot_count {
            return;
        }
        self.positions.resize(slot_count, Position::default());
        self.moved_at.resize(slot_count, Tick(0));
        self.rests.grow(slot_count);
        self.moves.grow(slot_count);
        let shards = self.members.len() as u32;
        let per_shard = slot_count.div_ceil(shards as usize);
        self.resting.reserve(slot_count / 2, slot_count);
        for (moving, resting) in self.moving.iter_mut().zip(&mut self.resting_of) {
            moving.reserve(per_shard - moving.len());
            resting.reserve(per_shard, slot_count);
        }
        for (shard, (members, against)) in (0..).zip(self.members.iter_mut().zip(&mut self.against)) {
            let shard = Shard::new(shard, shards);
            members.grow(slot_count);
            against.grow(slot_count);
            for slot in before..slot_count {
                members.set(slot, shard.contains(Slot(slot as u16)));
                against.set(slot, shard.checks_against(Slot(slot as u16)));
            }
        }
    }

    /// Notes that a player moved in this tick, or entered.
    pub(super) fn moved(&mut self, SlotPosition { slot, position }: SlotPosition, now: Tick) {
        let at = slot.index();
        self.is_filled &= self.moves.contains(at) && self.positions[at] == position;
        self.positions[at] = position;
        self.moved_at[at] = now;
        if !self.moves.contains(at) {
            let shard = self.shard_of(slot);
            if self.rests.contains(at) {
                self.rests.set(at, false);
                self.resting.remove(slot);
                self.resting_of[shard].remove(slot);
            }
            self.moves.insert(at);
            self.moving[shard].push(slot);
        }
    }

    /// Removes a player, if it is here.
    pub(super) fn leave(&mut self, slot: Slot) {
        let shard = self.shard_of(slot);
        if self.rests.contains(slot.index()) {
            self.rests.set(slot.index(), false);
            self.resting.remove(slot);
            self.resting_of[shard].remove(slot);
        } else if self.moves.contains(slot.index()) {
            self.moves.set(slot.index(), false);
            self.moving[shard].retain(|&other| other != slot);
            self.is_filled = false;
        }
    }

    /// Lets the players of a shard rest that have not moved for a round.
    pub(super) fn settle(&mut self, shard: u32, now: Tick) {
        let shard = shard as usize;
        let round = self.moving.len() as u32;
        let Self {
            positions,
            moved_at,
            moving,
            resting,
            resting_of,
            rests,
            moves,
            ..
        } = self;
        moving[shard].retain(|&slot| {
            let at = slot.index();
            let moves_on = now.since(moved_at[at]) < round;
            if !moves_on {
                let position = positions[at];
                let player = SlotPosition { slot, position };
                resting.insert(player);
                resting_of[shard].insert(player);
                rests.insert(at);
                moves.set(at, false);
            }
            moves_on
        });
    }

    /// Prepares queries for many moving players.
    pub(super) fn fill_grid(&mut self, radius: NearRadius, players: &mut Vec<SlotPosition>) {
        if !self.is_filled {
            players.clear();
            players.extend((0..self.moving.len() as u32).flat_map(|shard| self.moving_in(shard)));
            self.grid.fill(players, radius);
            self.is_filled = true;
        }
    }

    /// Calls `found` with each player whose position is in a rectangle, in no particular order.
    pub(crate) fn each_in_rect(&self, rect: Rect, mut found: impl FnMut(SlotPosition)) {
        self.resting
            .in_rect(rect, |slot, position| found(SlotPosition { slot, position }));
        if self.is_filled {
            self.grid.in_rect(rect, |slot, position| {
                if self.moves.contains(slot.index()) {
                    found(SlotPosition { slot, position });
                }
            });
            return;
        }
        for shard in 0..self.moving.len() as u32 {
            let inside = self
                .moving_in(shard)
                .filter(|player| rect.contains(player.position));
            inside.for_each(&mut found);
        }
    }

    /// Returns whether so many players move that a check of all pairs is cheaper than a check of
    /// the pairs with a moving player.
    pub(super) fn many_move(&self) -> bool {
        let moving: usize = self.moving.iter().map(Vec::len).sum();
        2 * moving > self.resting.len()
    }

    /// Appends the players that a shard checks against, by slot.
    pub(super) fn all_against(&self, shard: Shard, players: &mut Vec<SlotPosition>) {
        let all = self.rests.as_slice().iter().zip(self.moves.as_slice());
        for (word, (rests, moves)) in all.enumerate() {
            let mut slots = (rests | moves) & self.against_word(shard, word);
            while slots != 0 {
                let slot = slot_of(word, slots);
                slots &= slots - 1;
                let position = self.positions[slot.index()];
                players.push(SlotPosition { slot, position });
            }
        }
    }

    /// Appends the moving players that a shard checks against.
    pub(super) fn moving_against(&self, shard: Shard, players: &mut Vec<SlotPosition>) {
        for (other, moving) in self.moving.iter().enumerate() {
            if shard.checks_against_shard(other as u32) {
                players.extend(moving.iter().map(|&slot| self.placed(slot)));
            }
        }
    }

    /// Replaces `slots` with those that a shard checks against.
    pub(super) fn slots_against(&self, shard: Shard, slots: &mut FixedBitSet) {
        for (word, slots) in slots.as_mut_slice().iter_mut().enumerate() {
            *slots = self.against_word(shard, word);
        }
    }

    /// Replaces `slots` with those of the resting players of a shard.
    pub(super) fn resting_slots(&self, shard: usize, slots: &mut FixedBitSet) {
        let resting = self.rests.as_slice().iter().zip(self.members[shard].as_slice());
        let resting = resting.map(|(rests, member)| rests & member);
        slots.as_mut_slice().fill(0);
        for (slots, resting) in slots.as_mut_slice().iter_mut().zip(resting) {
            *slots = resting;
        }
    }

    /// Returns the resting players.
    pub(super) fn resting(&self) -> &RestingIndex {
        &self.resting
    }

    /// Returns the resting players of a shard.
    pub(crate) fn resting_of(&self, shard: usize) -> &RestingIndex {
        &self.resting_of[shard]
    }

    /// Returns the moving players of a shard.
    pub(crate) fn moving_in(&self, shard: u32) -> impl Iterator<Item = SlotPosition> {
        let moving = self.moving[shard as usize].iter();
        moving.map(|&slot| self.placed(slot))
    }

    /// Returns the resting players of a shard.
    pub(crate) fn resting_in(&self, shard: u32) -> impl Iterator<Item = SlotPosition> {
        let members = self.members[shard as usize].as_slice();
        let words = self.rests.as_slice().iter().zip(members).enumerate();
        words.flat_map(move |(at, (rests, members))| {
            let mut slots = rests & members;
            std::iter::from_fn(move || {
                let slot = (slots != 0).then(|| slot_of(at, slots))?;
                slots &= slots - 1;
                Some(self.placed(slot))
            })
        })
    }

    fn placed(&self, slot: Slot) -> SlotPosition {
        SlotPosition {
            slot,
            position: self.positions[slot.index()],
        }
    }

    fn against_word(&self, shard: Shard, word: usize) -> usize {
        match shard.index_of_round() {
            Some(index) => self.against[index].as_slice().get(word).copied().unwrap_or(0),
            None => usize::MAX,
        }
    }

    fn shard_of(&self, slot: Slot) -> usize {
        slot.index() % self.moving.len()
    }
}

/// The indexes that a check of one player searches. They may have more players than are checked.
#[derive(Clone, Copy)]
pub(super) struct Searched<'a> {
    pub(super) grid: Option<&'a Grid>,
    pub(super) resting: Option<&'a RestingIndex>,
}

impl Searched<'_> {
    /// Calls `found` with each player within the leave radius of a position, and the square of the
    /// distance.
    #[inline]
    pub(super) fn around(&self, radius: NearRadius, from: Position, mut found: impl FnMut(Slot, i64)) {
        if let Some(grid) = self.grid {
            grid.around(radius, from, &mut found);
        }
        if let Some(resting) = self.resting {
            resting.around(radius, from, found);
        }
    }
}

//! Players and their positions, in columns: compared values are side by side, so the compiler
//! compares several at a time.

use std::ops::Range;

use parlour_shared::{ids::Slot, motion};

use super::{Placed, Reach};

/// How many are compared at a time. Behind the last place there are as many places without meaning.
const LANES: usize = 8;

/// The positions of some players. Keeps its memory from one tick to the next.
#[derive(Debug, Default)]
pub(super) struct Places {
    xs: Vec<i32>,
    ys: Vec<i32>,
    slots: Vec<Slot>,
}

impl Places {
    /// Makes room for this many players. All of them must then be [put](Self::put).
    pub(super) fn reset(&mut self, len: usize) {
        self.xs.resize(len + LANES, 0);
        self.ys.resize(len + LANES, 0);
        self.slots.resize(len, Slot::NOBODY);
    }

    /// Puts a player at a place of the list.
    pub(super) fn put(&mut self, at: usize, placed: &Placed) {
        self.xs[at] = placed.position.x;
        self.ys[at] = placed.position.y;
        self.slots[at] = placed.slot;
    }

    /// Returns all players, in the order of the list.
    pub(super) fn iter(&self) -> impl Iterator<Item = Placed> {
        let places = self.slots.iter().zip(&self.xs).zip(&self.ys);
        places.map(|((&slot, &x), &y)| Placed {
            slot,
            position: motion::Position { x, y },
        })
    }

    /// Calls `found` with each player of a part of the list that is within the longer reach of a
    /// position, and with the square of the distance.
    #[inline]
    pub(super) fn within(
        &self,
        part: Range<usize>,
        reach: Reach,
        from: motion::Position,
        mut found: impl FnMut(Slot, i64),
    ) {
        // First by the square around the position, in 32 bits. A difference that wraps is excluded
        // by the distance.
        let (left, top) = (from.x.wrapping_sub(reach.leave), from.y.wrapping_sub(reach.leave));
        let side = 2 * reach.leave as u32;
        let mut start = part.start;
        while start < part.end {
            let (xs, ys) = (lanes(&self.xs, start), lanes(&self.ys, start));
            let beside: [u8; LANES] = std::array::from_fn(|lane| {
                let (x, y) = (
                    xs[lane].wrapping_sub(left) as u32,
                    ys[lane].wrapping_sub(top) as u32,
                );
                u8::from(x <= side) & u8::from(y <= side)
            });
            let mut beside = u64::from_le_bytes(beside);
            if part.end - start < LANES {
                beside &= (1 << (8 * (part.end - start))) - 1;
            }
            while beside != 0 {
                let lane = beside.trailing_zeros() as usize / 8;
                beside &= beside - 1;
                let (x, y) = (xs[lane], ys[lane]);
                let distance = from.distance_squared(motion::Position { x, y });
                if distance <= reach.leave_squared {
                    found(self.slots[start + lane], distance);
                }
            }
            start += LANES;
        }
    }
}

fn lanes(column: &[i32], start: usize) -> &[i32; LANES] {
    column[start..]
        .first_chunk()
        .expect("there are more behind the last place")
}

//! Players and their positions, in columns: compared values are side by side, so the compiler
//! compares several at a time.

use std::ops::Range;

use parlour_shared::{ids::Slot, motion};

use super::{NearRadius, SlotPosition};

/// How many players are compared at a time. The columns are padded with this many unused places.
const LANES: usize = 8;

/// The positions of some players. Keeps its memory from one tick to the next.
#[derive(Debug, Default)]
pub(super) struct PositionColumns {
    xs: Vec<i32>,
    ys: Vec<i32>,
    slots: Vec<Slot>,
}

impl PositionColumns {
    /// Makes room for this many players. All of them must then be [put](Self::put).
    pub(super) fn reset(&mut self, len: usize) {
        self.xs.resize(len + LANES, 0);
        self.ys.resize(len + LANES, 0);
        self.slots.resize(len, Slot::NOBODY);
    }

    /// Puts a player at a place of the list.
    pub(super) fn put(&mut self, at: usize, player: &SlotPosition) {
        self.xs[at] = player.position.x;
        self.ys[at] = player.position.y;
        self.slots[at] = player.slot;
    }

    /// Returns all players, in the order of the list.
    pub(super) fn iter(&self) -> impl Iterator<Item = SlotPosition> {
        let places = self.slots.iter().zip(&self.xs).zip(&self.ys);
        places.map(|((&slot, &x), &y)| SlotPosition {
            slot,
            position: motion::Position { x, y },
        })
    }

    /// Calls `found` with each player of a part of the list that is within the leave radius of a
    /// position, and with the square of the distance.
    #[inline]
    pub(super) fn within(
        &self,
        part: Range<usize>,
        radius: NearRadius,
        from: motion::Position,
        mut found: impl FnMut(Slot, i64),
    ) {
        // First compare with the square around the position, in 32 bits. If a difference wraps, the
        // distance excludes the player afterwards.
        let (left, top) = (
            from.x.wrapping_sub(radius.leave),
            from.y.wrapping_sub(radius.leave),
        );
        let side = 2 * radius.leave as u32;
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
                if distance <= radius.leave_squared {
                    found(self.slots[start + lane], distance);
                }
            }
            start += LANES;
        }
    }
}

fn lanes(column: &[i32], start: usize) -> &[i32; LANES] {
    column[start..].first_chunk().expect("the columns are padded")
}

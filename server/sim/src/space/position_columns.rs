//! Entities and their positions, in columns: compared values are side by side, so the compiler
//! compares several at a time.

use std::ops::Range;

use parlour_shared::{ids::Slot, motion};

use super::{
    NearRadius, SlotPosition,
    lanes::{LANES, LaneRect},
};

/// The positions of some entities. Keeps its memory from one tick to the next. The columns are
/// padded with unused places.
#[derive(Clone, Debug, Default)]
pub(crate) struct PositionColumns {
    xs: Vec<i32>,
    ys: Vec<i32>,
    slots: Vec<Slot>,
}

impl PositionColumns {
    /// Makes room for this many entities. All of them must then be [put](Self::put).
    pub(crate) fn reset(&mut self, len: usize) {
        self.xs.resize(len + LANES, 0);
        self.ys.resize(len + LANES, 0);
        self.slots.resize(len, Slot::NOBODY);
    }

    /// Puts an entity at a place of the list.
    pub(crate) fn put(&mut self, at: usize, entity: &SlotPosition) {
        self.xs[at] = entity.position.x;
        self.ys[at] = entity.position.y;
        self.slots[at] = entity.slot;
    }

    /// Returns all entities, in the order of the list.
    pub(super) fn iter(&self) -> impl Iterator<Item = SlotPosition> {
        let places = self.slots.iter().zip(&self.xs).zip(&self.ys);
        places.map(|((&slot, &x), &y)| SlotPosition {
            slot,
            position: motion::Position { x, y },
        })
    }

    /// Calls `found` with each entity of a part of the list that is within the leave radius of a
    /// position, and with the square of the distance.
    #[inline]
    pub(crate) fn within(
        &self,
        part: Range<usize>,
        radius: NearRadius,
        from: motion::Position,
        mut found: impl FnMut(Slot, i64),
    ) {
        // First compare with the square around the position, in 32 bits. If a difference wraps, the
        // distance excludes the entity afterwards.
        self.within_rect(part, radius.square_around(from), |slot, position| {
            let distance = from.distance_squared(position);
            if distance <= radius.leave_squared {
                found(slot, distance);
            }
        });
    }

    /// Calls `found` with each entity of a part of the list that is in a rectangle.
    #[inline]
    pub(super) fn within_rect(
        &self,
        part: Range<usize>,
        rect: LaneRect,
        mut found: impl FnMut(Slot, motion::Position),
    ) {
        let mut start = part.start;
        while start < part.end {
            let (xs, ys) = (lanes(&self.xs, start), lanes(&self.ys, start));
            rect.each_within(xs, ys, part.end - start, |lane| {
                let position = motion::Position {
                    x: xs[lane],
                    y: ys[lane],
                };
                found(self.slots[start + lane], position);
            });
            start += LANES;
        }
    }
}

fn lanes(column: &[i32], start: usize) -> &[i32; LANES] {
    column[start..].first_chunk().expect("the columns are padded")
}

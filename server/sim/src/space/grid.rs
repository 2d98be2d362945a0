//! The index of entities that move: a grid of cells about as wide as the near radius, which is
//! filled again in each tick that uses it.

use parlour_shared::{ids::Slot, motion};

use super::{NearRadius, PositionColumns, Rect, SlotPosition, lanes::LaneRect, torus::Torus};

/// Entities sorted by cell, with a counting sort. It keeps its memory. Its contents follow from
/// the positions.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    positions: PositionColumns,
    /// Where the entities of each cell begin in `positions`, and where those of the last cell end.
    begins: Vec<u32>,
    cells: Torus,
}

impl Grid {
    /// Replaces the entities.
    pub fn fill(&mut self, entities: &[SlotPosition], radius: NearRadius) {
        // The largest power of two up to the leave radius: at most five columns and rows around a
        // position are within it.
        self.cells = Torus::new(radius.leave.max(1).ilog2(), entities.len());
        self.begins.clear();
        self.begins.resize(self.cells.cell_count() + 1, 0);
        self.positions.reset(entities.len());
        for entity in entities {
            let cell = self.cells.cell(entity.position);
            self.begins[cell + 1] += 1;
        }
        let mut sum = 0;
        for begin in &mut self.begins {
            sum += std::mem::replace(begin, sum);
        }
        // Here `begins[cell + 1]` is the start of `cell`. Each entity that is put into the cell
        // moves it by one, until it is the start of the next cell.
        for entity in entities {
            let cell = self.cells.cell(entity.position);
            let at = &mut self.begins[cell + 1];
            self.positions.put(*at as usize, entity);
            *at += 1;
        }
    }

    /// Returns all entities, cell by cell, and within a cell in the order of [`Self::fill`].
    pub fn iter(&self) -> impl Iterator<Item = SlotPosition> {
        self.positions.iter()
    }

    /// Calls `found` with each entity within the leave radius of a position, and the square of the
    /// distance.
    #[inline]
    pub fn around(&self, radius: NearRadius, from: motion::Position, mut found: impl FnMut(Slot, i64)) {
        self.in_lane_rect(radius.square_around(from), |slot, position| {
            let distance = from.distance_squared(position);
            if distance <= radius.leave_squared {
                found(slot, distance);
            }
        });
    }

    /// Calls `found` with each entity whose position is in a rectangle, in no particular order.
    pub fn in_rect(&self, rect: Rect, found: impl FnMut(Slot, motion::Position)) {
        if let Some(rect) = LaneRect::from_rect(rect) {
            self.in_lane_rect(rect, found);
        }
    }

    #[inline]
    fn in_lane_rect(&self, rect: LaneRect, mut found: impl FnMut(Slot, motion::Position)) {
        if self.begins.is_empty() {
            return;
        }
        self.cells.each_range(rect, |cells| {
            let (begin, end) = (self.begins[cells.start], self.begins[cells.end]);
            self.positions
                .within_rect(begin as usize..end as usize, rect, &mut found);
        });
    }
}

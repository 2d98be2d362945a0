//! The cells of an index: squares that wrap around, as on a torus.

use std::ops::Range;

use parlour_shared::motion::Position;

use super::lanes::LaneRect;

/// A square of cells. Two distant cells of a map may share one of these, which costs comparisons
/// but does not change the result. So the memory depends on the number of entities, and not on the
/// size of the map.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Torus {
    /// The side of a cell is 2 to the power of this.
    side: u32,
    /// The number of columns and of rows is 2 to the power of this.
    size: u32,
}

impl Torus {
    /// Returns cells of side `1 << side` for this many entities: about one for each.
    pub(super) fn new(side: u32, entities: usize) -> Self {
        let cells = entities.max(1).next_power_of_two().ilog2();
        // A map is 2^32 units wide, and the cells must wrap where it wraps.
        let size = (cells / 2).max(3).min(u32::BITS - side);
        Self { side, size }
    }

    /// Returns the number of cells.
    pub(super) fn cell_count(self) -> usize {
        1 << (2 * self.size)
    }

    /// Returns the cell of a position.
    pub(super) fn cell(self, position: Position) -> usize {
        let mask = (1 << self.size) - 1;
        let (row, column) = (position.y as u32 >> self.side, position.x as u32 >> self.side);
        ((row & mask) << self.size | (column & mask)) as usize
    }

    /// Calls `visit` with ranges of cells that together are all cells that a rectangle touches,
    /// each once.
    #[inline]
    pub(super) fn each_range(self, rect: LaneRect, mut visit: impl FnMut(Range<usize>)) {
        let columns = self.stretch(rect.left, rect.width);
        let rows = self.stretch(rect.top, rect.height);
        let size = 1 << self.size;
        for row in 0..rows.len {
            let row = ((rows.first + row) & (size - 1)) << self.size;
            // A row that wraps around is two ranges.
            let first = size.min(columns.first + columns.len);
            let wrapped = columns.first + columns.len - first;
            visit((row + columns.first) as usize..(row + first) as usize);
            if wrapped > 0 {
                visit(row as usize..(row + wrapped) as usize);
            }
        }
    }

    /// The columns, or rows, that a stretch of coordinates touches.
    fn stretch(self, from: i32, length: u32) -> Stretch {
        let cell = |at: u32| at >> self.side;
        let (first, last) = (cell(from as u32), cell((from as u32).wrapping_add(length)));
        // A stretch that is nearly as long as the whole range of coordinates ends in the cell in
        // which it starts.
        let apart = (last.wrapping_sub(first) & (u32::MAX >> self.side)).max(cell(length));
        let size = 1 << self.size;
        Stretch {
            first: first & (size - 1),
            len: size.min(apart.saturating_add(1)),
        }
    }
}

/// Adjacent columns or rows, at most all of them.
struct Stretch {
    first: u32,
    len: u32,
}

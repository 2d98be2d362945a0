//! Finds the players that may be near a position in a large room: a grid of cells about as wide as
//! the near radius.

use parlour_shared::{ids::Slot, motion};

use super::{Placed, Reach, places::Places};

/// Players sorted by cell. It is filled again in each tick that uses it, by counting, in memory
/// that it keeps: it contains nothing that the positions do not say.
///
/// The cells wrap around, as on a torus. Two cells that are far apart may share memory, which costs
/// comparisons and changes nothing. So the memory of a grid depends on its players and not on its
/// map.
#[derive(Debug, Default)]
pub struct Grid {
    places: Places,
    /// Where the players of each cell begin in `places`, and where the players of the last one end.
    begins: Vec<u32>,
    /// The side of a cell is 2 to the power of this.
    side: u32,
    /// The number of columns and of rows is 2 to the power of this.
    size: u32,
}

impl Grid {
    /// Replaces the players.
    pub fn fill(&mut self, placed: &[Placed], reach: Reach) {
        // The largest power of two that is not above the reach: at most five cells around a
        // position are within it.
        self.side = reach.leave.max(1).ilog2();
        let cells = placed.len().next_power_of_two().ilog2();
        // A map is 2^32 units wide, and the cells must wrap where it wraps.
        self.size = (cells / 2).max(3).min(u32::BITS - self.side);
        self.begins.clear();
        self.begins.resize((1 << (2 * self.size)) + 1, 0);
        self.places.reset(placed.len());
        for player in placed {
            let cell = self.cell(player.position);
            self.begins[cell + 1] += 1;
        }
        let mut sum = 0;
        for begin in &mut self.begins {
            sum += std::mem::replace(begin, sum);
        }
        // Until here `begins[cell + 1]` is the start of this cell. Each player moves it towards the
        // next one.
        for player in placed {
            let cell = self.cell(player.position);
            let at = &mut self.begins[cell + 1];
            self.places.put(*at as usize, player);
            *at += 1;
        }
    }

    /// Returns all players, cell by cell, in a cell in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = Placed> {
        self.places.iter()
    }

    /// Calls `found` with each player within the longer reach of a position, and the square of the
    /// distance. `reach` must be the one that the grid was filled with.
    #[inline]
    pub fn around(&self, reach: Reach, from: motion::Position, mut found: impl FnMut(Slot, i64)) {
        let columns = self.stretch(from.x, reach);
        let rows = self.stretch(from.y, reach);
        let size = 1 << self.size;
        for row in 0..rows.len {
            let row = ((rows.first + row) & (size - 1)) << self.size;
            // A row that wraps is two runs.
            let first = size.min(columns.first + columns.len);
            for (from_column, to_column) in [(columns.first, first), (0, columns.first + columns.len - first)]
            {
                let begin = self.begins[(row + from_column) as usize] as usize;
                let end = self.begins[(row + to_column) as usize] as usize;
                self.places.within(begin..end, reach, from, &mut found);
            }
        }
    }

    fn cell(&self, position: motion::Position) -> usize {
        let mask = (1 << self.size) - 1;
        let (row, column) = (position.y as u32 >> self.side, position.x as u32 >> self.side);
        ((row & mask) << self.size | (column & mask)) as usize
    }

    /// The columns, or rows, within reach of a coordinate.
    fn stretch(&self, at: i32, reach: Reach) -> Stretch {
        let cell = |at: i32| at as u32 >> self.side;
        let (first, last) = (
            cell(at.wrapping_sub(reach.leave)),
            cell(at.wrapping_add(reach.leave)),
        );
        let apart = last.wrapping_sub(first) & (u32::MAX >> self.side);
        let size = 1 << self.size;
        Stretch {
            first: first & (size - 1),
            len: size.min(apart + 1),
        }
    }
}

/// Adjacent columns or rows, fewer than there are.
struct Stretch {
    first: u32,
    len: u32,
}

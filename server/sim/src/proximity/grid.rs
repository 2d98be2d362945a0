//! Finds the players that may be near a position in a large room: a grid of cells about as wide as
//! the near radius.

use parlour_shared::{ids::Slot, motion};

use super::{NearRadius, SlotPosition, position_columns::PositionColumns};

/// Players sorted by cell. It is filled again in each tick that uses it, with a counting sort, and
/// keeps its memory. Its contents follow from the positions.
///
/// The cells wrap around, as on a torus. Two distant cells may share memory, which costs
/// comparisons but does not change the result. So the memory of a grid depends on the number of its
/// players and not on the size of the map.
#[derive(Debug, Default)]
pub struct Grid {
    positions: PositionColumns,
    /// Where the players of each cell begin in `positions`, and where those of the last cell end.
    begins: Vec<u32>,
    /// The side of a cell is 2 to the power of this.
    side: u32,
    /// The number of columns and of rows is 2 to the power of this.
    size: u32,
}

impl Grid {
    /// Replaces the players.
    pub fn fill(&mut self, players: &[SlotPosition], radius: NearRadius) {
        // The largest power of two up to the leave radius: at most five columns and rows around a
        // position are within it.
        self.side = radius.leave.max(1).ilog2();
        let cells = players.len().next_power_of_two().ilog2();
        // A map is 2^32 units wide, and the cells must wrap where it wraps.
        self.size = (cells / 2).max(3).min(u32::BITS - self.side);
        self.begins.clear();
        self.begins.resize((1 << (2 * self.size)) + 1, 0);
        self.positions.reset(players.len());
        for player in players {
            let cell = self.cell(player.position);
            self.begins[cell + 1] += 1;
        }
        let mut sum = 0;
        for begin in &mut self.begins {
            sum += std::mem::replace(begin, sum);
        }
        // Here `begins[cell + 1]` is the start of `cell`. Each player that is put into the cell
        // moves it by one, until it is the start of the next cell.
        for player in players {
            let cell = self.cell(player.position);
            let at = &mut self.begins[cell + 1];
            self.positions.put(*at as usize, player);
            *at += 1;
        }
    }

    /// Returns all players, cell by cell, and within a cell in the order of [`Self::fill`].
    pub fn iter(&self) -> impl Iterator<Item = SlotPosition> {
        self.positions.iter()
    }

    /// Calls `found` with each player within the leave radius of a position, and the square of the
    /// distance. `radius` must be that of the last [`Self::fill`].
    #[inline]
    pub fn around(&self, radius: NearRadius, from: motion::Position, mut found: impl FnMut(Slot, i64)) {
        let columns = self.stretch(from.x, radius);
        let rows = self.stretch(from.y, radius);
        let size = 1 << self.size;
        for row in 0..rows.len {
            let row = ((rows.first + row) & (size - 1)) << self.size;
            // A row that wraps around is two ranges.
            let first = size.min(columns.first + columns.len);
            for (from_column, to_column) in [(columns.first, first), (0, columns.first + columns.len - first)]
            {
                let begin = self.begins[(row + from_column) as usize] as usize;
                let end = self.begins[(row + to_column) as usize] as usize;
                self.positions.within(begin..end, radius, from, &mut found);
            }
        }
    }

    fn cell(&self, position: motion::Position) -> usize {
        let mask = (1 << self.size) - 1;
        let (row, column) = (position.y as u32 >> self.side, position.x as u32 >> self.side);
        ((row & mask) << self.size | (column & mask)) as usize
    }

    /// The columns, or rows, within the leave radius of a coordinate.
    fn stretch(&self, at: i32, radius: NearRadius) -> Stretch {
        let cell = |at: i32| at as u32 >> self.side;
        let (first, last) = (
            cell(at.wrapping_sub(radius.leave)),
            cell(at.wrapping_add(radius.leave)),
        );
        let apart = last.wrapping_sub(first) & (u32::MAX >> self.side);
        let size = 1 << self.size;
        Stretch {
            first: first & (size - 1),
            len: size.min(apart + 1),
        }
    }
}

/// Adjacent columns or rows, at most all of them.
struct Stretch {
    first: u32,
    len: u32,
}

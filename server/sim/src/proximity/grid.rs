//! Who may be near a place in a large room: a grid of cells about as wide as near is far.

use parlour_shared::{ids::Slot, motion};

use super::{Placed, Reach, places::Places};

/// Players sorted by cell. It is made anew in each tick in which it is asked, by counting, from memory that it keeps:
/// it holds nothing that the positions do not say.
///
/// The cells wrap around, as on a torus: two that are far apart may share a place in memory, which costs comparisons and
/// changes nothing. So a grid needs memory for its players and not for its map.
#[derive(Debug, Default)]
pub struct Grid {
    places: Places,
    /// Where the players of each cell begin in `places`, and where those of the last one end.
    begins: Vec<u32>,
    /// The side of a cell is 2 to the power of this.
    side: u32,
    /// So is the number of columns, and of rows.
    size: u32,
}

impl Grid {
    /// Takes in some players, and forgets those before.
    pub fn fill(&mut self, placed: &[Placed], reach: Reach) {
        // The largest power of two that is not beyond the reach: what is around a place is at most five cells wide.
        self.side = reach.leave.max(1).ilog2();
        let cells = placed.len().next_power_of_two().ilog2();
        // A map is 2^32 units wide, and the cells must wrap where it does.
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
        // What begins at `begins[cell + 1]` until now is this cell; each player moves it towards the next one.
        for player in placed {
            let cell = self.cell(player.position);
            let at = &mut self.begins[cell + 1];
            self.places.put(*at as usize, player);
            *at += 1;
        }
    }

    /// Everyone, cell by cell, in a cell in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = Placed> {
        self.places.iter()
    }

    /// Calls `found` with everyone who is within the longer reach of a position, and the square of the distance.
    /// `reach` is the one that the grid was filled with.
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

/// Columns or rows side by side, the first less than there are.
struct Stretch {
    first: u32,
    len: u32,
}

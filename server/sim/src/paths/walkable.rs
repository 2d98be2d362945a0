//! The tiles of a map on which a body can stand, and the steps between them.

use parlour_shared::motion::{Position, UNITS_PER_PX, WallGrid};
use serde::{Deserialize, Serialize};

use crate::space::HalfSize;

/// A tile, by column and row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TileCell {
    /// Its column.
    pub column: i32,
    /// Its row.
    pub row: i32,
}

/// The directions of a step from one tile to the next: the four straight ones first.
pub(super) const STEPS: [(i32, i32); 8] = [
    (0, -1),
    (1, 0),
    (0, 1),
    (-1, 0),
    (1, -1),
    (1, 1),
    (-1, 1),
    (-1, -1),
];

/// A map, as a body of one size can walk on it: from the centre of a tile to the centre of one of
/// the eight next ones.
#[derive(Clone, Copy, Debug)]
pub struct Walkable<'a> {
    walls: &'a WallGrid,
    size: HalfSize,
}

impl<'a> Walkable<'a> {
    /// Returns the map as a body of this size can walk on it.
    #[must_use]
    pub fn new(walls: &'a WallGrid, size: HalfSize) -> Self {
        Self { walls, size }
    }

    /// Returns the walls of the map.
    #[must_use]
    pub fn walls(&self) -> &'a WallGrid {
        self.walls
    }

    /// Returns the tile that contains a position.
    #[must_use]
    pub fn tile_at(&self, position: Position) -> TileCell {
        TileCell {
            column: position.x.div_euclid(self.tile()),
            row: position.y.div_euclid(self.tile()),
        }
    }

    /// Returns the centre of a tile of the map. It saturates for a tile that no map has.
    #[must_use]
    pub fn centre(&self, tile: TileCell) -> Position {
        let centre = |at: i32| at.saturating_mul(self.tile()).saturating_add(self.tile() / 2);
        Position {
            x: centre(tile.column),
            y: centre(tile.row),
        }
    }

    /// Returns whether the body, with its position at the centre of a tile, overlaps no wall.
    #[must_use]
    pub fn is_free(&self, tile: TileCell) -> bool {
        // Everything outside the map is wall, and its centre may not fit the type.
        if self.walls.is_wall(tile.column, tile.row) {
            return false;
        }
        let centre = self.centre(tile);
        let across = |middle: i32, half: i32| {
            let first = middle.saturating_sub(half).div_euclid(self.tile());
            first
                ..=(middle.saturating_add(half) - 1)
                    .max(middle)
                    .div_euclid(self.tile())
        };
        let columns = across(centre.x, self.size.half_x);
        across(centre.y, self.size.half_y)
            .all(|row| columns.clone().all(|column| !self.walls.is_wall(column, row)))
    }

    /// Calls `found` with each direction, as an index into [`STEPS`], in which the body can walk to
    /// the next tile. A diagonal step does not cut corners: both tiles beside it must be free.
    #[inline]
    pub(super) fn each_step(&self, from: TileCell, mut found: impl FnMut(usize, TileCell)) {
        let next = |(column, row): (i32, i32)| TileCell {
            column: from.column + column,
            row: from.row + row,
        };
        let mut straight = [false; 4];
        for (direction, is_free) in straight.iter_mut().enumerate() {
            let tile = next(STEPS[direction]);
            *is_free = self.is_free(tile);
            if *is_free {
                found(direction, tile);
            }
        }
        // Diagonal 4 + n lies between the straight directions n and n + 1.
        for beside in 0..4 {
            if straight[beside] && straight[(beside + 1) % 4] {
                let tile = next(STEPS[4 + beside]);
                if self.is_free(tile) {
                    found(4 + beside, tile);
                }
            }
        }
    }

    /// Returns the number of a tile of the map: row by row.
    pub(super) fn number(&self, tile: TileCell) -> u32 {
        tile.row as u32 * u32::from(self.walls.size().0) + tile.column as u32
    }

    /// Returns the tile with this number.
    pub(super) fn tile_of(&self, number: u32) -> TileCell {
        let width = u32::from(self.walls.size().0);
        TileCell {
            column: (number % width) as i32,
            row: (number / width) as i32,
        }
    }

    /// Returns the side of a tile in units.
    pub(super) fn tile(&self) -> i32 {
        i32::from(self.walls.tile_px()) * UNITS_PER_PX
    }
}

//! The walls of a map: one bit per tile.

use serde::{Deserialize, Serialize};

use super::{BodySize, Position, UNITS_PER_PX};

/// A rectangle of tiles, as walls are sent to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileRect {
    /// Column of its left edge.
    pub x: u16,
    /// Row of its top edge.
    pub y: u16,
    /// Columns.
    pub w: u16,
    /// Rows.
    pub h: u16,
}

/// The walls of a map. Everything outside the map is wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WallGrid {
    width: u16,
    height: u16,
    tile: i32,
    /// Empty if no tile is a wall, so that open ground takes no memory.
    blocked: Vec<u64>,
}

impl WallGrid {
    /// Returns a grid of `width` x `height` tiles of `tile_px` pixels, without walls. The map
    /// must fit an i32 of units (8 million px): [`Self::fits`] checks this.
    ///
    /// # Panics
    /// If [`Self::fits`] is false. Code that reads maps and messages must check it first.
    #[must_use]
    pub fn new(width: u16, height: u16, tile_px: u16) -> Self {
        assert!(
            Self::fits(width, height, tile_px),
            "map of {width} x {height} tiles of {tile_px} px"
        );
        Self {
            width,
            height,
            tile: i32::from(tile_px) * UNITS_PER_PX,
            blocked: Vec::new(),
        }
    }

    /// Whether [`Self::new`] accepts these dimensions: at most 4 million tiles (512 KiB), tiles of
    /// 8 to 1024 px, and at most 4 million px per side.
    #[must_use]
    pub fn fits(width: u16, height: u16, tile_px: u16) -> bool {
        let tiles = u32::from(width) * u32::from(height);
        let longest = u32::from(width.max(height)) * u32::from(tile_px);
        (1..=4_000_000).contains(&tiles) && (8..=1024).contains(&tile_px) && longest <= 4_000_000
    }

    /// Returns the number of columns and rows.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        (self.width, self.height)
    }

    /// Returns the side of a tile in pixels.
    #[must_use]
    pub fn tile_px(&self) -> u16 {
        (self.tile / UNITS_PER_PX) as u16
    }

    /// Returns the side of a tile in units.
    pub(super) fn tile(&self) -> i32 {
        self.tile
    }

    /// Makes a tile a wall. Tiles outside the map already are.
    pub fn block(&mut self, column: u16, row: u16) {
        if column < self.width && row < self.height {
            if self.blocked.is_empty() {
                let tiles = usize::from(self.width) * usize::from(self.height);
                self.blocked.resize(tiles.div_ceil(64), 0);
            }
            let bit = usize::from(row) * usize::from(self.width) + usize::from(column);
            self.blocked[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Makes every tile of a rectangle a wall.
    pub fn block_rect(&mut self, rect: TileRect) {
        for row in rect.y..rect.y.saturating_add(rect.h).min(self.height) {
            for column in rect.x..rect.x.saturating_add(rect.w).min(self.width) {
                self.block(column, row);
            }
        }
    }

    /// Whether the tile is a wall.
    #[must_use]
    pub fn is_wall(&self, column: i32, row: i32) -> bool {
        if column < 0 || row < 0 || column >= i32::from(self.width) || row >= i32::from(self.height) {
            return true;
        }
        let bit = row as usize * usize::from(self.width) + column as usize;
        self.blocked
            .get(bit / 64)
            .is_some_and(|word| word & (1 << (bit % 64)) != 0)
    }

    /// Whether the body of a player at `position` overlaps no wall.
    #[must_use]
    pub fn is_free(&self, position: Position) -> bool {
        self.is_free_for(BodySize::PLAYER, position)
    }

    /// Whether a body at `position` overlaps no wall.
    #[must_use]
    pub fn is_free_for(&self, body: BodySize, position: Position) -> bool {
        let (left, right) = self.tiles_across(position.x, body.half_x.into());
        let (top, bottom) = self.tiles_across(position.y, body.half_y.into());
        (top..=bottom).all(|row| (left..=right).all(|column| !self.is_wall(column, row)))
    }

    /// Returns the first and last tile that a body with its centre at `middle` touches along one
    /// axis.
    pub(super) fn tiles_across(&self, middle: i32, half: i32) -> (i32, i32) {
        (
            middle.saturating_sub(half).div_euclid(self.tile),
            middle.saturating_add(half - 1).div_euclid(self.tile),
        )
    }

    /// Returns the walls as a short list of rectangles: runs along a row, joined with equally wide
    /// runs below.
    #[must_use]
    pub fn to_rects(&self) -> Vec<TileRect> {
        let mut done: Vec<TileRect> = Vec::new();
        let mut open: Vec<TileRect> = Vec::new();
        for row in 0..self.height {
            let mut next = Vec::new();
            for (x, w) in self.runs(row) {
                match open.iter().position(|rect| rect.x == x && rect.w == w) {
                    Some(index) => {
                        let rect = open.remove(index);
                        next.push(TileRect {
                            h: rect.h + 1,
                            ..rect
                        });
                    }
                    None => next.push(TileRect { x, y: row, w, h: 1 }),
                }
            }
            done.append(&mut open);
            open = next;
        }
        done.append(&mut open);
        done.sort_by_key(|rect| (rect.y, rect.x));
        done
    }

    /// Returns the start and length of each run of walls in a row.
    fn runs(&self, row: u16) -> Vec<(u16, u16)> {
        let mut runs: Vec<(u16, u16)> = Vec::new();
        for column in (0..self.width).filter(|&column| self.is_wall(i32::from(column), i32::from(row))) {
            match runs.last_mut() {
                Some((start, length)) if *start + *length == column => *length += 1,
                _ => runs.push((column, 1)),
            }
        }
        runs
    }
}

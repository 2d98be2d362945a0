//! A map as the simulation and clients know it: walls, places to appear, doors. Read from Tiled
//! files by the server.

use serde::{Deserialize, Serialize};

use crate::motion::{Position, TileRect, UNITS_PER_PX, WallGrid};

/// A map that rooms are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// Its name, which is also the first part of the names of rooms made from it.
    pub name: String,
    /// Where nobody can stand.
    pub walls: WallGrid,
    /// Where players appear; at least one, each free of walls.
    pub spawns: Vec<Spawn>,
    /// Ways to other rooms.
    pub doors: Vec<Door>,
}

/// A place where players appear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawn {
    /// Doors refer to it by this name.
    pub name: String,
    /// Where.
    pub position: Position,
}

/// A rectangle that moves a player, whose middle enters it, to another room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    /// Left edge in pixels.
    pub x: i32,
    /// Top edge in pixels.
    pub y: i32,
    /// Width in pixels.
    pub w: i32,
    /// Height in pixels.
    pub h: i32,
    /// The map it leads to, in the instance of the room it stands in.
    pub to_map: String,
    /// The spawn point there.
    pub to_spawn: String,
}

/// A map as it is sent to a client that enters a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapInfo {
    /// Its name.
    pub name: String,
    /// Columns of tiles.
    pub width: u16,
    /// Rows of tiles.
    pub height: u16,
    /// Side of a tile in pixels.
    pub tile_px: u16,
    /// The walls, in tiles. Outside the map all is wall.
    pub walls: Vec<TileRect>,
    /// The doors, in pixels.
    pub doors: Vec<Door>,
}

impl Map {
    /// What a client is told of this map.
    #[must_use]
    pub fn info(&self) -> MapInfo {
        let (width, height) = self.walls.size();
        MapInfo {
            name: self.name.clone(),
            width,
            height,
            tile_px: self.walls.tile_px(),
            walls: self.walls.to_rects(),
            doors: self.doors.clone(),
        }
    }
}

impl Door {
    /// Whether a place lies in the rectangle (right and lower edge excluded).
    #[must_use]
    pub fn contains(&self, position: Position) -> bool {
        // In i64: a client may be sent numbers that no map has.
        let within = |start: i32, length: i32, place: i32| {
            let (start, length) = (i64::from(start), i64::from(length));
            let unit = i64::from(UNITS_PER_PX);
            (start * unit..(start + length) * unit).contains(&i64::from(place))
        };
        within(self.x, self.w, position.x) && within(self.y, self.h, position.y)
    }
}

impl MapInfo {
    /// The walls as a grid to move in; `None` if the measures are not those of a map.
    #[must_use]
    pub fn wall_grid(&self) -> Option<WallGrid> {
        if !WallGrid::fits(self.width, self.height, self.tile_px) {
            return None;
        }
        // Walls do not overlap. If they did, a few bytes could ask for any amount of work.
        let area = |rect: &TileRect| {
            let across = u64::from(rect.w.min(self.width.saturating_sub(rect.x)));
            across * u64::from(rect.h.min(self.height.saturating_sub(rect.y)))
        };
        if self.walls.iter().map(area).sum::<u64>() > u64::from(self.width) * u64::from(self.height) {
            return None;
        }
        let mut walls = WallGrid::new(self.width, self.height, self.tile_px);
        for rect in &self.walls {
            walls.block_rect(*rect);
        }
        Some(walls)
    }
}

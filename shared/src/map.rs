//! Maps as the simulation and clients use them: walls, spawn points, doors and objects. The server
//! reads them from Tiled files.

use serde::{Deserialize, Serialize};

use crate::motion::{Position, TileRect, UNITS_PER_PX, WallGrid};

/// A map from which rooms are created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// Its name, which is also the first part of the names of its rooms.
    pub name: String,
    /// The walls, which no body may overlap.
    pub walls: WallGrid,
    /// The spawn points: at least one, each free of walls.
    pub spawns: Vec<Spawn>,
    /// The doors to other rooms.
    pub doors: Vec<Door>,
    /// The objects of each new room, at most [`MAX_ROOM_OBJECTS`](crate::limits::MAX_ROOM_OBJECTS).
    pub objects: Vec<MapObject>,
}

/// An object that is placed in a map. Each new room has it from the start, if game logic declares a
/// kind of objects with the name of its class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapObject {
    /// Its name, which may be empty and need not be unique.
    pub name: String,
    /// Its class: the name of its kind.
    pub class: String,
    /// Its middle.
    pub position: Position,
    /// Its width and height in pixels, rounded; 0 for a point. Bodies have the size of their kind,
    /// so this is only for game logic: for example the size of an area.
    pub size_px: (u32, u32),
    /// Its properties, sorted by name. The values are texts: `true`, `12`, `oak`.
    pub properties: Vec<(String, String)>,
}

impl MapObject {
    /// Returns the value of a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        let mut properties = self.properties.iter();
        properties
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A spawn point: a place where players enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawn {
    /// The name by which doors refer to it.
    pub name: String,
    /// Its position.
    pub position: Position,
}

/// A rectangle that moves a player to a different room when the centre of its body enters it.
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
    /// The map to which it leads. The instance is that of the door's room.
    pub to_map: String,
    /// The spawn point on that map, by name.
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
    /// The walls, in tiles. Everything outside the map is wall.
    pub walls: Vec<TileRect>,
    /// The doors, in pixels.
    pub doors: Vec<Door>,
}

impl Map {
    /// Returns the description of this map for clients.
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
    /// Whether a position is in the rectangle, excluding its right and lower edges.
    #[must_use]
    pub fn contains(&self, position: Position) -> bool {
        // In i64, because a hostile server may send numbers that overflow.
        let within = |start: i32, length: i32, place: i32| {
            let (start, length) = (i64::from(start), i64::from(length));
            let unit = i64::from(UNITS_PER_PX);
            (start * unit..(start + length) * unit).contains(&i64::from(place))
        };
        within(self.x, self.w, position.x) && within(self.y, self.h, position.y)
    }
}

impl MapInfo {
    /// Returns the walls as a grid, or `None` if the dimensions are invalid or the walls cover more
    /// than the map.
    #[must_use]
    pub fn wall_grid(&self) -> Option<WallGrid> {
        if !WallGrid::fits(self.width, self.height, self.tile_px) {
            return None;
        }
        // Walls do not overlap. If they could, a few bytes would cause unbounded work.
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

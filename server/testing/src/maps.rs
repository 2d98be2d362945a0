//! Small maps.

use std::sync::Arc;

use parlour_shared::{
    map::{Door, Map, Spawn},
    motion::{Position, WallGrid},
};

/// Makes a map with one spawn point, `default`.
#[must_use]
pub fn map(name: &str, walls: WallGrid, place: Position, doors: Vec<Door>) -> Map {
    Map {
        name: name.into(),
        walls,
        spawns: vec![spawn("default", place)],
        doors,
        objects: Vec::new(),
    }
}

/// Makes a door that leads to the spawn point `default` of a different map. The rectangle is in
/// pixels.
#[must_use]
pub fn door([x, y, w, h]: [i32; 4], to: &str) -> Door {
    Door {
        x,
        y,
        w,
        h,
        to_map: to.into(),
        to_spawn: "default".into(),
    }
}

/// Makes a square map without walls, in tiles of 16 px. The first spawn point is `default`.
#[must_use]
pub fn open_map(name: &str, tiles: u16, spawns: i32) -> Map {
    let side = i32::from(tiles) * 16;
    let place = |n: i32| Position::from_px(24 + (n * 67) % (side - 48), 24 + (n * 131) % (side - 48));
    let mut map = map(name, WallGrid::new(tiles, tiles, 16), place(0), Vec::new());
    let others = (1..spawns).map(|n| spawn(&format!("spawn-{n}"), place(n)));
    map.spawns.extend(others);
    map
}

/// Makes two small maps with walls, `east` and `west`, and a door from each to the other.
#[must_use]
pub fn connected_maps() -> Vec<Arc<Map>> {
    let map = |name: &str, to: &str| {
        let mut walls = WallGrid::new(30, 30, 16);
        (5..20).for_each(|row| walls.block(12, row));
        let doors = vec![door([300, 80, 32, 64], to)];
        Arc::new(map(name, walls, Position::from_px(100, 100), doors))
    };
    vec![map("east", "west"), map("west", "east")]
}

fn spawn(name: &str, position: Position) -> Spawn {
    Spawn {
        name: name.into(),
        position,
    }
}

//! A digest of a map. A recording names its maps by their digests, and a replay with different maps
//! is refused.

use parlour_shared::map::Map;
use sha2::{Digest as _, Sha256};

/// Returns the SHA-256 of everything in a map that affects a world, in this form. Integers are
/// little endian; strings are their length in bytes (u32) and UTF-8.
///
/// - the string `parlour map 1`, the name
/// - u16 columns, u16 rows, u16 side of a tile in pixels
/// - one bit per tile, row by row, lowest bit of each byte first; 1 is a wall
/// - u32 spawn points, in the map's order; each a name, i32 x, i32 y in units
/// - u32 doors, in the map's order; each i32 x, y, w, h in pixels, then its target map and spawn
///   point
/// - only if there are objects: their number as u32, in the map's order; each its name and class,
///   i32 x, y of its middle in units, u32 width and height in pixels, u32 properties, each a name
///   and a value
#[must_use]
pub fn map_digest(map: &Map) -> [u8; 32] {
    let mut digest = Sha256::new();
    text(&mut digest, "parlour map 1");
    text(&mut digest, &map.name);
    walls(&mut digest, map);
    count(&mut digest, map.spawns.len());
    for spawn in &map.spawns {
        text(&mut digest, &spawn.name);
        digest.update(spawn.position.x.to_le_bytes());
        digest.update(spawn.position.y.to_le_bytes());
    }
    count(&mut digest, map.doors.len());
    for door in &map.doors {
        for number in [door.x, door.y, door.w, door.h] {
            digest.update(number.to_le_bytes());
        }
        text(&mut digest, &door.to_map);
        text(&mut digest, &door.to_spawn);
    }
    if !map.objects.is_empty() {
        objects(&mut digest, map);
    }
    digest.finalize().into()
}

fn walls(digest: &mut Sha256, map: &Map) {
    let (width, height) = map.walls.size();
    for number in [width, height, map.walls.tile_px()] {
        digest.update(number.to_le_bytes());
    }
    let tiles = (0..i32::from(height)).flat_map(|row| (0..i32::from(width)).map(move |column| (column, row)));
    let mut bytes = vec![0u8; (usize::from(width) * usize::from(height)).div_ceil(8)];
    for (nth, (column, row)) in tiles.enumerate() {
        bytes[nth / 8] |= u8::from(map.walls.is_wall(column, row)) << (nth % 8);
    }
    digest.update(bytes);
}

fn objects(digest: &mut Sha256, map: &Map) {
    count(digest, map.objects.len());
    for object in &map.objects {
        text(digest, &object.name);
        text(digest, &object.class);
        digest.update(object.position.x.to_le_bytes());
        digest.update(object.position.y.to_le_bytes());
        digest.update(object.size_px.0.to_le_bytes());
        digest.update(object.size_px.1.to_le_bytes());
        count(digest, object.properties.len());
        for (name, value) in &object.properties {
            text(digest, name);
            text(digest, value);
        }
    }
}

fn text(digest: &mut Sha256, text: &str) {
    count(digest, text.len());
    digest.update(text);
}

/// A count always fits a u32: a map file has at most 4 MiB.
fn count(digest: &mut Sha256, count: usize) {
    digest.update(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

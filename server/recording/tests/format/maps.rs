//! The digest of a map distinguishes it from any other.

use std::{collections::HashSet, sync::Arc};

use parlour_recording::map_digest;
use parlour_shared::{
    map::{Door, Map, MapObject, Spawn},
    motion::{Position, WallGrid},
};

pub(crate) fn garden() -> Arc<Map> {
    let mut walls = WallGrid::new(9, 7, 32);
    walls.block(2, 3);
    Arc::new(Map {
        name: "garden".into(),
        walls,
        spawns: vec![spawn("default", 3000), spawn("pond", 40_000)],
        doors: vec![door("lobby"), door("plaza")],
        objects: Vec::new(),
    })
}

fn spawn(name: &str, x: i32) -> Spawn {
    let position = Position { x, y: 5000 };
    Spawn {
        name: name.into(),
        position,
    }
}

fn door(to_map: &str) -> Door {
    Door {
        x: 1,
        y: 2,
        w: 3,
        h: 4,
        to_map: to_map.into(),
        to_spawn: "default".into(),
    }
}

fn chair() -> MapObject {
    MapObject {
        name: "seat".into(),
        class: "chair".into(),
        position: Position { x: 5, y: 6 },
        size_px: (7, 8),
        properties: vec![("wood".into(), "oak".into())],
    }
}

fn changed(change: impl FnOnce(&mut MapObject)) -> MapObject {
    let mut chair = chair();
    change(&mut chair);
    chair
}

#[test]
fn any_change_of_a_map_changes_its_digest() {
    let changes: &[fn(&mut Map)] = &[
        |_| {},
        |map| map.name.push('s'),
        |map| map.walls.block(0, 0),
        |map| map.walls.block(8, 6),
        |map| map.walls.block(3, 2),
        |map| map.walls = grid(9, 7, 16),
        |map| map.walls = grid(9, 7, 32),
        |map| map.walls = grid(7, 9, 32),
        |map| map.walls = grid(63, 1, 32),
        |map| map.spawns[0].name.push('s'),
        |map| map.spawns[0].position.x += 1,
        |map| map.spawns[1].position.y -= 1,
        |map| map.spawns.swap(0, 1),
        |map| drop(map.spawns.pop()),
        |map| map.doors[0].x += 1,
        |map| map.doors[0].y += 1,
        |map| map.doors[0].w += 1,
        |map| map.doors[0].h += 1,
        |map| map.doors[0].to_map.push('s'),
        |map| map.doors[0].to_spawn.push('s'),
        |map| map.doors.swap(0, 1),
        |map| drop(map.doors.pop()),
        |map| map.objects.push(chair()),
        |map| map.objects.push(changed(|chair| chair.name.push('s'))),
        |map| map.objects.push(changed(|chair| chair.class.push('s'))),
        |map| map.objects.push(changed(|chair| chair.position.x += 1)),
        |map| map.objects.push(changed(|chair| chair.position.y += 1)),
        |map| map.objects.push(changed(|chair| chair.size_px.0 += 1)),
        |map| map.objects.push(changed(|chair| chair.size_px.1 += 1)),
        |map| map.objects.push(changed(|chair| chair.properties[0].0.push('s'))),
        |map| map.objects.push(changed(|chair| chair.properties[0].1.push('s'))),
        |map| map.objects.push(changed(|chair| drop(chair.properties.pop()))),
        |map| map.objects.extend([chair(), chair()]),
        // The same bytes, split differently between two strings.
        |map| {
            map.doors[0].to_map = "lobbyd".into();
            map.doors[0].to_spawn = "efault".into();
        },
    ];
    let digests: HashSet<[u8; 32]> = changes
        .iter()
        .map(|change| {
            let mut map = Map::clone(&garden());
            change(&mut map);
            map_digest(&map)
        })
        .collect();
    assert_eq!(digests.len(), changes.len());
}

fn grid(width: u16, height: u16, tile_px: u16) -> WallGrid {
    WallGrid::new(width, height, tile_px)
}

#[test]
fn the_digest_covers_the_documented_form() {
    use sha2::{Digest as _, Sha256};
    let mut form = Vec::new();
    let text = |text: &str, form: &mut Vec<u8>| {
        form.extend((text.len() as u32).to_le_bytes());
        form.extend(text.as_bytes());
    };
    text("parlour map 1", &mut form);
    text("garden", &mut form);
    [9u16, 7, 32]
        .iter()
        .for_each(|number| form.extend(number.to_le_bytes()));
    // The wall in column 2, row 3 is the 30th of 63 tiles: bit 29.
    form.extend((1u64 << 29).to_le_bytes());
    form.extend(2u32.to_le_bytes());
    for (name, x) in [("default", 3000i32), ("pond", 40_000)] {
        text(name, &mut form);
        form.extend(x.to_le_bytes());
        form.extend(5000i32.to_le_bytes());
    }
    form.extend(2u32.to_le_bytes());
    for to_map in ["lobby", "plaza"] {
        [1i32, 2, 3, 4]
            .iter()
            .for_each(|number| form.extend(number.to_le_bytes()));
        text(to_map, &mut form);
        text("default", &mut form);
    }
    assert_eq!(map_digest(&garden()), <[u8; 32]>::from(Sha256::digest(&form)));

    form.extend(1u32.to_le_bytes());
    text("seat", &mut form);
    text("chair", &mut form);
    for number in [5i32, 6, 7, 8, 1] {
        form.extend(number.to_le_bytes());
    }
    text("wood", &mut form);
    text("oak", &mut form);
    let mut furnished = Map::clone(&garden());
    furnished.objects.push(chair());
    assert_eq!(map_digest(&furnished), <[u8; 32]>::from(Sha256::digest(&form)));
}

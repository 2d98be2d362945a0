//! The bundled maps are valid: spawn points are free, doors lead to spawn points, and players can
//! walk to all of them.

use std::collections::{BTreeSet, HashSet};

use parlour::maps;
use parlour_recording::map_digest;
use parlour_shared::map::Map;

fn bundled() -> Vec<std::sync::Arc<Map>> {
    maps::load(None).unwrap()
}

#[test]
fn the_bundled_maps_are_garden_lobby_and_plaza() {
    let names: Vec<String> = bundled().iter().map(|map| map.name.clone()).collect();
    assert_eq!(names, ["garden", "lobby", "plaza"]);
}

#[test]
fn every_spawn_point_is_free_and_every_door_leads_to_one() {
    let maps = bundled();
    for map in &maps {
        assert!(
            map.spawns.iter().any(|spawn| spawn.name == "default"),
            "{}",
            map.name
        );
        for spawn in &map.spawns {
            assert!(map.walls.is_free(spawn.position), "{} {}", map.name, spawn.name);
            assert!(
                map.doors.iter().all(|door| !door.contains(spawn.position)),
                "{} {}",
                map.name,
                spawn.name
            );
        }
        for door in &map.doors {
            let target = maps.iter().find(|target| target.name == door.to_map).unwrap();
            assert!(target.spawns.iter().any(|spawn| spawn.name == door.to_spawn));
        }
    }
}

/// Returns the tiles that can be reached from the default spawn point.
fn walkable(map: &Map) -> BTreeSet<(i32, i32)> {
    let tile = i32::from(map.walls.tile_px()) * 256;
    let default = map.spawns.iter().find(|spawn| spawn.name == "default").unwrap();
    let mut unvisited = vec![(default.position.x / tile, default.position.y / tile)];
    let mut reached = BTreeSet::new();
    while let Some((column, row)) = unvisited.pop() {
        if !map.walls.is_wall(column, row) && reached.insert((column, row)) {
            unvisited.extend([
                (column + 1, row),
                (column - 1, row),
                (column, row + 1),
                (column, row - 1),
            ]);
        }
    }
    reached
}

#[test]
fn every_spawn_point_and_every_door_can_be_walked_to() {
    for map in bundled() {
        let px = i32::from(map.walls.tile_px());
        let walkable = walkable(&map);
        for spawn in &map.spawns {
            let tile = (spawn.position.x / 256 / px, spawn.position.y / 256 / px);
            assert!(walkable.contains(&tile), "{} {}", map.name, spawn.name);
        }
        for door in &map.doors {
            let tiles = (door.x / px..=(door.x + door.w - 1) / px)
                .flat_map(|x| (door.y / px..=(door.y + door.h - 1) / px).map(move |y| (x, y)));
            assert!(
                tiles.into_iter().any(|tile| walkable.contains(&tile)),
                "{} to {}",
                map.name,
                door.to_map
            );
        }
    }
}

#[test]
fn lobby_and_garden_are_connected_both_ways_and_the_plaza_is_2000_px_wide() {
    let maps = bundled();
    let find = |name: &str| maps.iter().find(|map| map.name == name).unwrap();
    assert!(find("lobby").doors.iter().any(|door| door.to_map == "garden"));
    assert!(find("garden").doors.iter().any(|door| door.to_map == "lobby"));
    let plaza = &find("plaza").walls;
    let px = |tiles: u16| u32::from(tiles) * u32::from(plaza.tile_px());
    assert_eq!((px(plaza.size().0), px(plaza.size().1)), (2000, 2000));
}

#[test]
fn the_walls_of_every_bundled_map_fit_into_a_message() {
    for map in bundled() {
        let info = map.info();
        assert!(
            info.walls.len() < 1000,
            "{}: {} rectangles",
            map.name,
            info.walls.len()
        );
        assert_eq!(info.wall_grid().as_ref(), Some(&map.walls), "{}", map.name);
    }
}

#[test]
fn every_bundled_map_has_a_different_digest() {
    let digests: HashSet<_> = bundled().iter().map(|map| map_digest(map)).collect();
    assert_eq!(digests.len(), bundled().len());
}

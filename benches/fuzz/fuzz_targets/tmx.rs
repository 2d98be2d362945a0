//! Map files: each is refused with a reason, or loads as a map with free spawn points and objects
//! in the map, which can be sent to clients.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour::maps;

#[path = "../mutate.rs"]
mod mutate;

fuzz_target!(|input: &[u8]| {
    let text = mutate::mutate(include_bytes!("../seeds/small.tmx"), input);
    if let Ok(map) = maps::parse("fuzz", "fuzz.tmx", &text) {
        assert!(!map.spawns.is_empty() && map.spawns.iter().all(|spawn| map.walls.is_free(spawn.position)));
        let (width, height) = map.walls.size();
        let side = i64::from(map.walls.tile_px()) * 256;
        let is_inside = |at: i32, tiles: u16| (0..=i64::from(tiles) * side).contains(&i64::from(at));
        for object in &map.objects {
            assert!(is_inside(object.position.x, width) && is_inside(object.position.y, height));
            assert!(!object.class.is_empty() && object.properties.is_sorted());
        }
        assert_eq!(map.info().wall_grid().as_ref(), Some(&map.walls));
    }
});

//! Map files: each is refused with a reason, or loads as a map with free spawn points that can be
//! sent to clients.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_server::maps;

#[path = "../mutate.rs"]
mod mutate;

fuzz_target!(|input: &[u8]| {
    let text = mutate::mutate(include_bytes!("../seeds/small.tmx"), input);
    if let Ok(map) = maps::parse("fuzz", "fuzz.tmx", &text) {
        assert!(!map.spawns.is_empty() && map.spawns.iter().all(|spawn| map.walls.is_free(spawn.position)));
        assert_eq!(map.info().wall_grid().as_ref(), Some(&map.walls));
    }
});

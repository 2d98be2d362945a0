//! Map files: refused with a reason, or a map that can be stood in and sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_server::maps;

#[path = "../bend.rs"]
mod bend;

fuzz_target!(|input: &[u8]| {
    let text = bend::bend(include_bytes!("../seeds/small.tmx"), input);
    if let Ok(map) = maps::parse("fuzz", "fuzz.tmx", &text) {
        assert!(!map.spawns.is_empty() && map.spawns.iter().all(|spawn| map.walls.is_free(spawn.position)));
        assert_eq!(map.info().wall_grid().as_ref(), Some(&map.walls));
    }
});

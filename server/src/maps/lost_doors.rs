//! Finds doors whose target does not exist.
//!
//! In a user's map such a door is an error, because the user can correct the file. In a bundled map
//! it is only a warning: the target is missing because the user omitted or replaced the other map
//! on purpose.

use std::collections::{BTreeMap, BTreeSet};

use parlour_shared::map::Door;

use super::{
    bundled::BundledMaps,
    error::{Fault, LostDoor, MapError},
    read::MapFile,
};
use crate::suggest::closest;

/// Returns the doors of a map that do not lead to a spawn point of a served map. Doors to
/// maps in `unreadable` are not reported, because nothing is known about these maps.
pub(super) fn lost_doors(
    entry: &MapFile,
    catalogue: &BTreeMap<String, MapFile>,
    unreadable: &BTreeSet<String>,
) -> Vec<MapError> {
    let doors = entry.parsed.map.doors.iter().zip(&entry.parsed.doors);
    let doors = doors.filter(|(door, _)| !unreadable.contains(&door.to_map));
    let lost = doors.filter_map(|(door, place)| {
        Some(MapError {
            file: entry.file.clone(),
            place: place.clone(),
            fault: fault(door, entry, catalogue)?,
        })
    });
    lost.collect()
}

fn fault(door: &Door, entry: &MapFile, catalogue: &BTreeMap<String, MapFile>) -> Option<Fault> {
    let (map, own) = (&door.to_map, &entry.parsed.map.name);
    let (spawn, advice) = match catalogue.get(map) {
        None => (None, about_map(map, own, entry.is_bundled, catalogue)),
        Some(target) => {
            let spawn = &door.to_spawn;
            if target.parsed.map.spawns.iter().any(|there| there.name == *spawn) {
                return None;
            }
            (
                Some(spawn.clone()),
                about_spawn(spawn, own, entry.is_bundled, target),
            )
        }
    };
    Some(Fault::LostDoor(Box::new(LostDoor {
        map: map.clone(),
        spawn,
        is_bundled: entry.is_bundled,
        advice,
    })))
}

/// Returns advice about a missing map.
fn about_map(map: &str, own: &str, is_bundled: bool, catalogue: &BTreeMap<String, MapFile>) -> String {
    if is_bundled {
        return format!("the door stays closed. Serve `{map}`, or omit `{own}` with bundled_maps as well");
    }
    if BundledMaps::names().any(|name| name == map) {
        return "it is a bundled map that bundled_maps omits. Serve it, or correct to_map of the door"
            .to_owned();
    }
    let names = || catalogue.keys().map(String::as_str);
    match closest(map, names()) {
        Some(other) => format!("did you mean `{other}`? Correct to_map of the door"),
        None => format!(
            "add {map}.tmx to the directory of maps, or correct to_map of the door. The maps are {}",
            names().collect::<Vec<_>>().join(", ")
        ),
    }
}

/// Returns advice about a missing spawn point.
fn about_spawn(spawn: &str, own: &str, is_bundled: bool, target: &MapFile) -> String {
    let file = &target.file;
    if is_bundled {
        return format!(
            "players arrive at any spawn point of that map. Add `{spawn}` to {file}, or omit `{own}` with bundled_maps"
        );
    }
    let spawns = || target.parsed.map.spawns.iter().map(|spawn| spawn.name.as_str());
    match closest(spawn, spawns()) {
        Some(other) => format!("did you mean `{other}`? Correct to_spawn of the door"),
        None if target.is_bundled => format!(
            "correct to_spawn of the door. The spawn points are {}",
            spawns().collect::<Vec<_>>().join(", ")
        ),
        None => format!("add it to {file}, or correct to_spawn of the door"),
    }
}

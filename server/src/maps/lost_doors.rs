//! Finds doors whose target does not exist.
//!
//! In a user's map such a door is an error, because the user can correct the file. In a bundled map
//! it is only a warning: the target is missing because the user omitted or replaced the other map
//! on purpose.

use std::collections::{BTreeMap, BTreeSet};

use parlour_shared::map::Door;

use super::{
    DoorTarget,
    bundled::BundledMaps,
    error::{Fault, LostDoor, MapError},
    read::MapFile,
};
use crate::suggest::closest;

/// Where doors may lead.
pub(super) struct Targets<'a> {
    /// The maps, by name. Each is a room type of the same name.
    pub(super) catalogue: &'a BTreeMap<String, MapFile>,
    /// The names of the maps that could not be read.
    pub(super) unreadable: &'a BTreeSet<String>,
    /// The other room types. They replace those of maps with the same name.
    pub(super) room_types: &'a [DoorTarget],
}

/// What is known about the target of a door.
enum Target<'a> {
    Map(&'a MapFile),
    /// A map that could not be read, or a room type whose map does not exist: this is reported
    /// elsewhere.
    Faulty,
    Missing,
}

impl Targets<'_> {
    fn find(&self, name: &str) -> Target<'_> {
        let room_type = self.room_types.iter().find(|target| target.name == name);
        let map = room_type.map_or(name, |room_type| room_type.map.as_str());
        match self.catalogue.get(map) {
            Some(map) => Target::Map(map),
            None if room_type.is_some() || self.unreadable.contains(map) => Target::Faulty,
            None => Target::Missing,
        }
    }

    fn room_types(&self) -> impl Iterator<Item = &str> {
        self.room_types.iter().map(|target| target.name.as_str())
    }

    fn maps(&self) -> impl Iterator<Item = &str> {
        self.catalogue.keys().map(String::as_str)
    }
}

/// Returns the doors of a map that do not lead to a spawn point of a room type. Doors to maps that
/// could not be read are not reported, because nothing is known about these maps.
pub(super) fn lost_doors(entry: &MapFile, targets: &Targets<'_>) -> Vec<MapError> {
    let doors = entry.parsed.map.doors.iter().zip(&entry.parsed.doors);
    let lost = doors.filter_map(|(door, place)| {
        Some(MapError {
            file: entry.file.clone(),
            place: place.clone(),
            fault: fault(door, entry, targets)?,
        })
    });
    lost.collect()
}

fn fault(door: &Door, entry: &MapFile, targets: &Targets<'_>) -> Option<Fault> {
    let (map, own) = (&door.to_map, &entry.parsed.map.name);
    let (spawn, advice) = match targets.find(map) {
        Target::Faulty => return None,
        Target::Missing => (None, about_map(map, own, entry.is_bundled, targets)),
        Target::Map(target) => {
            let spawn = &door.to_spawn;
            if target.parsed.map.spawns.iter().any(|known| known.name == *spawn) {
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
fn about_map(map: &str, own: &str, is_bundled: bool, targets: &Targets<'_>) -> String {
    if is_bundled {
        return format!("the door stays closed. Serve `{map}`, or omit `{own}` with bundled_maps as well");
    }
    if BundledMaps::names().any(|name| name == map) {
        return "it is a bundled map that bundled_maps omits. Serve it, or correct to_map of the door"
            .to_owned();
    }
    if let Some(other) = closest(map, targets.maps().chain(targets.room_types())) {
        return format!("did you mean `{other}`? Correct to_map of the door");
    }
    let listed = |names: Vec<&str>| names.join(", ");
    let mut advice = format!(
        "add {map}.tmx to the directory of maps, or correct to_map of the door. The maps are {}",
        listed(targets.maps().collect())
    );
    if !targets.room_types.is_empty() {
        advice += &format!(
            ", and the other room types are {}",
            listed(targets.room_types().collect())
        );
    }
    advice
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

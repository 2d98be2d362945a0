//! Checks that players can walk into the doors of a map, and away from its spawn points.
//!
//! It is an **error** if no player can ever use a door or a spawn point: if no player's center can
//! be inside the door, or a player cannot move at the spawn point. It is a **warning** if a door or
//! spawn point is only unreachable by walking, because game logic may move players there.

mod floor;

use parlour_shared::{map::Map, motion::HALF_BODY};

use super::{error::Fault, read::ParsedMap};
use floor::Floor;

/// A connected part of the floor. Players cannot walk out of it.
struct FloorPart {
    /// The indices of the spawn points in this part.
    spawns: Vec<usize>,
    /// The indices of the doors that players can walk into.
    doors: Vec<usize>,
    /// The extent along the longer axis, in units.
    extent: i32,
    /// The share of the whole floor in percent, rounded down.
    share_percent: u64,
}

/// A part with a smaller share of the floor is small. In a map of 8 equal rooms, no room is small.
const SMALL_PART_PERCENT: u64 = 10;

/// Returns all faults, with their places.
pub(super) fn check(parsed: &ParsedMap) -> Vec<(String, Fault)> {
    let map = &parsed.map;
    let floor = Floor::of(&map.walls);
    let parts = parts(map, &floor);
    let mut found = Vec::new();
    for (index, door) in map.doors.iter().enumerate() {
        let fault = if !floor.meets(floor.all(), door) {
            Fault::DoorInWall
        } else if parts.iter().all(|part| !part.doors.contains(&index)) {
            Fault::DoorOutOfReach
        } else {
            continue;
        };
        found.push((parsed.doors[index].clone(), fault));
    }
    let main = main_part(map, &parts);
    for (nth, part) in parts.iter().enumerate() {
        let fault = || {
            if part.extent < 2 * HALF_BODY {
                Some(Fault::SpawnWalledIn)
            } else if part.share_percent < SMALL_PART_PERCENT {
                Some(Fault::SpawnInSmallPart(part.share_percent + 1))
            } else if !map.doors.is_empty() {
                Some(Fault::SpawnWithoutDoor)
            } else {
                let (main, spawn) = main?;
                (nth != main).then(|| Fault::SpawnCutOff(map.spawns[spawn].name.clone()))
            }
        };
        if part.doors.is_empty() {
            let place = |spawn: &usize| parsed.spawns[*spawn].clone();
            let spawns = part.spawns.iter();
            found.extend(spawns.filter_map(|spawn| Some((place(spawn), fault()?))));
        }
    }
    found
}

/// Returns the main part of the floor, and the spawn point that names it in warnings: the part with
/// the most spawn points, then the part with `default`, then the largest. A small part is never the
/// main part.
fn main_part(map: &Map, parts: &[FloorPart]) -> Option<(usize, usize)> {
    let default = |part: &FloorPart| {
        let mut spawns = part.spawns.iter();
        spawns
            .find(|spawn| map.spawns[**spawn].name == "default")
            .copied()
    };
    let large = parts.iter().enumerate();
    let large = large.filter(|(_, part)| part.share_percent >= SMALL_PART_PERCENT);
    let (nth, part) =
        large.max_by_key(|(_, part)| (part.spawns.len(), default(part).is_some(), part.share_percent))?;
    Some((nth, default(part).or_else(|| part.spawns.first().copied())?))
}

/// Returns the parts of the floor that have spawn points.
fn parts(map: &Map, floor: &Floor) -> Vec<FloorPart> {
    let mut rest = floor.all().clone();
    let all = floor.area(floor.all());
    let mut parts = Vec::new();
    for spawn in &map.spawns {
        if !floor.contains(&rest, spawn.position) {
            continue;
        }
        let cells = floor.walk_from(spawn.position, &mut rest);
        let spawns = map.spawns.iter().enumerate();
        let doors = map.doors.iter().enumerate();
        parts.push(FloorPart {
            spawns: spawns
                .filter(|(_, spawn)| floor.contains(&cells, spawn.position))
                .map(|(index, _)| index)
                .collect(),
            doors: doors
                .filter(|(_, door)| floor.meets(&cells, door))
                .map(|(index, _)| index)
                .collect(),
            extent: floor.extent(&cells),
            // Both areas are below 2^60, so this does not overflow.
            share_percent: (floor.area(&cells) / (all / 100).max(1)).min(100),
        });
    }
    parts
}

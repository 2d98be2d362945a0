//! Checks that the rooms of each type can have the objects that their maps place: game logic
//! declares their kinds, and there are not too many.

use std::{collections::BTreeMap, sync::Arc};

use parlour_shared::{
    map::{Map, MapObject},
    motion::UNITS_PER_PX,
};
use parlour_sim::SimConfig;

use super::{CheckedType, RoomTypeFault, listed};
use crate::suggest::closest;

/// The maximum number of objects of unknown classes that are reported for each map.
const MOST_REPORTED: usize = 3;

/// What is wrong with the objects of a type.
pub(super) struct Placing {
    pub(super) faults: Vec<RoomTypeFault>,
    /// The maps whose objects are left out, because game logic declares no kinds.
    pub(super) left_out: Vec<String>,
}

/// Checks the types of a node.
pub(super) struct PlacedCheck<'a> {
    maps: BTreeMap<&'a str, &'a Arc<Map>>,
}

impl<'a> PlacedCheck<'a> {
    pub(super) fn new(sim: &'a SimConfig) -> Self {
        Self {
            maps: sim.maps.iter().map(|map| (map.name.as_str(), map)).collect(),
        }
    }

    /// `kinds` are the names of the kinds of objects that the game logic of the type declares.
    pub(super) fn check(&self, one: &CheckedType, kinds: &[String]) -> Placing {
        let mut found = Placing {
            faults: Vec::new(),
            left_out: Vec::new(),
        };
        let named = one.config.maps.iter();
        let maps = named.filter_map(|name| self.maps.get(name.as_str()).copied());
        for map in maps.filter(|map| !map.objects.is_empty()) {
            let most = one.config.rules.max_objects;
            if kinds.is_empty() {
                found.left_out.push(map.name.clone());
            } else if map.objects.len() > most as usize {
                found.faults.push(RoomTypeFault::TooManyObjects {
                    map: map.name.clone(),
                    placed: map.objects.len(),
                    most,
                });
            }
            let is_known = |object: &&MapObject| kinds.is_empty() || kinds.contains(&object.class);
            let unknown = map.objects.iter().filter(|object| !is_known(object));
            found.faults.extend(
                unknown
                    .take(MOST_REPORTED)
                    .map(|object| unknown_kind(map, object, kinds)),
            );
        }
        found
    }
}

fn unknown_kind(map: &Map, object: &MapObject, kinds: &[String]) -> RoomTypeFault {
    let names: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let advice = match closest(&object.class, names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the kinds are {}", listed(&names)),
    };
    let [x, y] = [object.position.x, object.position.y].map(|units| units / UNITS_PER_PX);
    RoomTypeFault::UnknownKind {
        map: map.name.clone(),
        object: match object.name.as_str() {
            "" => format!("at {x}, {y} px"),
            name => format!("{name:?} at {x}, {y} px"),
        },
        class: object.class.clone(),
        advice,
    }
}

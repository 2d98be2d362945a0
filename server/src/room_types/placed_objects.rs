//! Checks that the rooms of each type can have the objects that their maps place: game logic
//! declares their kinds, and there are not too many.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use parlour_shared::{
    map::{Map, MapObject},
    motion::UNITS_PER_PX,
};
use parlour_sim::{EntityKinds, Logic, SimConfig, Simulation};

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

/// Checks the types of a node. It makes a world for each game logic of rooms with objects, to learn
/// its kinds.
pub(super) struct PlacedCheck<'a> {
    maps: BTreeMap<&'a str, &'a Arc<Map>>,
    built_in: &'a Logic,
    /// The kinds of the built-in logic, once they are known.
    built_in_kinds: Option<Kinds>,
}

/// The names of the kinds of objects. `None`: the game logic cannot be built, which is reported
/// when a world is made.
type Kinds = Option<Vec<String>>;

impl<'a> PlacedCheck<'a> {
    pub(super) fn new(sim: &'a SimConfig, built_in: &'a Logic) -> Self {
        Self {
            maps: sim.maps.iter().map(|map| (map.name.as_str(), map)).collect(),
            built_in,
            built_in_kinds: None,
        }
    }

    pub(super) fn check(&mut self, one: &CheckedType) -> Placing {
        let mut found = Placing {
            faults: Vec::new(),
            left_out: Vec::new(),
        };
        let named = one.config.maps.iter();
        let maps: Vec<&Arc<Map>> = named
            .filter_map(|name| self.maps.get(name.as_str()).copied())
            .collect();
        if maps.iter().all(|map| map.objects.is_empty()) {
            return found;
        }
        let Some(kinds) = self.kinds(one.logic.as_ref()) else {
            return found;
        };
        for map in maps.into_iter().filter(|map| !map.objects.is_empty()) {
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
                    .map(|object| unknown_kind(map, object, &kinds)),
            );
        }
        found
    }

    fn kinds(&mut self, own: Option<&Logic>) -> Kinds {
        match own {
            Some(logic) => kinds_of(logic),
            None => self
                .built_in_kinds
                .get_or_insert_with(|| kinds_of(self.built_in))
                .clone(),
        }
    }
}

fn kinds_of(logic: &Logic) -> Kinds {
    let make = || Simulation::with_plugins(SimConfig::new(Vec::new()), logic.clone());
    let world = catch_unwind(AssertUnwindSafe(make)).ok()?;
    let kinds = world.world().resource::<EntityKinds>().iter();
    // The first one is that of players.
    Some(kinds.skip(1).map(|(_, kind)| kind.name().to_owned()).collect())
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

//! Room types: which game logic, rules and map the rooms of a name have, and in which worlds they
//! are.
//!
//! Every map is a type of the same name, with the rules and the game logic of the node. Further
//! types are declared with [`RoomType`], or as tables `[room_types.NAME]` in the configuration
//! file. A declared type with the name of a map replaces the type of that map.

mod check;
mod error;
mod placed_objects;
mod room_type;
mod trial;
mod type_places;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use parlour_shared::limits::TICK_RATE;
use parlour_sim::{Declaration, HiddenState, Logic, Rate, RoomRules, RoomTypeConfig, SimConfig};
use parlour_tick::WorldKind;

use crate::desk::{DeskRoomType, JoinRate, WorldSharing};
pub(crate) use check::is_type_name;
use check::listed;
pub use error::{RoomTypeError, RoomTypeErrors, RoomTypeFault};
use placed_objects::PlacedCheck;
pub use room_type::RoomType;
use trial::Trial;
pub(crate) use type_places::TypePlaces;

/// The maximum number of declared types. Metrics and shared worlds exist for each type.
pub const MAX_ROOM_TYPES: usize = 256;

/// All room types of a node, checked.
#[derive(Clone, Debug)]
pub(crate) struct RoomTypes {
    /// The configuration of the node: all maps, and the default rules.
    sim: SimConfig,
    /// The built-in logic: that of all types without their own.
    logic: Logic,
    /// By name.
    types: BTreeMap<String, CheckedType>,
    /// The maps whose objects are left out, because game logic declares no kinds. Sorted.
    maps_without_kinds: BTreeSet<String>,
    /// By the type whose game logic has it.
    hidden: Vec<(String, HiddenState)>,
    /// What the game logic of each type declares for clients, by type.
    declarations: BTreeMap<String, Arc<[Declaration]>>,
}

/// The trial of the game logic of some types, which are in the same world.
struct TypeTrial {
    /// Sorted.
    types: Vec<String>,
    /// Whether it is the built-in logic.
    is_built_in: bool,
    result: Trial,
}

impl TypeTrial {
    /// Returns what its game logic is called in texts for people.
    fn of(&self) -> String {
        match self.is_built_in {
            true => "the built-in logic, which all types without their own have,".to_owned(),
            false => "its game logic".to_owned(),
        }
    }
}

/// A type whose maps, rules, options and fallback are valid.
#[derive(Clone, Debug)]
struct CheckedType {
    config: RoomTypeConfig,
    /// `None`: the built-in logic.
    logic: Option<Logic>,
    worlds: WorldSharing,
    fallback: Option<String>,
    is_durable: bool,
    /// Whether it was declared. Otherwise it is the type of a map.
    is_declared: bool,
}

impl RoomTypes {
    /// Checks the declared types, adds the types of the maps, and tries the game logic of each type
    /// in a world that is dropped. `sim` is the configuration of the node, and `logic` the built-in
    /// logic.
    ///
    /// # Errors
    /// All mistakes in all types.
    pub(crate) fn new(sim: &SimConfig, logic: &Logic, declared: &[RoomType]) -> Result<Self, RoomTypeErrors> {
        check::check(sim, declared)?;
        let of_maps = sim
            .maps
            .iter()
            .map(|map| CheckedType::of_map(&map.name, sim.rules));
        let of_declared = declared.iter().map(|one| CheckedType::declared(one, sim.rules));
        let types = of_maps.chain(of_declared);
        let mut all = Self {
            sim: sim.clone(),
            logic: logic.clone(),
            // A declared type comes later, and replaces the type of the map with the same name.
            types: types.map(|one| (one.config.name.clone(), one)).collect(),
            maps_without_kinds: BTreeSet::new(),
            hidden: Vec::new(),
            declarations: BTreeMap::new(),
        };
        let errors = all.try_out(declared);
        match errors.is_empty() {
            true => Ok(all),
            false => Err(RoomTypeErrors(errors)),
        }
    }

    /// Tries the game logic of all types, and checks the objects of their maps. Returns all
    /// mistakes.
    fn try_out(&mut self, declared: &[RoomType]) -> Vec<RoomTypeError> {
        let trials = self.trials();
        let check = PlacedCheck::new(&self.sim);
        let mut errors = Vec::new();
        for (name, one) in &self.types {
            let trial = trials.iter().find(|trial| trial.types.contains(name));
            let Some(trial) = trial else { continue };
            self.declarations
                .insert(name.clone(), Arc::clone(&trial.result.declarations));
            let is_first = trial.types.first() == Some(name);
            let mut faults = Vec::new();
            if is_first {
                faults.extend(trial.result.fault.as_ref().map(|why| RoomTypeFault::Logic {
                    of: trial.of(),
                    why: why.clone(),
                }));
                let hidden = trial.result.hidden.iter().cloned();
                self.hidden.extend(hidden.map(|hidden| (name.clone(), hidden)));
            }
            if let Some(kinds) = &trial.result.kinds {
                let placing = check.check(one, kinds);
                self.maps_without_kinds.extend(placing.left_out);
                faults.extend(placing.faults);
            }
            let declared = declared.iter().find(|declared| declared.name == *name);
            errors.extend(faults.into_iter().map(|fault| RoomTypeError {
                room_type: name.clone(),
                place: declared.and_then(|declared| declared.place_of(&fault)),
                fault,
            }));
        }
        errors
    }

    /// Tries the game logic of each kind of world.
    fn trials(&self) -> Vec<TypeTrial> {
        let mut trials = Vec::new();
        let in_main = |one: &&CheckedType| one.worlds == WorldSharing::Main;
        let main: Vec<String> = self
            .types
            .values()
            .filter(in_main)
            .map(CheckedType::name)
            .collect();
        let others = self.types.values().filter(|one| !in_main(one));
        let others = others.map(|one| {
            let room_type = one.config.name.clone();
            (
                WorldKind::Shared { room_type },
                vec![one.config.name.clone()],
                one.logic.is_none(),
            )
        });
        let worlds = std::iter::once((WorldKind::Main, main, true)).chain(others);
        for (kind, types, is_built_in) in worlds.filter(|(_, types, _)| !types.is_empty()) {
            let names: Vec<&str> = types.iter().map(String::as_str).collect();
            let result = trial::run(self.sim_config(&kind), self.logic(&kind), &names);
            trials.push(TypeTrial {
                types,
                is_built_in,
                result,
            });
        }
        // The built-in logic is reported once, for the first world that has it.
        let mut built_in = trials.iter_mut().filter(|trial| trial.is_built_in);
        if let Some(first) = built_in.next() {
            for trial in built_in.filter(|trial| trial.result.fault == first.result.fault) {
                (trial.result.fault, trial.result.hidden) = (None, Vec::new());
            }
        }
        trials
    }

    /// Returns the systems whose parameters know something that is not part of the state, with the
    /// type whose game logic has them: the first one, if several types have the same logic.
    pub(crate) fn hidden_state(&self) -> &[(String, HiddenState)] {
        &self.hidden
    }

    /// Returns a warning if maps place objects that no room will have.
    pub(crate) fn left_out_objects(&self) -> Option<String> {
        let maps: Vec<&str> = self.maps_without_kinds.iter().map(String::as_str).collect();
        (!maps.is_empty()).then(|| {
            format!(
                "the game logic of this server declares no kinds of objects, so rooms are without the objects of their \
                 maps: {}",
                listed(&maps)
            )
        })
    }

    /// Returns the names of all types, sorted. Welcomes contain them.
    pub(crate) fn names(&self) -> Vec<String> {
        self.types.keys().cloned().collect()
    }

    /// Returns the configuration of a world. It has only the types of that kind of world, with
    /// their maps. Its seed is that of the node.
    pub(crate) fn sim_config(&self, kind: &WorldKind) -> SimConfig {
        let is_here = |one: &&CheckedType| match kind.room_type() {
            None => one.worlds == WorldSharing::Main,
            Some(only) => one.config.name == only,
        };
        let types: Vec<&CheckedType> = self.types.values().filter(is_here).collect();
        let has_map = |name: &String| types.iter().any(|one| one.config.maps.contains(name));
        let maps = self.sim.maps.iter().filter(|map| has_map(&map.name));
        SimConfig {
            maps: maps.cloned().collect(),
            // A map is a type without being listed.
            room_types: types
                .iter()
                .filter(|one| one.is_declared)
                .map(|one| one.config.clone())
                .collect(),
            // The desk knows which room is in which world.
            creates_rooms_for_doors: false,
            ..self.sim.clone()
        }
    }

    /// Returns what the desk must know of all types.
    pub(crate) fn desk_types(&self) -> Vec<DeskRoomType> {
        let types = self.types.values();
        types
            .map(|one| DeskRoomType {
                config: one.config.clone(),
                worlds: one.worlds,
                fallback: one.fallback.clone(),
                durable: one.is_durable,
                joins: join_rate(one.config.rules.rates.join),
            })
            .collect()
    }

    /// Returns the game logic of a world.
    pub(crate) fn logic(&self, kind: &WorldKind) -> Logic {
        let own = kind
            .room_type()
            .and_then(|name| self.types.get(name)?.logic.clone());
        own.unwrap_or_else(|| self.logic.clone())
    }

    /// Returns what the game logic of each type declares for clients, by type.
    pub(crate) fn declarations(&self) -> &BTreeMap<String, Arc<[Declaration]>> {
        &self.declarations
    }

    /// Returns the worlds of a type. `None`: there is no such type.
    pub(crate) fn worlds_of(&self, room_type: &str) -> Option<WorldSharing> {
        self.types.get(room_type).map(|one| one.worlds)
    }

    /// Returns the names of the types whose rooms are kept while the process does not run, sorted.
    pub(crate) fn durable(&self) -> impl Iterator<Item = &str> {
        let durable = self.types.values().filter(|one| one.is_durable);
        durable.map(|one| one.config.name.as_str())
    }
}

impl CheckedType {
    fn name(&self) -> String {
        self.config.name.clone()
    }

    /// Returns the type of a map.
    fn of_map(map: &str, rules: RoomRules) -> Self {
        Self {
            config: RoomTypeConfig {
                rules,
                ..RoomTypeConfig::new(map, map)
            },
            logic: None,
            worlds: WorldSharing::Main,
            fallback: None,
            is_durable: false,
            is_declared: false,
        }
    }

    /// Takes over a type that was checked.
    fn declared(declared: &RoomType, defaults: RoomRules) -> Self {
        Self {
            config: RoomTypeConfig {
                name: declared.name.clone(),
                rules: declared.rules_on(defaults),
                maps: declared.map_names(),
                options: declared.options.clone(),
            },
            logic: declared.logic.clone(),
            worlds: declared.worlds(),
            fallback: declared.fallback.clone(),
            is_durable: declared.is_durable,
            is_declared: true,
        }
    }
}

fn join_rate(rate: Rate) -> JoinRate {
    JoinRate {
        burst: rate.burst,
        every: Duration::from_secs(rate.every_ticks.into()) / TICK_RATE,
    }
}

#[cfg(test)]
mod tests;

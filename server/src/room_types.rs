//! Room types: which game logic, rules and map the rooms of a name have, and in which worlds they
//! are.
//!
//! Every map is a type of the same name, with the rules and the game logic of the node. Further
//! types are declared with [`RoomType`], or as tables `[room_types.NAME]` in the configuration
//! file. A declared type with the name of a map replaces the type of that map.

mod check;
mod error;
mod room_type;

use std::collections::BTreeMap;

use parlour_sim::{Logic, RoomRules, SimConfig};
use parlour_tick::WorldKind;

pub use error::{RoomTypeError, RoomTypeErrors, RoomTypeFault};
pub use room_type::RoomType;

use room_type::RoomOption;

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
}

/// A type whose map, rules, options and fallback are valid.
#[derive(Clone, Debug)]
struct CheckedType {
    map: String,
    rules: RoomRules,
    options: Vec<RoomOption>,
    /// `None`: the built-in logic.
    logic: Option<Logic>,
    worlds: Worlds,
    fallback: Option<String>,
    is_durable: bool,
    /// Whether it was declared. Otherwise it is the type of a map.
    is_declared: bool,
}

/// The worlds in which the rooms of a type are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worlds {
    /// The shared worlds of the built-in logic.
    Main,
    /// Shared worlds for this type only.
    Shared,
    /// One world for each room.
    Own,
}

impl RoomTypes {
    /// Checks the declared types, and adds the types of the maps. `sim` is the configuration of the
    /// node, and `logic` the built-in logic.
    ///
    /// # Errors
    /// All mistakes in all types.
    pub(crate) fn new(sim: &SimConfig, logic: &Logic, declared: &[RoomType]) -> Result<Self, RoomTypeErrors> {
        check::check(sim, declared)?;
        let of_map = |map: &str| CheckedType {
            map: map.to_owned(),
            rules: sim.rules,
            options: Vec::new(),
            logic: None,
            worlds: Worlds::Main,
            fallback: None,
            is_durable: false,
            is_declared: false,
        };
        let of_maps = sim.maps.iter().map(|map| (map.name.clone(), of_map(&map.name)));
        let mut types: BTreeMap<String, CheckedType> = of_maps.collect();
        types.extend(declared.iter().map(|one| (one.name.clone(), CheckedType::of(one, sim.rules))));
        Ok(Self {
            sim: sim.clone(),
            logic: logic.clone(),
            types,
        })
    }

    /// Returns the names of all types, sorted. Welcomes contain them.
    pub(crate) fn names(&self) -> Vec<String> {
        self.types.keys().cloned().collect()
    }

    /// Returns the configuration of a world. It has only the maps and types of that kind of world.
    /// Its seed is that of the node.
    pub(crate) fn sim_config(&self, kind: &WorldKind) -> SimConfig {
        let is_here = |(name, one): &(&String, &CheckedType)| match kind.room_type() {
            None => one.worlds == Worlds::Main,
            Some(only) => *name == only,
        };
        let types: Vec<(&String, &CheckedType)> = self.types.iter().filter(is_here).collect();
        let maps = self.sim.maps.iter();
        let maps = maps.filter(|map| types.iter().any(|(_, one)| one.map == map.name));
        let declared = types.iter().filter(|(_, one)| one.is_declared);
        let _ = declared;
        SimConfig {
            maps: maps.cloned().collect(),
            ..self.sim.clone()
        }
    }

    /// Returns the game logic of a world.
    pub(crate) fn logic(&self, kind: &WorldKind) -> Logic {
        let own = kind
            .room_type()
            .and_then(|name| self.types.get(name)?.logic.clone());
        own.unwrap_or_else(|| self.logic.clone())
    }

    /// Returns whether the rooms of a type are kept over a restart of the process.
    pub(crate) fn is_durable(&self, room_type: &str) -> bool {
        self.types.get(room_type).is_some_and(|one| one.is_durable)
    }
}

impl CheckedType {
    /// Takes over a type that was checked.
    fn of(declared: &RoomType, defaults: RoomRules) -> Self {
        Self {
            map: declared.map_name().to_owned(),
            rules: declared.rules_from(defaults),
            options: declared.options.clone(),
            logic: declared.logic.clone(),
            worlds: declared.worlds(),
            fallback: declared.fallback.clone(),
            is_durable: declared.is_durable,
            is_declared: true,
        }
    }
}

#[cfg(test)]
mod tests;

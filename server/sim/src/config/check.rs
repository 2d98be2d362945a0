//! Checks that a world can be made with a configuration, which may come from any recording. The
//! first mistake ends the check. `parlour` reports all mistakes in the room types of a node,
//! with advice, and uses the same checks of rules and options.

use std::collections::{BTreeMap, BTreeSet};

use parlour_shared::{
    limits::{MAX_PROPERTIES, MAX_PROPERTY_VALUE_BYTES},
    text::{is_room_type, is_state_key},
};
use parlour_tick::Cadence;
use thiserror::Error;

use super::{OptionKind, OptionSpec, RoomRules, RoomTypeConfig, RulesError, SimConfig, whole_number};

/// No world can be made with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// [`SimConfig::rules`] are invalid.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A map has no spawn point.
    #[error("the map {0} has no spawn point")]
    NoSpawn(String),
    /// A map places more objects than the rule `max_objects` of its rooms allows.
    #[error("the map {map} places {placed} objects, and the rule `max_objects` of its rooms allows {most}")]
    TooManyObjects {
        /// Its name.
        map: String,
        /// The number of its objects.
        placed: usize,
        /// The rule.
        most: u32,
    },
    /// A name cannot be the first part of a room's name.
    #[error("{0:?} is not a name of a room type: it must consist of a-z, 0-9, - and _")]
    TypeName(String),
    /// Two room types have the same name.
    #[error("two room types have the name {0}")]
    SameType(String),
    /// A room type is invalid.
    #[error("room type {name}: {why}")]
    RoomType {
        /// Its name.
        name: String,
        /// What is wrong.
        why: InvalidRoomType,
    },
}

/// What is wrong with a room type.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidRoomType {
    /// Its rules are invalid.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// It has no map.
    #[error("it has no map")]
    NoMap,
    /// A map does not exist, or is named twice.
    #[error("the map {0} does not exist, or is named twice")]
    Map(String),
    /// A map places more objects than the rule `max_objects` allows.
    #[error("the map {map} places {placed} objects, and its rule `max_objects` allows {most}")]
    TooManyObjects {
        /// The name of the map.
        map: String,
        /// The number of its objects.
        placed: usize,
        /// The rule.
        most: u32,
    },
    /// It has too many options.
    #[error("it has more than {MAX_PROPERTIES} options")]
    TooManyOptions,
    /// An option is invalid.
    #[error("the option {name:?} {why}")]
    Option {
        /// Its name.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
}

impl SimConfig {
    /// Checks that a world can be made.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.rules.check()?;
        if let Some(map) = self.maps.iter().find(|map| map.spawns.is_empty()) {
            return Err(ConfigError::NoSpawn(map.name.clone()));
        }
        let maps = self.maps.iter().map(|map| (map.name.as_str(), map.objects.len()));
        let maps: BTreeMap<&str, usize> = maps.collect();
        let mut names = BTreeSet::new();
        for room_type in &self.room_types {
            let name = room_type.name.clone();
            if !is_room_type(&name) {
                return Err(ConfigError::TypeName(name));
            }
            if !names.insert(&room_type.name) {
                return Err(ConfigError::SameType(name));
            }
            check_type(room_type, &maps).map_err(|why| ConfigError::RoomType { name, why })?;
        }
        // A map that a type names may be here only for that type.
        let is_named = |map: &str| {
            let mut types = self.room_types.iter();
            types.any(|room_type| room_type.maps.iter().any(|named| named == map))
        };
        let most = self.rules.max_objects;
        let mut others = maps.iter().filter(|(map, _)| !is_named(map));
        match others.find(|(_, placed)| **placed > most as usize) {
            None => Ok(()),
            Some((map, placed)) => Err(ConfigError::TooManyObjects {
                map: (*map).to_owned(),
                placed: *placed,
                most,
            }),
        }
    }
}

fn check_type(room_type: &RoomTypeConfig, maps: &BTreeMap<&str, usize>) -> Result<(), InvalidRoomType> {
    room_type.rules.check()?;
    if room_type.maps.is_empty() {
        return Err(InvalidRoomType::NoMap);
    }
    for (at, map) in room_type.maps.iter().enumerate() {
        let placed = maps.get(map.as_str());
        let Some(placed) = placed.filter(|_| !room_type.maps[..at].contains(map)) else {
            return Err(InvalidRoomType::Map(map.clone()));
        };
        let most = room_type.rules.max_objects;
        if *placed > most as usize {
            return Err(InvalidRoomType::TooManyObjects {
                map: map.clone(),
                placed: *placed,
                most,
            });
        }
    }
    if room_type.options.len() > MAX_PROPERTIES {
        return Err(InvalidRoomType::TooManyOptions);
    }
    let mut names = BTreeSet::new();
    for option in &room_type.options {
        let checked = match names.insert(&option.name) {
            true => option.check(&room_type.rules),
            false => Err("is declared twice"),
        };
        checked.map_err(|why| InvalidRoomType::Option {
            name: option.name.clone(),
            why,
        })?;
    }
    Ok(())
}

impl OptionSpec {
    /// Checks that a type with these rules may have the option.
    ///
    /// # Errors
    /// The first mistake, as the end of a sentence that begins with the option.
    pub fn check(&self, rules: &RoomRules) -> Result<(), &'static str> {
        if !is_state_key(&self.name) {
            return Err("has an invalid name: a name has 1 to 48 bytes of a-z 0-9 - _ .");
        }
        match &self.kind {
            OptionKind::OneOf(values) if values.is_empty() => {
                return Err("allows no value: name them");
            }
            OptionKind::OneOf(values)
                if values.iter().any(|value| value.len() > MAX_PROPERTY_VALUE_BYTES) =>
            {
                return Err("has a value that is longer than 256 bytes");
            }
            OptionKind::Number { least, most } if least > most => {
                return Err("has a minimum above its maximum");
            }
            _ => {}
        }
        let rule = match self.name.as_str() {
            Self::CADENCE => return check_cadences(&self.kind, rules),
            Self::CAPACITY => rules.capacity,
            Self::NEAR_PX => rules.near_px,
            Self::MAP => return Err("must not be declared: each type with several maps has it"),
            _ => return Ok(()),
        };
        match self.kind {
            OptionKind::Number { least, most } if least >= 1 && most <= rule => Ok(()),
            _ => Err("must be a number that is at least 1 and at most the rule of the type"),
        }
    }
}

fn check_cadences(kind: &OptionKind, rules: &RoomRules) -> Result<(), &'static str> {
    let is_allowed = |value: &String| {
        let cadence = whole_number(value).and_then(Cadence::from_hz);
        cadence.is_some_and(|cadence| cadence >= rules.cadence)
    };
    match kind {
        OptionKind::OneOf(values) if values.iter().all(is_allowed) => Ok(()),
        _ => Err("must be a list of some of 60, 30, 20 and 10, at most the rule of the type"),
    }
}

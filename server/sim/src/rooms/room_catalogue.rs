//! The room types of a world, and what the options of a new room make of it.

use std::{collections::BTreeMap, sync::Arc};

use bevy_ecs::prelude::*;
use parlour_shared::{
    map::{Map, MapInfo},
    message::Refusal,
};
use parlour_tick::Cadence;

use super::options::RoomOptions;
use crate::config::{OptionKind, OptionSpec, RoomRules, RoomTypeConfig, SimConfig};

/// A map, and its description for clients. The description is made once: encoding the walls of a
/// large map takes milliseconds.
type DescribedMap = (Arc<Map>, Arc<MapInfo>);

/// The room types, by name. They never change.
#[derive(Resource, Debug)]
pub(crate) struct RoomCatalogue {
    by_name: BTreeMap<String, CatalogueType>,
}

#[derive(Debug)]
struct CatalogueType {
    name: Arc<str>,
    config: RoomTypeConfig,
    maps: Vec<DescribedMap>,
}

/// What follows from the type and the options of a room.
pub(super) struct Blueprint {
    pub(super) room_type: Arc<str>,
    pub(super) map: Arc<Map>,
    pub(super) info: Arc<MapInfo>,
    pub(super) rules: RoomRules,
}

impl RoomCatalogue {
    /// Takes the types from a valid configuration.
    pub(crate) fn new(config: &SimConfig) -> Self {
        let described = |map: &Arc<Map>| (map.name.clone(), (map.clone(), Arc::new(map.info())));
        let maps: BTreeMap<String, DescribedMap> = config.maps.iter().map(described).collect();
        let of_map = maps.iter().map(|(name, map)| CatalogueType {
            name: name.as_str().into(),
            config: RoomTypeConfig {
                rules: config.rules,
                ..RoomTypeConfig::new(name, name)
            },
            maps: vec![map.clone()],
        });
        let explicit = config.room_types.iter().map(|explicit| CatalogueType {
            name: explicit.name.as_str().into(),
            config: explicit.clone(),
            maps: explicit.maps.iter().map(|map| maps[map].clone()).collect(),
        });
        // An explicit type replaces the one of a map with the same name.
        let by_name = of_map.chain(explicit);
        Self {
            by_name: by_name
                .map(|room_type| (room_type.name.as_ref().to_owned(), room_type))
                .collect(),
        }
    }

    /// Returns a map of a type.
    pub(super) fn map(&self, room_type: &str, map: &str) -> Option<&DescribedMap> {
        let maps = &self.by_name.get(room_type)?.maps;
        maps.iter().find(|(known, _)| known.name == map)
    }

    /// Returns whether there is a type with this name.
    pub(super) fn contains(&self, room_type: &str) -> bool {
        self.by_name.contains_key(room_type)
    }

    /// Returns what the options make of a room of this type.
    pub(super) fn blueprint(&self, room_type: &str, options: &RoomOptions) -> Result<Blueprint, Refusal> {
        let room_type = self.by_name.get(room_type).ok_or(Refusal::NoSuchRoom)?;
        let mut rules = room_type.config.rules;
        let mut map = room_type.maps.first().ok_or(Refusal::NoSuchRoom)?;
        for (name, value) in options.iter() {
            if !room_type.config.admits(name, value) {
                return Err(Refusal::BadOptions);
            }
            if name == OptionSpec::MAP {
                let named = room_type.maps.iter().find(|(map, _)| map.name == value);
                map = named.ok_or(Refusal::BadOptions)?;
                continue;
            }
            // The value is within the rule of the type: `SimConfig::check`.
            match (name, options.number(name)) {
                (OptionSpec::CAPACITY, Some(capacity)) => rules.capacity = capacity,
                (OptionSpec::NEAR_PX, Some(near_px)) => rules.near_px = near_px,
                (OptionSpec::CADENCE, Some(hz)) => {
                    rules.cadence = Cadence::from_hz(hz).ok_or(Refusal::BadOptions)?;
                }
                _ => {}
            }
        }
        Ok(Blueprint {
            room_type: Arc::clone(&room_type.name),
            map: Arc::clone(&map.0),
            info: Arc::clone(&map.1),
            rules,
        })
    }

    /// Returns why the first option that does not fit a type does not fit it.
    pub(super) fn misfit(&self, room_type: &str, options: &RoomOptions) -> Option<String> {
        let room_type = self.by_name.get(room_type)?;
        options.iter().find_map(|(name, value)| {
            let kind = if name == OptionSpec::MAP && room_type.maps.len() > 1 {
                let maps = room_type.maps.iter().map(|(map, _)| map.name.clone());
                Some(OptionKind::OneOf(maps.collect()))
            } else {
                let mut specs = room_type.config.options.iter();
                specs.find(|spec| spec.name == name).map(|spec| spec.kind.clone())
            };
            match kind {
                Some(kind) if kind.admits(value) => None,
                Some(kind) => Some(format!(
                    "its option {name} is {value:?}, but the type allows only {kind}"
                )),
                None => Some(format!(
                    "its option {name} is {value:?}, but the type has no such option"
                )),
            }
        })
    }
}

//! Finds all mistakes in the declared types.

use std::collections::BTreeSet;

use parlour_shared::{
    limits::MAX_PROPERTIES,
    text::{RoomName, is_room_type},
};
use parlour_sim::{OptionSpec, RoomRules, SimConfig};

use super::{
    MAX_ROOM_TYPES, RoomType, RoomTypeError, RoomTypeErrors, RoomTypeFault,
    room_type::MIN_EMPTY_DURABLE_TICKS,
};
use crate::{desk::WorldSharing, maps::MAX_NAME_BYTES, suggest::closest};

/// The name of the shared world of the built-in logic.
const MAIN: &str = "main";

pub(super) fn check(sim: &SimConfig, declared: &[RoomType]) -> Result<(), RoomTypeErrors> {
    let mut maps: Vec<&str> = sim.maps.iter().map(|map| map.name.as_str()).collect();
    maps.sort_unstable();
    let checks = Checks { declared, maps };
    let mut errors = Vec::new();
    for (index, one) in declared.iter().enumerate() {
        let mut faults = Vec::new();
        checks.name(index, one, &mut faults);
        checks.maps(one, &mut faults);
        let rules = one.rules_on(sim.rules);
        match rules.check() {
            Ok(()) => checks.options(one, rules, &mut faults),
            // Some options are checked against the rules.
            Err(error) => faults.push(RoomTypeFault::Rules(error)),
        }
        if one.is_durable && rules.empty_ticks < MIN_EMPTY_DURABLE_TICKS {
            faults.push(RoomTypeFault::DurableTooShort {
                write: one.to_write(
                    "room_empty_after = \"10m\"",
                    "rules.empty_ticks = 600 * TICK_RATE",
                ),
                ticks: rules.empty_ticks,
            });
        }
        checks.fallback(one, &mut faults);
        let faults = faults
            .into_iter()
            .filter(|fault| !one.follows_from_mistake(fault));
        errors.extend(faults.map(|fault| RoomTypeError {
            room_type: one.name.clone(),
            place: one.place_of(&fault),
            fault,
        }));
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(RoomTypeErrors(errors)),
    }
}

/// What the checks of a type need to know of the others.
struct Checks<'a> {
    declared: &'a [RoomType],
    /// The names of the maps, sorted.
    maps: Vec<&'a str>,
}

impl Checks<'_> {
    fn name(&self, index: usize, one: &RoomType, faults: &mut Vec<RoomTypeFault>) {
        let name = one.name.as_str();
        if !is_type_name(name) {
            faults.push(RoomTypeFault::BadName);
            return;
        }
        if self.declared[..index].iter().any(|earlier| earlier.name == name) {
            faults.push(RoomTypeFault::Twice);
        }
        if index >= MAX_ROOM_TYPES {
            faults.push(RoomTypeFault::TooMany);
        }
        if one.worlds() != WorldSharing::Main
            && let Some(of) = self.world_with_name(name)
        {
            let plain = name.replace('-', "");
            let instead = if plain == MAIN || plain == name {
                format!("{name}s")
            } else {
                plain
            };
            faults.push(RoomTypeFault::NameOfWorld { of, instead });
        }
    }

    /// Returns the shared worlds of other types that may have this name, such as `main` and
    /// `tag-2`.
    fn world_with_name(&self, name: &str) -> Option<String> {
        let base = match name.rsplit_once('-') {
            Some((base, number)) if number.parse::<u32>().is_ok() => base,
            _ => name,
        };
        if base == MAIN {
            return Some("a world for all types without their own logic".to_owned());
        }
        let mut others = self.declared.iter().filter(|other| other.name != name);
        others
            .find(|other| other.name == base && other.worlds() == WorldSharing::Shared)
            .map(|other| format!("a world of the type `{}`", other.name))
    }

    fn maps(&self, one: &RoomType, faults: &mut Vec<RoomTypeFault>) {
        let is_known = |map: &str| self.maps.contains(&map);
        if one.maps.is_empty() && !is_known(&one.name) {
            let example = self.maps.first().copied().unwrap_or("plaza");
            faults.push(RoomTypeFault::NeedsMap {
                write: one.to_write(&format!("map = {example:?}"), &format!(".map({example:?})")),
                maps: listed(&self.maps),
            });
        }
        for (index, map) in one.maps.iter().enumerate() {
            if one.maps[..index].contains(map) {
                faults.push(RoomTypeFault::MapTwice(map.clone()));
            } else if !is_known(map) {
                let advice = match closest(map, self.maps.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("the maps are {}", listed(&self.maps)),
                };
                faults.push(RoomTypeFault::NoSuchMap {
                    map: map.clone(),
                    advice,
                });
            }
        }
    }

    /// Checks each option.
    fn options(&self, one: &RoomType, rules: RoomRules, faults: &mut Vec<RoomTypeFault>) {
        if one.options.len() > MAX_PROPERTIES {
            faults.push(RoomTypeFault::TooManyOptions(one.options.len()));
        }
        for (index, option) in one.options.iter().enumerate() {
            let is_again = one.options[..index]
                .iter()
                .any(|earlier| earlier.name == option.name);
            let checked = match is_again {
                true => Err("is declared twice"),
                false => option.check(&rules),
            };
            faults.extend(checked.err().map(|why| RoomTypeFault::Option {
                name: option.name.clone(),
                why,
            }));
        }
    }

    fn fallback(&self, one: &RoomType, faults: &mut Vec<RoomTypeFault>) {
        let Some(fallback) = &one.fallback else { return };
        let Some(room) = RoomName::parse(fallback) else {
            return faults.push(RoomTypeFault::FallbackNotRoom(fallback.clone()));
        };
        if room.room_type == one.name {
            return faults.push(RoomTypeFault::FallbackItself(fallback.clone()));
        }
        let mut types: BTreeSet<&str> = self.maps.iter().copied().collect();
        types.extend(self.declared.iter().map(|other| other.name.as_str()));
        if types.contains(room.room_type) {
            return;
        }
        types.remove(one.name.as_str());
        let advice = match closest(room.room_type, types.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the types are {}", listed(&types.into_iter().collect::<Vec<_>>())),
        };
        faults.push(RoomTypeFault::FallbackUnknown {
            fallback: fallback.clone(),
            advice,
        });
    }
}

impl RoomType {
    /// Returns the text for the place of the declaration: a file or code.
    fn to_write(&self, in_file: &str, in_code: &str) -> String {
        let text = if self.places.is_some() { in_file } else { in_code };
        text.to_owned()
    }

    /// Returns the place of the key with a fault. `None`: code.
    pub(super) fn place_of(&self, fault: &RoomTypeFault) -> Option<String> {
        let places = self.places.as_ref()?;
        let place = fault.key().map_or(places.section(), |key| places.of(&key));
        Some(place.to_owned())
    }

    /// Returns whether a fault is that of a key whose mistake was already reported, or compares a
    /// value with that of such a key.
    fn follows_from_mistake(&self, fault: &RoomTypeFault) -> bool {
        let Some(places) = &self.places else { return false };
        let rules: &[&str] = match fault {
            RoomTypeFault::Option { name, .. } => match name.as_str() {
                OptionSpec::CAPACITY => &["capacity"],
                OptionSpec::NEAR_PX => &["near_radius", "interest_radius"],
                OptionSpec::CADENCE => &["cadence"],
                _ => &[],
            },
            _ => &[],
        };
        fault.key().is_some_and(|key| !places.is_valid(&key))
            || !rules.iter().all(|rule| places.is_valid(rule))
    }
}

/// Returns whether a room type may have this name. Its rooms are `NAME` and `NAME/INSTANCE`.
pub(crate) fn is_type_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && is_room_type(name)
}

/// Returns names as in a sentence, at most 20 of them.
pub(super) fn listed(names: &[&str]) -> String {
    const MOST: usize = 20;
    match names {
        [] => "none".to_owned(),
        names if names.len() > MOST => format!("{}, ...", names[..MOST].join(", ")),
        names => names.join(", "),
    }
}

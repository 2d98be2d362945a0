//! The room types of the configuration file: a table `[room_types.NAME]` for each type without
//! code.
//!
//! A rule of a type has the name and the syntax of the setting whose value it replaces. All other
//! rules are those of the node.

mod options;
mod print;
mod read;

use parlour_sim::RoomRules;

use super::{
    room_type_settings::RoomTypeSettings,
    settings::Settings,
    table::{Setting, settings},
};
use crate::{maps::DoorTarget, room_types::RoomType};
pub(super) use print::to_toml;
pub(super) use read::read;

/// The key of the sections.
pub(super) const KEY: &str = "room_types";

/// A rule that a type can change.
struct Rule {
    /// The name of the setting.
    name: &'static str,
    /// Copies the rule.
    copy: fn(&RoomRules, &mut RoomRules),
}

/// The rules that a type can change.
const RULES: &[Rule] = &[
    Rule {
        name: INTEREST,
        copy: copy_radius,
    },
    Rule {
        name: NEAR,
        copy: copy_radius,
    },
    Rule {
        name: "capacity",
        copy: |from, to| to.capacity = from.capacity,
    },
    Rule {
        name: "max_objects",
        copy: |from, to| to.max_objects = from.max_objects,
    },
    Rule {
        name: "speeds",
        copy: |from, to| to.speeds = from.speeds,
    },
    Rule {
        name: "room_empty_after",
        copy: |from, to| to.empty_ticks = from.empty_ticks,
    },
    Rule {
        name: "on_drop",
        copy: |from, to| to.on_drop = from.on_drop,
    },
    Rule {
        name: "cadence",
        copy: |from, to| to.cadence = from.cadence,
    },
    Rule {
        name: "rate_move",
        copy: |from, to| to.rates.moves = from.rates.moves,
    },
    Rule {
        name: "rate_join",
        copy: |from, to| to.rates.join = from.rates.join,
    },
    Rule {
        name: "rate_chat",
        copy: |from, to| to.rates.chat = from.rates.chat,
    },
    Rule {
        name: "rate_skin",
        copy: |from, to| to.rates.skin = from.rates.skin,
    },
    Rule {
        name: "rate_state",
        copy: |from, to| to.rates.state = from.rates.state,
    },
    Rule {
        name: "rate_custom",
        copy: |from, to| to.rates.custom = from.rates.custom,
    },
    Rule {
        name: "room_talk_mib",
        copy: |from, to| to.broadcast = from.broadcast,
    },
];

const INTEREST: &str = "interest_radius";
const NEAR: &str = "near_radius";

impl RoomTypeSettings {
    /// Returns the declaration of the type, on a node with these settings.
    pub(super) fn declare(&self, node: &Settings) -> RoomType {
        let own = self.settings(node);
        // On a node, the setting is for all rooms at once, and none of their rules.
        let rules = RoomRules {
            cadence: own.cadence.unwrap_or_default(),
            ..own.rules()
        };
        let changed: Vec<&Rule> = RULES
            .iter()
            .filter(|rule| self.rule(rule.name).is_some())
            .collect();
        let mut declared = RoomType::new(&self.name)
            .rules(move |target| changed.iter().for_each(|rule| (rule.copy)(&rules, target)))
            .declared_at(self.places.clone());
        declared = self.maps.iter().fold(declared, RoomType::map);
        declared = self.options.iter().cloned().fold(declared, RoomType::option);
        if self.own_world {
            declared = declared.own_world();
        }
        if self.durable {
            declared = declared.durable();
        }
        match &self.fallback {
            Some(room) => declared.fallback(room),
            None => declared,
        }
    }

    /// Returns the settings of the node with the rules of this type.
    fn settings(&self, node: &Settings) -> Settings {
        let mut own = node.clone();
        for (name, value) in &self.rules {
            if let Some(setting) = setting(name) {
                // The value was checked when it was read.
                let _ = (setting.apply)(&mut own, value);
            }
        }
        if self.rule(NEAR).is_some() && self.rule(INTEREST).is_none() && own.interest_radius.is_some() {
            own.interest_radius = own.near_radius.or(own.interest_radius);
        }
        own
    }
}

impl Settings {
    /// Returns the room types of the file as targets of doors, for
    /// [`crate::maps::load_catalogue`].
    #[must_use]
    pub fn door_targets(&self) -> Vec<DoorTarget> {
        let types = self.room_types.iter();
        types
            .map(|one| DoorTarget {
                name: one.name.clone(),
                map: one.maps.first().unwrap_or(&one.name).clone(),
            })
            .collect()
    }
}

fn copy_radius(from: &RoomRules, to: &mut RoomRules) {
    to.near_px = from.near_px;
    to.interest = from.interest;
}

fn setting(name: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.name == name)
}

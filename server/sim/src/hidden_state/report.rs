//! Finds the marks of parameters, and says what to write instead.

use std::{any::type_name, fmt};

use bevy_ecs::prelude::*;

use super::params::{UsesAdded, UsesChanged, UsesLocal, UsesRemoved};
use crate::{systems_using::systems_using, type_names};

/// A system of game logic with a parameter that knows something of earlier ticks that is not part
/// of the state. Its `Display` text says why that is dangerous, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HiddenState {
    /// The path of the system, such as `tag::count`. `None`: a run condition, or an exclusive
    /// system.
    pub system: Option<String>,
    /// The parameter, such as `Local<u32>`.
    pub parameter: String,
    /// Why game logic allows it
    /// ([`SimulationApp::allow_hidden_state`](crate::SimulationApp::allow_hidden_state)).
    pub allowed: Option<&'static str>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Local,
    Added,
    Changed,
    Removed,
}

/// Returns all of them, sorted.
pub(super) fn find(
    world: &World,
    schedule: &Schedule,
    allowed: &[(&'static str, &'static str)],
) -> Vec<HiddenState> {
    let mut found = Vec::new();
    for (id, info) in world.components().iter_registered() {
        let name = info.name().to_string();
        let Some((kind, of)) = marked(&name) else { continue };
        let parameter = format!("{}<{}>", kind.name(), type_names::short(of));
        let mut systems: Vec<Option<String>> = systems_using(schedule, id).map(Some).collect();
        if systems.is_empty() {
            systems.push(None);
        }
        found.extend(systems.into_iter().map(|system| HiddenState {
            allowed: why_allowed(allowed, system.as_deref(), &parameter),
            system,
            parameter: parameter.clone(),
            kind,
        }));
    }
    found.sort_unstable();
    found
}

/// Returns what a mark stands for: the kind, and the type in the parameter.
fn marked(name: &str) -> Option<(Kind, &str)> {
    let of = |pattern| type_names::argument(name, pattern);
    of(type_name::<UsesLocal<type_names::Placeholder>>())
        .map(|of| (Kind::Local, of))
        .or_else(|| of(type_name::<UsesAdded<type_names::Placeholder>>()).map(|of| (Kind::Added, of)))
        .or_else(|| of(type_name::<UsesChanged<type_names::Placeholder>>()).map(|of| (Kind::Changed, of)))
        .or_else(|| of(type_name::<UsesRemoved<type_names::Placeholder>>()).map(|of| (Kind::Removed, of)))
}

/// Returns why game logic allows a parameter: by the parameter itself, or by the last parts of the
/// path of the system.
fn why_allowed(
    allowed: &[(&'static str, &'static str)],
    system: Option<&str>,
    parameter: &str,
) -> Option<&'static str> {
    let is_of = |name: &str| {
        let before = system.and_then(|system| system.strip_suffix(name));
        parameter == name || before.is_some_and(|before| before.is_empty() || before.ends_with("::"))
    };
    allowed.iter().find(|(name, _)| is_of(name)).map(|(_, why)| *why)
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Local => "Local",
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Removed => "RemovedComponents",
        }
    }

    fn danger(self) -> &'static str {
        match self {
            Self::Local => {
                "its content is not saved, so in a replay, or after a restart of the world, it is at its default"
            }
            Self::Added => {
                "what was added in earlier ticks is not saved, so in a replay, or after a restart of the world, \
                 everything was just added"
            }
            Self::Changed => {
                "what was changed in earlier ticks is not saved, so in a replay, or after a restart of the world, \
                 everything was just changed"
            }
            Self::Removed => {
                "removals are forgotten at the end of a tick, so it never sees those that happen later in the tick \
                 than the system"
            }
        }
    }

    fn instead(self) -> &'static str {
        match self {
            Self::Local => {
                "keep the value in a resource that is declared with app.state_resource, or in a component that is \
                 declared with app.state_component"
            }
            Self::Added => {
                "read who entered or was created from RoomEvent, or compare with a value in the state"
            }
            Self::Changed => {
                "compare with a value in the state, or send a message from the system that makes the change"
            }
            Self::Removed => "read who left from RoomEvent, or compare with a value in the state",
        }
    }
}

impl fmt::Display for HiddenState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            system,
            parameter,
            allowed,
            kind,
        } = self;
        let (danger, instead) = (kind.danger(), kind.instead());
        let name = match system {
            Some(system) => {
                write!(f, "the system {system} has the parameter {parameter}")?;
                system
            }
            None => {
                write!(
                    f,
                    "a run condition or an exclusive system has the parameter {parameter}"
                )?;
                parameter
            }
        };
        if let Some(why) = allowed {
            return write!(f, ", which game logic allows: {why}");
        }
        write!(
            f,
            ": {danger}. Instead, {instead}. If no later tick depends on it, call \
             app.allow_hidden_state(\"{name}\", \"the reason\") in the plugin"
        )
    }
}

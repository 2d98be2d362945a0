//! Finds types that game logic uses without declaring them, and names the missing line.

use std::{any::type_name, collections::BTreeSet};

use bevy_ecs::{
    component::ComponentId,
    error::{BevyError, ErrorContext, FallbackErrorHandler, match_severity},
    message::Messages,
    prelude::*,
    system::SystemParamValidationError,
};

use super::{
    actions::ActionOn,
    messages::{self, Answer, FromPlayer},
    room_states::WrittenStates,
    to_players::ToPlayers,
};
use crate::{
    failed_system,
    paths::PathSearches,
    systems_using::systems_using,
    timers::{TimerQueue, TimerRang},
    type_names::{Placeholder, argument},
};

/// Checks that every type of Parlour that a system uses is declared: messages from and to players,
/// timers, room state, paths. The schedule must be initialized.
///
/// # Panics
/// If one is not. Bevy finds a missing type only when its system runs. It does not find a type that
/// was only added with `add_message`, whose messages would never be sent.
pub(crate) fn check_declarations(world: &World, schedule: &Schedule) {
    let names = || world.components().iter_registered();
    let of_actions: BTreeSet<String> = names()
        .filter_map(|(_, info)| {
            let name = info.name().to_string();
            let action = argument(&name, type_name::<Messages<ActionOn<Placeholder>>>())?;
            Some(action.to_owned())
        })
        .collect();
    let faults: BTreeSet<String> = names()
        .filter_map(|(id, info)| {
            let name = info.name().to_string();
            let needed = needed(&name)?;
            if needed.is_declared(world, id) {
                return None;
            }
            if let Needed::Answer(message) = &needed
                && of_actions.contains(*message)
            {
                // The missing declaration of the action is reported.
                return None;
            }
            let place = systems_using(schedule, id).next().map_or_else(
                || "the plugin that uses it".to_owned(),
                |system| format!("the plugin that adds the system {system}"),
            );
            let (what, call) = (needed.what(), needed.call());
            Some(format!(
                "{what} used but not declared: call app.{call} in {place}"
            ))
        })
        .collect();
    assert!(
        faults.is_empty(),
        "{}",
        faults.into_iter().collect::<Vec<_>>().join("\n")
    );
}

/// What a type of Parlour needs, with the type that game logic chooses.
enum Needed<'a> {
    FromPlayer(&'a str),
    Answer(&'a str),
    ToPlayers(&'a str),
    Action(&'a str),
    Timer(&'a str),
    RoomStates,
    Paths,
}

/// Returns what a component, a resource or the buffer of a message with this name needs.
fn needed(name: &str) -> Option<Needed<'_>> {
    let of = |wrapped| argument(name, wrapped);
    of(type_name::<Messages<FromPlayer<Placeholder>>>())
        .map(Needed::FromPlayer)
        .or_else(|| of(type_name::<Messages<Answer<Placeholder>>>()).map(Needed::Answer))
        .or_else(|| of(type_name::<Messages<ToPlayers<Placeholder>>>()).map(Needed::ToPlayers))
        .or_else(|| of(type_name::<Messages<ActionOn<Placeholder>>>()).map(Needed::Action))
        .or_else(|| of(type_name::<Messages<TimerRang<Placeholder>>>()).map(Needed::Timer))
        .or_else(|| of(type_name::<TimerQueue<Placeholder>>()).map(Needed::Timer))
        .or_else(|| (name == type_name::<WrittenStates>()).then_some(Needed::RoomStates))
        .or_else(|| (name == type_name::<PathSearches>()).then_some(Needed::Paths))
}

impl Needed<'_> {
    fn is_declared(&self, world: &World, id: ComponentId) -> bool {
        match self {
            Self::FromPlayer(_) | Self::Answer(_) | Self::ToPlayers(_) | Self::Action(_) => {
                messages::is_declared(world, id)
            }
            Self::Timer(_) | Self::RoomStates | Self::Paths => world.get_resource_by_id(id).is_some(),
        }
    }

    fn what(&self) -> String {
        match self {
            Self::FromPlayer(message)
            | Self::Answer(message)
            | Self::ToPlayers(message)
            | Self::Action(message) => format!("message {message} is"),
            Self::Timer(message) => format!("message {message} of timers is"),
            Self::RoomStates => "RoomStates is".to_owned(),
            Self::Paths => "PathSearches is".to_owned(),
        }
    }

    fn call(&self) -> String {
        match self {
            Self::FromPlayer(message) | Self::Answer(message) => {
                format!("player_message::<{message}>(\"name\")")
            }
            Self::ToPlayers(message) => format!("client_message::<{message}>(\"name\")"),
            Self::Action(message) => format!("player_action::<{message}>(\"name\", reach)"),
            Self::Timer(message) => format!("timer_message::<{message}>(\"name\")"),
            Self::RoomStates => {
                "owns_state(\"prefix\"), with the beginning of the keys that it writes,".to_owned()
            }
            Self::Paths => "follow_paths(2_000), with the nodes per tick,".to_owned(),
        }
    }
}

/// Makes errors of systems name the missing declaration, and panics the system. A handler that a
/// plugin has set stays.
pub(crate) fn explain_errors(world: &mut World) {
    world.get_resource_or_insert_with(|| FallbackErrorHandler(explain));
}

/// Names the missing declaration. Bevy would advise to wrap the parameter in `Option`, and the
/// system would then silently do nothing.
fn explain(error: BevyError, context: ErrorContext) {
    failed_system::note(&error, &context);
    let advice = error
        .downcast_ref::<SystemParamValidationError>()
        .and_then(missing);
    match advice {
        Some(advice) => panic!("{} {} cannot run: {advice}", context.kind(), context.name()),
        None => match_severity(error, context),
    }
}

fn missing(error: &SystemParamValidationError) -> Option<String> {
    let parameter = error.param.to_string();
    let argument = |pattern| argument(&parameter, pattern);
    let resource =
        argument(type_name::<Res<Placeholder>>()).or_else(|| argument(type_name::<ResMut<Placeholder>>()));
    if let Some(resource) = resource {
        return Some(format!(
            "resource {resource} does not exist: call app.insert_resource(..) or app.init_resource::<{resource}>() in the \
             plugin that adds it, and declare it there with app.state_resource::<{resource}>(\"name\") or \
             app.presentation_only::<{resource}>()"
        ));
    }
    let message = argument(type_name::<MessageReader<Placeholder>>())
        .or_else(|| argument(type_name::<MessageWriter<Placeholder>>()))?;
    Some(format!(
        "message {message} does not exist: call app.add_message::<{message}>() in the plugin that adds it"
    ))
}

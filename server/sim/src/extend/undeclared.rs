//! Finds types that game logic uses without declaring them, and names the missing line.

use std::{any::type_name, collections::BTreeSet};

use bevy_ecs::{
    error::{BevyError, ErrorContext, FallbackErrorHandler, match_severity},
    message::Messages,
    prelude::*,
    system::SystemParamValidationError,
};

use super::{
    actions::ActionOn,
    messages::{self, Answer, FromPlayer},
    to_players::ToPlayers,
};
use crate::{
    failed_system,
    systems_using::systems_using,
    type_names::{Placeholder, argument},
};

/// Checks that every message type from or to players that a system uses is declared. The schedule
/// must be initialized.
///
/// # Panics
/// If one is not. Bevy finds a missing type only when its system runs. It does not find a type that
/// was only added with `add_message`, whose messages would never be sent.
pub(crate) fn check_messages(world: &World, schedule: &Schedule) {
    let faults: BTreeSet<String> = world
        .components()
        .iter_registered()
        .filter(|(id, _)| !messages::is_declared(world, *id))
        .filter_map(|(id, info)| {
            let name = info.name().to_string();
            let (method, message) = declaration(&name)?;
            let arguments = match method {
                "player_action" => "\"name\", reach",
                _ => "\"name\"",
            };
            let place = systems_using(schedule, id).next().map_or_else(
                || "the plugin that uses it".to_owned(),
                |system| format!("the plugin that adds the system {system}"),
            );
            Some(format!(
                "message {message} is used but not declared: call app.{method}::<{message}>({arguments}) in {place}"
            ))
        })
        .collect();
    assert!(
        faults.is_empty(),
        "{}",
        faults.into_iter().collect::<Vec<_>>().join("\n")
    );
}

/// Makes errors of systems name the missing declaration, and panics the system. A handler that a
/// plugin has set stays.
pub(crate) fn explain_errors(world: &mut World) {
    world.get_resource_or_insert_with(|| FallbackErrorHandler(explain));
}

/// Returns the declaration that a buffer of this type needs, and the type of its messages.
fn declaration(buffer: &str) -> Option<(&'static str, &str)> {
    let of = |wrapped| argument(buffer, wrapped);
    let from_player = of(type_name::<Messages<FromPlayer<Placeholder>>>());
    let from_player = from_player.or_else(|| of(type_name::<Messages<Answer<Placeholder>>>()));
    let to_player = || of(type_name::<Messages<ToPlayers<Placeholder>>>());
    let action = || of(type_name::<Messages<ActionOn<Placeholder>>>());
    from_player
        .map(|message| ("player_message", message))
        .or_else(|| to_player().map(|message| ("client_message", message)))
        .or_else(|| action().map(|message| ("player_action", message)))
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

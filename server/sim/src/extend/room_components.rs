//! Replicated components of rooms, as values of room state.

use bevy_app::App;
use bevy_ecs::{prelude::*, schedule::ScheduleConfigs, system::ScheduleSystem};
use parlour_shared::text::is_state_key;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    board_rules::BoardRules,
    declarations::{self, DeclaredAs},
    declare_once, messages, room_states,
    room_states::{RoomStateError, RoomStates},
};
use crate::{replication::ReplicateSet, room_state::OwnedKeys, schedule::TickSchedule};

/// The systems that write components into room state, in the order of declaration.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
struct RoomComponentSet(usize);

/// Replicates a component of rooms under a key.
///
/// # Panics
/// If the key is invalid or declared before, or the component is part of the state under a
/// different name.
pub(super) fn replicate<C>(app: &mut App, key: &'static str)
where
    C: Component + Serialize + DeserializeOwned,
{
    assert!(
        is_state_key(key),
        "a component of rooms is a key of room state: 1 to 48 characters of a-z 0-9 - _ . and not {key:?}"
    );
    declare_once::<C>(app, key);
    declarations::add::<C>(app, DeclaredAs::RoomComponent, key);
    if room_states::prepare(app) {
        messages::add_sender(app, Box::new(room_states::send_changes));
    }
    let nth = app.world_mut().resource_mut::<OwnedKeys>().add_component(key);
    // After the systems of game logic, and before the changes are sent and questions about a board
    // with this key are answered.
    let mut system = write::<C>(key)
        .in_set(ReplicateSet::Deliver)
        .in_set(RoomComponentSet(nth))
        .before(BoardRules)
        .before(messages::deliver);
    if let Some(before) = nth.checked_sub(1) {
        system = system.after(RoomComponentSet(before));
    }
    app.add_systems(TickSchedule, system);
}

/// Returns the system that writes the JSON text of a component into the state of its room.
fn write<C>(key: &'static str) -> ScheduleConfigs<ScheduleSystem>
where
    C: Component + Serialize,
{
    let write = move |changed: Query<(Entity, &C), Changed<C>>,
                      mut removed: RemovedComponents<C>,
                      mut states: RoomStates| {
        for room in removed.read() {
            if !changed.contains(room) {
                // Fails if the room itself is gone.
                let _ = states.write_component(room, key, None);
            }
        }
        for (room, component) in &changed {
            let text = json_text(component);
            match states.write_component(room, key, Some(&text)) {
                // An entity that is not a room may also have the component. There is always
                // space for the keys of components, unless the world was saved without them.
                Ok(()) | Err(RoomStateError::NoSuchRoom | RoomStateError::Full) => {}
                Err(RoomStateError::Invalid | RoomStateError::Component) => panic!(
                    "the component {} of a room has {} bytes as JSON, and a value of room state at most 1,024: \
                         divide it into several components",
                    std::any::type_name::<C>(),
                    text.len()
                ),
            }
        }
    };
    write.into_configs()
}

fn json_text<C: Serialize>(component: &C) -> String {
    serde_json::to_string(component).unwrap_or_else(|error| {
        panic!(
            "the component {} of a room has no JSON form: {error}",
            std::any::type_name::<C>()
        )
    })
}

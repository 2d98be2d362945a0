//! Game logic sends typed messages to one player, to those near it, to a room and to the world.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{codec, message::ServerMessage};
use parlour_sim::{FromPlayer, InRoom, SimulationApp as _, StepSet, TickSchedule, ToPlayers};
use parlour_testing::{SessionActions as _, TestWorld, plaza, teleport_plugin};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Audience {
    One,
    Near,
    Room,
    World,
}

fn shouts(app: &mut App) {
    teleport_plugin(app);
    app.player_message::<Audience>("shout")
        .client_message::<Audience>("shout");
    app.add_systems(TickSchedule, shout.in_set(StepSet::Simulate));
}

fn shout(
    mut requests: MessageReader<FromPlayer<Audience>>,
    rooms: Query<&InRoom>,
    mut messages: MessageWriter<ToPlayers<Audience>>,
) {
    for request in requests.read() {
        let (player, to) = (request.player, request.message);
        let message = match to {
            Audience::One => ToPlayers::one(player, to),
            Audience::Near => ToPlayers::near(player, to),
            Audience::Room => ToPlayers::room(rooms.get(player).unwrap().0, to),
            Audience::World => ToPlayers::world(to),
        };
        messages.write(message.from(player));
    }
}

/// Sessions 1 and 2 stand together, 3 is in the same room, 4 in a different one, 5 in none.
fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(plaza(), shouts);
    for session in 1..=3 {
        world.open_and_join(session, "plaza");
    }
    world.open_and_join(4, "plaza/b");
    world.open(5);
    world.tick();
    world.teleport(1, 60 * 256, 60 * 256);
    world.teleport(2, 70 * 256, 60 * 256);
    world.teleport(3, 60 * 256, 900 * 256);
    world.ticks(8);
    world.forget_messages();
    world
}

/// Returns the sessions that receive the message of session 1.
fn receivers(to: Audience) -> Vec<u64> {
    let mut world = world();
    world.custom(1, "shout", &to);
    world.tick();
    let from = world.client(1).player;
    let mut bytes = std::collections::BTreeSet::new();
    for frame in &world.output.frames {
        let payload = world.output.payload(frame);
        if let Ok(ServerMessage::Custom(_)) = codec::decode(payload) {
            bytes.insert(frame.start);
        }
    }
    assert_eq!(bytes.len(), 1, "encoded once");
    (1..=5)
        .filter(|session| {
            let said = world
                .messages(*session)
                .into_iter()
                .find_map(|message| match message {
                    ServerMessage::Custom(said) => Some(said),
                    _ => None,
                });
            said.is_some_and(|said| {
                assert_eq!(said.player, Some(from));
                assert_eq!(said.decode::<Audience>(), Ok(to));
                true
            })
        })
        .collect()
}

#[test]
fn a_message_reaches_exactly_its_players() {
    assert_eq!(receivers(Audience::One), [1]);
    assert_eq!(receivers(Audience::Near), [1, 2]);
    assert_eq!(receivers(Audience::Room), [1, 2, 3]);
}

#[test]
fn a_message_to_the_world_reaches_the_players_of_all_rooms() {
    assert_eq!(receivers(Audience::World), [1, 2, 3, 4]);
}

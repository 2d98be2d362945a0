//! Game logic writes room state, and reserves keys for itself.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::message::{Refusal, ServerMessage, StateEntry, StateWrite};
use parlour_sim::{
    FromPlayer, InRoom, RoomState, RoomStateError, RoomStates, SimulationApp as _, StepSet, TickSchedule,
};
use parlour_testing::{SessionActions as _, TestWorld, generous_rules, plaza};

fn write(key: &str, version: u32, value: Option<&str>) -> StateWrite {
    StateWrite {
        key: key.into(),
        version,
        value: value.map(String::from),
    }
}

fn entry(key: &str, version: u32, value: Option<&str>) -> StateEntry {
    StateEntry {
        key: key.into(),
        version,
        value: value.map(String::from),
    }
}

/// The key and value that a session lets game logic write.
type Order = (String, Option<String>);

#[derive(Resource, Default)]
struct Failed(Vec<RoomStateError>);

fn scores(app: &mut App) {
    app.init_resource::<Failed>().presentation_only::<Failed>();
    app.player_message::<Order>("score").owns_state("score.");
    app.add_systems(TickSchedule, obey.in_set(StepSet::Simulate));
}

fn obey(
    mut orders: MessageReader<FromPlayer<Order>>,
    rooms: Query<&InRoom>,
    mut states: RoomStates,
    mut failed: ResMut<Failed>,
) {
    for order in orders.read() {
        let room = rooms.get(order.player).unwrap().0;
        let (key, value) = &order.message;
        let written = match value {
            Some(value) => states.set(room, key, value),
            None => states.remove(room, key),
        };
        if written.is_ok() {
            assert_eq!(states.get(room, key), value.as_deref());
        }
        failed.0.extend(written.err());
    }
}

fn world() -> TestWorld {
    let mut config = plaza();
    config.rules = generous_rules();
    let mut world = TestWorld::with_plugins(config, scores);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.tick();
    world.forget_messages();
    world
}

fn order(world: &mut TestWorld, key: &str, value: Option<&str>) {
    let order: Order = (key.into(), value.map(Into::into));
    world.custom(1, "score", &order);
    world.tick();
}

fn changes(world: &mut TestWorld, session: u64) -> Vec<(u32, Option<u32>, StateEntry)> {
    let changed = |message| match message {
        ServerMessage::StateChanged(changed) => {
            let player = changed.player.map(|player| player.0);
            Some((changed.stamp.seq, player, changed.entries[0].clone()))
        }
        _ => None,
    };
    world.messages(session).into_iter().filter_map(changed).collect()
}

#[test]
fn a_value_that_logic_writes_reaches_everyone_in_the_room() {
    let mut world = world();
    order(&mut world, "score.ada", Some("1"));
    order(&mut world, "score.ada", Some("1")); // it has this value
    order(&mut world, "score.ada", Some("2"));
    order(&mut world, "score.ada", None);
    let expected = [
        (1, None, entry("score.ada", 1, Some("1"))),
        (2, None, entry("score.ada", 2, Some("2"))),
        (3, None, entry("score.ada", 3, None)),
    ];
    for session in [1, 2] {
        assert_eq!(changes(&mut world, session), expected);
    }
    order(&mut world, "score.bo", Some("5"));
    world.open_and_join(3, "plaza");
    world.tick();
    assert_eq!(world.client(3).room().state, [entry("score.bo", 4, Some("5"))]);
}

#[test]
fn clients_write_only_keys_that_logic_does_not_own() {
    let mut world = world();
    world.write_all(2, vec![write("score.ada", 0, Some("999"))]);
    world.write_all(2, vec![write("score", 0, Some("mine"))]);
    world.tick();
    assert_eq!(world.refusals(2), [Refusal::NotYours]);
    let room = world.room("plaza").unwrap();
    let state = world.sim.world().get::<RoomState>(room).unwrap();
    assert_eq!((state.get("score.ada"), state.get("score")), (None, Some("mine")));
    // Logic may write it, and the version rises for the client.
    order(&mut world, "score", Some("yours"));
    world.write_all(2, vec![write("score", 1, Some("mine"))]);
    world.tick();
    assert!(matches!(world.refusals(2)[..], [Refusal::StaleVersion { .. }]));
}

#[test]
fn a_write_that_cannot_be_is_an_error() {
    let mut world = world();
    let long = "x".repeat(49);
    order(&mut world, "Bad Key", Some("1"));
    order(&mut world, &long, Some("1"));
    order(&mut world, "score.none", None);
    for number in 0..70 {
        order(&mut world, &format!("score.{number}"), Some("1"));
    }
    let failed = &world.sim.world().resource::<Failed>().0;
    assert_eq!(failed[..2], [RoomStateError::Invalid; 2]);
    assert_eq!(failed[2..], [RoomStateError::Full; 6]);
}

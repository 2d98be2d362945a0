//! Components of rooms are replicated as values of room state.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    limits::MAX_STATE_KEYS,
    message::{Refusal, ServerMessage, StateWrite},
};
use parlour_sim::{
    FromPlayer, InRoom, RoomEvent, RoomStateError, RoomStates, SimConfig, Simulation, SimulationApp as _,
    StepSet, TickSchedule,
};
use parlour_testing::{SessionActions as _, TestWorld, generous_rules, plaza};
use serde::{Deserialize, Serialize};

#[derive(Component, Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Round {
    number: u32,
    winner: Option<String>,
}

#[derive(Component, Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note(String);

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Order {
    Round(u32),
    EndRounds,
    Note(String),
    /// Writes the key of the component.
    Overwrite,
}

fn rounds(app: &mut App) {
    app.replicate_room::<Round>("round")
        .replicate_room::<Note>("note");
    app.player_message::<Order>("order");
    app.add_systems(TickSchedule, (begin, obey).chain().in_set(StepSet::Simulate));
}

fn begin(mut events: MessageReader<RoomEvent>, mut commands: Commands) {
    for event in events.read() {
        if let RoomEvent::Created { room } = *event {
            let winner = None;
            commands.entity(room).insert(Round { number: 1, winner });
        }
    }
}

fn obey(
    mut orders: MessageReader<FromPlayer<Order>>,
    rooms: Query<&InRoom>,
    mut states: RoomStates,
    mut commands: Commands,
) {
    for order in orders.read() {
        let room = rooms.get(order.player).unwrap().0;
        let mut components = commands.entity(room);
        match &order.message {
            Order::Round(number) => {
                let (number, winner) = (*number, Some("Ada".to_owned()));
                components.insert(Round { number, winner });
            }
            Order::EndRounds => _ = components.remove::<Round>(),
            Order::Note(text) => _ = components.insert(Note(text.clone())),
            Order::Overwrite => {
                assert_eq!(states.set(room, "round", "2"), Err(RoomStateError::Component));
                assert_eq!(states.remove(room, "round"), Err(RoomStateError::Component));
            }
        }
    }
}

fn world() -> TestWorld {
    let mut config = plaza();
    config.rules = generous_rules();
    TestWorld::with_plugins(config, rounds)
}

fn order(world: &mut TestWorld, order: &Order) {
    world.custom(1, "order", order);
    world.tick();
}

/// Returns the keys and values that a session was sent since the last call.
fn changes(world: &mut TestWorld, session: u64) -> Vec<(String, Option<String>)> {
    let changed = |message| match message {
        ServerMessage::StateChanged(changed) => Some(changed.entries),
        _ => None,
    };
    let changes = world.messages(session).into_iter().filter_map(changed);
    changes.flatten().map(|entry| (entry.key, entry.value)).collect()
}

fn change(key: &str, value: Option<&str>) -> (String, Option<String>) {
    (key.to_owned(), value.map(str::to_owned))
}

const FIRST: &str = r#"{"number":1,"winner":null}"#;
const SECOND: &str = r#"{"number":2,"winner":"Ada"}"#;

#[test]
fn all_in_the_room_have_the_component_and_its_changes() {
    let mut world = world();
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.ticks(2);
    for session in [1, 2] {
        assert_eq!(changes(&mut world, session), [change("round", Some(FIRST))]);
    }
    order(&mut world, &Order::Round(2));
    order(&mut world, &Order::Round(2)); // it has this value
    order(&mut world, &Order::EndRounds);
    let expected = [change("round", Some(SECOND)), change("round", None)];
    for session in [1, 2] {
        assert_eq!(changes(&mut world, session), expected);
    }
    order(&mut world, &Order::Note("hi".into()));
    world.open_and_join(3, "plaza");
    world.tick();
    let state = &world.client(3).room().state;
    assert_eq!(state.len(), 1);
    assert_eq!(
        (state[0].key.as_str(), state[0].value.as_deref()),
        ("note", Some("\"hi\""))
    );
}

#[test]
fn a_loaded_world_goes_on_without_sending_the_components_again() {
    let mut world = world();
    world.open_and_join(1, "plaza");
    world.ticks(3);
    order(&mut world, &Order::Round(2));
    let saved = world.saved();
    let mut config = plaza();
    config.rules = generous_rules();
    let mut loaded = Simulation::load(config, rounds, &saved).unwrap();
    let (mut input, mut output) = (Default::default(), Default::default());
    for _ in 0..10 {
        loaded.step(&mut input, &mut output);
        world.tick();
        assert_eq!(loaded.hash(), world.sim.hash());
    }
    world.forget_messages();
    order(&mut world, &Order::Round(2));
    assert_eq!(changes(&mut world, 1), []);
}

#[test]
fn clients_neither_write_the_key_nor_take_its_space() {
    let mut world = world();
    world.open_and_join(1, "plaza");
    world.ticks(2);
    world.write(1, "round", 1, Some("mine"));
    world.write(1, "note", 0, Some("mine"));
    world.write(1, "notes", 0, Some("mine"));
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::NotYours, Refusal::NotYours]);
    // `round` and `notes` exist, and `note` needs space.
    let write = |at: usize| StateWrite {
        key: format!("key-{at}"),
        version: 0,
        value: Some(String::new()),
    };
    for at in 0..MAX_STATE_KEYS - 3 {
        world.write_all(1, vec![write(at)]);
        world.tick();
    }
    assert_eq!(world.refusals(1), []);
    world.write_all(1, vec![write(MAX_STATE_KEYS)]);
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::StateFull]);
    world.forget_messages();
    order(&mut world, &Order::Note("hi".into()));
    assert_eq!(changes(&mut world, 1), [change("note", Some("\"hi\""))]);
}

fn panic_of(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    let text = panic.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned())
}

#[test]
fn a_component_that_is_too_long_panics_with_advice() {
    let mut world = world();
    world.open_and_join(1, "plaza");
    world.ticks(2);
    order(&mut world, &Order::Note("x".repeat(1_000)));
    let text = panic_of(|| {
        let long = Order::Note("\"".repeat(600));
        world.custom(1, "order", &long);
        world.tick();
    });
    assert!(
        text.contains("has 1202 bytes as JSON") && text.contains("Note"),
        "{text}"
    );
}

#[test]
fn a_bad_key_panics_when_the_world_is_made() {
    let with =
        |logic: fn(&mut App)| panic_of(|| drop(Simulation::with_plugins(SimConfig::new(Vec::new()), logic)));
    let twice = with(|app| {
        app.replicate_room::<Round>("round")
            .replicate_room::<Note>("round");
    });
    assert!(twice.contains("round"), "{twice}");
    let invalid = with(|app| {
        app.replicate_room::<Round>("The Round");
    });
    assert!(invalid.contains("\"The Round\""), "{invalid}");
}

#[test]
fn game_logic_cannot_write_the_key_of_a_component() {
    let mut world = world();
    world.open_and_join(1, "plaza");
    world.tick();
    changes(&mut world, 1);
    order(&mut world, &Order::Overwrite);
    assert_eq!(changes(&mut world, 1), []);
}

//! Before a server starts, it tries the game logic of each type in a world that is dropped. All
//! mistakes are reported together, before a port is opened.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour::{RoomType, Server, ServerBuilder, StartError, room_types::RoomTypeFault};
use parlour_sim::{InRoom, Player, RoomEvent, SimulationApp as _, StepSet, TickSchedule};
use serde::{Deserialize, Serialize};

#[derive(Component, Default, Serialize, Deserialize)]
struct Score(u32);

/// Not declared.
#[derive(Component, Default, Serialize, Deserialize)]
struct Lamp(u32);

fn up(mut scores: Query<&mut Score>) {
    scores.iter_mut().for_each(|mut score| score.0 += 1);
}

fn down(mut scores: Query<&mut Score>) {
    scores.iter_mut().for_each(|mut score| score.0 = 0);
}

/// Without an order.
fn unordered(app: &mut App) {
    app.state_component::<Score>("score");
    app.add_systems(TickSchedule, (up, down).in_set(StepSet::Simulate));
}

type WithoutLamp = (With<Player>, With<InRoom>, Without<Lamp>);

fn light(mut commands: Commands, entered: Query<Entity, WithoutLamp>) {
    for player in &entered {
        commands.entity(player).insert(Lamp(1));
    }
}

/// With a component that is not declared, as soon as a player is in a room.
fn undeclared(app: &mut App) {
    app.add_systems(TickSchedule, light.in_set(StepSet::Simulate));
}

fn refuse_entries(mut events: MessageReader<RoomEvent>) {
    let entered = events
        .read()
        .find(|event| matches!(event, RoomEvent::Entered { .. }));
    assert!(entered.is_none(), "nobody may enter");
}

/// With a system that panics when a player enters.
fn panicking(app: &mut App) {
    app.add_systems(TickSchedule, refuse_entries.in_set(StepSet::Simulate));
}

fn builder(types: Vec<RoomType>) -> ServerBuilder {
    let free = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let builder = Server::builder().configure(|options| {
        (options.listen, options.admin) = (free, free);
        options.recording.history = std::time::Duration::ZERO;
    });
    types.into_iter().fold(builder, ServerBuilder::room_type)
}

#[test]
fn the_mistakes_in_the_logic_of_all_types_are_reported_together() {
    let builder = builder(vec![
        RoomType::new("order").map("plaza").plugins(unordered).own_world(),
        RoomType::new("state").map("lobby").plugins(undeclared),
        RoomType::new("entry").map("plaza").plugins(panicking).own_world(),
        RoomType::new("sound").map("plaza").plugins(|_: &mut App| {}),
    ]);
    let errors = builder.check().unwrap_err();
    let found: Vec<(&str, String)> = errors
        .0
        .iter()
        .map(|error| (error.room_type.as_str(), error.to_string()))
        .collect();
    let [(entry, of_entry), (order, of_order), (state, of_state)] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((*entry, *order, *state), ("entry", "order", "state"));
    for (text, words) in [
        (
            of_entry,
            ["trials::refuse_entries: nobody may enter (", "trials.rs:"],
        ),
        (of_order, ["cannot be built: the systems ", ".chain()"]),
        (
            of_state,
            [
                "component trials::Lamp is neither part of the state",
                "app.state_component::<trials::Lamp>(\"name\")",
            ],
        ),
    ] {
        let text = text.replace("main::", "").replace("room_types::", "");
        assert!(text.contains("its game logic "), "{text}");
        assert!(words.iter().all(|words| text.contains(words)), "{text}");
    }
    match builder.start() {
        Err(StartError::RoomTypes(started)) => assert_eq!(started, errors),
        other => panic!("{:?}", other.map(|_| "it started")),
    }
}

#[test]
fn a_mistake_in_the_built_in_logic_is_reported_once() {
    let types = vec![RoomType::new("quiet").map("plaza").own_world()];
    let errors = builder(types).plugins(unordered).check().unwrap_err();
    assert_eq!(errors.0.len(), 1, "{errors}");
    assert!(matches!(errors.0[0].fault, RoomTypeFault::Logic { .. }));
    let text = errors.to_string();
    assert!(
        text.contains("the built-in logic, which all types without their own have, cannot be built: "),
        "{text}"
    );
}

#[test]
fn a_trial_runs_three_ticks_with_a_player_in_a_room_of_each_type() {
    let [entered, ticks] = [0, 1].map(|_| Arc::new(AtomicU32::new(0)));
    let (count, tick) = (Arc::clone(&entered), Arc::clone(&ticks));
    let builder = builder(Vec::new()).plugins(move |app: &mut App| {
        let (count, tick) = (Arc::clone(&count), Arc::clone(&tick));
        let watch = move |mut events: MessageReader<RoomEvent>| {
            tick.fetch_add(1, Ordering::Relaxed);
            let entries = events
                .read()
                .filter(|event| matches!(event, RoomEvent::Entered { .. }));
            count.fetch_add(entries.count() as u32, Ordering::Relaxed);
        };
        app.add_systems(TickSchedule, watch.in_set(StepSet::Simulate));
    });
    builder.check().unwrap();
    // The garden, the lobby and the plaza.
    assert_eq!(
        (entered.load(Ordering::Relaxed), ticks.load(Ordering::Relaxed)),
        (3, 3)
    );
}

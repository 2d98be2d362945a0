//! Random numbers of game logic: the same in each run, and different for each name, room and tick.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::collections::BTreeSet;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_sim::{Chance, Rooms, Simulation, SimulationApp as _, StepSet, TickSchedule};
use parlour_testing::{SessionActions as _, plaza};
use parlour_tick::{TickInput, TickOutput};
use serde::{Deserialize, Serialize};

#[derive(Resource, Default, Serialize, Deserialize)]
struct Drawn(Vec<u64>);

fn logic(app: &mut App) {
    app.init_resource::<Drawn>().state_resource::<Drawn>("drawn");
    app.add_systems(TickSchedule, draw.in_set(StepSet::Simulate));
}

fn draw(chance: Chance, rooms: Res<Rooms>, mut drawn: ResMut<Drawn>) {
    for name in ["dice", "loot"] {
        drawn.0.push(chance.named(name).next_u64());
        for room in rooms.iter() {
            drawn.0.push(chance.in_room(room, name).next_u64());
        }
    }
    assert_eq!(chance.named("dice").next_u64(), chance.named("dice").next_u64());
}

fn drawn(seed: u64) -> Vec<u64> {
    let mut config = plaza();
    config.seed = seed;
    let mut sim = Simulation::with_plugins(config, logic);
    let mut input = TickInput::default();
    input.open_and_join(1, "plaza/a");
    input.open_and_join(2, "plaza/b");
    for _ in 0..50 {
        sim.step(&mut input, &mut TickOutput::default());
        input.events.clear();
    }
    sim.world().resource::<Drawn>().0.clone()
}

#[test]
fn each_name_room_and_tick_has_its_own_numbers() {
    let drawn = drawn(1);
    assert_eq!(drawn.len(), 50 * 2 * 3);
    let different: BTreeSet<_> = drawn.iter().collect();
    assert_eq!(different.len(), drawn.len());
}

#[test]
fn a_replay_draws_the_same_numbers_and_a_different_seed_does_not() {
    assert_eq!(drawn(1), drawn(1));
    let (one, other) = (drawn(1), drawn(2));
    assert!(one.iter().zip(&other).all(|(one, other)| one != other));
}

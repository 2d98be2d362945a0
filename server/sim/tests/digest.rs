//! The state hash: it contains all of the state, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    message::{Move, MoveHeading, Scope},
    motion::Direction,
};
use parlour_sim::{Player, SimConfig, Simulation, SimulationApp, Skin, StableId, StepSet, TickSchedule};
use parlour_testing::{SessionActions as _, TestWorld, plaza};
use parlour_tick::{TickInput, TickOutput};
use serde::{Deserialize, Serialize};

/// Runs a world with two players next to each other, and calls `change` before the 20th tick.
/// Returns the hashes of ten ticks from the 20th on.
fn hashes(config: SimConfig, change: impl Fn(&mut TestWorld)) -> Vec<u64> {
    let mut world = TestWorld::teleporting(config);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.open(3);
    world.ticks(19);
    change(&mut world);
    let hash = |_| {
        world.tick();
        world.output.hash
    };
    (0..10).map(hash).collect()
}

fn queue_command(world: &mut TestWorld, direction: Direction) {
    let command = Move {
        seq: 1,
        tick: Tick(world.now().0 + 9),
        heading: MoveHeading::walk(direction),
    };
    world.command(1, command);
}

#[test]
fn the_same_inputs_give_the_same_hashes_and_every_tick_has_a_different_one() {
    let first = hashes(plaza(), |world| world.walk(1, Direction::East));
    assert_eq!(first, hashes(plaza(), |world| world.walk(1, Direction::East)));
    let mut distinct = hashes(plaza(), |_| {});
    distinct.dedup();
    assert_eq!(distinct.len(), 10, "time is state");
}

type Change = fn(&mut TestWorld);

#[test]
fn every_kind_of_change_changes_the_hash() {
    let changes: &[(&str, Change)] = &[
        ("nothing", |_| {}),
        ("a session opens", |world| world.open(4)),
        ("with a different name", |world| world.open_as(4, "Eve")),
        ("a session closes", |world| world.close(3)),
        ("a different session closes", |world| world.close(2)),
        ("a player joins", |world| world.join(3, "plaza")),
        ("it joins a different room", |world| world.join(3, "plaza/2")),
        ("a player leaves", |world| world.leave(2)),
        ("leaves and comes back", |world| {
            world.leave(2);
            world.join(2, "plaza");
        }),
        ("a player turns", |world| world.walk(1, Direction::East)),
        ("it turns in a different direction", |world| {
            world.walk(1, Direction::South)
        }),
        ("a different player turns", |world| world.walk(2, Direction::East)),
        ("a command is queued", |world| {
            queue_command(world, Direction::East)
        }),
        ("a different command is queued", |world| {
            queue_command(world, Direction::South)
        }),
        ("a player is teleported", |world| world.teleport(1, 9000, 9000)),
        ("a skin", |world| world.skin(1, 1)),
        ("a different skin", |world| world.skin(1, 2)),
        ("a chat", |world| world.chat(1, Scope::Room, "x")),
        ("a chat nearby", |world| world.chat(1, Scope::Near, "x")),
        ("a refusal", |world| world.chat(1, Scope::Room, "")),
        ("a write", |world| world.write(1, "k", 0, Some("v"))),
        ("a different value", |world| world.write(1, "k", 0, Some("w"))),
        ("a different key", |world| world.write(1, "l", 0, Some("v"))),
    ];
    let all: Vec<Vec<u64>> = changes
        .iter()
        .map(|(_, change)| hashes(plaza(), change))
        .collect();
    for (nth, (name, _)) in changes.iter().enumerate() {
        for (other, (other_name, _)) in changes.iter().enumerate().take(nth) {
            assert_ne!(
                all[nth][0], all[other][0],
                "{name} and {other_name} at the tick of the change"
            );
        }
    }
}

#[test]
fn holds_are_not_part_of_the_state() {
    let quiet = hashes(plaza(), |_| {});
    let held = hashes(plaza(), |world| {
        world.hold(1);
        world.hold(2);
        world.release(2);
    });
    assert_eq!(quiet, held);
}

#[test]
fn nearness_is_part_of_the_state() {
    // The worlds differ only in an earlier position of a player. It ends between the two radii,
    // where earlier positions decide whether the players are near.
    let run = |first: i32| {
        let mut world = TestWorld::teleporting(plaza());
        (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
        world.tick();
        world.teleport(1, 100 * 256, 100 * 256);
        world.teleport(2, (100 + first) * 256, 100 * 256);
        world.ticks(12);
        world.teleport(2, (100 + 160) * 256, 100 * 256);
        world.ticks(12);
        world.output.hash
    };
    assert_eq!(run(10), run(20));
    assert_ne!(run(10), run(400));
}

#[test]
fn the_hash_does_not_depend_on_the_order_of_storage() {
    // The order of the two players in storage differs, because they changed archetypes in a
    // different order.
    let run = |order: [u64; 2]| {
        let mut world = TestWorld::teleporting(plaza());
        (1..=2).for_each(|session| world.open(session));
        world.tick();
        for session in order {
            world.teleport(session, 256 * session as i32 * 100, 70_000);
        }
        (1..=2).for_each(|session| world.join(session, "plaza"));
        world.tick();
        world.ticks(30);
        world.output.hash
    };
    assert_eq!(run([1, 2]), run([2, 1]));
}

fn step(extend: impl Fn(&mut App) + Send + Sync + 'static, ticks: u32) {
    let mut sim = Simulation::with_plugins(plaza(), extend);
    let mut input = TickInput::default();
    let mut output = TickOutput::default();
    input.open_as(1, "Ada");
    input.open_as(2, "Bob");
    for _ in 0..ticks {
        sim.step(&mut input, &mut output);
    }
}

#[derive(Component, Default, Serialize, Deserialize)]
struct Lamp(u32);

#[derive(Resource, Default, Serialize, Deserialize)]
struct Weather(u32);

#[test]
#[should_panic(
    expected = "Lamp is neither part of the state nor declared presentation-only: call app.state_component::<"
)]
fn an_undeclared_component_panics_in_the_first_tick() {
    step(
        |app: &mut App| _ = app.register_required_components::<Player, Lamp>(),
        1,
    );
}

#[test]
#[should_panic(expected = "Weather is neither part of the state nor declared")]
fn an_undeclared_resource_panics_in_the_first_tick() {
    step(|app: &mut App| _ = app.init_resource::<Weather>(), 1);
}

#[test]
#[should_panic(expected = "Lamp is part of the state, but is on an entity without a stable id")]
fn a_state_component_on_an_entity_without_a_stable_id_panics() {
    step(
        |app: &mut App| {
            app.state_component::<Lamp>("lamp");
            app.world_mut().spawn(Lamp(3));
        },
        1,
    );
}

#[test]
#[should_panic(expected = "two entities have the stable id of game entity 7")]
fn a_duplicate_stable_id_panics() {
    step(
        |app: &mut App| {
            app.state_component::<Lamp>("lamp");
            app.world_mut().spawn((Lamp(3), StableId::game(7)));
            app.world_mut().spawn((Lamp(4), StableId::game(7)));
        },
        0,
    );
}

#[test]
#[should_panic(expected = "Lamp is declared twice")]
fn declaring_a_component_twice_panics() {
    step(
        |app: &mut App| _ = app.state_component::<Lamp>("lamp").presentation_only::<Lamp>(),
        0,
    );
}

#[test]
#[should_panic(expected = "no tick runs Update: add systems to `TickSchedule`")]
fn a_system_in_a_schedule_of_bevy_panics() {
    step(|app: &mut App| _ = app.add_systems(bevy_app::Update, || {}), 0);
}

#[test]
fn declared_components_and_resources_are_hashed() {
    let run = |lamp: u32, weather: u32, spare: u32| {
        let mut sim = Simulation::with_plugins(plaza(), move |app: &mut App| {
            app.state_component::<Lamp>("lamp")
                .state_resource::<Weather>("weather");
            app.insert_resource(Weather(weather));
            app.world_mut().spawn((Lamp(lamp), StableId::game(1)));
            app.world_mut().spawn((Lamp(spare), StableId::game(2)));
        });
        sim.step(&mut TickInput::default(), &mut TickOutput::default());
        sim.hash()
    };
    let hash = run(1, 1, 1);
    assert_eq!(run(1, 1, 1), hash);
    assert_ne!(run(2, 1, 1), hash);
    assert_ne!(run(1, 2, 1), hash);
    assert_ne!(run(1, 1, 2), hash);
    assert_ne!(
        run(1, 1, 2),
        run(2, 1, 1),
        "the hash depends on which entity has the lamp"
    );
}

/// The hash never contains a write that change detection does not see. Debug builds compute it
/// again every 16 ticks.
#[test]
#[cfg_attr(debug_assertions, should_panic(expected = "bypassed change detection"))]
fn debug_builds_find_a_write_that_bypasses_change_detection() {
    fn bypass(mut skins: Query<&mut Skin>) {
        skins
            .iter_mut()
            .for_each(|mut skin| skin.bypass_change_detection().0 += 1);
    }
    step(
        |app: &mut App| _ = app.add_systems(TickSchedule, bypass.in_set(StepSet::Simulate)),
        40,
    );
}

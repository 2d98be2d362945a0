//! A guard sees players, but not through walls. It chases and catches them, and returns.

#[path = "../../examples/guard.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use std::sync::Arc;

use bevy_ecs::prelude::*;
use parlour::maps;
use parlour_shared::{
    codec,
    ids::ObjectId,
    message::ServerMessage,
    motion::{Direction, Position},
};
use parlour_sim::{CurrentPosition, SimConfig, Simulation};
use parlour_testing::{SessionActions as _, TestWorld};
use parlour_tick::TickOutput;

use crate::bots::{Bot, serve_map};
use example::{Alert, Caught, Guards};

const VAULT: &[u8] = include_bytes!("../../examples/maps/vault.tmx");
/// Where the map has the guard.
const POST: Position = Position {
    x: 784 * 256,
    y: 112 * 256,
};
/// 180 px west of it, in px.
const NEARBY: (i32, i32) = (604, 112);

/// The vault, with the guard and the spawn point at these places.
fn config(post: Position, (x, y): (i32, i32)) -> SimConfig {
    let mut map = maps::parse("vault", "vault.tmx", VAULT).unwrap();
    assert_eq!(map.objects[0].position, POST);
    map.objects[0].position = post;
    map.spawns[0].position = Position::from_px(x, y);
    SimConfig::new(vec![Arc::new(map)])
}

/// A world with player 1 in front of the guard.
fn world() -> TestWorld {
    world_with(config(POST, NEARBY))
}

fn world_with(config: SimConfig) -> TestWorld {
    let mut world = TestWorld::with_plugins(config, Guards);
    world.open_as_and_join(1, "Ada", "vault");
    world.ticks(10);
    world.forget_messages();
    world
}

/// Where the client of session 1 sees the guard, and what the guard does.
fn guard(world: &TestWorld) -> Option<(Position, Alert)> {
    let (_, _, seen) = world.client(1).view.objects().next()?;
    let alert = codec::decode(&seen.components[0].1).unwrap();
    Some((seen.segment.at(world.now()), alert))
}

fn hugo(simulation: &Simulation) -> Entity {
    simulation.object(ObjectId(1)).unwrap()
}

fn place(simulation: &Simulation) -> Position {
    let hugo = hugo(simulation);
    simulation.world().get::<CurrentPosition>(hugo).unwrap().0
}

fn is_caught(world: &mut TestWorld) -> bool {
    let mut messages = world.messages(1).into_iter();
    messages.any(|message| matches!(message, ServerMessage::Custom(said) if said.name == "caught"))
}

#[test]
fn a_guard_chases_and_catches_a_player() {
    // The player is seen at once.
    let mut world = world();
    let ada = world.client(1).player;
    let (place, alert) = guard(&world).unwrap();
    assert_eq!(alert, Alert::Chasing(ada));
    assert!(place.x < POST.x, "it runs");
    // The player runs away to the south, but the guard is faster.
    world.walk(1, Direction::South);
    let mut ticks = 0;
    while !is_caught(&mut world) {
        world.tick();
        ticks += 1;
        assert!(ticks < 600, "the guard has not caught the player");
    }
    assert_eq!(
        world.position(1),
        Position::from_px(NEARBY.0, NEARBY.1),
        "sent back"
    );
}

#[test]
fn a_guard_does_not_see_through_the_wall() {
    // As near as the player of the test above, but beyond the wall.
    let mut world = world_with(config(Position::from_px(560, 112), (380, 112)));
    world.ticks(60);
    assert_eq!(guard(&world).unwrap().1, Alert::Watching);
}

#[test]
fn a_guard_that_loses_sight_returns_to_its_post() {
    let mut world = world();
    world.ticks(20);
    assert_ne!(place(&world.sim), POST);
    world.leave(1);
    world.ticks(2);
    let alert = |world: &TestWorld| *world.sim.world().get::<Alert>(hugo(&world.sim)).unwrap();
    let mut ticks = 0;
    while alert(&world) != Alert::Watching {
        world.tick();
        ticks += 1;
        assert!(ticks < 600, "the guard does not return");
    }
    assert!(ticks > 20, "it first runs to where it saw the player last");
    assert_eq!(place(&world.sim), POST);
}

#[test]
fn a_loaded_world_continues_the_chase() {
    let mut world = world();
    world.walk(1, Direction::Southwest);
    world.ticks(5);
    let saved = world.saved();
    let mut loaded = Simulation::load(config(POST, NEARBY), Guards, &saved).unwrap();
    for tick in 0..200 {
        world.input.sort();
        let mut output = TickOutput::default();
        loaded.step(&mut world.input.clone(), &mut output);
        world.tick();
        assert_eq!(output.hash, world.output.hash, "tick {tick}");
    }
    assert!(is_caught(&mut world));
}

#[tokio::test]
async fn a_bot_is_caught() {
    let server = serve_map("vault", VAULT, Guards);
    let mut ann = Bot::join(&server, "ann", "vault").await;
    // Around the wall: south, and then east.
    ann.0.steer(Direction::South);
    ann.wait_for(|ann, _| {
        let client = ann.client();
        (client.view().position(client.slot()?, client.view().tick()?)?.y > 420 * 256).then_some(())
    })
    .await;
    ann.0.steer(Direction::East);
    ann.wait_for(|ann, _| {
        let client = ann.client();
        (client.view().position(client.slot()?, client.view().tick()?)?.x > 700 * 256).then_some(())
    })
    .await;
    ann.0.steer(Direction::North);
    let Caught = ann.receive("caught").await;
}

//! A guard sees players, but not through walls. It chases and catches them, and returns.

#[path = "../../examples/guard.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use std::sync::Arc;

use parlour::maps;
use parlour_shared::{
    codec,
    message::ServerMessage,
    motion::{Direction, Position},
};
use parlour_sim::{SimConfig, Simulation};
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

/// The vault, with the spawn point at this place.
fn config(x: i32, y: i32) -> SimConfig {
    let mut map = maps::parse("vault", "vault.tmx", VAULT).unwrap();
    map.spawns[0].position = Position::from_px(x, y);
    SimConfig::new(vec![Arc::new(map)])
}

fn world(x: i32, y: i32) -> TestWorld {
    let mut world = TestWorld::with_plugins(config(x, y), Guards);
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

fn is_caught(world: &mut TestWorld) -> bool {
    let mut messages = world.messages(1).into_iter();
    messages.any(|message| matches!(message, ServerMessage::Custom(said) if said.name == "caught"))
}

#[test]
fn a_guard_chases_and_catches_a_player_and_returns_to_its_post() {
    // 180 px west of the guard: the player is seen at once.
    let mut world = world(604, 112);
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
    assert_eq!(world.position(1), Position::from_px(604, 112), "sent back");
}

#[test]
fn a_guard_that_loses_sight_returns() {
    // Behind the wall, and as near as the player of the test above.
    let mut world = world(420, 112);
    world.ticks(60);
    let far_away = guard(&world).is_none_or(|(_, alert)| alert == Alert::Watching);
    assert!(far_away, "the guard does not see through the wall");
    // The player goes around the wall, looks at the guard, and runs back.
    world.sprint(1, Direction::South);
    world.ticks(75);
    world.sprint(1, Direction::East);
    let ada = world.client(1).player;
    let mut ticks = 0;
    while guard(&world).is_none_or(|(_, alert)| alert != Alert::Chasing(ada)) {
        world.tick();
        ticks += 1;
        assert!(ticks < 600, "the guard does not see the player");
    }
    world.sprint(1, Direction::West);
    while guard(&world).is_none_or(|(_, alert)| alert != Alert::Watching) {
        world.tick();
        ticks += 1;
        assert!(ticks < 2000, "the guard does not return");
        assert!(!is_caught(&mut world), "a player that sprints is faster");
        let (x, near_wall) = (world.position(1).x, Position::from_px(40, 0).x);
        if x < near_wall {
            world.walk(1, Direction::Still);
        }
    }
}

#[test]
fn a_loaded_world_continues_the_chase() {
    let mut world = world(604, 112);
    world.walk(1, Direction::Southwest);
    world.ticks(5);
    let saved = world.saved();
    let mut loaded = Simulation::load(config(604, 112), Guards, &saved).unwrap();
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

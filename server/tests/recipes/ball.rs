//! The example of an object that moves: a ball that players push rolls, bounces and comes to rest.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

#[path = "../examples/ball.rs"]
#[allow(dead_code, reason = "the example also prints")]
mod ball;

use std::sync::Arc;

use parlour_shared::{
    codec,
    ids::ObjectId,
    message::{ActTarget, Refusal, ServerMessage},
    motion::{Position, Velocity},
};
use parlour_sim::{CurrentPosition, SimConfig, Simulation};
use parlour_testing::{SessionActions as _, TestWorld};
use parlour_tick::TickOutput;

use ball::{BallPlugin, FASTEST, Push, PushedBy, pitch};

const BALL: ObjectId = ObjectId(1);

fn config() -> SimConfig {
    SimConfig::new(vec![Arc::new(pitch())])
}

fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(config(), BallPlugin);
    world.open_as_and_join(1, "Ada", "pitch");
    world.open_as_and_join(2, "Bob", "pitch");
    world.ticks(10);
    world
}

fn push(world: &mut TestWorld, session: u64, target: ActTarget) {
    world.act(session, target, "push", &Push);
}

fn place(simulation: &Simulation) -> Position {
    let ball = simulation.object(BALL).unwrap();
    simulation.world().get::<CurrentPosition>(ball).unwrap().0
}

fn refusals(world: &mut TestWorld, session: u64) -> Vec<Refusal> {
    let messages = world.messages(session).into_iter();
    let refusals = messages.filter_map(|message| match message {
        ServerMessage::Refused(refused) => Some(refused.refusal),
        _ => None,
    });
    refusals.collect()
}

#[test]
fn a_pushed_ball_rolls_away_and_everyone_near_sees_who_pushed_it() {
    let mut world = world();
    let before = place(&world.sim);
    push(&mut world, 1, ActTarget::Object(BALL));
    world.tick();
    let (_, object, seen) = world.client(2).view.objects().next().unwrap();
    assert_eq!(object.object, BALL);
    assert_eq!(
        seen.segment.gait.velocity(),
        Velocity {
            x: FASTEST as i16,
            y: 0
        }
    );
    let (_, bytes) = &seen.components[0];
    let ada = world.client(1).player;
    assert_eq!(codec::decode::<PushedBy>(bytes).unwrap(), PushedBy(Some(ada)));
    world.ticks(60);
    let after = place(&world.sim);
    assert!(after.x > before.x + 100 * 256 && after.y == before.y, "{after:?}");
}

#[test]
fn a_ball_bounces_off_a_wall_and_comes_to_rest() {
    let mut world = world();
    push(&mut world, 1, ActTarget::Object(BALL));
    let mut farthest = 0;
    for _ in 0..240 {
        world.tick();
        farthest = farthest.max(place(&world.sim).x);
    }
    let rest = place(&world.sim);
    // The room is 480 px wide, and the ball 12 px.
    assert_eq!(farthest, 474 * 256);
    assert!(rest.x < farthest, "{rest:?}");
    world.ticks(60);
    assert_eq!(place(&world.sim), rest);
    let (_, _, seen) = world.client(2).view.objects().next().unwrap();
    assert_eq!(seen.segment.gait.velocity(), Velocity::default());
    assert_eq!(seen.segment.at(world.now()), rest);
}

#[test]
fn a_ball_in_a_corner_turns_round_on_both_axes() {
    let mut config = config();
    let mut map = pitch();
    map.objects[0].position = Position::from_px(20, 20);
    map.spawns[0].position = Position::from_px(34, 34);
    config.maps = vec![Arc::new(map)];
    let mut world = TestWorld::with_plugins(config, BallPlugin);
    world.open_and_join(1, "pitch");
    world.ticks(10);
    push(&mut world, 1, ActTarget::Object(BALL));
    world.ticks(4);
    assert_eq!(place(&world.sim), Position::from_px(6, 6));
    world.ticks(30);
    let place = place(&world.sim);
    assert!(place.x > 50 * 256 && place.x == place.y, "{place:?}");
}

#[test]
fn a_push_from_afar_or_of_a_player_is_refused() {
    let mut world = world();
    let ada = ActTarget::Player(world.client(1).player);
    push(&mut world, 2, ada);
    world.tick();
    assert_eq!(refusals(&mut world, 2), [Refusal::Declined { code: 1 }]);
    push(&mut world, 1, ActTarget::Object(BALL));
    world.ticks(30);
    push(&mut world, 1, ActTarget::Object(BALL));
    world.tick();
    assert_eq!(refusals(&mut world, 1), [Refusal::OutOfReach]);
}

#[test]
fn a_loaded_world_continues_with_the_rolling_ball() {
    let mut world = world();
    push(&mut world, 1, ActTarget::Object(BALL));
    world.ticks(20);
    let saved = world.saved();
    let mut loaded = Simulation::load(config(), BallPlugin, &saved).unwrap();
    for _ in 0..200 {
        loaded.step(&mut world.input.clone(), &mut TickOutput::default());
        world.tick();
        assert_eq!(loaded.hash(), world.sim.hash());
    }
    assert_eq!(place(&loaded), place(&world.sim));
}

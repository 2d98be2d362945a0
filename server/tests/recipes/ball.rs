//! A ball that players push rolls, bounces and comes to rest.

#[path = "../../examples/ball.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use std::sync::Arc;

use parlour_shared::{
    codec,
    ids::ObjectId,
    message::{ActTarget, Refusal, ServerMessage},
    motion::{Direction, Position, Velocity, WallGrid},
};
use parlour_sim::{CurrentPosition, SimConfig, Simulation};
use parlour_testing::{SessionActions as _, TestWorld, maps::map};
use parlour_tick::TickOutput;

use crate::bots::{Bot, serve};
use example::{Ball, FASTEST, NO_BALL, Push, PushedBy};

const BALL: ObjectId = ObjectId(1);

/// A room of 480 x 320 px, whose ball is at this place.
fn config(x: i32, y: i32) -> SimConfig {
    let pitch = map(
        "pitch",
        WallGrid::new(30, 20, 16),
        Position::from_px(x, y),
        Vec::new(),
    );
    SimConfig::new(vec![Arc::new(pitch)])
}

/// Two players, who have walked away from the ball for 8 ticks.
fn world_beside_ball(config: SimConfig, direction: Direction) -> TestWorld {
    let mut world = TestWorld::with_plugins(config, Ball);
    (1..=2).for_each(|session| world.open_and_join(session, "pitch"));
    world.tick();
    (1..=2).for_each(|session| world.walk(session, direction));
    world.ticks(8);
    (1..=2).for_each(|session| world.walk(session, Direction::Still));
    world.ticks(10);
    world
}

fn world() -> TestWorld {
    world_beside_ball(config(240, 160), Direction::West)
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
    // The players push it into the corner, from the southeast.
    let mut world = world_beside_ball(config(20, 20), Direction::Southeast);
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
    assert_eq!(refusals(&mut world, 2), [Refusal::Declined { code: NO_BALL }]);
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
    let mut loaded = Simulation::load(config(240, 160), Ball, &saved).unwrap();
    for _ in 0..200 {
        loaded.step(&mut world.input.clone(), &mut TickOutput::default());
        world.tick();
        assert_eq!(loaded.hash(), world.sim.hash());
    }
    assert_eq!(place(&loaded), place(&world.sim));
}

#[tokio::test]
async fn bots_push_the_ball_and_see_it_roll() {
    let server = serve(Ball);
    let mut ann = Bot::join(&server, "ann", "plaza").await;
    let mut bob = Bot::join(&server, "bob", "plaza").await;
    let ball = ann.sees_object("ball").await;
    // The ball is where players enter.
    ann.act(ball, "push", &Push).await.unwrap();
    let pushed_by = bob
        .wait_for(|bob, _| {
            let (_, _, ball) = bob.client().view().objects().next()?;
            let (_, bytes) = ball.components.first()?;
            let PushedBy(player) = codec::decode(bytes).unwrap();
            player.filter(|_| ball.segment.gait.velocity() != Velocity::default())
        })
        .await;
    assert_eq!(pushed_by, ann.id());
}

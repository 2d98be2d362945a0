//! A ball that players push. Run it with `cargo run -p parlour-sim --example ball`.
//!
//! The map places the ball. A player next to it pushes it away. It rolls, becomes slower, bounces
//! off walls and comes to rest. All who are near see it roll, and who pushed it last. This takes
//! one kind of objects, one action and three systems.
#![allow(clippy::print_stdout, reason = "an example prints what it does")]

use std::{sync::Arc, time::Duration};

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::PlayerId,
    map::{Map, MapObject},
    message::{ActTarget, Refusal, ServerMessage},
    motion::{Position, Velocity, WallGrid},
};
use parlour_sim::{
    ActionOn, Answer, CurrentPosition, MaySleep, Motion, ObjectKind, Player, Reach, SimConfig, SimulationApp,
    Steer, StepSet, TickSchedule, Walk, every,
};
use parlour_testing::{SessionActions as _, TestWorld, maps::map};
use serde::{Deserialize, Serialize};

/// The speed of a ball that was just pushed, along its faster axis, in units (1/256 px) per tick.
pub(crate) const FASTEST: i32 = 1536;
/// A ball that is slower stops.
const SLOWEST: i32 = 64;
/// The code of a refusal: the target is no ball.
const NO_BALL: u16 = 1;

/// The player that pushed a ball last. Part of the state, and sent to all who see the ball. The
/// encoding of a component has at least one byte, so a ball that nobody has pushed has it too.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PushedBy(pub(crate) Option<PlayerId>);

/// The action of a player, which has no details. A client sends it as an `act` with the name from
/// the plugin below.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Push;

/// The plugin. Add it to a world with [`parlour_sim::Simulation::with_plugins`].
pub(crate) struct BallPlugin;

impl Plugin for BallPlugin {
    fn build(&self, app: &mut App) {
        app.object_kind(
            ObjectKind::new("ball")
                .size_px(12, 12)
                // Seen from farther away than players are.
                .near_px(600)
                .with::<PushedBy>("pushed_by")
                // Each ball that a map places.
                .placed(|_, ball| {
                    ball.insert(PushedBy::default());
                }),
        );
        app.player_action::<Push>("push", Reach::px(24));
        // Before `Walk`, so that a change takes effect in this tick. A world in which no ball rolls
        // may sleep: these systems then have nothing to do.
        let slow_down = slow_down.run_if(every(Duration::from_millis(100)));
        app.add_systems(
            TickSchedule,
            (bounce, slow_down, push)
                .chain()
                .before(Walk)
                .in_set(StepSet::Simulate)
                .in_set(MaySleep),
        );
    }
}

/// The balls with their motions.
type Balls<'w, 's> = Query<'w, 's, (Entity, &'static Motion), With<PushedBy>>;

/// Turns balls round that a wall has stopped. `Steer` changes motions, so a system that also reads
/// them needs a `ParamSet`.
fn bounce(mut balls: ParamSet<(Balls<'_, '_>, Steer<'_, '_>)>) {
    // An empty list needs no memory.
    let mut stopped = Vec::new();
    for (ball, motion) in &balls.p0() {
        let gait = motion.segment().gait;
        let Velocity { x, y } = gait.heading.velocity();
        let back = Velocity {
            x: if gait.blocked_x { -x } else { x },
            y: if gait.blocked_y { -y } else { y },
        };
        if gait.blocked_x || gait.blocked_y {
            stopped.push((ball, back));
        }
    }
    for (ball, back) in stopped {
        balls.p1().set_velocity(ball, back);
    }
}

/// Nothing is sent while a velocity stays the same, so a ball does not become slower in every tick.
fn slow_down(balls: Query<Entity, With<PushedBy>>, mut steer: Steer) {
    for ball in &balls {
        let Some(Velocity { x, y }) = steer.velocity(ball) else {
            continue;
        };
        let slower = |speed: i16| (i32::from(speed) * 7 / 8) as i16;
        let (x, y) = (slower(x), slower(y));
        match i32::from(x).abs().max(i32::from(y).abs()) < SLOWEST {
            true => steer.stop(ball),
            false => steer.set_velocity(ball, Velocity { x, y }),
        };
    }
}

/// The server has checked that the player sees the ball and reaches it.
fn push(
    mut actions: MessageReader<ActionOn<Push>>,
    mut answers: MessageWriter<Answer<Push>>,
    players: Query<(&Player, &CurrentPosition)>,
    mut balls: Query<(&CurrentPosition, &mut PushedBy)>,
    mut steer: Steer,
) {
    for action in actions.read() {
        let (Ok((player, from)), Ok((to, mut pushed_by))) =
            (players.get(action.player), balls.get_mut(action.target))
        else {
            answers.write(action.refuse(Refusal::Declined { code: NO_BALL }));
            continue;
        };
        steer.set_velocity(action.target, away(from.0, to.0));
        pushed_by.set_if_neq(PushedBy(Some(player.id)));
        answers.write(action.accept());
    }
}

/// Returns the velocity of a ball at `to` that is pushed from `from`. In integers: floats may
/// differ from machine to machine.
fn away(from: Position, to: Position) -> Velocity {
    let (x, y) = (to.x - from.x, to.y - from.y);
    // The reach of the action bounds both. A ball right under a player rolls to the east.
    match x.abs().max(y.abs()) {
        0 => Velocity {
            x: FASTEST as i16,
            y: 0,
        },
        far => Velocity {
            x: (x * FASTEST / far) as i16,
            y: (y * FASTEST / far) as i16,
        },
    }
}

/// A room of 480 x 320 px with a ball in its middle, to the east of the spawn point.
pub(crate) fn pitch() -> Map {
    let walls = WallGrid::new(30, 20, 16);
    let mut map = map("pitch", walls, Position::from_px(220, 160), Vec::new());
    map.objects.push(MapObject {
        class: "ball".into(),
        position: Position::from_px(240, 160),
        ..MapObject::default()
    });
    map
}

// The rest is a small world that shows the plugin at work: two players on a pitch.

fn main() {
    let config = SimConfig::new(vec![Arc::new(pitch())]);
    let mut world = TestWorld::with_plugins(config, BallPlugin);
    world.open_as_and_join(1, "Ada", "pitch");
    world.open_as_and_join(2, "Bob", "pitch");
    let mut shown = String::new();
    run(&mut world, 10, &mut shown);
    let (_, ball, _) = world.client(2).view.objects().next().expect("the ball");
    let ball = ActTarget::Object(ball.object);
    println!("- Ada pushes the ball.");
    world.act(1, ball, "push", &Push);
    run(&mut world, 240, &mut shown);
    println!("- Bob is too far away now.");
    world.act(2, ball, "push", &Push);
    run(&mut world, 1, &mut shown);
    for message in world.messages(2) {
        if let ServerMessage::Refused(refused) = message {
            println!("Bob receives: refused, {:?}", refused.refusal);
        }
    }
}

/// Runs several ticks, and prints the changes in Bob's view.
fn run(world: &mut TestWorld, ticks: u32, shown: &mut String) {
    for _ in 0..ticks {
        world.tick();
        let tick = world.now();
        let Some((_, _, seen)) = world.client(2).view.objects().next() else {
            continue;
        };
        let (place, speed) = (seen.segment.at(tick), seen.segment.gait.velocity());
        let text = format!("with a velocity of ({}, {})", speed.x, speed.y);
        if text != *shown {
            println!(
                "tick {:3}: Bob sees the ball at ({}, {}) px, {text}",
                tick.0,
                place.x / 256,
                place.y / 256
            );
            *shown = text;
        }
    }
}

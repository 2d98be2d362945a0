//! A ball that players push: an object that moves, and an action of players.
//!
//! Each room has a ball at its first spawn point. A player next to it pushes it away. It rolls,
//! becomes slower, bounces off walls and comes to rest. All who are near see it roll, and who
//! pushed it last.
//!
//! Run it with `cargo run -p parlour --example ball`. Connect a client as the banner shows, and
//! type:
//!
//! ```text
//! {"join":{"request":1,"room":"plaza"}}
//! {"act":{"request":2,"target":{"object":1},"name":"push"}}
//! ```
//!
//! The snapshots show where the ball is. If the answer is `out_of_reach`, walk to it with `move`.

use std::process::ExitCode;

use parlour::prelude::*;

/// The speed of a ball that was just pushed, along its faster axis, in units (1/256 px) per tick.
pub(crate) const FASTEST: i32 = 1536;
/// A ball that is slower stops.
const SLOWEST: i32 = 64;
/// The code of a refusal: the target is no ball.
pub(crate) const NO_BALL: u16 = 1;

/// The player that pushed a ball last. Part of the state, and sent to all who see the ball.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PushedBy(pub(crate) Option<PlayerId>);

/// The action of a player, which has no details.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Push;

pub(crate) struct Ball;

impl Plugin for Ball {
    fn build(&self, app: &mut App) {
        // Seen from farther away than players are.
        let ball = ObjectKind::new("ball").size_px(12, 12).near_px(600);
        app.object_kind(ball.with::<PushedBy>("pushed_by"));
        app.player_action::<Push>("push", Reach::px(24));
        // Before `Walk`, so that a change takes effect in this tick. A world in which no ball rolls
        // may sleep: these systems then have nothing to do.
        let slow_down = slow_down.run_if(every(Duration::from_millis(100)));
        app.add_systems(
            TickSchedule,
            (kick_off, bounce, slow_down, push)
                .chain()
                .before(Walk)
                .in_set(StepSet::Simulate)
                .in_set(MaySleep),
        );
    }
}

/// Each new room has a ball.
fn kick_off(mut events: MessageReader<RoomEvent>, rooms: Query<&Room>, mut objects: Objects) {
    for event in events.read() {
        if let RoomEvent::Created { room } = *event
            && let Ok(details) = rooms.get(room)
            && let Ok(mut ball) = objects.spawn(room, "ball", details.map.spawns[0].position)
        {
            ball.insert(PushedBy::default());
        }
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
    let (x, y, far) = match x.abs().max(y.abs()) {
        0 => (1, 0, 1),
        far => (x, y, far),
    };
    Velocity {
        x: (x * FASTEST / far) as i16,
        y: (y * FASTEST / far) as i16,
    }
}

fn main() -> ExitCode {
    parlour::cli("ball").plugins(Ball).run()
}

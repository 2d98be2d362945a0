//! Bullets that fly, and hit what the shooter saw: hit tests against past positions.
//!
//! A client draws the other players as they were a moment ago: its snapshots were on their way, and
//! so is its shot. The shot names the tick that the client has drawn. The server lets the bullet
//! fly from that tick on, against the positions that it keeps for 250 ms. If it has hit nobody by
//! now, it flies on as an object that everyone near sees.
//!
//! Run it with `cargo run -p parlour --example projectile`. Connect two clients as the banner
//! shows, and type in one of them:
//!
//! ```text
//! {"join":{"request":1,"room":"plaza"}}
//! {"custom":{"request":2,"name":"shoot","body":{"seen":0,"angle":64}}}
//! ```
//!
//! Tick 0 is so long ago that the oldest kept one replaces it: better name the `tick` of the last
//! snapshot. The angle 0 is east, and 64 is south.

use std::process::ExitCode;

use parlour::prelude::*;

/// How far a bullet flies in a tick, in units (1/256 px).
const SPEED: u16 = 12 * 256;
/// How long a bullet flies, in ticks.
const LIFETIME: u32 = 90;
/// The body of a bullet, which is 4 x 4 px.
const BULLET: HalfSize = HalfSize {
    half_x: 2 * UNITS_PER_PX,
    half_y: 2 * UNITS_PER_PX,
};

/// A shot: the body of the message `shoot`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Shoot {
    /// The tick at which the client has drawn the others: that of its last snapshot.
    pub(crate) seen: Tick,
    /// 0 is east, 64 is south.
    pub(crate) angle: u8,
}

/// A bullet has hit a player: the message `hit` to the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hit {
    pub(crate) shooter: PlayerId,
    pub(crate) target: PlayerId,
}

/// How many players a player has hit. Sent to all who see the player.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Score(pub(crate) u32);

/// A bullet in flight.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
struct Flight {
    shooter: PlayerId,
    /// Up to where it has hit nobody.
    from: Position,
    ends: Tick,
}

/// A bullet has met a body. This message is only for the system `score`.
#[derive(Message)]
struct Met {
    room: Entity,
    shooter: PlayerId,
    target: Entity,
}

pub(crate) struct Projectile;

impl Plugin for Projectile {
    fn build(&self, app: &mut App) {
        app.keep_past_positions(Duration::from_millis(250));
        // Walls end its flight in `fly`, not its motion.
        app.object_kind(ObjectKind::new("bullet").size_px(4, 4).passes_walls());
        app.state_component::<Flight>("flight")
            .player_component::<Score>("score")
            .player_message::<Shoot>("shoot")
            .client_message::<Hit>("hit")
            .add_message::<Met>();
        let systems = (shoot.before(Walk), (fly, score).chain().after(Walk));
        app.add_systems(TickSchedule, systems.in_set(StepSet::Simulate));
    }
}

/// Lets each bullet fly from the tick that the shooter saw up to the last one.
fn shoot(
    mut shots: MessageReader<FromPlayer<Shoot>>,
    mut answers: MessageWriter<Answer<Shoot>>,
    mut met: MessageWriter<Met>,
    shooters: Query<(&Player, &InRoom, &CurrentPosition)>,
    mut objects: Objects,
    past: PastSpace,
    clock: Res<Clock>,
) {
    for shot in shots.read() {
        let Ok((player, room, position)) = shooters.get(shot.player) else {
            answers.write(shot.refuse(Refusal::NotInRoom));
            continue;
        };
        answers.write(shot.accept());
        let velocity = Velocity::of_angle(shot.message.angle, SPEED);
        let mut here = position.0;
        let mut hit = None;
        // A tick that is not kept was replaced by the nearest one. So this flies at most 14 steps.
        let seen = past.room_at(room.0, shot.message.seen).map(|then| then.tick);
        let mut ticks = seen.map_or(0, |seen| seen.0 + 1)..clock.tick.0;
        while let Some(tick) = ticks.next().filter(|_| hit.is_none()) {
            let Some(then) = past.room_at(room.0, Tick(tick)) else {
                break;
            };
            let next = after(here, velocity);
            let players = KindSet::PLAYERS;
            hit = then
                .space
                .first_hit(here, next, BULLET, players, Some(shot.player));
            here = next;
        }
        match hit.map(|hit| hit.target) {
            Some(HitTarget::Wall) => {}
            Some(HitTarget::Entity(target)) => {
                let (room, shooter) = (room.0, player.id);
                met.write(Met {
                    room,
                    shooter,
                    target,
                });
            }
            None => {
                // A room that is full of objects has no more bullets.
                if let Ok(mut bullet) = objects.spawn_moving(room.0, "bullet", here, velocity) {
                    let flight = Flight {
                        shooter: player.id,
                        from: here,
                        ends: clock.tick.after(LIFETIME),
                    };
                    bullet.insert((flight, Owner::of(player.id, OwnerLeaves::Despawn)));
                }
            }
        }
    }
}

/// Tests the way that each bullet has flown in this tick.
fn fly(
    mut bullets: Query<(Entity, &Object, &CurrentPosition, &mut Flight)>,
    players: Query<(Entity, &Player)>,
    mut met: MessageWriter<Met>,
    mut commands: Commands,
    (space, clock): (Space, Res<Clock>),
) {
    for (bullet, object, position, mut flight) in &mut bullets {
        let Some(room) = space.room(object.room()) else {
            continue;
        };
        let shooter = players.iter().find(|(_, player)| player.id == flight.shooter);
        let except = shooter.map(|(entity, _)| entity);
        let hit = room.first_hit(flight.from, position.0, BULLET, KindSet::PLAYERS, except);
        flight.from = position.0;
        if let Some(HitTarget::Entity(target)) = hit.map(|hit| hit.target) {
            met.write(Met {
                room: object.room(),
                shooter: flight.shooter,
                target,
            });
        }
        if hit.is_some() || clock.tick >= flight.ends {
            commands.entity(bullet).despawn();
        }
    }
}

fn score(
    mut met: MessageReader<Met>,
    mut players: Query<(&Player, &mut Score)>,
    mut hits: MessageWriter<ToPlayers<Hit>>,
) {
    for &Met {
        room,
        shooter,
        target,
    } in met.read()
    {
        // Game logic that ran in between may have removed it.
        let Ok(target) = players.get(target).map(|(player, _)| player.id) else {
            continue;
        };
        hits.write(ToPlayers::room(room, Hit { shooter, target }));
        let mut players = players.iter_mut();
        if let Some((_, mut score)) = players.find(|(player, _)| player.id == shooter) {
            score.0 += 1;
        }
    }
}

fn after(position: Position, velocity: Velocity) -> Position {
    Position {
        x: position.x + i32::from(velocity.x),
        y: position.y + i32::from(velocity.y),
    }
}

fn main() -> ExitCode {
    parlour::cli("projectile").plugins(Projectile).run()
}

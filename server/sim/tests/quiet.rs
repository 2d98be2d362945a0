//! A world that skips ticks whenever it may is the same as one that runs every tick: the same hash,
//! saved state and frames in each tick. Worlds, inputs, holds, lost links, cadences and watchers
//! are random.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::time::Duration;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{SessionId, Tick},
    limits::HEARTBEAT_TICKS,
    message::{Move, MoveHeading, Scope},
    motion::{Direction, Position},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    CameNear, Clock, CurrentPosition, FromPlayer, InRoom, Interest, MaySleep, Motion, OnDrop, Perspective,
    Player, RoomTypeConfig, SimConfig, Simulation, SimulationApp, StepSet, TickSchedule, ToPlayers, Walk,
    WentAway,
};
use parlour_testing::{Script, SessionActions as _, maps::connected_maps};
use parlour_tick::{Cadence, Pace, PaceLevel, TickInput, TickOutput};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// What a world is made from, and what happens in it.
#[derive(Clone, Debug)]
struct Plan {
    seed: u64,
    sessions: u64,
    all: bool,
    refresh_ticks: u32,
    empty_ticks: u32,
    /// About one tick in so many has an event.
    calm: u32,
    /// Whether the pace changes, and viewers are held.
    pressure: bool,
    watchers: bool,
    logic: bool,
    muted: bool,
    ticks: u32,
}

fn plans() -> impl Strategy<Value = Plan> {
    let world = (any::<u64>(), 0_u64..12, any::<bool>(), 1_u32..=6, 1_u32..200);
    let happens = (
        1_u32..150,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.1),
    );
    (world, happens).prop_map(
        |((seed, sessions, all, refresh_ticks, empty_ticks), (calm, pressure, watchers, logic, muted))| {
            Plan {
                seed,
                sessions,
                all,
                refresh_ticks,
                empty_ticks,
                calm,
                pressure,
                watchers,
                logic,
                muted,
                ticks: 600,
            }
        },
    )
}

impl Plan {
    fn config(&self) -> SimConfig {
        let mut config = SimConfig::new(connected_maps());
        config.seed = self.seed;
        config.skins = ["a", "b"].map(String::from).to_vec();
        config.rules.refresh_ticks = self.refresh_ticks;
        config.rules.empty_ticks = self.empty_ticks;
        if self.all {
            config.rules.interest = Interest::All;
        }
        let mut west = RoomTypeConfig::new("west", "west");
        west.rules = config.rules;
        west.rules.cadence = Cadence::ALL[self.seed as usize % 4];
        west.rules.on_drop = OnDrop::Continue;
        config.room_types.push(west);
        config
    }

    fn world(&self) -> Simulation {
        let mut world = if self.logic {
            Simulation::with_plugins(self.config(), sleepy)
        } else {
            Simulation::new(self.config())
        };
        if self.muted {
            world.mute();
        }
        world
    }

    /// The input of a tick.
    fn input(&self, tick: u32, pace: &mut Pace) -> TickInput {
        let random = &mut Stream::new(self.seed, tick.into(), Purpose::Game);
        let mut input = TickInput::default();
        if self.pressure && random.below(200) == 0 {
            *pace = match random.below(3) {
                0 => Pace::Fixed(Cadence::ALL[random.below(4) as usize]),
                1 => Pace::Adaptive(PaceLevel::new(random.below(7) as u8).unwrap()),
                _ => Pace::default(),
            };
        }
        input.pace = *pace;
        // Everyone arrives in the first second. They stand still at the same place, near each
        // other.
        if tick <= 60 {
            let arrives = |session: &u64| session % 60 == u64::from(tick) * 7 % 60;
            for session in (0..self.sessions).filter(arrives) {
                input.open_as_and_join(
                    session,
                    "",
                    ["east", "east", "west", "east/a"][session as usize % 4],
                );
            }
        }
        if self.sessions == 0 || random.below(self.calm) > 0 {
            return input;
        }
        let session = u64::from(random.below(self.sessions as u32));
        let rooms = ["east", "west", "east/a", "nowhere"];
        match random.below(26) {
            0..=3 => input.open_as(session, ""),
            4..=7 => input.join(session, rooms[random.below(4) as usize]),
            8..=11 => input.command(
                session,
                Move {
                    seq: 0,
                    tick: Tick(if random.below(2) == 0 {
                        tick + random.below(16)
                    } else {
                        0
                    }),
                    heading: MoveHeading::Keys {
                        direction: Direction::ALL[random.below(9) as usize],
                        sprint: random.below(3) == 0,
                    },
                },
            ),
            12..=14 => input.walk(session, Direction::Still),
            15 => input.chat(session, Scope::Room, "hello"),
            16 => input.chat(session, Scope::Near, "psst"),
            17 => input.skin(session, random.below(2) as u16),
            18 => input.leave(session),
            19 => input.close(session),
            20 if self.pressure => input.hold(session),
            21 if self.pressure => input.release(session),
            22 => input.drop_link(session),
            23 => input.resume(session),
            24 => input.custom(
                session,
                "fuse",
                &Fuse {
                    ticks: random.below(100) as u16,
                },
            ),
            _ => {}
        }
        input.sort();
        input
    }
}

/// A bomb that explodes after some ticks.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Bomb {
    at: Option<Tick>,
    explosions: u32,
}

/// How many players a player has met.
#[derive(Component, Default, Serialize, Deserialize)]
struct Met(u8);

#[derive(Serialize, Deserialize)]
struct Fuse {
    ticks: u16,
}

#[derive(Clone, Serialize, Deserialize)]
struct Bang(u32);

/// Game logic that sleeps: past positions, encounters, a timer, a message to players, and teleports
/// after `Walk`.
fn sleepy(app: &mut App) {
    app.init_resource::<Bomb>();
    app.state_resource::<Bomb>("bomb")
        .replicate::<Met>("met")
        .player_message::<Fuse>("fuse")
        .client_message::<Bang>("bang")
        .sleeps_until(|world| world.resource::<Bomb>().at)
        .keep_past_positions(Duration::from_millis(250));
    app.register_required_components::<Player, Met>();
    let systems = (light, meet, explode).chain().after(Walk);
    app.add_systems(TickSchedule, systems.in_set(StepSet::Simulate).in_set(MaySleep));
}

fn light(mut fuses: MessageReader<FromPlayer<Fuse>>, mut bomb: ResMut<Bomb>, clock: Res<Clock>) {
    for fuse in fuses.read() {
        bomb.at.get_or_insert(clock.tick.after(fuse.message.ticks.into()));
    }
}

fn meet(mut came: MessageReader<CameNear>, mut went: MessageReader<WentAway>, mut met: Query<&mut Met>) {
    for encounter in came.read() {
        for player in [encounter.one, encounter.other] {
            if let Ok(mut met) = met.get_mut(player) {
                met.0 = met.0.wrapping_add(1);
            }
        }
    }
    went.clear();
}

fn explode(
    mut players: Query<(Entity, &mut Motion, &CurrentPosition), With<InRoom>>,
    mut bomb: ResMut<Bomb>,
    mut bangs: MessageWriter<ToPlayers<Bang>>,
    clock: Res<Clock>,
) {
    if bomb.at.is_none_or(|at| clock.tick < at) {
        return;
    }
    bomb.at = None;
    bomb.explosions += 1;
    let mut players: Vec<_> = players.iter_mut().collect();
    players.sort_by_key(|(_, _, position)| (position.0.x, position.0.y));
    for (player, motion, position) in &mut players {
        let x = if bomb.explosions.is_multiple_of(2) {
            position.0.x
        } else {
            position.0.x / 2 + 256 * 40
        };
        motion.teleport(clock.tick, Position { x, y: position.0.y });
        bangs.write(ToPlayers::one(*player, Bang(bomb.explosions)));
    }
}

fn saved(world: &mut Simulation) -> Vec<u8> {
    let mut bytes = Vec::new();
    world.save(&mut bytes);
    bytes
}

/// Runs both worlds. Returns the number of ticks that one of them skipped.
fn compare(plan: &Plan) -> Result<u32, TestCaseError> {
    let (mut stepped, mut skipping) = (plan.world(), plan.world());
    let (mut expected, mut output) = (TickOutput::default(), TickOutput::default());
    let mut pace = Pace::default();
    let (mut skipped, mut waiting) = (0, 0);
    for tick in 1..=plan.ticks {
        let mut input = plan.input(tick, &mut pace);
        let random = &mut Stream::new(plan.seed, tick.into(), Purpose::Spawn);
        if plan.watchers && random.below(60) == 0 {
            skipping.skip(std::mem::take(&mut waiting));
            watch(&mut stepped, &mut skipping, random)?;
        }
        stepped.step(&mut input, &mut expected);
        if waiting < skipping.quiet_ticks() && input.events.is_empty() && skipping.may_skip(&input) {
            prop_assert!(skipping.quiet_until() > Some(Tick(tick)));
            let sent = [
                expected.frames.len(),
                expected.watched.len(),
                expected.closes.len(),
                expected.reports.len(),
            ];
            prop_assert_eq!(sent, [0; 4], "tick {} was skipped, but sends something", tick);
            skipped += 1;
            waiting += 1;
            // Some ticks are skipped one by one, others together.
            if random.below(3) > 0 {
                continue;
            }
            skipping.skip(std::mem::take(&mut waiting));
        } else {
            skipping.skip(std::mem::take(&mut waiting));
            skipping.step(&mut input, &mut output);
            prop_assert_eq!(&output, &expected, "tick {}", tick);
        }
        prop_assert_eq!(skipping.tick(), Tick(tick));
        prop_assert_eq!(skipping.hash(), stepped.hash(), "tick {}", tick);
        prop_assert!(
            saved(&mut skipping) == saved(&mut stepped),
            "saved after tick {}",
            tick
        );
    }
    Ok(skipped)
}

/// Changes watchers in both worlds.
fn watch(
    stepped: &mut Simulation,
    skipping: &mut Simulation,
    random: &mut Stream,
) -> Result<(), TestCaseError> {
    let (watcher, view) = (SessionId(random.below(3).into()), random.below(256) as u8);
    let player = stepped
        .sessions()
        .next()
        .and_then(|session| stepped.player(session));
    let id = player.and_then(|player| Some(stepped.world().get::<Player>(player)?.id));
    let act = random.below(6);
    let outputs = [stepped, skipping].map(|world| {
        let mut output = TickOutput::default();
        match act {
            0 => world.unwatch(watcher),
            1 => world.set_watcher_held(watcher, true),
            2 => world.set_watcher_held(watcher, false),
            3 => drop(world.show_watcher(watcher, &mut output)),
            4 => drop(world.watch(watcher, "east", Perspective::Everyone, view)),
            _ => {
                if let Some(id) = id
                    && let Some(room) = world.followed_room(id)
                {
                    drop(world.watch(watcher, &room, Perspective::Player(id), view));
                }
            }
        }
        output
    });
    prop_assert_eq!(&outputs[0], &outputs[1]);
    Ok(())
}

fn cases() -> u32 {
    if std::env::var_os("PARLOUR_HEAVY").is_some() {
        4000
    } else {
        48
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn a_world_that_skips_is_the_same_as_one_that_steps(plan in plans()) {
        compare(&plan)?;
    }
}

fn empty(ticks: u32, world: &mut Simulation) -> u32 {
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    let mut skipped = 0;
    for _ in 0..ticks {
        if world.may_skip(&input) {
            world.skip(1);
            skipped += 1;
        } else {
            world.step(&mut input, &mut output);
        }
    }
    skipped
}

#[test]
fn an_empty_world_sleeps_until_there_is_input() {
    let mut world = Simulation::new(SimConfig::new(connected_maps()));
    assert_eq!(world.quiet_until(), None, "a new world runs its first tick");
    assert!(empty(600, &mut world) > 580);
    assert_eq!(world.quiet_until(), Some(Tick(u32::MAX)));
    let mut input = TickInput::default();
    assert!(world.may_skip(&input));
    input.pace = Pace::Fixed(Cadence::Hz20);
    assert!(!world.may_skip(&input), "at a different pace, viewers may be due");
    input = TickInput::default();
    input.open_as(1, "");
    assert!(!world.may_skip(&input), "a session opens");
}

#[test]
fn a_world_with_idle_players_wakes_for_heartbeats_only() {
    let mut world = Simulation::new(SimConfig::new(connected_maps()));
    let mut input = TickInput::default();
    input.open_as_and_join(1, "", "east");
    input.open_as_and_join(2, "", "east");
    world.step(&mut input, &mut TickOutput::default());
    empty(60, &mut world);
    let skipped = empty(10 * HEARTBEAT_TICKS, &mut world);
    assert_eq!(skipped, 10 * (HEARTBEAT_TICKS - 1));
}

#[test]
fn a_world_with_a_walker_runs_every_tick() {
    let mut world = Simulation::new(SimConfig::new(connected_maps()));
    let mut input = TickInput::default();
    input.open_as_and_join(1, "", "east");
    input.walk(1, Direction::East);
    world.step(&mut input, &mut TickOutput::default());
    assert_eq!(empty(20, &mut world), 0);
}

#[test]
fn an_empty_room_is_removed_in_its_tick() {
    let mut config = SimConfig::new(connected_maps());
    config.rules.empty_ticks = 300;
    let mut world = Simulation::new(config);
    let mut script = Script::default();
    script.at(1).open_as_and_join(1, "", "east");
    script.at(2).close(1);
    for tick in 1..=2 {
        world.step(&mut script.input(tick), &mut TickOutput::default());
    }
    let skipped = empty(290, &mut world);
    assert!(skipped > 270, "{skipped}");
    assert_eq!(world.quiet_until(), Some(Tick(302)));
}

#[test]
fn game_logic_that_does_not_say_that_it_may_sleep_runs_every_tick() {
    let logic = |app: &mut App| {
        sleepy(app);
        app.add_systems(TickSchedule, (|| ()).in_set(StepSet::Simulate));
    };
    let mut world = Simulation::with_plugins(SimConfig::new(connected_maps()), logic);
    assert_eq!(empty(100, &mut world), 0);
}

#[test]
fn game_logic_is_woken_in_the_tick_that_it_named() {
    let mut world = Simulation::with_plugins(SimConfig::new(connected_maps()), sleepy);
    let mut input = TickInput::default();
    input.open_as_and_join(1, "", "east");
    input.custom(1, "fuse", &Fuse { ticks: 50 });
    world.step(&mut input, &mut TickOutput::default());
    empty(30, &mut world);
    assert_eq!(world.quiet_until(), Some(Tick(51)));
    empty(20, &mut world);
    assert_eq!(world.world().resource::<Bomb>().explosions, 1);
}

/// What a quiet world says at random moments holds: the ticks before the one it names change
/// nothing. The property test above would also hold for a world that never skips.
#[test]
fn random_worlds_skip_a_good_part_of_their_ticks() {
    let mut skipped = 0;
    let mut ticks = 0;
    for seed in 0..12 {
        let plan = Plan {
            seed,
            sessions: 3,
            all: seed % 2 == 0,
            refresh_ticks: 1 + seed as u32 % 6,
            empty_ticks: 100,
            calm: 60,
            pressure: seed % 3 == 0,
            watchers: false,
            logic: seed % 4 == 0,
            muted: false,
            ticks: 1200,
        };
        skipped += compare(&plan).unwrap();
        ticks += plan.ticks;
    }
    assert!(skipped > ticks / 4, "{skipped} of {ticks}");
}

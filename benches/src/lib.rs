//! Loads for the benches: worlds full of walkers, the same in every bench and run. On Linux also
//! process figures and sockets for the measurements over loopback.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
pub mod process;
pub mod report;
#[cfg(target_os = "linux")]
pub mod scrape;
#[cfg(target_os = "linux")]
pub mod server_process;
#[cfg(target_os = "linux")]
pub mod sockets;

use std::sync::{Arc, LazyLock};

use bevy_app::App;
use bevy_ecs::schedule::IntoScheduleConfigs;
use parlour_shared::{
    ids::SessionId,
    limits::TICK_RATE,
    map::{Map, Spawn},
    message::{ClientMessage, Join, Move, MoveHeading},
    motion::{Direction, Position, WallGrid},
    rng::{Purpose, Stream},
};
use parlour_sim::{Interest, SimConfig, Simulation, StepSet, TickSchedule};
use parlour_tick::{Arrival, Event, EventKind, TickInput, TickOutput, player_id};

/// The players of a world, and what they do.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Players in all rooms together.
    pub players: u32,
    /// Players in each room.
    pub per_room: u32,
    /// Changes of direction of each player, per second.
    pub turns_per_second: u32,
    /// Which players see each other.
    pub interest: Interest,
}

impl Load {
    /// Walkers in rooms of 50 with interest of 150 px.
    #[must_use]
    pub const fn walkers(players: u32) -> Self {
        Self {
            players,
            per_room: 50,
            turns_per_second: 2,
            interest: Interest::Near,
        }
    }

    /// The same players, turning 20 times a second.
    #[must_use]
    pub const fn jitter(players: u32) -> Self {
        Self {
            turns_per_second: 20,
            ..Self::walkers(players)
        }
    }
}

/// A world with its players in it, ready to be stepped.
pub struct Crowd {
    load: Load,
    seed: u64,
    config: SimConfig,
    sim: Simulation,
    input: TickInput,
    /// The output of the last tick.
    pub output: TickOutput,
}

impl Crowd {
    /// Fills a world and runs it for two seconds: players spread out, and buffers reach their final
    /// size.
    #[must_use]
    pub fn new(load: Load) -> Self {
        Self::seeded(load, 1)
    }

    /// Like [`Self::new`], with other turns for each seed.
    #[must_use]
    pub fn seeded(load: Load, seed: u64) -> Self {
        Self::with_logic(load, seed, |_| ())
    }

    /// Like [`Self::new`], but without the state hash. The difference is the cost of the hash.
    #[must_use]
    pub fn unhashed(load: Load) -> Self {
        Self::with_logic(load, 1, |app| {
            app.configure_sets(TickSchedule, StepSet::Digest.run_if(|| false));
        })
    }

    fn with_logic(load: Load, seed: u64, logic: fn(&mut App)) -> Self {
        let config = config(load);
        let (input, output) = (TickInput::default(), TickOutput::default());
        let mut crowd = Self {
            load,
            seed,
            sim: Simulation::with_plugins(config.clone(), logic),
            config,
            input,
            output,
        };
        crowd.fill();
        for _ in 0..2 * TICK_RATE {
            crowd.prepare();
            crowd.step();
        }
        crowd
    }

    /// Collects the commands of the next tick. Call it outside of the measured time: in the server
    /// the edge does this work.
    pub fn prepare(&mut self) {
        let tick = self.sim.tick().0 + 1;
        self.input.events.clear();
        let mut random = Stream::new(self.seed, u64::from(tick), Purpose::BotWalk);
        for session in 0..self.load.players {
            if random.below(TICK_RATE) < self.load.turns_per_second {
                let direction = Direction::ALL[1 + random.below(8) as usize];
                let command = Move {
                    heading: MoveHeading::Keys {
                        direction,
                        sprint: random.below(4) == 0,
                    },
                    ..Move::default()
                };
                self.input
                    .events
                    .push(message(session, ClientMessage::Move(command)));
            }
        }
    }

    /// Runs one tick.
    pub fn step(&mut self) {
        self.sim.step(&mut self.input, &mut self.output);
    }

    /// Runs one tick, or skips it if the world is quiet. Returns whether it ran.
    pub fn step_or_skip(&mut self) -> bool {
        let skips = self.sim.may_skip(&self.input);
        if skips {
            self.sim.skip(1);
        } else {
            self.step();
        }
        !skips
    }

    /// The input of the next tick, after [`Self::prepare`].
    #[must_use]
    pub fn input(&self) -> &TickInput {
        &self.input
    }

    /// The configuration of the world.
    #[must_use]
    pub fn config(&self) -> &SimConfig {
        &self.config
    }

    /// The world.
    pub fn simulation(&mut self) -> &mut Simulation {
        &mut self.sim
    }

    fn fill(&mut self) {
        for session in 0..self.load.players {
            let kind = EventKind::Arrive(Arrival::new(player_id(0, session), String::new()));
            self.input.events.push(Event {
                session: SessionId(u64::from(session)),
                kind,
            });
            let join = Join::room(1, format!("plaza/{}", session / self.load.per_room));
            self.input
                .events
                .push(message(session, ClientMessage::Join(join)));
        }
        self.step();
        assert_eq!(
            self.output.counts.players, self.load.players,
            "everyone is in a room"
        );
    }
}

/// The configuration of the world of a load. All worlds share one map, as on a server.
#[must_use]
pub fn config(load: Load) -> SimConfig {
    static PLAZA: LazyLock<Arc<Map>> = LazyLock::new(|| Arc::new(plaza()));
    let mut config = SimConfig::new(vec![Arc::clone(&PLAZA)]);
    config.rules.interest = load.interest;
    config.rules.capacity = load.per_room;
    config
}

/// The open map of 2000 x 2000 px that load runs use, with 400 spawn points spread over it.
#[must_use]
pub fn plaza() -> Map {
    let spawn = |n: i32| Spawn {
        name: format!("spawn-{n}"),
        position: Position::from_px(50 + 100 * (n % 20), 50 + 100 * (n / 20)),
    };
    Map {
        name: "plaza".into(),
        walls: WallGrid::new(125, 125, 16),
        spawns: (0..400).map(spawn).collect(),
        doors: Vec::new(),
        objects: Vec::new(),
    }
}

/// A message of a session.
#[must_use]
pub fn message(session: u32, message: ClientMessage) -> Event {
    Event {
        session: SessionId(u64::from(session)),
        kind: EventKind::Message { early: 20, message },
    }
}

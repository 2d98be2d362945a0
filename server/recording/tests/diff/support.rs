//! Records worlds with four players that walk about in one room.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use bevy_app::App;
use bevy_ecs::{prelude::*, system::ScheduleSystem};
use parlour_recording::{
    format::EndReason,
    replay::{
        Replay,
        diff::{Difference, StateDifference, diff},
    },
};
use parlour_shared::{
    ids::PlayerId,
    motion::{Direction, Position, WallGrid},
};
use parlour_sim::{Clock, Logic, Player, SimConfig, Simulation, SimulationApp, StepSet, TickSchedule};
use parlour_testing::{
    Script, SessionActions as _,
    maps::map,
    recording::{WorldRecorder, header},
};
use parlour_tick::{Arrival, EventKind, TickInput};
use serde::{Deserialize, Serialize};

/// The tick in which most planted systems make a difference.
pub(crate) const AT: u32 = 150;
/// Ticks of a recording.
pub(crate) const TICKS: u32 = 200;
/// Ticks between two saved worlds.
pub(crate) const EVERY: u32 = 60;
/// The last saved world before [`AT`].
pub(crate) const SAVED: u32 = 120;
/// When the recordings start, in milliseconds since 1970.
const STARTED: u64 = 1_790_000_000_000;

/// The component that planted systems write.
#[derive(Component, Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Score(pub(crate) u64);

/// The message that all players send in the tick [`AT`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claim;

pub(crate) fn config() -> SimConfig {
    let square = map(
        "square",
        WallGrid::new(60, 40, 16),
        Position::from_px(400, 300),
        Vec::new(),
    );
    let mut config = SimConfig::new(vec![Arc::new(square)]);
    config.seed = 5;
    config
}

/// Returns game logic in which players have scores, with a planted system.
pub(crate) fn logic(plant: fn(&mut App)) -> Logic {
    Logic::new(move |app| {
        app.state_component::<Score>("score")
            .player_message::<Claim>("claim");
        app.world_mut().register_required_components::<Player, Score>();
        plant(app);
    })
}

/// Adds a system to [`StepSet::Simulate`].
pub(crate) fn simulate<M>(app: &mut App, system: impl IntoScheduleConfigs<ScheduleSystem, M>) {
    app.add_systems(TickSchedule, system.in_set(StepSet::Simulate));
}

/// Returns whether this is tick [`AT`].
pub(crate) fn is_time(clock: &Clock) -> bool {
    clock.tick.0 == AT
}

/// Sets the score of Bob.
pub(crate) fn score_bob(players: &mut Query<(&Player, &mut Score)>, value: u64) {
    for (player, mut score) in players.iter_mut() {
        if player.name == "Bob" {
            score.0 = value;
        }
    }
}

/// Ada, Bob, Cleo and Dan walk about, and all send [`Claim`] in the tick [`AT`].
pub(crate) fn script() -> Script {
    let mut script = Script::default();
    for tick in 1..=TICKS {
        let now = script.at(tick);
        for (session, name) in [(1, "Ada"), (2, "Bob"), (3, "Cleo"), (4, "Dan")] {
            let session_tick = tick + session as u32;
            if tick == 1 {
                // A loaded world spawns players in the order of their ids. Here these descend, so
                // that a world that ran from the start has them in a different order.
                let player = PlayerId(1_000 - session as u32);
                now.event(session, EventKind::Arrive(Arrival::new(player, name.into())));
                now.join(session, "square");
            } else if session_tick.is_multiple_of(20) {
                now.walk(session, Direction::ALL[(session_tick / 20 % 8) as usize]);
            }
            if tick == AT {
                now.custom(session, "claim", &Claim);
            }
        }
    }
    script
}

/// Returns the inputs of [`script`].
pub(crate) fn inputs() -> Vec<TickInput> {
    script().inputs(TICKS)
}

/// A recording in a file that is deleted when the value is dropped.
pub(crate) struct Recorded {
    pub(crate) path: PathBuf,
    /// The hash after each tick, from the first.
    hashes: Vec<u64>,
    /// Keeps the world alive, so that no other world gets the same addresses.
    recorder: WorldRecorder<File>,
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Records a new world with these inputs.
pub(crate) fn record(name: &str, config: &SimConfig, logic: &Logic, inputs: &[TickInput]) -> Recorded {
    record_named(name, "", config, logic, inputs)
}

/// The same, for a world with this name.
pub(crate) fn record_named(
    name: &str,
    world_name: &str,
    config: &SimConfig,
    logic: &Logic,
    inputs: &[TickInput],
) -> Recorded {
    let world = Simulation::with_plugins(config.clone(), logic.clone());
    run(name, world_name, config, world, inputs)
}

/// Loads the world that `first` saved at tick `from`, and records it with the inputs after that.
pub(crate) fn record_on(name: &str, logic: &Logic, first: &Recorded, from: u32) -> Recorded {
    let mut saved = first.recorder.saved.iter();
    let (_, state) = saved.find(|(tick, _)| *tick == from).unwrap();
    let world = Simulation::load(config(), logic.clone(), state).unwrap();
    run(name, "", &config(), world, &inputs())
}

fn run(
    name: &str,
    world_name: &str,
    config: &SimConfig,
    world: Simulation,
    inputs: &[TickInput],
) -> Recorded {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("diff-{}-{name}", std::process::id()));
    let mut header = header(&world, config, STARTED);
    header.world = world_name.to_owned();
    let rest = &inputs[world.tick().0 as usize..];
    let mut recorder = WorldRecorder::new(File::create(&path).unwrap(), header, world, EVERY);
    let mut hashes = Vec::new();
    for input in rest {
        let step = AssertUnwindSafe(|| recorder.step(input));
        if catch_unwind(step).is_err() {
            recorder.panicked(recorder.world.tick(), input);
            hashes.push(0);
            break;
        }
        hashes.push(recorder.output.hash);
    }
    recorder.end(EndReason::Stopped);
    Recorded {
        path,
        hashes,
        recorder,
    }
}

/// Returns two recordings of the same world that differ. A random difference may need several
/// tries.
pub(crate) fn two_that_differ(name: &str, logic: &Logic) -> [Recorded; 2] {
    let one = record(&format!("{name}-one"), &config(), logic, &inputs());
    for _ in 0..64 {
        let other = record(&format!("{name}-other"), &config(), logic, &inputs());
        if other.hashes != one.hashes {
            return [one, other];
        }
    }
    panic!("{name} makes no difference");
}

pub(crate) fn compare(config: &SimConfig, logic: &Logic, [one, other]: [&Recorded; 2]) -> Difference {
    let open = |recorded: &Recorded| Replay::open(&recorded.path, &config.maps, logic.clone()).unwrap();
    let found = diff(&mut open(one), &mut open(other)).unwrap();
    let report = found.to_string();
    assert!(report.lines().all(|line| !line.trim().is_empty()), "{report}");
    found
}

/// Compares two recordings, and expects the same inputs and different states.
pub(crate) fn state_difference(logic: &Logic, recordings: &[Recorded; 2]) -> StateDifference {
    match compare(&config(), logic, [&recordings[0], &recordings[1]]) {
        Difference::State(difference) => *difference,
        other => panic!("{other:?}"),
    }
}

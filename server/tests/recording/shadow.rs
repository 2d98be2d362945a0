//! The shadow: it reaches the same states as the server, and reports game logic that does not.

use std::{
    io::{self, Write},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_sim::{Clock, Logic, Room, SimulationApp, StepSet, TickSchedule};
use parlour_testing::eventually;
use serde::{Deserialize, Serialize};

use crate::{
    replay::replay_file,
    support::{Bots, Directory, await_metric, bundled, metric, start},
};

/// A number that is part of the state.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Steps(u32);

const DIVERGENCES: &str = "parlour_shadow_divergences_total";
const TICKS: &str = "parlour_shadow_ticks_total";
/// The minimum lag of the shadow in ticks: more than two seconds.
const LAG: u32 = 137;

/// Returns game logic with [`Steps`] and one system.
fn planted<M>(
    system: impl IntoScheduleConfigs<bevy_ecs::system::ScheduleSystem, M> + Copy + Send + Sync + 'static,
) -> Logic {
    Logic::new(move |app: &mut App| {
        app.init_resource::<Steps>().state_resource::<Steps>("steps");
        app.add_systems(TickSchedule, system.in_set(StepSet::Simulate));
    })
}

/// Runs a server with this game logic until the shadow reports a difference. Returns the log lines
/// of the reports.
fn reported(logic: Logic) -> String {
    let log = Log::begin();
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.shadow = true;
        options.logic = logic;
    });
    let address = server.admin_addr();
    let bots = Bots::start(server.listen_addr(), 1);
    await_metric(address, "parlour_history_written_total{reason=\"diverged\"}", 1.0);
    assert!(metric(address, DIVERGENCES) >= 1.0);
    let _ = bots.stop();
    let _ = server.stop();
    assert_eq!(directory.files_ending("-diverged.plr").len(), 1);
    log.lines("the shadow reached a different state")
}

#[test]
fn the_shadow_reaches_the_same_states() {
    let directory = Directory::new();
    let server = start(&directory, |options| options.recording.shadow = true);
    let address = server.admin_addr();
    let bots = Bots::start(server.listen_addr(), 20);
    await_metric(address, TICKS, 300.0);
    assert!(bots.stop().is_clean());
    assert_eq!(metric(address, DIVERGENCES), 0.0);
    assert_eq!(metric(address, "parlour_shadow_skipped_ticks_total"), 0.0);
    let _ = server.stop();
    assert_eq!(directory.files_ending("-diverged.plr").len(), 0);
}

#[test]
fn game_logic_that_is_not_deterministic_is_found_and_one_history_is_kept() {
    let directory = Directory::new();
    // Counts the ticks of all worlds together, which no game logic may do.
    let all = Arc::new(AtomicU32::new(0));
    let logic = Logic::new(move |app| {
        app.init_resource::<Steps>().state_resource::<Steps>("steps");
        let all = Arc::clone(&all);
        let count = move |mut steps: ResMut<Steps>| steps.0 = all.fetch_add(1, Ordering::Relaxed);
        app.add_systems(TickSchedule, count.in_set(StepSet::Simulate));
    });
    let server = start(&directory, |options| {
        options.recording.shadow = true;
        options.logic = logic;
    });
    let address = server.admin_addr();
    let written = "parlour_history_written_total{reason=\"diverged\"}";
    await_metric(address, written, 1.0);
    // The shadow starts again at each saved world and finds the same, but writes no second file.
    await_metric(address, DIVERGENCES, 3.0);
    assert_eq!(metric(address, written), 1.0);
    assert!(server.failure().is_none());
    let _ = server.stop();
    let files = directory.files_ending("-diverged.plr");
    assert_eq!(files.len(), 1, "{files:?}");
}

#[test]
fn a_panic_in_only_the_shadow_does_not_stop_the_server() {
    let log = Log::begin();
    let directory = Directory::new();
    let worlds = Arc::new(AtomicU32::new(0));
    let logic = Logic::new(move |app| {
        let nth = worlds.fetch_add(1, Ordering::Relaxed);
        // The server tries the logic in world 0 before it starts. World 1 is the live one.
        let panic = move || assert!(nth <= 1, "not the live world");
        app.add_systems(TickSchedule, panic.in_set(StepSet::Simulate));
    });
    let server = start(&directory, |options| {
        options.recording.shadow = true;
        options.logic = logic;
    });
    await_metric(server.admin_addr(), DIVERGENCES, 2.0);
    await_metric(
        server.admin_addr(),
        "parlour_history_written_total{reason=\"diverged\"}",
        1.0,
    );
    assert!(server.failure().is_none());
    let _ = server.stop();
    let lines = log.lines("the second world panicked");
    assert!(lines.contains("tick=1 ") && lines.contains("tick=24 "), "{lines}");
    let files = directory.files_ending("-diverged.plr");
    replay_file(&files[0], &bundled(), &Logic::default());
}

fn count_in_a_local(mut count: Local<u32>, mut steps: ResMut<Steps>) {
    *count += 1;
    if *count == 100 {
        steps.0 += 1;
    }
}

/// The live world reaches 100 between two saved worlds. A world that is loaded from the earlier one
/// does not.
#[test]
fn logic_that_depends_on_a_local_is_found_and_the_saved_world_is_named() {
    let line = reported(planted(count_in_a_local));
    assert!(line.contains("tick=100 parts=\"steps\" since=83"), "{line}");
    assert!(line.contains("since the world saved after tick 83"), "{line}");
    for cause in ["Local", "Added", "Changed", "presentation-only", "static"] {
        assert!(line.contains(cause), "{cause}: {line}");
    }
}

fn count_new_rooms(rooms: Query<(), Added<Room>>, mut steps: ResMut<Steps>) {
    steps.0 += rooms.iter().count() as u32;
}

/// Everything in a loaded world counts as added.
#[test]
fn logic_that_depends_on_added_is_found() {
    let line = reported(planted(count_new_rooms));
    assert!(line.contains("since the world saved after tick"), "{line}");
}

static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

fn read_the_clock(clock: Res<Clock>, mut steps: ResMut<Steps>) {
    if clock.tick.0.is_multiple_of(60) {
        steps.0 = (BEGIN.elapsed().as_secs() % 2) as u32;
    }
}

#[test]
fn a_clock_in_seconds_that_is_read_once_a_second_is_found() {
    reported(planted(read_the_clock));
}

/// Returns game logic that stores the tick of the live world and of the second world, and the
/// smallest distance between them. World 0 is the one in which the server tries the logic.
fn watched(live: &Arc<AtomicU32>, second: &Arc<AtomicU32>, closest: &Arc<AtomicU32>) -> Logic {
    let (live, second, closest) = (Arc::clone(live), Arc::clone(second), Arc::clone(closest));
    let worlds = Arc::new(AtomicU32::new(0));
    Logic::new(move |app| {
        let nth = worlds.fetch_add(1, Ordering::Relaxed);
        let (live, second, closest) = (Arc::clone(&live), Arc::clone(&second), Arc::clone(&closest));
        let watch = move |clock: Res<Clock>| {
            if nth == 1 {
                live.store(clock.tick.0, Ordering::SeqCst);
            } else if nth > 1 {
                second.store(clock.tick.0, Ordering::SeqCst);
                closest.fetch_min(live.load(Ordering::SeqCst) - clock.tick.0, Ordering::SeqCst);
            }
        };
        app.add_systems(TickSchedule, watch.in_set(StepSet::Simulate));
    })
}

#[test]
fn the_shadow_runs_two_seconds_late_and_a_stop_does_not_wait_for_it() {
    let directory = Directory::new();
    let [live, second] = [0, 1].map(|_| Arc::new(AtomicU32::new(0)));
    let closest = Arc::new(AtomicU32::new(u32::MAX));
    let server = start(&directory, |options| {
        options.recording.shadow = true;
        options.logic = watched(&live, &second, &closest);
    });
    await_metric(server.admin_addr(), TICKS, 300.0);
    assert_eq!(metric(server.admin_addr(), DIVERGENCES), 0.0);
    assert_eq!(
        metric(server.admin_addr(), "parlour_shadow_skipped_ticks_total"),
        0.0
    );
    eventually("the lag", || {
        metric(server.admin_addr(), "parlour_shadow_lag_ticks") >= f64::from(LAG)
    });
    let _ = server.stop();
    let closest = closest.load(Ordering::SeqCst);
    assert!(closest >= LAG, "{closest}");
    let last = live.load(Ordering::SeqCst);
    assert!(
        second.load(Ordering::SeqCst) + LAG <= last,
        "waiting ticks were run"
    );
}

/// The log lines of this process.
#[derive(Clone)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Collects log lines from now on. All tests of a process share the log.
    fn begin() -> Self {
        static ALL: LazyLock<Log> = LazyLock::new(|| {
            let log = Log(Arc::default());
            let writer = log.clone();
            tracing_subscriber::fmt()
                .with_ansi(false)
                .with_writer(move || writer.clone())
                .init();
            log
        });
        ALL.clone()
    }

    /// Returns the lines that contain this text.
    fn lines(&self, text: &str) -> String {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = log.lines().filter(|line| line.contains(text));
        lines.map(|line| format!("{line}\n")).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

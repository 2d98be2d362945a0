//! Counting allocates nothing in the tick loop, nor in game logic that counts by name.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bevy_ecs::prelude::*;
use metrics::{counter, gauge, histogram};
use parlour_server::MetricsRecorder;
use parlour_sim::{Clock, Logic, StepSet, TickSchedule};
use parlour_testing::allocations::{CountingAllocator, on_this_thread, trace, traces};

use crate::{
    metrics_text,
    support::{Directory, await_metric, start},
    value,
};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

/// Counts with each kind of metric, as game logic does.
fn count_by_name() {
    counter!("game_goals_total").increment(1);
    counter!("game_goals_by_team_total", "team" => "red").increment(1);
    gauge!("game_ball_height").set(3.5);
    histogram!("game_pass_seconds").record(0.2);
}

const WARM_UP: u32 = 120;
/// The number of ticks between two measurements.
const WINDOW: u32 = 100;
const WINDOWS: usize = 4;

#[test]
fn a_tick_counts_without_allocating_while_metrics_are_read() {
    static SAMPLES: [AtomicU64; WINDOWS + 1] = [const { AtomicU64::new(0) }; WINDOWS + 1];
    let count_and_sample = |clock: Res<Clock>| {
        count_by_name();
        let since = clock.tick.0.checked_sub(WARM_UP);
        if let Some(since) = since.filter(|since| since.is_multiple_of(WINDOW))
            && let Some(sample) = SAMPLES.get((since / WINDOW) as usize)
        {
            sample.store(on_this_thread(), Ordering::Relaxed);
            trace(since < WINDOW * WINDOWS as u32);
        }
    };
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.history = Duration::ZERO;
        // A world that is saved may allocate.
        options.recording.keyframe_ticks = 10 * (WARM_UP + WINDOW * WINDOWS as u32);
        options.logic = Logic::new(move |app| {
            app.add_systems(TickSchedule, count_and_sample.in_set(StepSet::Simulate));
        });
    });
    let last = f64::from(WARM_UP + WINDOW * WINDOWS as u32);
    await_metric(server.admin_addr(), "parlour_tick", last + 1.0);
    let samples: Vec<u64> = SAMPLES
        .iter()
        .map(|sample| sample.load(Ordering::Relaxed))
        .collect();
    assert!(samples[0] > 0, "the allocations of the first ticks were counted");
    let allocations: Vec<u64> = samples.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for t in traces() { eprintln!("TRACE\n{t}"); }
    // On a busy machine a late I/O thread sometimes makes the tick allocate one more output. One
    // window without allocations is enough.
    assert!(allocations.contains(&0), "{allocations:?} in {WINDOW} ticks each");
    let text = metrics_text(&server);
    assert!(value(&text, "game_goals_by_team_total{team=\"red\"}") >= last);
}

#[test]
fn counting_by_name_allocates_only_the_first_time() {
    let recorder = MetricsRecorder::default();
    let _guard = metrics::set_default_local_recorder(&recorder);
    count_by_name();
    let before = on_this_thread();
    for _ in 0..10_000 {
        count_by_name();
    }
    assert_eq!(on_this_thread() - before, 0);
    assert_eq!(value(&recorder.render(), "game_goals_total"), 10_001.0);
}

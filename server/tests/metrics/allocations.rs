//! Counting allocates nothing in the tick loop, nor in game logic that counts by name.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bevy_ecs::prelude::*;
use metrics::{counter, gauge, histogram};
use parlour::MetricsRecorder;
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

/// The figures of the worlds are published for the first time after a second.
const WARM_UP: u32 = 180;
const MEASURED: u32 = 400;

#[test]
fn a_tick_counts_without_allocating_while_metrics_are_read() {
    static BEFORE: AtomicU64 = AtomicU64::new(0);
    // The system runs on the tick thread, so this traces the allocations of that thread.
    let count_and_trace = |clock: Res<Clock>| {
        count_by_name();
        match clock.tick.0 {
            WARM_UP => {
                BEFORE.store(on_this_thread(), Ordering::Relaxed);
                trace(true);
            }
            tick if tick == WARM_UP + MEASURED => trace(false),
            _ => {}
        }
    };
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.history = Duration::ZERO;
        // A world that is saved may allocate.
        options.recording.keyframe_ticks = 10 * (WARM_UP + MEASURED);
        options.logic = Logic::new(move |app| {
            app.add_systems(TickSchedule, count_and_trace.in_set(StepSet::Simulate));
        });
    });
    let last = f64::from(WARM_UP + MEASURED);
    await_metric(server.admin_addr(), "parlour_tick", last + 1.0);
    assert!(BEFORE.load(Ordering::Relaxed) > 0, "the first ticks allocate");
    // If the recorder thread does not run for a second, the tick thread has no empty batch left,
    // and allocates one. recorder_memory.rs tests the recorder alone.
    let allocations = traces().into_iter().filter(|trace| !trace.contains("TickSender"));
    let allocations: Vec<String> = allocations.collect();
    assert!(
        allocations.is_empty(),
        "{} in {MEASURED} ticks:\n{}",
        allocations.len(),
        allocations.join("\n\n")
    );
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

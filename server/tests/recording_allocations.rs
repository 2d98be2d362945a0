//! The tick thread passes the input of every tick to the recorder without allocating.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::atomic::{AtomicU64, Ordering};

use bevy_ecs::prelude::*;
use parlour_sim::{Clock, Logic, StepSet, TickSchedule};
use parlour_testing::allocations::{CountingAllocator, on_this_thread};

#[path = "recording/support.rs"]
#[allow(dead_code)] // Shared with other tests.
mod support;

use support::{Bots, Directory, await_metric, start};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

const WARM_UP: u32 = 300;
const MEASURED: u32 = 300;

#[test]
fn the_tick_thread_passes_its_input_on_without_allocating() {
    static BEFORE: AtomicU64 = AtomicU64::new(0);
    static AFTER: AtomicU64 = AtomicU64::new(0);
    // The system runs on the tick thread, so this reads the allocations of that thread.
    let count_allocations = |clock: Res<Clock>| match clock.tick.0 {
        WARM_UP => BEFORE.store(on_this_thread(), Ordering::Relaxed),
        tick if tick == WARM_UP + MEASURED => AFTER.store(on_this_thread(), Ordering::Relaxed),
        _ => {}
    };
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        options.logic = Logic::new(move |app| {
            app.add_systems(TickSchedule, count_allocations.in_set(StepSet::Simulate));
        });
    });
    let bots = Bots::start(server.listen_addr(), 20);
    await_metric(
        server.admin_addr(),
        "parlour_recording_ticks_total",
        f64::from(WARM_UP + MEASURED + 60),
    );
    assert!(bots.stop().is_clean());
    let (before, after) = (BEFORE.load(Ordering::Relaxed), AFTER.load(Ordering::Relaxed));
    assert!(before > 0, "the first ticks allocate");
    // A tick that is busier than any before may grow a buffer, and players that go through doors
    // are reported. A copy of each input would be hundreds of allocations.
    assert!(
        after - before <= 60,
        "{} allocations in {MEASURED} ticks",
        after - before
    );
}

//! What records is not paid for by the tick thread: with bots about, it hands on every tick's input
//! without allocating.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

use std::sync::atomic::{AtomicU64, Ordering};

use bevy_ecs::prelude::*;
use parlour_sim::{Clock, Logic, StepSet, TickSchedule};
use parlour_testing::allocations::{CountingAllocator, on_this_thread};

#[path = "recording/support.rs"]
#[allow(dead_code)] // Other tests need more of it.
mod support;

use support::{Bots, Directory, await_metric, start};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

const WARM_UP: u32 = 300;
const MEASURED: u32 = 300;

#[test]
fn the_tick_thread_hands_on_its_input_without_allocating() {
    static BEFORE: AtomicU64 = AtomicU64::new(0);
    static AFTER: AtomicU64 = AtomicU64::new(0);
    // The world runs on the tick thread.
    let look = |clock: Res<Clock>| match clock.tick.0 {
        WARM_UP => BEFORE.store(on_this_thread(), Ordering::Relaxed),
        tick if tick == WARM_UP + MEASURED => AFTER.store(on_this_thread(), Ordering::Relaxed),
        _ => {}
    };
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        options.logic = Logic::new(move |app| {
            app.add_systems(TickSchedule, look.in_set(StepSet::Simulate));
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
    assert!(before > 0, "the allocations of the first ticks were counted");
    // A busier tick than any before may grow a buffer; a copy of each input would be hundreds.
    assert!(after - before <= 20, "{} in {MEASURED} ticks", after - before);
}

//! What records is not paid for by the tick thread: with bots about, it hands on every tick's input without allocating.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
};

use bevy_ecs::prelude::*;
use parlour_sim::{Clock, Logic, Step, StepSet};

#[path = "recording/support.rs"]
#[allow(dead_code)] // Other tests need more of it.
mod support;

use support::{Bots, Directory, await_metric, start};

/// Counts the allocations of the tick thread.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static IS_TICK_THREAD: Cell<bool> = const { Cell::new(false) };
}

fn count() {
    if IS_TICK_THREAD.try_with(Cell::get) == Ok(true) {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

#[expect(
    unsafe_code,
    reason = "an allocator cannot be written without; this one only counts and passes on"
)]
// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const WARM_UP: u32 = 300;
const MEASURED: u32 = 300;

#[test]
fn the_tick_thread_hands_on_its_input_without_allocating() {
    static BEFORE: AtomicU64 = AtomicU64::new(0);
    static AFTER: AtomicU64 = AtomicU64::new(0);
    let look = |clock: Res<Clock>| match clock.tick.0 {
        WARM_UP => BEFORE.store(ALLOCATIONS.load(Ordering::Relaxed), Ordering::Relaxed),
        tick if tick == WARM_UP + MEASURED => {
            AFTER.store(ALLOCATIONS.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        _ => {}
    };
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        // The world is made on the tick thread.
        options.logic = Logic::new(move |app| {
            IS_TICK_THREAD.set(true);
            app.add_systems(Step, look.in_set(StepSet::Simulate));
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

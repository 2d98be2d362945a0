//! What the recorder costs: no allocation on the tick thread, and little memory for a quiet world.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::{
    sync::{Mutex, mpsc::sync_channel},
    time::Duration,
};

use parlour_recording::recorder::{
    HistoryError, OptionNames, RecorderMetrics, RecorderThreads, RecordingOptions, TickSender, WorldInfo,
    WorldTicks, start,
};
use parlour_shared::{ids::Tick, message::Scope};
use parlour_sim::{Logic, SimConfig, Simulation};
use parlour_testing::{
    SessionActions as _, TemporaryPath,
    allocations::{CountingAllocator, allocated_bytes, on_this_thread},
    plaza,
};
use parlour_tick::{TickInput, TickOutput, WorldId};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

/// One test at a time, because all count the same bytes.
static ALONE: Mutex<()> = Mutex::new(());

fn recorder(options: &RecordingOptions) -> (RecorderThreads, TickSender) {
    let metrics = RecorderMetrics::default();
    let (threads, mut senders) = start(options, &OptionNames::FIELDS, 1, &metrics, "test").unwrap();
    (threads, senders.pop().unwrap())
}

fn open(threads: &RecorderThreads, config: &SimConfig, id: u32) -> WorldTicks {
    // Before its first tick. One world then stands for all.
    let mut world = Simulation::new(config.clone());
    let info = WorldInfo {
        id: WorldId(id),
        name: format!("w{id}"),
        config: config.clone(),
        logic: Logic::default(),
    };
    threads.handle().open(info, &mut world).unwrap()
}

/// Waits until the recorder thread has read all ticks.
fn settle(threads: &RecorderThreads) {
    let (sender, answered) = sync_channel(1);
    let answer = Box::new(move |saved| drop(sender.send(saved)));
    threads
        .history()
        .write(Some(WorldId(u32::MAX)), Some(answer))
        .unwrap();
    assert!(matches!(answered.recv().unwrap(), Err(HistoryError::NoWorld)));
}

/// A world with two players, one tick of which stands for the ticks of all worlds.
fn small_world(config: &SimConfig) -> (Simulation, TickOutput) {
    let mut world = Simulation::new(config.clone());
    let mut output = TickOutput::default();
    let mut input = TickInput::default();
    input.open_and_join(1, "plaza");
    input.open_and_join(2, "plaza");
    input.sort();
    world.step(&mut input, &mut output);
    for _ in 0..10 {
        world.step(&mut TickInput::default(), &mut output);
    }
    (world, output)
}

#[test]
fn the_tick_thread_allocates_nothing_in_steady_state() {
    const WORLDS: u32 = 20;
    let _alone = ALONE.lock();
    let config = plaza();
    let (mut world, output) = small_world(&config);
    let options = RecordingOptions {
        keyframe_ticks: 60,
        ..RecordingOptions::default()
    };
    let (threads, mut sender) = recorder(&options);
    let mut worlds: Vec<WorldTicks> = (0..WORLDS).map(|id| open(&threads, &config, id)).collect();
    let mut input = TickInput::default();
    input.events.reserve(8);
    let mut allocations = 0;
    for tick in 1..=900 {
        for ticks in &mut worlds {
            // As many events as the tick loop collected. Their texts are allocated elsewhere.
            input.chat(1, Scope::Room, "a text that is passed on");
            input.chat(2, Scope::Room, "another one");
            let (took, output) = (Duration::ZERO, Some(&output));
            let before = on_this_thread();
            sender.send(ticks, &mut world, Tick(tick), took, &mut input, output);
            if tick > 300 {
                allocations += on_this_thread() - before;
            }
        }
        let before = on_this_thread();
        sender.flush();
        if tick > 300 {
            allocations += on_this_thread() - before;
        }
        // The recorder of a server looks every three ticks.
        if tick % 3 == 0 {
            settle(&threads);
        }
    }
    drop(sender);
    threads.stop();
    assert_eq!(
        allocations,
        0,
        "in {} ticks with {} saved worlds",
        600 * WORLDS,
        10 * WORLDS
    );
}

/// The recorder holds a minute of history of each world, and records it.
#[test]
fn a_small_quiet_world_takes_little_memory() {
    const WORLDS: u32 = 300;
    const TICKS: u32 = 75 * 60;
    let _alone = ALONE.lock();
    let config = plaza();
    let (mut world, output) = small_world(&config);
    let directory = TemporaryPath::directory();
    let options = RecordingOptions {
        directory: Some(directory.0.clone()),
        ..RecordingOptions::default()
    };
    let (threads, mut sender) = recorder(&options);
    settle(&threads);
    let before = allocated_bytes();
    let mut worlds: Vec<WorldTicks> = (0..WORLDS).map(|id| open(&threads, &config, id)).collect();
    let mut input = TickInput::default();
    for tick in 1..=TICKS {
        for ticks in &mut worlds {
            let (took, output) = (Duration::ZERO, Some(&output));
            sender.send(ticks, &mut world, Tick(tick), took, &mut input, output);
        }
        sender.flush();
        if tick % 30 == 0 {
            settle(&threads);
        }
    }
    let each = allocated_bytes().saturating_sub(before) / WORLDS as usize;
    drop(sender);
    threads.stop();
    let mut written = Vec::new();
    for id in 0..WORLDS {
        let files = std::fs::read_dir(directory.0.join(format!("w{id}"))).unwrap();
        written.push(
            files
                .map(|file| file.unwrap().metadata().unwrap().len())
                .sum::<u64>(),
        );
    }
    let largest = written.into_iter().max().unwrap();
    println!("for each world: {each} bytes of memory, {largest} bytes on the disk");
    assert!(
        (1_000..60_000).contains(&each),
        "{each} bytes of memory for each world"
    );
    // The header, and less than 100 bytes a second.
    assert!(
        (3_000..15_000).contains(&largest),
        "{largest} bytes on the disk for a world"
    );
}

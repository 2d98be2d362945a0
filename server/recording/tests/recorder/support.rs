//! A recorder, and worlds that the test steps as a tick thread does.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::sync_channel,
    },
    time::Duration,
};

use bevy_ecs::prelude::*;
use parlour_recording::recorder::{
    HistoryError, HistoryHandle, OpenWorldError, OptionNames, RecorderHandle, RecorderMetrics,
    RecorderThreads, RecordingOptions, TickSender, WorldInfo, WorldTicks, start,
};
use parlour_sim::{Clock, Logic, SimConfig, Simulation, StepSet, TickSchedule};
use parlour_testing::{Crowd, TemporaryPath};
use parlour_tick::{TickInput, TickOutput, WorldId};

/// Ticks between two saved worlds.
pub(crate) const KEYFRAMES: u32 = 60;

/// A running recorder. Its files are deleted when it is dropped.
pub(crate) struct Node {
    pub(crate) handle: RecorderHandle,
    pub(crate) history: HistoryHandle,
    /// One for each tick thread.
    pub(crate) senders: Vec<TickSender>,
    pub(crate) directory: TemporaryPath,
    threads: RecorderThreads,
    sent: u32,
}

impl Node {
    /// Starts a recorder that records into a directory and keeps histories there, for two tick
    /// threads.
    pub(crate) fn start(change: impl FnOnce(&mut RecordingOptions)) -> Self {
        let directory = TemporaryPath::directory();
        let mut options = RecordingOptions {
            directory: Some(directory.0.clone()),
            keyframe_ticks: KEYFRAMES,
            ..RecordingOptions::default()
        };
        change(&mut options);
        let (threads, senders) = start(
            &options,
            &OptionNames::FIELDS,
            2,
            &RecorderMetrics::default(),
            "test",
        )
        .unwrap();
        Self {
            handle: threads.handle(),
            history: threads.history(),
            senders,
            directory,
            threads,
            sent: 0,
        }
    }

    /// Opens a world on the first tick thread.
    pub(crate) fn open(&self, id: u32, name: &str, config: &SimConfig, logic: &Logic) -> LiveWorld {
        open(&self.handle, info(id, name, config, logic)).unwrap()
    }

    /// Runs a tick of a world on a tick thread. Returns the state hash, or `None` if it panicked.
    pub(crate) fn step(&mut self, thread: usize, live: &mut LiveWorld, input: &TickInput) -> Option<u64> {
        let mut input = input.clone();
        let tick = live.world.tick().after(1);
        let stepped = catch_unwind(AssertUnwindSafe(|| live.world.step(&mut input, &mut live.output)));
        if stepped.is_err() {
            live.world.reclaim_input(&mut input);
        }
        let output = stepped.is_ok().then_some(&live.output);
        let sender = &mut self.senders[thread];
        let (world, took) = (&mut live.world, Duration::ZERO);
        sender.send(&mut live.ticks, world, tick, took, &mut input, output);
        sender.flush();
        self.sent += 1;
        if self.sent.is_multiple_of(200) {
            self.settle();
        }
        output.map(|output| output.hash)
    }

    /// Waits until the recorder thread has read all ticks: tests run faster than a server.
    pub(crate) fn settle(&self) {
        let (sender, answered) = sync_channel(1);
        let answer = Box::new(move |saved| drop(sender.send(saved)));
        match self.history.write(Some(WorldId(u32::MAX)), Some(answer)) {
            Ok(()) => assert!(matches!(answered.recv().unwrap(), Err(HistoryError::NoWorld))),
            // Without histories: the recorder looks for ticks every 50 ms.
            Err(error) => {
                assert_eq!(error, HistoryError::NotKept);
                std::thread::park_timeout(Duration::from_millis(200));
            }
        }
    }

    /// Stops the recorder. Returns the directory with everything written.
    pub(crate) fn stop(self) -> TemporaryPath {
        drop(self.senders);
        self.threads.stop();
        self.directory
    }
}

/// A world on a tick thread.
#[derive(Debug)]
pub(crate) struct LiveWorld {
    pub(crate) world: Simulation,
    pub(crate) ticks: WorldTicks,
    pub(crate) output: TickOutput,
}

impl LiveWorld {
    pub(crate) fn new(world: Simulation, ticks: WorldTicks) -> Self {
        let output = TickOutput::default();
        Self { world, ticks, output }
    }
}

pub(crate) fn info(id: u32, name: &str, config: &SimConfig, logic: &Logic) -> WorldInfo {
    WorldInfo {
        id: WorldId(id),
        name: name.to_owned(),
        config: config.clone(),
        logic: logic.clone(),
    }
}

/// Makes a world and opens it.
pub(crate) fn open(handle: &RecorderHandle, info: WorldInfo) -> Result<LiveWorld, OpenWorldError> {
    let mut world = Simulation::with_plugins(info.config.clone(), info.logic.clone());
    let ticks = handle.open(info, &mut world)?;
    Ok(LiveWorld::new(world, ticks))
}

/// Returns the paths of a world's files whose names end with `end`, sorted by tick. All tests run
/// within seconds, so the time in the names does not matter.
pub(crate) fn files(directory: &TemporaryPath, world: &str, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory.0.join(world)) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_str().unwrap().ends_with(end));
    files.sort_by_key(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let (_, tick) = name.split_once("-t").unwrap();
        tick.split(['.', '-']).next().unwrap().parse::<u32>().unwrap()
    });
    files
}

/// Game logic that panics in a tick that the test chooses. 0: in none.
#[derive(Clone, Default)]
pub(crate) struct Bomb(pub(crate) Arc<AtomicU32>);

impl Bomb {
    pub(crate) fn set(&self, tick: u32) {
        self.0.store(tick, Ordering::Relaxed);
    }

    pub(crate) fn logic(&self) -> Logic {
        let bomb = self.0.clone();
        Logic::new(move |app| {
            let bomb = bomb.clone();
            let explode = move |clock: Res<Clock>| {
                assert!(
                    clock.tick.0 != bomb.load(Ordering::Relaxed),
                    "game logic that fails"
                );
            };
            app.add_systems(TickSchedule, explode.in_set(StepSet::Simulate));
        })
    }
}

/// Returns the inputs of many random sessions, for worlds with [`Crowd::config`].
pub(crate) fn inputs(seed: u64, ticks: usize) -> Vec<TickInput> {
    Crowd::new(seed).take(ticks).collect()
}

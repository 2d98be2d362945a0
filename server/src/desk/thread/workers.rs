//! The threads on which worlds are built, rebuilt and dropped. That may take many milliseconds,
//! during which the desk goes on. A panic while a world is built is an error of that world.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use metrics::with_local_recorder;
use parlour_shared::{ids::Tick, text::panic_message};
use parlour_tick::{WorldId, WorldKind};

use crate::{
    bridge::{route::WorldPlace, wake::WakeSender},
    failure::Failure,
    metrics::Metrics,
    ticker::Ticker,
};

/// The name of the thread that builds new worlds, and drops old ones.
pub(super) const BUILDER: &str = "builder";
/// The name of the thread that rebuilds worlds after a panic, which must not wait for new worlds.
const REBUILDER: &str = "rebuilder";
/// The maximum number of jobs that wait for one of the threads. A further world is not made, and a
/// player that wants to join it is refused.
const JOBS: usize = 1024;

/// Makes worlds. Any thread may call it, and it may take a while. It may panic: that is an error of
/// the world.
pub(crate) trait MakeWorlds: Send + Sync {
    /// Makes a new world.
    ///
    /// # Errors
    /// The reason why the world cannot be made.
    fn create(&self, world: WorldId, name: &str, kind: &WorldKind) -> Result<Box<dyn Ticker>, String>;

    /// Makes a world again that panicked in a tick, as it was after the tick before.
    ///
    /// # Errors
    /// The reason why the world cannot be made again.
    fn rebuild(&self, world: WorldId, panicked: Tick) -> Result<Box<dyn Ticker>, String>;

    /// Forgets a world that is over, so that a new one can have its name.
    fn close(&self, world: WorldId);
}

enum Job {
    Create(WorldPlace, String, WorldKind),
    Rebuild(WorldPlace, Tick),
    Drop(Box<dyn Ticker>),
    Close(WorldId),
}

/// A result, for the desk.
pub(super) enum Built {
    Created(WorldPlace, Result<Box<dyn Ticker>, String>),
    Rebuilt(WorldPlace, Result<Box<dyn Ticker>, String>),
}

/// The threads. Dropping it ends them, after the jobs that wait.
pub(crate) struct Workers {
    builder: Option<SyncSender<Job>>,
    rebuilder: Option<SyncSender<Job>>,
    results: Receiver<Built>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts the threads. They wake the desk when a result is there.
    pub(crate) fn start(
        worlds: &Arc<dyn MakeWorlds>,
        wake: &WakeSender,
        metrics: &Arc<Metrics>,
        failure: &Arc<Failure>,
    ) -> io::Result<Self> {
        let (sender, results) = sync_channel(JOBS);
        let mut threads = Vec::new();
        let mut start = |name| -> io::Result<SyncSender<Job>> {
            let (jobs, waiting) = sync_channel(JOBS);
            let worker = Worker {
                worlds: Arc::clone(worlds),
                jobs: waiting,
                results: sender.clone(),
                wake: wake.try_clone()?,
            };
            let metrics = Arc::clone(metrics);
            // Game logic may create handles of its metrics when it is built.
            let run = move || with_local_recorder(metrics.recorder(), || worker.run());
            threads.push(failure.spawn(name, run)?);
            Ok(jobs)
        };
        let (builder, rebuilder) = (start(BUILDER)?, start(REBUILDER)?);
        Ok(Self {
            builder: Some(builder),
            rebuilder: Some(rebuilder),
            results,
            threads,
        })
    }

    /// Builds a world. Returns `false` if too many worlds wait.
    pub(super) fn create(&self, place: WorldPlace, name: String, kind: WorldKind) -> bool {
        send(&self.builder, Job::Create(place, name, kind)).is_ok()
    }

    /// Rebuilds a world. Returns `false` if too many worlds wait.
    pub(super) fn rebuild(&self, place: WorldPlace, panicked: Tick) -> bool {
        send(&self.rebuilder, Job::Rebuild(place, panicked)).is_ok()
    }

    /// Drops a world. If too many jobs wait, it is dropped here.
    pub(super) fn discard(&self, world: Box<dyn Ticker>) {
        if let Err(Job::Drop(world)) = send(&self.builder, Job::Drop(world)) {
            drop_caught(world);
        }
    }

    /// Forgets a world that is over. Returns `false` if too many jobs wait. A world that is built
    /// later may have its name.
    pub(super) fn close(&self, world: WorldId) -> bool {
        send(&self.builder, Job::Close(world)).is_ok()
    }

    /// Returns the next result, if there is one.
    pub(super) fn next(&mut self) -> Option<Built> {
        self.results.try_recv().ok()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        (self.builder, self.rebuilder) = (None, None);
        // The threads may wait to send a result.
        while self.results.recv().is_ok() {}
        for thread in self.threads.drain(..) {
            // A panic is already a failure of the server.
            let _ = thread.join();
        }
    }
}

fn send(jobs: &Option<SyncSender<Job>>, job: Job) -> Result<(), Job> {
    let Some(jobs) = jobs else {
        return Err(job);
    };
    jobs.try_send(job).map_err(|error| match error {
        TrySendError::Full(job) | TrySendError::Disconnected(job) => job,
    })
}

struct Worker {
    worlds: Arc<dyn MakeWorlds>,
    jobs: Receiver<Job>,
    results: SyncSender<Built>,
    wake: WakeSender,
}

impl Worker {
    fn run(self) {
        while let Ok(job) = self.jobs.recv() {
            let built = match job {
                Job::Create(place, name, kind) => {
                    Built::Created(place, caught(|| self.worlds.create(place.world, &name, &kind)))
                }
                Job::Rebuild(place, panicked) => {
                    Built::Rebuilt(place, caught(|| self.worlds.rebuild(place.world, panicked)))
                }
                Job::Close(world) => {
                    self.worlds.close(world);
                    continue;
                }
                Job::Drop(world) => {
                    drop_caught(world);
                    continue;
                }
            };
            if self.results.send(built).is_err() {
                return;
            }
            self.wake.wake();
        }
    }
}

/// Makes a world. A panic is an error.
fn caught(make: impl FnOnce() -> Result<Box<dyn Ticker>, String>) -> Result<Box<dyn Ticker>, String> {
    // Unwind safety: nothing of the world is left after a panic.
    catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|panic| Err(panic_message(&*panic)))
}

/// Drops a world. After a panic it may be in any state, so its drop may panic as well.
fn drop_caught(world: Box<dyn Ticker>) {
    if catch_unwind(AssertUnwindSafe(|| drop(world))).is_err() {
        tracing::error!("a world panicked when it was dropped");
    }
}

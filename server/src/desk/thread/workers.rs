//! The threads on which worlds are built, rebuilt and dropped. That may take many milliseconds,
//! during which the desk goes on. A panic while a world is built is an error of that world, and so
//! is a rebuild that takes too long.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use metrics::with_local_recorder;
use parlour_recording::format::FrozenWorld;
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
/// The size of the queue of a thread. Jobs that do not fit wait in a list.
const JOBS: usize = 1024;
/// The maximum number of jobs in that list for a new world to be made: at the start, all worlds of
/// an earlier process may wait. Above it, its sessions are refused. The other jobs are never lost:
/// each world has at most one of each kind.
const WAITING: usize = 4096;
/// A world whose rebuild takes longer than this ends.
const MAX_REBUILDING: Duration = Duration::from_secs(10);

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

    /// Forgets a world that is over, so that a new one can have its name. Removes its file on
    /// request.
    fn close(&self, world: WorldId, removes_file: bool);

    /// Writes the file of a world. Returns its size in bytes.
    ///
    /// # Errors
    /// The reason why it cannot be written.
    fn keep(&self, _: &FrozenWorld) -> Result<u64, String> {
        Err("there is no directory for worlds".to_owned())
    }
}

enum Job {
    Create(WorldPlace, String, WorldKind),
    Rebuild(WorldPlace, Tick),
    Drop(Box<dyn Ticker>),
    Close { world: WorldId, removes_file: bool },
}

/// A result, for the desk.
pub(super) enum Built {
    Created(WorldPlace, Result<Box<dyn Ticker>, String>),
    Rebuilt(WorldPlace, Result<Box<dyn Ticker>, String>),
}

/// The threads. Dropping it ends them, after the jobs that wait.
pub(crate) struct Workers {
    starter: Starter,
    builder: WorkThread,
    /// Jobs for the builder that do not fit into its queue, in order.
    waiting: VecDeque<Job>,
    rebuilder: WorkThread,
    /// The world that the rebuilder makes, and since when. It is given one at a time.
    rebuilding: Option<(WorldPlace, Instant)>,
    /// The worlds to be rebuilt next, and the ticks in which they panicked.
    rebuilds: VecDeque<(WorldPlace, Tick)>,
    max_rebuilding: Duration,
}

impl Workers {
    /// Starts the threads. They wake the desk when a result is there.
    pub(crate) fn start(
        worlds: &Arc<dyn MakeWorlds>,
        wake: &WakeSender,
        metrics: &Arc<Metrics>,
        failure: &Arc<Failure>,
    ) -> io::Result<Self> {
        let starter = Starter {
            worlds: Arc::clone(worlds),
            wake: wake.try_clone()?,
            metrics: Arc::clone(metrics),
            failure: Arc::clone(failure),
        };
        Ok(Self {
            builder: starter.start(BUILDER)?,
            waiting: VecDeque::new(),
            rebuilder: starter.start(REBUILDER)?,
            rebuilding: None,
            rebuilds: VecDeque::new(),
            max_rebuilding: MAX_REBUILDING,
            starter,
        })
    }

    /// Returns what makes the worlds.
    pub(super) fn worlds(&self) -> Arc<dyn MakeWorlds> {
        Arc::clone(&self.starter.worlds)
    }

    /// Builds a world. Returns `false` if too many jobs wait.
    pub(super) fn create(&mut self, place: WorldPlace, name: String, kind: WorldKind) -> bool {
        if self.waiting.len() >= WAITING {
            return false;
        }
        self.give_builder(Job::Create(place, name, kind));
        true
    }

    /// Rebuilds a world, after those that were given before.
    pub(super) fn rebuild(&mut self, place: WorldPlace, panicked: Tick) {
        self.rebuilds.push_back((place, panicked));
        self.begin_rebuild();
    }

    /// Drops a world.
    pub(super) fn discard(&mut self, world: Box<dyn Ticker>) {
        self.give_builder(Job::Drop(world));
    }

    /// Forgets a world that is over. A world that is built later may have its name.
    pub(super) fn close(&mut self, world: WorldId, removes_file: bool) {
        self.give_builder(Job::Close { world, removes_file });
    }

    /// Returns the next result, if there is one. To be called several times per second: it also
    /// gives the threads what waits for them.
    pub(super) fn next(&mut self) -> Option<Built> {
        self.send_waiting();
        if let Ok(built) = self.builder.results.try_recv() {
            return Some(built);
        }
        if let Ok(built) = self.rebuilder.results.try_recv() {
            self.rebuilding = None;
            self.begin_rebuild();
            return Some(built);
        }
        if let Some((place, since)) = self.rebuilding
            && since.elapsed() > self.max_rebuilding
        {
            return Some(Built::Rebuilt(place, Err(self.abandon_rebuild())));
        }
        self.begin_rebuild();
        if self.rebuilding.is_some() {
            return None;
        }
        // There is no rebuilder.
        let (place, _) = self.rebuilds.pop_front()?;
        Some(Built::Rebuilt(
            place,
            Err("no thread can be started for it".to_owned()),
        ))
    }

    fn give_builder(&mut self, job: Job) {
        self.waiting.push_back(job);
        self.send_waiting();
    }

    fn send_waiting(&mut self) {
        while let Some(job) = self.waiting.pop_front() {
            if let Err(job) = send(&self.builder.jobs, job) {
                self.waiting.push_front(job);
                return;
            }
        }
    }

    fn begin_rebuild(&mut self) {
        if self.rebuilding.is_none()
            && let Some(&(place, panicked)) = self.rebuilds.front()
            && send(&self.rebuilder.jobs, Job::Rebuild(place, panicked)).is_ok()
        {
            self.rebuilds.pop_front();
            self.rebuilding = Some((place, Instant::now()));
        }
    }

    /// Leaves the rebuilder alone, which may never return from game logic, and starts a new one.
    /// Returns the reason why the world cannot be rebuilt.
    fn abandon_rebuild(&mut self) -> String {
        self.rebuilding = None;
        self.rebuilder = self.starter.start(REBUILDER).unwrap_or_else(|error| {
            tracing::error!(%error, "no thread to rebuild worlds can be started");
            WorkThread::none()
        });
        self.begin_rebuild();
        format!("it takes longer than {} s", self.max_rebuilding.as_secs())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.builder.stop();
        self.rebuilder.stop();
        for job in self.waiting.drain(..) {
            match job {
                Job::Drop(world) => drop_caught(world),
                Job::Close { world, removes_file } => self.starter.worlds.close(world, removes_file),
                Job::Create(..) | Job::Rebuild(..) => {}
            }
        }
    }
}

/// Starts threads.
struct Starter {
    worlds: Arc<dyn MakeWorlds>,
    wake: WakeSender,
    metrics: Arc<Metrics>,
    failure: Arc<Failure>,
}

impl Starter {
    fn start(&self, name: &str) -> io::Result<WorkThread> {
        let (jobs, waiting) = sync_channel(JOBS);
        let (sender, results) = sync_channel(JOBS);
        let worker = Worker {
            worlds: Arc::clone(&self.worlds),
            jobs: waiting,
            results: sender,
            wake: self.wake.try_clone()?,
        };
        let metrics = Arc::clone(&self.metrics);
        // Game logic may create handles of its metrics when it is built.
        let run = move || with_local_recorder(metrics.recorder(), || worker.run());
        Ok(WorkThread {
            jobs: Some(jobs),
            results,
            thread: Some(self.failure.spawn(name, run)?),
        })
    }
}

/// The desk's ends of a thread. If it is dropped, the thread ends after its present job, whose
/// result is dropped there.
struct WorkThread {
    jobs: Option<SyncSender<Job>>,
    results: Receiver<Built>,
    thread: Option<JoinHandle<()>>,
}

impl WorkThread {
    /// Returns the ends of no thread.
    fn none() -> Self {
        Self {
            jobs: None,
            results: sync_channel(0).1,
            thread: None,
        }
    }

    /// Waits until the thread has done its jobs.
    fn stop(&mut self) {
        self.jobs = None;
        // The thread may wait to send a result.
        while self.results.recv().is_ok() {}
        if let Some(thread) = self.thread.take() {
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
                Job::Close { world, removes_file } => {
                    self.worlds.close(world, removes_file);
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        mpsc::{SyncSender, sync_channel},
    };

    use parlour_recording::recorder::TickSender;
    use parlour_tick::{TickInput, TickOutput};

    use super::*;
    use crate::bridge::wake;

    /// A world that hangs when it is made or rebuilt.
    const SLOW: WorldId = WorldId(1);

    struct Still;

    impl Ticker for Still {
        fn step(&mut self, _: &mut TickInput, _: &mut TickOutput, _: Option<&mut TickSender>) {}

        fn reclaim(&mut self, _: &mut TickInput) {}
    }

    /// Makes worlds. Work at the slow one ends when `go_on` is dropped.
    struct Makes {
        go_on: Mutex<Receiver<()>>,
        closed: Mutex<Vec<WorldId>>,
    }

    impl Makes {
        fn make(&self, world: WorldId) -> Result<Box<dyn Ticker>, String> {
            if world == SLOW {
                let _ = self.go_on.lock().unwrap().recv();
            }
            Ok(Box::new(Still))
        }
    }

    impl MakeWorlds for Makes {
        fn create(&self, world: WorldId, _: &str, _: &WorldKind) -> Result<Box<dyn Ticker>, String> {
            self.make(world)
        }

        fn rebuild(&self, world: WorldId, _: Tick) -> Result<Box<dyn Ticker>, String> {
            self.make(world)
        }

        fn close(&self, world: WorldId, _: bool) {
            self.closed.lock().unwrap().push(world);
        }
    }

    fn start() -> (Workers, Arc<Makes>, SyncSender<()>) {
        let (sender, go_on) = sync_channel(1);
        let makes = Arc::new(Makes {
            go_on: Mutex::new(go_on),
            closed: Mutex::default(),
        });
        let worlds: Arc<dyn MakeWorlds> = makes.clone();
        let (wake, _end) = wake::pair().unwrap();
        let workers = Workers::start(&worlds, &wake, &Arc::new(Metrics::new(1)), &Arc::default());
        (workers.unwrap(), makes, sender)
    }

    fn place(world: WorldId) -> WorldPlace {
        WorldPlace { thread: 0, world }
    }

    fn await_next(workers: &mut Workers) -> Built {
        let began = Instant::now();
        loop {
            if let Some(built) = workers.next() {
                return built;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "no result");
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }

    #[test]
    fn every_world_of_many_that_end_together_is_closed() {
        let (mut workers, makes, go_on) = start();
        assert!(workers.create(place(SLOW), "slow".to_owned(), WorldKind::Main));
        let many: Vec<_> = (2..5 * JOBS as u32).map(WorldId).collect();
        for world in &many {
            workers.discard(Box::new(Still));
            workers.close(*world, true);
        }
        let later = (place(WorldId(9999)), "later".to_owned(), WorldKind::Main);
        assert!(!workers.create(later.0, later.1, later.2), "too many jobs wait");
        drop(go_on);
        assert!(matches!(await_next(&mut workers), Built::Created(at, Ok(_)) if at.world == SLOW));
        drop(workers);
        assert_eq!(*makes.closed.lock().unwrap(), many);
    }

    #[test]
    fn a_rebuild_that_takes_too_long_fails_and_the_next_one_goes_on() {
        let (mut workers, _makes, go_on) = start();
        workers.max_rebuilding = Duration::from_millis(20);
        workers.rebuild(place(SLOW), Tick(5));
        workers.rebuild(place(WorldId(2)), Tick(5));
        let Built::Rebuilt(at, Err(why)) = await_next(&mut workers) else {
            panic!("no error");
        };
        assert_eq!((at.world, why.as_str()), (SLOW, "it takes longer than 0 s"));
        workers.max_rebuilding = MAX_REBUILDING;
        assert!(matches!(await_next(&mut workers), Built::Rebuilt(at, Ok(_)) if at.world == WorldId(2)));
        // It does not wait for the thread that hangs.
        drop(workers);
        drop(go_on);
    }
}

//! The order to save all durable worlds, from the thread that stops the server, and what became of
//! each world.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parlour_tick::WorldId;

/// The interval at which a caller that waits looks whether the desk still runs.
const LOOK: Duration = Duration::from_millis(50);

/// The order, and its progress. The desk takes it, and other threads save the worlds.
#[derive(Debug, Default)]
pub(crate) struct FreezeOrder {
    requested: AtomicBool,
    progress: Mutex<FreezeProgress>,
    changed: Condvar,
}

/// What became of the worlds so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct FreezeProgress {
    /// Whether the desk has taken the order.
    pub(crate) begun: bool,
    /// The worlds that are not saved yet.
    pub(crate) waiting: BTreeMap<WorldId, String>,
    pub(crate) saved: Vec<WrittenWorld>,
    pub(crate) unsaved: Vec<UnsavedWorld>,
    /// The worlds of an earlier process that are not built yet, or could not be. Their files are
    /// still right.
    pub(crate) untouched: Vec<String>,
}

/// A world that was saved.
#[derive(Clone, Debug)]
pub(crate) struct WrittenWorld {
    pub(crate) name: String,
    pub(crate) rooms: usize,
    pub(crate) players: u32,
    pub(crate) tick: u32,
    /// The size of its file.
    pub(crate) bytes: u64,
    /// The time from the order until its file was written.
    pub(crate) took: Duration,
}

/// A durable world that could not be saved when the server stopped. After the next start, its rooms
/// are as in its last file, if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsavedWorld {
    /// The name of the world.
    pub world: String,
    /// The reason.
    pub why: String,
}

impl fmt::Display for UnsavedWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.world, self.why)
    }
}

impl FreezeOrder {
    /// Requests that the worlds are saved. The caller wakes the desk.
    pub(crate) fn request(&self) {
        self.requested.store(true, Ordering::Release);
    }

    /// Returns whether the order was given, once.
    pub(crate) fn take(&self) -> bool {
        self.requested.load(Ordering::Relaxed) && self.requested.swap(false, Ordering::AcqRel)
    }

    /// Notes which worlds will be saved, and which need not be.
    pub(crate) fn begin(&self, waiting: BTreeMap<WorldId, String>, untouched: Vec<String>) {
        let mut progress = self.lock();
        (progress.begun, progress.waiting, progress.untouched) = (true, waiting, untouched);
        self.changed.notify_all();
    }

    /// Notes that a world was saved.
    pub(crate) fn saved(&self, world: WorldId, written: WrittenWorld) {
        let mut progress = self.lock();
        if progress.waiting.remove(&world).is_some() {
            progress.saved.push(written);
        }
        self.changed.notify_all();
    }

    /// Notes that a world cannot be saved.
    pub(crate) fn failed(&self, world: WorldId, why: String) {
        let mut progress = self.lock();
        if let Some(name) = progress.waiting.remove(&world) {
            progress.unsaved.push(UnsavedWorld { world: name, why });
        }
        self.changed.notify_all();
    }

    /// Waits until all worlds are saved or cannot be, but no longer than this time, and only while
    /// the desk runs. What is not saved by then counts as unsaved.
    pub(crate) fn wait(&self, at_most: Duration, desk_runs: impl Fn() -> bool) -> FreezeProgress {
        let until = Instant::now() + at_most;
        let mut progress = self.lock();
        while !progress.is_done() && desk_runs() && Instant::now() < until {
            let (next, _) = self
                .changed
                .wait_timeout(progress, LOOK)
                .unwrap_or_else(PoisonError::into_inner);
            progress = next;
        }
        let why = match desk_runs() {
            true => format!("it takes longer than {} s", at_most.as_secs()),
            false => "the desk has failed".to_owned(),
        };
        if !progress.begun {
            progress.unsaved.push(UnsavedWorld {
                world: "all worlds".to_owned(),
                why: why.clone(),
            });
        }
        for (_, world) in std::mem::take(&mut progress.waiting) {
            let why = why.clone();
            progress.unsaved.push(UnsavedWorld { world, why });
        }
        progress.clone()
    }

    /// Returns whether the order was taken, and no world waits.
    #[cfg(test)]
    pub(crate) fn is_done(&self) -> bool {
        self.lock().is_done()
    }

    fn lock(&self) -> MutexGuard<'_, FreezeProgress> {
        // Every change is complete, so a panic cannot leave half of one.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FreezeProgress {
    fn is_done(&self) -> bool {
        self.begun && self.waiting.is_empty()
    }

    /// Returns whether the file of a world is to stay.
    pub(crate) fn keeps(&self, world: &str) -> bool {
        self.saved.iter().any(|saved| saved.name == world)
            || self.unsaved.iter().any(|unsaved| unsaved.world == world)
            || self.untouched.iter().any(|name| name == world)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str) -> WrittenWorld {
        WrittenWorld {
            name: name.to_owned(),
            rooms: 1,
            players: 0,
            tick: 1,
            bytes: 1,
            took: Duration::ZERO,
        }
    }

    #[test]
    fn the_caller_waits_for_each_world() {
        let order = FreezeOrder::default();
        assert!(!order.take());
        order.request();
        assert!(order.take() && !order.take());
        let waiting = [(WorldId(1), "main".to_owned()), (WorldId(2), "tag.a".to_owned())];
        order.begin(waiting.into(), vec!["tag.b".to_owned()]);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                order.saved(WorldId(1), written("main"));
                order.failed(WorldId(2), "it panicked".to_owned());
            });
            let progress = order.wait(Duration::from_secs(60), || true);
            assert_eq!(progress.saved.len(), 1);
            let unsaved = UnsavedWorld {
                world: "tag.a".to_owned(),
                why: "it panicked".to_owned(),
            };
            assert_eq!(progress.unsaved, [unsaved]);
            assert!(["main", "tag.a", "tag.b"].iter().all(|name| progress.keeps(name)));
            assert!(!progress.keeps("tag.c"));
        });
    }

    #[test]
    fn worlds_that_are_not_saved_in_time_are_named() {
        let order = FreezeOrder::default();
        order.begin([(WorldId(1), "main".to_owned())].into(), Vec::new());
        let unsaved = &order.wait(Duration::ZERO, || true).unsaved[0];
        assert_eq!(
            (unsaved.world.as_str(), unsaved.why.as_str()),
            ("main", "it takes longer than 0 s")
        );
        // Too late: the report has been made.
        order.saved(WorldId(1), written("main"));
        assert_eq!(order.wait(Duration::ZERO, || true).saved.len(), 0);
    }

    #[test]
    fn a_desk_that_has_failed_saves_nothing() {
        let unsaved = FreezeOrder::default()
            .wait(Duration::from_secs(60), || false)
            .unsaved;
        assert_eq!((unsaved[0].world.as_str(), unsaved.len()), ("all worlds", 1));
    }
}

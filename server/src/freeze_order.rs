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
    /// The worlds that are not being saved yet: they run, or are being rebuilt.
    waiting: BTreeMap<WorldId, DurableWorld>,
    /// The names of the worlds that are being saved.
    saving: BTreeMap<WorldId, String>,
    /// Whether the stop went on without some of them.
    is_late: bool,
    pub(crate) saved: Vec<WrittenWorld>,
    pub(crate) unsaved: Vec<UnsavedWorld>,
    /// The worlds of an earlier process that are not built yet, or could not be. Their files are
    /// still right.
    pub(crate) untouched: Vec<String>,
}

/// A world to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DurableWorld {
    pub(crate) world: WorldId,
    pub(crate) name: String,
    pub(crate) thread: usize,
    pub(crate) rooms: usize,
    pub(crate) players: u32,
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
    pub(crate) fn begin(&self, waiting: BTreeMap<WorldId, DurableWorld>, untouched: Vec<String>) {
        let mut progress = self.lock();
        (progress.begun, progress.waiting, progress.untouched) = (true, waiting, untouched);
        self.changed.notify_all();
    }

    /// Returns whether a world is to be saved, and nobody saves it yet.
    pub(crate) fn awaits(&self, world: WorldId) -> bool {
        self.lock().waiting.contains_key(&world)
    }

    /// Returns a world that is to be saved, the first time. The caller saves it.
    pub(crate) fn take_world(&self, world: WorldId) -> Option<DurableWorld> {
        let mut progress = self.lock();
        let taken = progress.waiting.remove(&world)?;
        progress.saving.insert(world, taken.name.clone());
        Some(taken)
    }

    /// Notes that a world has no room any more, so that there is nothing to save.
    pub(crate) fn emptied(&self, world: WorldId) {
        self.lock().waiting.remove(&world);
        self.changed.notify_all();
    }

    /// Returns whether [`Self::wait`] returned before all worlds were saved.
    pub(crate) fn is_late(&self) -> bool {
        self.lock().is_late
    }

    /// Notes that a world was saved.
    pub(crate) fn saved(&self, world: WorldId, written: WrittenWorld) {
        let mut progress = self.lock();
        if progress.saving.remove(&world).is_some() {
            progress.saved.push(written);
        }
        self.changed.notify_all();
    }

    /// Notes that a world cannot be saved.
    pub(crate) fn failed(&self, world: WorldId, why: String) {
        let mut progress = self.lock();
        if let Some(name) = progress.take_name(world) {
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
        progress.is_late = !progress.is_done();
        let waiting = std::mem::take(&mut progress.waiting).into_values();
        let saving = std::mem::take(&mut progress.saving).into_values();
        for world in waiting.map(|world| world.name).chain(saving) {
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
        self.begun && self.waiting.is_empty() && self.saving.is_empty()
    }

    /// Removes a world that is not saved yet, and returns its name.
    fn take_name(&mut self, world: WorldId) -> Option<String> {
        let waiting = self.waiting.remove(&world).map(|world| world.name);
        waiting.or_else(|| self.saving.remove(&world))
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

    /// Returns worlds with these names, and ids from 1 on.
    fn waiting(names: &[&str]) -> BTreeMap<WorldId, DurableWorld> {
        let worlds = (1..).map(WorldId).zip(names).map(|(world, name)| {
            let durable = DurableWorld {
                world,
                name: (*name).to_owned(),
                thread: 0,
                rooms: 1,
                players: 0,
            };
            (world, durable)
        });
        worlds.collect()
    }

    #[test]
    fn the_caller_waits_for_each_world() {
        let order = FreezeOrder::default();
        assert!(!order.take());
        order.request();
        assert!(order.take() && !order.take());
        order.begin(waiting(&["main", "tag.a"]), vec!["tag.b".to_owned()]);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(order.take_world(WorldId(1)).is_some() && order.take_world(WorldId(1)).is_none());
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
        order.begin(waiting(&["main"]), Vec::new());
        order.take_world(WorldId(1));
        let unsaved = &order.wait(Duration::ZERO, || true).unsaved[0];
        assert_eq!(
            (unsaved.world.as_str(), unsaved.why.as_str()),
            ("main", "it takes longer than 0 s")
        );
        assert!(order.is_late());
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

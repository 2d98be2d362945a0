//! The worlds that are being saved because the server stops, and the threads that write their
//! files.

use std::{
    collections::BTreeSet,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use parlour_shared::text::panic_message;
use parlour_tick::WorldId;

use super::MakeWorlds;
use crate::{
    freeze_order::{DurableWorld, FreezeOrder, WrittenWorld},
    ticker::Ticker,
};

/// The maximum number of threads that save worlds: several share one wait for the disk.
const SAVERS: usize = 4;

/// What is being saved.
pub(super) struct Freezing {
    /// `None`: no directory for worlds is set.
    order: Option<Arc<FreezeOrder>>,
    /// The worlds that were given to a saver.
    taken: BTreeSet<WorldId>,
    savers: Option<SyncSender<SaveJob>>,
    threads: Vec<JoinHandle<()>>,
    /// When the order was taken.
    began: Option<Instant>,
}

struct SaveJob {
    world: DurableWorld,
    ticker: Box<dyn Ticker>,
    began: Instant,
}

impl Freezing {
    pub(super) fn new(order: Option<Arc<FreezeOrder>>) -> Self {
        Self {
            order,
            taken: BTreeSet::new(),
            savers: None,
            threads: Vec::new(),
            began: None,
        }
    }

    /// Returns the order to save worlds, the first time after it was given.
    pub(super) fn take_order(&mut self) -> Option<Arc<FreezeOrder>> {
        let order = self.order.clone().filter(|order| order.take())?;
        self.began = Some(Instant::now());
        Some(order)
    }

    /// Returns whether the order was given.
    pub(super) fn has_begun(&self) -> bool {
        self.began.is_some()
    }

    /// Starts threads that save this many worlds. They end when the sender is dropped.
    pub(super) fn start_savers(
        &mut self,
        worlds: &Arc<dyn MakeWorlds>,
        order: &Arc<FreezeOrder>,
        count: usize,
    ) -> io::Result<()> {
        let (sender, jobs) = sync_channel(count);
        let jobs = Arc::new(Mutex::new(jobs));
        for nth in 0..count.min(SAVERS) {
            let (worlds, order, jobs) = (Arc::clone(worlds), Arc::clone(order), Arc::clone(&jobs));
            let thread = thread::Builder::new()
                .name(format!("saver-{nth}"))
                .spawn(move || run(&*worlds, &order, &jobs))?;
            self.threads.push(thread);
        }
        self.savers = Some(sender);
        Ok(())
    }

    /// Returns whether a world is to be saved, and still runs or is being rebuilt.
    pub(super) fn awaits(&self, world: WorldId) -> bool {
        self.order.as_ref().is_some_and(|order| order.awaits(world))
    }

    /// Returns whether a world was given to a saver, so that it no longer runs.
    pub(super) fn has_taken(&self, world: WorldId) -> bool {
        self.taken.contains(&world)
    }

    /// Takes a world that left its tick thread, or that was rebuilt, if it is to be saved.
    /// Otherwise returns it.
    pub(super) fn offer(&mut self, world: WorldId, ticker: Box<dyn Ticker>) -> Option<Box<dyn Ticker>> {
        let durable = self.order.as_ref().and_then(|order| order.take_world(world));
        let Some(durable) = durable else {
            return Some(ticker);
        };
        self.taken.insert(world);
        let job = SaveJob {
            world: durable,
            ticker,
            began: self.began.unwrap_or_else(Instant::now),
        };
        // The threads run until this sender is dropped, and each world has a place in the queue.
        if let Some(savers) = &self.savers {
            let _ = savers.send(job);
        }
        None
    }

    /// Notes that a world that is not saved yet is gone, or cannot be rebuilt.
    pub(super) fn lost(&self, world: WorldId, why: &str) {
        if let Some(order) = self.order.as_ref().filter(|_| self.awaits(world)) {
            order.failed(world, why.to_owned());
        }
    }

    /// Notes that a world that is not saved yet has ended because its rooms have.
    pub(super) fn emptied(&self, world: WorldId) {
        if let Some(order) = &self.order {
            order.emptied(world);
        }
    }
}

/// Waits for the threads, so that afterwards nobody writes to the directory. A thread that was too
/// slow for the stop is left alone. It may hang in game logic.
impl Drop for Freezing {
    fn drop(&mut self) {
        self.savers = None;
        let is_late = self.order.as_ref().is_some_and(|order| order.is_late());
        for thread in self.threads.drain(..) {
            if !is_late || thread.is_finished() {
                // It catches the panics of worlds.
                let _ = thread.join();
            }
        }
    }
}

fn run(worlds: &dyn MakeWorlds, order: &FreezeOrder, jobs: &Mutex<Receiver<SaveJob>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(SaveJob {
            world,
            mut ticker,
            began,
        }) = job
        else {
            return;
        };
        // Unwind safety: the world is only dropped afterwards.
        let saved = catch_unwind(AssertUnwindSafe(|| {
            let frozen = ticker.freeze().ok_or("it has no state")?;
            let bytes = worlds.keep(&frozen)?;
            Ok::<_, String>((frozen.tick, bytes))
        }));
        match saved.unwrap_or_else(|panic| Err(panic_message(&*panic))) {
            Ok((tick, bytes)) => {
                let written = WrittenWorld {
                    name: world.name,
                    rooms: world.rooms,
                    players: world.players,
                    tick: tick.0,
                    bytes,
                    took: began.elapsed(),
                };
                order.saved(world.world, written);
            }
            Err(why) => order.failed(world.world, why),
        }
        // A world of game logic that panicked may panic again.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(ticker)));
    }
}

//! The worlds that are being saved because the server stops, and the threads that write their files.

use std::{
    collections::BTreeMap,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Instant,
};

use parlour_shared::text::panic_message;
use parlour_tick::WorldId;

use super::MakeWorlds;
use crate::{
    desk::DurableWorld,
    freeze_order::{FreezeOrder, WrittenWorld},
    ticker::Ticker,
};

/// The maximum number of threads that save worlds: several share one wait for the disk.
const SAVERS: usize = 4;

/// What is being saved.
#[derive(Default)]
pub(super) struct Freezing {
    /// `None`: no directory for worlds is set.
    order: Option<Arc<FreezeOrder>>,
    /// The worlds that have not been given to a saver yet.
    waiting: BTreeMap<WorldId, DurableWorld>,
    savers: Option<SyncSender<SaveJob>>,
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
            ..Self::default()
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

    /// Waits for these worlds from now on, and starts the threads that save them.
    pub(super) fn begin(
        &mut self,
        worlds: &Arc<dyn MakeWorlds>,
        order: &Arc<FreezeOrder>,
        waiting: BTreeMap<WorldId, DurableWorld>,
    ) -> io::Result<()> {
        self.savers = Some(start(worlds, order, waiting.len())?);
        self.waiting = waiting;
        Ok(())
    }

    /// Returns whether a world is to be saved, and still runs or is being rebuilt.
    pub(super) fn awaits(&self, world: WorldId) -> bool {
        self.waiting.contains_key(&world)
    }

    /// Takes a world that left its tick thread, or that was rebuilt, if it is to be saved.
    /// Otherwise returns it.
    pub(super) fn offer(&mut self, world: WorldId, ticker: Box<dyn Ticker>) -> Option<Box<dyn Ticker>> {
        let Some(durable) = self.waiting.remove(&world) else {
            return Some(ticker);
        };
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

    /// Notes that a world is gone, or cannot be rebuilt.
    pub(super) fn lost(&mut self, world: WorldId, why: &str) {
        if self.waiting.remove(&world).is_some()
            && let Some(order) = &self.order
        {
            order.failed(world, why.to_owned());
        }
    }
}

/// Starts threads that save this many worlds. They end when the sender is dropped.
fn start(
    worlds: &Arc<dyn MakeWorlds>,
    order: &Arc<FreezeOrder>,
    count: usize,
) -> io::Result<SyncSender<SaveJob>> {
    let (sender, jobs) = sync_channel(count);
    let jobs = Arc::new(Mutex::new(jobs));
    for nth in 0..count.min(SAVERS) {
        let (worlds, order, jobs) = (Arc::clone(worlds), Arc::clone(order), Arc::clone(&jobs));
        thread::Builder::new()
            .name(format!("saver-{nth}"))
            .spawn(move || run(&*worlds, &order, &jobs))?;
    }
    Ok(sender)
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

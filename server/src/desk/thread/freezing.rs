//! Saves the durable worlds when the server stops: takes each out of its tick thread, and gives it
//! to threads that write files. The desk goes on meanwhile, and knows nothing of it.

#[cfg(test)]
mod tests;

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

use parlour_shared::{ids::Tick, text::panic_message};
use parlour_tick::WorldId;

use super::{CommandSender, MakeWorlds, Workers, hands::Hands};
use crate::{
    bridge::route::WorldPlace,
    desk::{DurableWorld, WorldState},
    freeze_order::{FreezeOrder, WrittenWorld},
    ticker::{TickCommand, Ticker},
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

impl Hands {
    /// Begins to save the worlds, if that was ordered.
    pub(super) fn freeze(&mut self) {
        let Some(order) = self.freezing.order.clone().filter(|order| order.take()) else {
            return;
        };
        let (mut waiting, mut untouched) = (BTreeMap::new(), Vec::new());
        for world in self.desk.durable_worlds() {
            match world.state {
                WorldState::Creating => untouched.push(world.name),
                WorldState::Ending => {}
                _ => _ = waiting.insert(world.world, world),
            }
        }
        let names = waiting.iter().map(|(id, world)| (*id, world.name.clone()));
        order.begin(names.collect(), untouched);
        let worlds = self.workers.as_ref().map(Workers::worlds);
        let savers = worlds.map(|worlds| start(&worlds, &order, waiting.len()));
        match savers {
            Some(Ok(savers)) => self.freezing.savers = Some(savers),
            Some(Err(error)) => {
                for world in waiting.into_keys() {
                    order.failed(world, format!("no thread can be started for it: {error}"));
                }
                return;
            }
            None => return,
        }
        self.freezing.began = Some(Instant::now());
        self.freezing.waiting = waiting.clone();
        for world in waiting.into_values() {
            self.take_to_save(&world);
        }
    }

    /// Takes a world out of its tick thread. If it is not there, the command has no effect: a world
    /// that is being rebuilt is saved as soon as it is rebuilt, and one that has just left for a
    /// different thread when it arrives at the desk.
    fn take_to_save(&mut self, durable: &DurableWorld) {
        let (world, thread) = (durable.world, durable.thread);
        let ended = self.commands.get(thread).is_none_or(CommandSender::is_abandoned);
        match (&mut self.workers, ended) {
            // The thread has panicked. The recorder has all its ticks.
            (Some(workers), true) => workers.rebuild(WorldPlace { thread, world }, Tick(0)),
            _ => self.command(thread, TickCommand::Take { world }),
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

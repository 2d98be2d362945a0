//! What the tick threads publish about their worlds for the admin port, and what the admin port
//! asks of the desk.
//!
//! Each tick thread publishes the figures of its worlds once a second. It never waits here: if the
//! admin port reads at that moment, it publishes a tick later. The admin port joins the figures
//! with what the desk knows of worlds and rooms.

mod tick_times;
mod world_request;

use std::{
    cmp::Reverse,
    sync::{
        Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
};

pub(crate) use tick_times::{TickTimes, TimeSummary};
pub(crate) use world_request::{WorldAnswer, WorldOrder, WorldRequest, WorldRequestError};

use parlour_tick::WorldId;

use crate::bridge::wake::WakeSender;

/// The figures of all worlds of this node, and what is requested of them.
pub(crate) struct NodeStatus {
    /// By tick thread: the figures of its worlds.
    threads: Box<[ThreadStatus]>,
    requests: world_request::WorldRequests,
}

/// The part of one tick thread.
#[derive(Default)]
struct ThreadStatus {
    worlds: Mutex<Vec<WorldFigures>>,
    /// The share of its time that the thread worked in the last second, as the bits of an `f64`.
    load: AtomicU64,
}

/// The figures of one world, from its tick thread. They contain no text, so that the tick thread
/// allocates nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorldFigures {
    /// The world.
    pub(crate) world: WorldId,
    /// The last finished tick of the world.
    pub(crate) tick: u32,
    /// The time of a tick, of the ticks in which something was due.
    pub(crate) times: TimeSummary,
    /// Sessions in the world.
    pub(crate) sessions: u32,
    /// Players in rooms.
    pub(crate) players: u32,
    /// Objects in rooms.
    pub(crate) objects: u32,
    /// Entities.
    pub(crate) entities: u32,
    /// Bytes of all frames in the last second. Ranges that frames share are counted once.
    pub(crate) output_bytes: u64,
}

impl NodeStatus {
    /// Creates the status of a node with this number of tick threads, before the first report.
    pub(crate) fn new(tick_threads: usize) -> Self {
        Self {
            threads: (0..tick_threads).map(|_| ThreadStatus::default()).collect(),
            requests: world_request::WorldRequests::default(),
        }
    }

    /// Publishes the figures of a tick thread, and exchanges them for an empty list, whose memory
    /// the thread uses again. Never waits. Returns `false` if the admin port reads at this moment:
    /// the thread then tries again in its next tick. `load` is the share of its time that the
    /// thread worked in the last second, 0 to 1.
    pub(crate) fn publish_thread(&self, thread: usize, load: f64, worlds: &mut Vec<WorldFigures>) -> bool {
        let Some(status) = self.threads.get(thread) else {
            // Only a bug leads here. The figures are lost, and the tick goes on.
            worlds.clear();
            return true;
        };
        let mut published = match status.worlds.try_lock() {
            Ok(published) => published,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        std::mem::swap(&mut *published, worlds);
        // Two buffers take turns. This way, the second one never grows in a later tick.
        worlds.clear();
        worlds.reserve(published.len());
        drop(published);
        status.load.store(load.to_bits(), Ordering::Relaxed);
        true
    }

    /// Sets how the desk is woken by a request.
    pub(crate) fn wakes_desk(&self, wake: WakeSender) {
        self.requests.wakes(wake);
    }

    /// Requests that a world is restarted or moved. The desk calls `answer`.
    ///
    /// # Errors
    /// [`WorldRequestError::TooMany`] if the desk has not taken earlier requests yet.
    pub(crate) fn request(
        &self,
        world: &str,
        order: WorldOrder,
        answer: WorldAnswer,
    ) -> Result<(), WorldRequestError> {
        self.requests.add(world, order, answer)
    }

    /// Takes the requests since the last call, for the desk.
    pub(crate) fn take_requests(&self) -> Vec<WorldRequest> {
        self.requests.take()
    }

    /// Returns the figures of all worlds, sorted by world.
    pub(crate) fn figures(&self) -> Vec<WorldFigures> {
        let mut figures: Vec<WorldFigures> = Vec::new();
        for thread in &self.threads {
            figures.extend_from_slice(&locked(&thread.worlds));
        }
        // For up to a second, two threads have figures of a world that moved from one to the other.
        figures.sort_by_key(|figures| (figures.world, Reverse(figures.tick)));
        figures.dedup_by_key(|figures| figures.world);
        figures
    }

    /// Returns the share of its time that each tick thread worked in the last second, 0 to 1.
    pub(crate) fn loads(&self) -> Vec<f64> {
        let loads = self
            .threads
            .iter()
            .map(|thread| thread.load.load(Ordering::Relaxed));
        loads.map(f64::from_bits).collect()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A report is replaced as a whole, so a panic cannot leave half of one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

//! The state of all worlds of the node, for the admin port.
//!
//! Each tick thread publishes the figures of its worlds once a second, and the desk publishes what
//! it knows of worlds and rooms. The admin port joins both by world, so neither knows of the other.
//! A tick thread never waits here: if the admin port reads at that moment, it publishes a tick
//! later.

mod report;
mod restart;
mod tick_times;

use std::sync::{
    Mutex, MutexGuard, PoisonError, TryLockError,
    atomic::{AtomicU64, Ordering},
};

pub(crate) use report::NodeReport;
pub(crate) use restart::{RestartAnswer, RestartError, RestartRequest};
pub(crate) use tick_times::{TickTimes, TimeSummary};

use parlour_tick::{RoomStatus, WorldId, WorldKind};

use crate::bridge::wake::WakeSender;

/// What the tick threads and the desk know of the worlds of this node.
pub(crate) struct NodeStatus {
    /// By tick thread: the figures of its worlds.
    threads: Box<[ThreadStatus]>,
    desk: Mutex<DeskReport>,
    restarts: restart::RestartQueue,
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
    /// Entities.
    pub(crate) entities: u32,
    /// Bytes of all frames in the last second. Ranges that frames share are counted once.
    pub(crate) output_bytes: u64,
}

/// What the desk knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeskReport {
    /// The worlds, in the order of their ids.
    pub(crate) worlds: Vec<DeskWorld>,
    /// Sessions that are in no world.
    pub(crate) in_lobby: u32,
}

/// What the desk knows of one world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeskWorld {
    /// The world.
    pub(crate) world: WorldId,
    /// The name, for people, directories and paths of the admin port.
    pub(crate) name: String,
    /// What it was made for.
    pub(crate) kind: WorldKind,
    /// The index of its tick thread.
    pub(crate) thread: usize,
    /// What it does.
    pub(crate) state: WorldState,
    /// Panics since it was created.
    pub(crate) panics: u32,
    /// Times that it was rebuilt from its inputs, after a panic or on request.
    pub(crate) restarts: u32,
    /// Its rooms, in the order of their names.
    pub(crate) rooms: Vec<RoomStatus>,
}

/// What a world does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorldState {
    /// It is being built.
    Creating,
    /// It ticks.
    #[default]
    Running,
    /// It is being rebuilt from its inputs.
    Rebuilding,
    /// It panicked too often, and its sessions are leaving; or it is no longer needed.
    Ending,
}

impl NodeStatus {
    /// Creates the status of a node with this number of tick threads, before the first report.
    pub(crate) fn new(tick_threads: usize) -> Self {
        Self {
            threads: (0..tick_threads).map(|_| ThreadStatus::default()).collect(),
            desk: Mutex::default(),
            restarts: restart::RestartQueue::default(),
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
        drop(published);
        worlds.clear();
        status.load.store(load.to_bits(), Ordering::Relaxed);
        true
    }

    /// Publishes what the desk knows. Called once a second, on the thread of the desk.
    pub(crate) fn publish_desk(&self, report: DeskReport) {
        // The old report is dropped after the lock.
        let _old = std::mem::replace(&mut *locked(&self.desk), report);
    }

    /// Sets how the desk is woken when a restart is requested.
    pub(crate) fn wakes_desk(&self, wake: WakeSender) {
        self.restarts.wakes(wake);
    }

    /// Requests that a world is rebuilt from its inputs. The desk calls `answer`.
    ///
    /// # Errors
    /// [`RestartError::TooMany`] if the desk has not taken earlier requests yet.
    pub(crate) fn request_restart(&self, world: &str, answer: RestartAnswer) -> Result<(), RestartError> {
        self.restarts.add(world, answer)
    }

    /// Takes the requests since the last call, for the desk.
    pub(crate) fn take_restarts(&self) -> Vec<RestartRequest> {
        self.restarts.take()
    }

    /// Returns the state of the node, joined from all reports.
    pub(crate) fn report(&self) -> NodeReport {
        let desk = locked(&self.desk).clone();
        let mut figures: Vec<WorldFigures> = Vec::new();
        let mut loads = Vec::with_capacity(self.threads.len());
        for thread in &self.threads {
            figures.extend_from_slice(&locked(&thread.worlds));
            loads.push(f64::from_bits(thread.load.load(Ordering::Relaxed)));
        }
        NodeReport::joined(desk, &figures, loads)
    }

    /// Returns whether a world with this name was in the last report of the desk.
    pub(crate) fn has_world(&self, name: &str) -> bool {
        locked(&self.desk).worlds.iter().any(|world| world.name == name)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A report is replaced as a whole, so a panic cannot leave half of one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

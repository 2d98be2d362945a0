//! Data about a recorded world that the threads of the recorder share.

use std::sync::atomic::{AtomicU32, Ordering};

use parlour_sim::{Logic, SIMULATION, SimConfig, Simulation};
use parlour_tick::WorldId;

use super::WorldInfo;
use crate::Header;

/// A recorded world, and the program that records it.
#[derive(Debug)]
pub(super) struct WorldContext {
    pub(super) id: WorldId,
    pub(super) name: String,
    pub(super) config: SimConfig,
    pub(super) logic: Logic,
    /// The name and version of the program that records.
    build: &'static str,
    /// The names of the parts of the state.
    parts: Box<[String]>,
    /// The last tick that was recorded.
    recorded: AtomicU32,
}

impl WorldContext {
    /// `parts` are the names of the parts of the state.
    pub(super) fn new(info: WorldInfo, parts: Box<[String]>, build: &'static str) -> Self {
        let WorldInfo {
            id,
            name,
            config,
            logic,
        } = info;
        Self {
            id,
            name,
            config,
            logic,
            build,
            parts,
            recorded: AtomicU32::new(0),
        }
    }

    /// Makes the world as it is before its first tick.
    pub(super) fn make_world(&self) -> Simulation {
        Simulation::with_plugins(self.config.clone(), self.logic.clone())
    }

    /// Returns the header of a recording that starts at this time.
    pub(super) fn header(&self, wall_ms: u64) -> Header {
        let parts = self.parts().to_vec();
        let mut header = Header::new(&self.config, parts, SIMULATION, wall_ms, self.build);
        header.world.clone_from(&self.name);
        header
    }

    /// Returns the names of the parts of the state.
    pub(super) fn parts(&self) -> &[String] {
        &self.parts
    }

    pub(super) fn note_recorded(&self, tick: u32) {
        self.recorded.store(tick, Ordering::Relaxed);
    }

    pub(super) fn recorded(&self) -> u32 {
        self.recorded.load(Ordering::Relaxed)
    }
}

/// Worlds for tests of the threads.
#[cfg(test)]
pub(super) mod samples {
    use std::sync::Arc;

    use super::*;

    /// Returns a world without parts of the state.
    pub(in super::super) fn world(id: u32, name: &str) -> Arc<WorldContext> {
        let info = WorldInfo {
            id: WorldId(id),
            name: name.to_owned(),
            config: SimConfig::new(Vec::new()),
            logic: Logic::default(),
        };
        Arc::new(WorldContext::new(info, Box::default(), "test"))
    }
}

//! What headers and second worlds need to know about the recorded world.

use std::sync::OnceLock;

use parlour_sim::{Logic, SIMULATION, SimConfig};

use crate::Header;

/// The world that is recorded.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) config: SimConfig,
    pub(super) logic: Logic,
    /// The program that records, as it calls itself.
    pub(super) build: &'static str,
    /// The names of the parts of the state. Set when the tick thread has made the world, before its
    /// first tick.
    pub(super) parts: OnceLock<Vec<String>>,
}

impl Source {
    pub(super) fn new(config: SimConfig, logic: Logic, build: &'static str) -> Self {
        Self {
            config,
            logic,
            build,
            parts: OnceLock::new(),
        }
    }

    /// Returns the header of a recording that starts at that time.
    pub(super) fn header(&self, wall_ms: u64) -> Header {
        Header::new(
            &self.config,
            self.parts().to_vec(),
            SIMULATION,
            wall_ms,
            self.build,
        )
    }

    pub(super) fn parts(&self) -> &[String] {
        self.parts.get().map_or(&[], Vec::as_slice)
    }
}

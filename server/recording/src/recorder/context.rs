//! Data that the threads of the recorder share: the recorded world, and the program that records
//! it.

use std::sync::OnceLock;

use parlour_sim::{Logic, SIMULATION, SimConfig};

use super::OptionNames;
use crate::Header;

/// The recorded world, and the program that records it.
#[derive(Debug)]
pub(super) struct RecorderContext {
    pub(super) config: SimConfig,
    pub(super) logic: Logic,
    /// The name and version of the program that records.
    pub(super) build: &'static str,
    /// The names of that program's options.
    pub(super) names: &'static OptionNames,
    /// The names of the parts of the state. They are set when the tick thread has created the
    /// world, before the first tick.
    pub(super) parts: OnceLock<Vec<String>>,
}

impl RecorderContext {
    pub(super) fn new(
        config: SimConfig,
        logic: Logic,
        build: &'static str,
        names: &'static OptionNames,
    ) -> Self {
        Self {
            config,
            logic,
            build,
            names,
            parts: OnceLock::new(),
        }
    }

    /// Returns the header of a recording that starts at this time.
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

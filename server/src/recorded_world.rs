//! The recorded world, on the tick thread: every tick is sent to the recorder, whose threads are
//! in [`parlour_recording::recorder`].

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Instant,
};

use parlour_recording::recorder::{OptionNames, TickSender};
use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput};

use crate::tick_loop::Ticker;

/// The flags of `parlour`, for the errors and log lines of the recorder.
pub(crate) const OPTION_NAMES: OptionNames = OptionNames {
    directory: "--record DIR",
    no_directory: "--record off",
    file_bytes: "--record-file-mib",
    total_bytes: "--record-total-mib",
    history: "--history 60s",
    no_history: "--history 0s",
    history_directory: "--history-dir DIR",
    connections: "--max-connections",
};

/// A world that sends every tick to the recorder.
pub(crate) struct RecordedWorld {
    world: Simulation,
    ticks: TickSender,
}

impl RecordedWorld {
    /// Creates the world. Call it on the tick thread.
    pub(crate) fn new(ticks: TickSender) -> Self {
        let world = ticks.make_world();
        Self { world, ticks }
    }
}

impl Ticker for RecordedWorld {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        let tick = self.world.tick().after(1);
        let begin = Instant::now();
        let stepped = catch_unwind(AssertUnwindSafe(|| self.world.step(input, output)));
        let took = begin.elapsed();
        match stepped {
            Ok(()) => self.ticks.send(&mut self.world, tick, took, input, Some(output)),
            Err(panic) => {
                // The world is broken. Only the input is taken back from it, so that the recording
                // ends with the tick that panicked.
                self.world.reclaim_input(input);
                self.ticks.send(&mut self.world, tick, took, input, None);
                resume_unwind(panic);
            }
        }
    }
}

//! A recorded world, on the tick thread: every tick is sent to the recorder, whose threads are in
//! [`parlour_recording::recorder`].

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Instant,
};

use parlour_recording::recorder::{
    OpenWorldError, OptionNames, RecorderHandle, TickSender, WorldInfo, WorldTicks,
};
use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput};

use crate::tick_loop::Ticker;

/// The name of the shared world of the built-in logic.
pub(crate) const MAIN_WORLD: &str = "main";

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
    ticks: WorldTicks,
    sender: TickSender,
}

impl RecordedWorld {
    /// Creates the world and starts its recording.
    ///
    /// # Errors
    /// [`OpenWorldError`].
    pub(crate) fn open(
        recorder: &RecorderHandle,
        info: WorldInfo,
        sender: TickSender,
    ) -> Result<Self, OpenWorldError> {
        let mut world = Simulation::with_plugins(info.config.clone(), info.logic.clone());
        let ticks = recorder.open(info, &mut world)?;
        Ok(Self { world, ticks, sender })
    }
}

impl Ticker for RecordedWorld {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        let tick = self.world.tick().after(1);
        let begin = Instant::now();
        let stepped = catch_unwind(AssertUnwindSafe(|| self.world.step(input, output)));
        let took = begin.elapsed();
        let finished = match &stepped {
            Ok(()) => Some(&*output),
            Err(_) => {
                // The world is broken. Only the input is taken back from it, so that the recording
                // ends with the tick that panicked.
                self.world.reclaim_input(input);
                None
            }
        };
        self.sender
            .send(&mut self.ticks, &mut self.world, tick, took, input, finished);
        self.sender.flush();
        if let Err(panic) = stepped {
            resume_unwind(panic);
        }
    }
}

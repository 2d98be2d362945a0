//! Records the world that this server runs: the end on the tick thread, and async access to the
//! history. The threads are in [`parlour_recording::recorder`].

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Instant,
};

use parlour_recording::recorder::{
    HistoryAnswer, HistoryError, HistoryHandle, OptionNames, SavedHistory, TickSender,
};
use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput};
use tokio::sync::oneshot;

use crate::tick_loop::Ticker;

/// The flags of `parlour`, for the recorder's errors and log lines.
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

/// A world whose every tick is sent to the recorder.
pub(crate) struct RecordedWorld {
    world: Simulation,
    ticks: TickSender,
}

impl RecordedWorld {
    /// Makes the world, on the tick thread.
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
                // Only the input that the world was given is still read from it.
                self.world.reclaim_input(input);
                self.ticks.send(&mut self.world, tick, took, input, None);
                resume_unwind(panic);
            }
        }
    }
}

/// Requests that the history is written to a file, and waits for the answer.
///
/// # Errors
/// [`HistoryError`] says why there is none.
pub(crate) async fn write_history(history: &HistoryHandle) -> Result<SavedHistory, HistoryError> {
    answered(|answer| history.write(Some(answer))).await
}

/// Returns the history in the format of a file.
///
/// # Errors
/// [`HistoryError`] says why there is none.
pub(crate) async fn download_history(history: &HistoryHandle) -> Result<SavedHistory, HistoryError> {
    answered(|answer| history.download(answer)).await
}

async fn answered(
    request: impl FnOnce(HistoryAnswer) -> Result<(), HistoryError>,
) -> Result<SavedHistory, HistoryError> {
    let (sender, receiver) = oneshot::channel();
    // The caller may be gone by then.
    request(Box::new(|saved| drop(sender.send(saved))))?;
    receiver.await.unwrap_or(Err(HistoryError::Gone))
}

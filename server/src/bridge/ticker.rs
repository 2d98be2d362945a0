//! A world, as a tick thread and the desk see it.

use parlour_shared::ids::Tick;
use parlour_tick::{TickInput, TickOutput};

/// A world that runs tick by tick. It is built outside of the tick thread, moves there, and must not
/// block it.
pub(crate) trait Ticker: Send {
    /// Runs one tick. It clears the output first. The input is in canonical order. Afterwards it is
    /// unspecified.
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput);

    /// After a step that panicked: takes the input of the tick back, unchanged. The world cannot be
    /// stepped any longer.
    fn reclaim(&mut self, input: &mut TickInput);

    /// After [`Self::reclaim`]: notes the tick that panicked and its input, for a recording.
    /// Afterwards the input is unspecified.
    fn record_panic(&mut self, _tick: Tick, _input: &mut TickInput) {}
}

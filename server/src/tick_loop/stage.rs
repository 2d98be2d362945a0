//! What the tick thread steps: as a rule a world.

use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput};

/// Something that goes forward tick by tick. It lives on the tick thread and must not block there.
pub(crate) trait Stage {
    /// One tick. The input is in canonical order, and afterwards what it was, or empty; the output is emptied first.
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput);
}

/// Makes the stage on the tick thread, which it never leaves: only this needs to be `Send`.
pub(crate) type MakeStage = Box<dyn FnOnce() -> Box<dyn Stage> + Send>;

impl Stage for Simulation {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        Simulation::step(self, input, output);
    }
}

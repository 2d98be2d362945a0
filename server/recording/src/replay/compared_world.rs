//! A world that is stepped along a recording and must reach what was recorded.

use parlour_shared::ids::Tick;
use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput};

use super::{ReplayError, world};
use crate::format::Outcome;

/// A world, and the last tick that it ran.
pub(super) struct ComparedWorld {
    pub(super) simulation: Simulation,
    /// The tick of the saved world that it began with; 0: it began with a fresh world.
    pub(super) since: Tick,
    /// What the last tick was given.
    pub(super) input: TickInput,
    /// What the last tick gave.
    pub(super) output: TickOutput,
    saved: Vec<u8>,
}

impl ComparedWorld {
    pub(super) fn new(simulation: Simulation) -> Self {
        Self {
            since: simulation.tick(),
            simulation,
            input: TickInput::default(),
            output: TickOutput::default(),
            saved: Vec::new(),
        }
    }

    /// Runs a tick. Gives the message of its panic, if it panicked as it did when it was recorded.
    pub(super) fn step(
        &mut self,
        tick: Tick,
        outcome: &Outcome,
        input: TickInput,
    ) -> Result<Option<String>, ReplayError> {
        world::check_next(&self.simulation, tick)?;
        // A panic leaves the input inside the world; what made it panic is worth knowing.
        let kept = (*outcome == Outcome::Panicked).then(|| input.clone());
        self.input = input;
        let stepped = world::step_caught(&mut self.simulation, &mut self.input, &mut self.output);
        match (stepped, outcome) {
            (Ok(()), Outcome::Finished { hash, .. }) if *hash == self.output.hash => Ok(None),
            (Ok(()), Outcome::Finished { hash, parts }) => Err(ReplayError::Diverged {
                tick,
                since: self.since,
                recorded: *hash,
                got: self.output.hash,
                parts: world::parts_that_differ(&self.simulation, parts, &self.output.parts),
            }),
            (Err(message), Outcome::Panicked) => {
                self.input = kept.unwrap_or_default();
                Ok(Some(message))
            }
            (Err(message), Outcome::Finished { .. }) => Err(ReplayError::Panic { tick, message }),
            (Ok(()), Outcome::Panicked) => Err(ReplayError::NoPanic(tick)),
        }
    }

    /// Compares it with the world that was saved after the last tick.
    pub(super) fn check_saved(&mut self, state: &[u8]) -> Result<(), ReplayError> {
        self.saved.clear();
        self.simulation.save(&mut self.saved);
        if self.saved == state {
            return Ok(());
        }
        Err(ReplayError::KeyframeDiffers(self.simulation.tick()))
    }
}

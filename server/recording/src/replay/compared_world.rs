//! A world that runs the ticks of a recording and must reach the recorded states.

use parlour_shared::ids::Tick;
use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput};

use super::{ReplayError, world};
use crate::format::Outcome;

/// A world, with the input and output of its last tick.
pub(super) struct ComparedWorld {
    pub(super) simulation: Simulation,
    /// The tick of the saved world that it started with; 0 if it started as a fresh world.
    pub(super) since: Tick,
    /// The input of the last tick.
    pub(super) input: TickInput,
    /// The output of the last tick.
    pub(super) output: TickOutput,
    /// Whether ticks that were skipped when recorded are run. The state must stay the same then.
    pub(super) runs_skipped: bool,
    /// The fingerprints that each skipped tick must have: those of the last tick that was not
    /// skipped or, after a saved world, of the first one that was.
    parts: Option<Vec<u16>>,
    saved: Vec<u8>,
}

impl ComparedWorld {
    pub(super) fn new(simulation: Simulation) -> Self {
        Self {
            since: simulation.tick(),
            simulation,
            input: TickInput::default(),
            output: TickOutput::default(),
            runs_skipped: false,
            parts: None,
            saved: Vec::new(),
        }
    }

    /// Runs a tick. If it panicked as it did when recorded, returns the panic's message.
    pub(super) fn step(
        &mut self,
        tick: Tick,
        outcome: &Outcome,
        input: TickInput,
    ) -> Result<Option<String>, ReplayError> {
        world::check_next(&self.simulation, tick)?;
        if let Outcome::Skipped { hash } = outcome {
            self.input = input;
            return self.skip(tick, *hash).map(|()| None);
        }
        if let Outcome::Finished { parts, .. } = outcome
            && self.runs_skipped
        {
            self.parts.get_or_insert_default().clone_from(parts);
        }
        // A panic leaves the input inside the world, but callers want to see the input that caused
        // it.
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
            (Err(message), _) => Err(ReplayError::Panic { tick, message }),
            (Ok(()), Outcome::Skipped { .. }) => unreachable!("handled above"),
            (Ok(()), Outcome::Panicked) => Err(ReplayError::NoPanic(tick)),
        }
    }

    /// Skips a tick as it was when recorded, or runs it, which must have the same result.
    fn skip(&mut self, tick: Tick, recorded: Option<u64>) -> Result<(), ReplayError> {
        let mut parts = Vec::new();
        if self.runs_skipped {
            world::step_caught(&mut self.simulation, &mut self.input, &mut self.output)
                .map_err(|message| ReplayError::Panic { tick, message })?;
            let before = self.parts.get_or_insert_with(|| self.output.parts.clone());
            parts = world::parts_that_differ(&self.simulation, before, &self.output.parts);
        } else {
            world::skip(&mut self.simulation, &mut self.output);
        }
        let got = self.output.hash;
        let recorded = recorded.unwrap_or(got);
        if recorded == got && parts.is_empty() {
            return Ok(());
        }
        if self.runs_skipped {
            return Err(ReplayError::NotQuiet { tick, parts });
        }
        Err(ReplayError::Diverged {
            tick,
            since: self.since,
            recorded,
            got,
            parts,
        })
    }

    /// Compares the world with the world that was saved after the last tick.
    pub(super) fn check_saved(&mut self, state: &[u8]) -> Result<(), ReplayError> {
        self.saved.clear();
        self.simulation.save(&mut self.saved);
        if self.saved == state {
            return Ok(());
        }
        Err(ReplayError::KeyframeDiffers(self.simulation.tick()))
    }
}

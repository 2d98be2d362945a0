//! The inputs of a test, so that they can run again.

use parlour_shared::motion::Position;
use parlour_sim::{LoadError, Logic, SimConfig, Simulation};
use parlour_testing::Placements;
use parlour_tick::{Cadence, Event, Pace, TickInput};

use super::target::TestTarget;

/// The pace of all test rooms: every viewer is sent every change at once.
pub(super) const PACE: Pace = Pace::Fixed(Cadence::Hz60);

/// From which equal worlds are made.
#[derive(Clone, Debug)]
pub(super) struct WorldPlan {
    pub(super) config: SimConfig,
    pub(super) logic: Logic,
}

impl WorldPlan {
    pub(super) fn make(&self) -> (Simulation, Placements) {
        let placements = Placements::default();
        let plugins = (placements.clone(), self.logic.clone());
        (Simulation::with_plugins(self.config.clone(), plugins), placements)
    }

    pub(super) fn load(&self, saved: &[u8]) -> Result<(Simulation, Placements), LoadError> {
        let placements = Placements::default();
        let plugins = (placements.clone(), self.logic.clone());
        let sim = Simulation::load(self.config.clone(), plugins, saved)?;
        Ok((sim, placements))
    }
}

/// What came into the world in one tick, and the hash after it.
#[derive(Clone, Debug, Default)]
pub(super) struct PlayedTick {
    pub(super) events: Vec<Event>,
    pub(super) placed: Vec<(TestTarget, Position)>,
    pub(super) hash: u64,
}

impl PlayedTick {
    /// Returns the input of the world.
    pub(super) fn input(&self) -> TickInput {
        TickInput {
            pace: PACE,
            events: self.events.clone(),
        }
    }

    /// Hands over the placements.
    pub(super) fn place(&self, sim: &Simulation, placements: &Placements) {
        for &(target, position) in &self.placed {
            if let Some(entity) = target.entity(sim) {
                placements.place(entity, position);
            }
        }
    }
}

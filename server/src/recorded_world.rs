//! The live worlds of a node: how they are made, and how their ticks are recorded. The threads that
//! record are in [`parlour_recording::recorder`].

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use parlour_recording::recorder::{OptionNames, TickSender};
use parlour_shared::ids::Tick;
use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput, WorldId, WorldKind};

use crate::{bridge::ticker::Ticker, desk::MakeWorlds, room_types::RoomTypes};

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

/// The name of the first shared world, which is recorded.
const MAIN: &str = "main";

/// Makes worlds again that panicked, from what was recorded of them.
pub(crate) trait RebuildWorlds: Send + Sync {
    /// Returns the world at its last finished tick.
    ///
    /// # Errors
    /// The reason why it cannot be made.
    fn recover(&self, world: WorldId) -> Result<Simulation, String>;
}

/// Makes the live worlds of a node.
pub(crate) struct LiveWorlds {
    types: RoomTypes,
    /// The recorder's end, until the main world takes it.
    ticks: Mutex<Option<TickSender>>,
    rebuild: Option<Box<dyn RebuildWorlds>>,
}

impl LiveWorlds {
    /// Makes worlds for these room types. The main world sends its ticks to `ticks`.
    pub(crate) fn new(
        types: RoomTypes,
        ticks: Option<TickSender>,
        rebuild: Option<Box<dyn RebuildWorlds>>,
    ) -> Self {
        Self {
            types,
            ticks: Mutex::new(ticks),
            rebuild,
        }
    }
}

impl MakeWorlds for LiveWorlds {
    fn create(&self, world: WorldId, name: &str, kind: &WorldKind) -> Result<Box<dyn Ticker>, String> {
        if name == MAIN {
            // A panic in this function cannot leave half a change.
            let ticks = self.ticks.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(ticks) = ticks {
                return Ok(Box::new(RecordedWorld::new(ticks)));
            }
        }
        let mut config = self.types.sim_config(kind);
        config.seed = seed_of(config.seed, world, name);
        Ok(Box::new(Simulation::with_plugins(config, self.types.logic(kind))))
    }

    fn rebuild(&self, world: WorldId) -> Result<Box<dyn Ticker>, String> {
        let rebuild = self
            .rebuild
            .as_ref()
            .ok_or_else(|| "nothing of it is recorded".to_owned())?;
        Ok(Box::new(rebuild.recover(world)?))
    }
}

/// Returns the seed of a world: a different one for each, so that equal rooms in different worlds
/// have different chance. The main world has the seed of the node.
fn seed_of(seed: u64, world: WorldId, name: &str) -> u64 {
    match name {
        MAIN => seed,
        _ => {
            seed ^ u64::from(world.0)
                .wrapping_add(1)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        }
    }
}

impl Ticker for Simulation {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        Simulation::step(self, input, output);
    }

    fn reclaim(&mut self, input: &mut TickInput) {
        self.reclaim_input(input);
    }
}

/// A world that sends every tick to the recorder.
pub(crate) struct RecordedWorld {
    world: Simulation,
    ticks: TickSender,
    /// When the last step began.
    began: Instant,
}

impl RecordedWorld {
    fn new(ticks: TickSender) -> Self {
        let world = ticks.make_world();
        Self {
            world,
            ticks,
            began: Instant::now(),
        }
    }
}

impl Ticker for RecordedWorld {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        self.began = Instant::now();
        self.world.step(input, output);
        let (tick, took) = (output.tick, self.began.elapsed());
        self.ticks.send(&mut self.world, tick, took, input, Some(output));
    }

    fn reclaim(&mut self, input: &mut TickInput) {
        self.world.reclaim_input(input);
    }

    fn record_panic(&mut self, tick: Tick, input: &mut TickInput) {
        // The world is broken. The recording ends with the tick that panicked.
        let took = self.began.elapsed();
        self.ticks.send(&mut self.world, tick, took, input, None);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_world_has_a_different_seed_and_the_main_world_that_of_the_node() {
        let seeds: BTreeSet<u64> = (0..1000)
            .map(|world| seed_of(7, WorldId(world), "plaza.x"))
            .collect();
        assert_eq!(seeds.len(), 1000);
        assert!(!seeds.contains(&7));
        assert_eq!(seed_of(7, WorldId(3), MAIN), 7);
    }
}

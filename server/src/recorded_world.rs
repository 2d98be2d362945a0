//! The live worlds of a node: how they are made, recorded, and made again after a panic. The
//! threads that record are in [`parlour_recording::recorder`].

use std::time::Instant;

use parlour_recording::recorder::{OptionNames, RecorderHandle, TickSender, WorldInfo, WorldTicks};
use parlour_shared::{ids::Tick, text::count};
use parlour_sim::{SimConfig, Simulation};
use parlour_tick::{TickInput, TickOutput, WorldId, WorldKind};

use crate::{desk::MakeWorlds, room_types::RoomTypes, ticker::Ticker};

/// The name of the shared world of the built-in logic on the first tick thread.
pub(crate) const MAIN_WORLD: &str = "main";

/// The maximum number of skipped ticks that are recorded together: half a second. The recorder
/// hears of them only then, so the history of a quiet world may end that much before the present.
const RUN: u32 = 30;

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

/// Makes the live worlds of a node.
pub(crate) struct LiveWorlds {
    types: RoomTypes,
    recorder: RecorderHandle,
}

impl LiveWorlds {
    /// Makes worlds for these room types, which are all recorded.
    pub(crate) fn new(types: RoomTypes, recorder: RecorderHandle) -> Self {
        Self { types, recorder }
    }

    fn config(&self, world: WorldId, name: &str, kind: &WorldKind) -> SimConfig {
        let mut config = self.types.sim_config(kind);
        config.seed = seed_of(config.seed, world, name);
        config.first_epoch = first_epoch_of(world, kind);
        config
    }
}

impl MakeWorlds for LiveWorlds {
    fn create(&self, world: WorldId, name: &str, kind: &WorldKind) -> Result<Box<dyn Ticker>, String> {
        let (config, logic) = (self.config(world, name, kind), self.types.logic(kind));
        let mut simulation = Simulation::with_plugins(config.clone(), logic.clone());
        let info = WorldInfo {
            id: world,
            name: name.to_owned(),
            config,
            logic,
        };
        let ticks = self.recorder.open(info, &mut simulation);
        let ticks = ticks.map_err(|error| error.to_string())?;
        Ok(Box::new(RecordedWorld::new(simulation, ticks)))
    }

    fn rebuild(&self, world: WorldId, panicked: Tick) -> Result<Box<dyn Ticker>, String> {
        let rebuilt = self.recorder.recover(world).map_err(|error| error.to_string())?;
        // Without the last ticks, clients would have seen what has not happened.
        let missing = panicked.since(rebuilt.world.tick().after(1));
        if missing > 0 {
            return Err(format!(
                "{} could not be recorded before it panicked",
                count(missing, "tick")
            ));
        }
        Ok(Box::new(RecordedWorld::new(rebuilt.world, rebuilt.ticks)))
    }

    fn close(&self, world: WorldId) {
        self.recorder.close(world);
    }
}

/// Returns the seed of a world: a different one for each, so that equal rooms in different worlds
/// have different chance. The main world has the seed of the node.
fn seed_of(seed: u64, world: WorldId, name: &str) -> u64 {
    match name {
        MAIN_WORLD => seed,
        _ => {
            seed ^ u64::from(world.0)
                .wrapping_add(1)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        }
    }
}

/// The epochs of an own world: more than the rooms that it makes before it ends, so that its room
/// has a different epoch when it is created again, in a later world.
const EPOCHS: u32 = 257;

/// The epochs of a shared world: more rooms than it makes in its life. With several tick threads, a
/// room of a shared type can be created again in a different shared world.
const SHARED_EPOCHS: u32 = 1 << 24;

/// Returns where the epochs of a world start, so that a room that is created again has an epoch
/// that it did not have before. They rise from own world to own world, and start again after 8
/// million worlds. The shared worlds are the first of a node.
fn first_epoch_of(world: WorldId, kind: &WorldKind) -> u32 {
    match kind {
        WorldKind::Own { .. } => world.0 % (1 << 23) * EPOCHS,
        WorldKind::Main | WorldKind::Shared { .. } => world.0.saturating_sub(1) % 64 * SHARED_EPOCHS,
    }
}

/// A world that sends every tick to the recorder.
pub(crate) struct RecordedWorld {
    world: Simulation,
    ticks: WorldTicks,
    /// When the last step began.
    began: Instant,
}

impl RecordedWorld {
    fn new(world: Simulation, ticks: WorldTicks) -> Self {
        Self {
            world,
            ticks,
            began: Instant::now(),
        }
    }
}

impl Ticker for RecordedWorld {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput, recorder: Option<&mut TickSender>) {
        self.began = Instant::now();
        self.world.step(input, output);
        if let Some(recorder) = recorder {
            let (tick, took) = (output.tick, self.began.elapsed());
            recorder.send(&mut self.ticks, &mut self.world, tick, took, input, Some(output));
        }
    }

    fn quiet_ticks(&self) -> u32 {
        // The world is saved in the ticks in which it would be saved if every tick ran.
        let until_saved = self.ticks.until_saved(self.world.tick());
        self.world.quiet_ticks().min(until_saved).min(RUN)
    }

    fn skip(&mut self, ticks: u32, recorder: Option<&mut TickSender>) {
        self.world.skip(ticks);
        if let Some(recorder) = recorder {
            recorder.send_skipped(&mut self.ticks, &mut self.world, ticks);
        }
    }

    fn reclaim(&mut self, input: &mut TickInput) {
        self.world.reclaim_input(input);
    }

    fn record_panic(&mut self, tick: Tick, input: &mut TickInput, recorder: Option<&mut TickSender>) {
        // The world is broken. The recording ends with the tick that panicked.
        if let Some(recorder) = recorder {
            let took = self.began.elapsed();
            recorder.send(&mut self.ticks, &mut self.world, tick, took, input, None);
        }
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
        assert_eq!(seed_of(7, WorldId(3), MAIN_WORLD), 7);
    }

    #[test]
    fn the_epochs_of_own_worlds_rise_and_do_not_meet() {
        let own = WorldKind::Own {
            room_type: "tag".to_owned(),
            room: Some("tag/a".to_owned()),
        };
        let last = (1 << 23) - 1;
        for world in [0, 1, 2, 1000, last - 1] {
            let [one, next] = [world, world + 1].map(|world| first_epoch_of(WorldId(world), &own));
            assert_eq!(next - one, EPOCHS);
        }
        assert!(first_epoch_of(WorldId(last), &own).checked_add(EPOCHS).is_some());
        assert_eq!(first_epoch_of(WorldId(1), &WorldKind::Main), 0);
        assert_eq!(first_epoch_of(WorldId(2), &WorldKind::Main), SHARED_EPOCHS);
    }
}

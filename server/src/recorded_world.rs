//! The live worlds of a node: how they are made, recorded, and made again after a panic. The
//! threads that record are in [`parlour_recording::recorder`].

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use parlour_recording::{
    format::FrozenWorld,
    recorder::{OptionNames, RecorderHandle, TickSender, WorldInfo, WorldTicks},
};
use parlour_shared::{ids::Tick, json_forms::JsonForms, text::count};
use parlour_sim::{SimConfig, Simulation};
use parlour_tick::{TickInput, TickOutput, WorldId, WorldKind};

use crate::{
    desk::MakeWorlds, epochs::Epochs, room_types::RoomTypes, thawing::WaitingWorld, ticker::Ticker,
    world_files::WorldFiles,
};

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
    /// Where durable worlds are kept while the process does not run. `None`: nowhere.
    files: Option<Arc<WorldFiles>>,
    state: Mutex<LiveState>,
}

/// What changes when a world is made or ends.
#[derive(Default)]
struct LiveState {
    /// The worlds of an earlier process that are not started yet, by name.
    waiting: BTreeMap<String, WaitingWorld>,
    epochs: Epochs,
    /// The names of the worlds.
    names: BTreeMap<WorldId, String>,
}

impl LiveWorlds {
    /// Makes worlds for these room types, which are all recorded. `thawed` are the worlds of an
    /// earlier process: the first world with the name of one of them goes on with it.
    pub(crate) fn new(
        types: RoomTypes,
        recorder: RecorderHandle,
        files: Option<Arc<WorldFiles>>,
        waiting: BTreeMap<String, WaitingWorld>,
        epochs: Epochs,
    ) -> Self {
        Self {
            types,
            recorder,
            files,
            state: Mutex::new(LiveState {
                waiting,
                epochs,
                names: BTreeMap::new(),
            }),
        }
    }

    fn config(&self, world: WorldId, name: &str, kind: &WorldKind) -> SimConfig {
        let mut config = self.types.sim_config(kind);
        config.seed = seed_of(config.seed, world, name);
        config.first_epoch = self.state().epochs.first_of(world, kind);
        config
    }

    fn state(&self) -> MutexGuard<'_, LiveState> {
        // Every change is complete, so a panic cannot leave half of one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MakeWorlds for LiveWorlds {
    fn create(&self, world: WorldId, name: &str, kind: &WorldKind) -> Result<Box<dyn Ticker>, String> {
        let waiting = self.state().waiting.remove(name);
        let WaitingWorld {
            mut simulation,
            config,
            logic,
            departed,
        } = waiting.unwrap_or_else(|| {
            let (config, logic) = (self.config(world, name, kind), self.types.logic(kind));
            WaitingWorld {
                simulation: Simulation::with_plugins(config.clone(), logic.clone()),
                config,
                logic,
                departed: None,
            }
        });
        let info = WorldInfo {
            id: world,
            name: name.to_owned(),
            config,
            logic,
        };
        let ticks = match departed {
            Some(tick) => self.recorder.open_with(info, &simulation, tick),
            None => self.recorder.open(info, &mut simulation),
        };
        let ticks = ticks.map_err(|error| error.to_string())?;
        self.state().names.insert(world, name.to_owned());
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

    fn close(&self, world: WorldId, removes_file: bool) {
        self.recorder.close(world);
        let name = self.state().names.remove(&world);
        if removes_file && let (Some(name), Some(files)) = (name, &self.files) {
            files.remove(&name);
        }
    }

    fn keep(&self, frozen: &FrozenWorld) -> Result<u64, String> {
        let files = self.files.as_ref().ok_or("there is no directory for worlds")?;
        files.write(frozen).map_err(|error| error.to_string())
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
    fn tick(&self) -> Tick {
        self.world.tick()
    }

    fn json_forms(&self) -> Option<Arc<JsonForms>> {
        Some(Arc::clone(self.world.json_forms()))
    }

    fn freeze(&mut self) -> Option<FrozenWorld> {
        Some(self.ticks.freeze(&mut self.world))
    }

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

    fn failed_system(&self) -> Option<&str> {
        self.world.failed_system()
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
}

//! Runs a recording again: every tick is stepped with its recorded input, and must reach its
//! recorded hash.

mod chat_heard;
mod compared_world;
pub mod diff;
pub mod display;
pub mod dump;
mod error;
mod events;
pub mod export;
mod find;
pub mod follow;
mod last_players;
mod logics;
mod moment;
mod object_names;
mod player_query;
mod player_roster;
mod presence;
mod record_again;
mod recording_files;
mod refusals;
mod room_times;
mod run;
mod second_world;
mod thaw;
mod verify;
mod window;
mod window_players;
pub(crate) mod world;
pub mod worlds;

use std::{path::Path, sync::Arc};

use parlour_shared::{ids::Tick, map::Map};
pub use parlour_sim::PlayerInfo;
use parlour_sim::{Logic, SIMULATION, SimConfig, Simulation};

use crate::format::{Ending, Recording, Times};
pub use error::{ReplayError, ShowError};
pub use find::{ChosenFiles, Extent, FindError, OtherFiles, RunFiles, find};
pub use logics::Logics;
pub use moment::{Moment, MomentError, ParseMomentError};
use object_names::kind_of;
pub use object_names::parse_object;
pub use player_query::{PlayerQuery, describe_namesakes};
pub use player_roster::{PlayerChange, PlayerRoster};
use recording_files::FilePosition;
pub use recording_files::RecordingFiles;
pub use run::{RemainingTicks, ReplayedTick, Run};
pub use thaw::{ThawError, thaw, thawed_config};
pub use verify::{Verification, verify};
pub use window::Window;
pub use window_players::WindowPlayers;
pub use world::step_caught;
use world::without_metrics;

/// A recording, and the maps and game logic that are needed to run it.
pub struct Replay {
    files: RecordingFiles,
    config: SimConfig,
    logic: Logic,
}

impl Replay {
    /// Opens a recording. `maps` are the available maps, `logics` is the game logic of the server
    /// that recorded: a [`Logic`], or that of each room type.
    ///
    /// # Errors
    /// [`ReplayError`] if it is not a recording, or needs a different version, other maps or other
    /// game logic.
    pub fn open(path: &Path, maps: &[Arc<Map>], logics: impl Into<Logics>) -> Result<Self, ReplayError> {
        let logics = logics.into();
        let files =
            RecordingFiles::new(Recording::open(path).map_err(|error| ReplayError::not_opened(path, error))?);
        let header = files.header();
        header.check_versions(SIMULATION)?;
        let config = header.sim_config(maps)?;
        let logic = logics.of(header).clone();
        let replay = Self { config, logic, files };
        let ours: Vec<String> = replay.fresh().part_names().map(String::from).collect();
        let header = replay.files.header();
        if header.state != ours {
            return Err(logics.mismatch(header, &ours));
        }
        Ok(replay)
    }

    /// Appends the file that continues the last one, so that the files of one server run as one
    /// recording.
    ///
    /// # Errors
    /// [`ReplayError`] if it cannot be opened, or does not continue the last file.
    pub fn append(&mut self, path: &Path) -> Result<(), ReplayError> {
        self.files.append(path)
    }

    /// Returns the recording itself, all its files as one.
    #[must_use]
    pub fn files(&self) -> &RecordingFiles {
        &self.files
    }

    /// Returns the times of its ticks.
    #[must_use]
    pub fn times(&self) -> Times {
        self.files.times()
    }

    /// Returns how its last file ends.
    #[must_use]
    pub fn ending(&self) -> &Ending {
        self.files.ending()
    }

    /// Returns the last tick that can be read, or `None` if there are no ticks.
    #[must_use]
    pub fn last_tick(&self) -> Option<Tick> {
        self.files.range().map(|(_, last)| last)
    }

    /// Returns the tick of the saved world of a file that has nothing else, such as that of a
    /// server that keeps its worlds while it does not run.
    #[must_use]
    pub fn only_saved_world(&self) -> Option<Tick> {
        match self.files.range() {
            None => self.files.keyframes().next().map(FilePosition::tick),
            Some(_) => None,
        }
    }

    /// Returns the config of the recorded world.
    #[must_use]
    pub fn config(&self) -> &SimConfig {
        &self.config
    }

    /// Returns the game logic.
    #[must_use]
    pub fn logic(&self) -> &Logic {
        &self.logic
    }

    /// Starts a run of the whole recording.
    ///
    /// # Errors
    /// [`ReplayError`] if it has no ticks, or the world at its start cannot be loaded.
    pub fn run(&mut self) -> Result<Run<'_>, ReplayError> {
        self.run_from(self.files.beginning())
    }

    /// Runs to the state after a tick, from the last keyframe before it: at most ten seconds of
    /// ticks. The returned run continues from there.
    ///
    /// # Errors
    /// [`ReplayError`], also if the tick was not recorded, or panicked and so left no state.
    pub fn run_to(&mut self, tick: Tick) -> Result<Run<'_>, ReplayError> {
        let (first, last) = self.files.range().ok_or(ReplayError::Empty)?;
        let not_in_it = Moment::Tick(tick).not_in(&self.times());
        if tick.0.saturating_add(1) < first.0 || tick > last {
            return Err(not_in_it.into());
        }
        let mut run = self.run_before(tick)?;
        while let Some(ReplayedTick { tick, panic }) = run.next_up_to(tick)? {
            if let Some(message) = panic {
                return Err(ReplayError::Panicked { tick, message });
            }
        }
        match run.tick() {
            reached if reached == tick => Ok(run),
            _ => Err(not_in_it.into()),
        }
    }

    /// Starts a run at the last saved world at or before a tick, or at the start of the recording.
    /// No tick is run yet.
    ///
    /// # Errors
    /// Like [`Self::run`].
    pub fn run_before(&mut self, tick: Tick) -> Result<Run<'_>, ReplayError> {
        self.run_from(self.files.before(tick))
    }

    /// Starts a run at a position.
    fn run_from(&mut self, position: FilePosition) -> Result<Run<'_>, ReplayError> {
        Run::begin(self.files.read_from(position), &self.config, &self.logic)
    }

    /// Makes a world in which no tick has run yet.
    #[must_use]
    pub fn fresh(&self) -> Simulation {
        without_metrics(|| Simulation::with_plugins(self.config.clone(), self.logic.clone()))
    }
}

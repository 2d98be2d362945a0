//! Runs a recording again: every tick is stepped with its recorded input, and must reach its
//! recorded hash.

mod chat_heard;
mod compared_world;
pub mod diff;
pub mod dump;
mod error;
mod events;
pub mod export;
mod find;
pub mod follow;
mod last_players;
mod moment;
mod player_query;
mod player_roster;
mod presence;
mod record_again;
mod refusals;
mod run;
mod second_world;
mod tape;
mod verify;
mod window;
mod window_players;
pub mod words;
pub(crate) mod world;

use std::{path::Path, sync::Arc};

use parlour_shared::{ids::Tick, map::Map};
pub use parlour_sim::PlayerInfo;
use parlour_sim::{Logic, SIMULATION, SimConfig, Simulation};

use crate::format::{Ending, Recording, Times};
pub use error::{ReplayError, ShowError};
pub use find::{ChosenFiles, Extent, FindError, OtherFiles, find};
pub use moment::{Moment, MomentError, ParseMomentError};
pub use player_query::{PlayerQuery, describe_namesakes};
pub use player_roster::{PlayerChange, PlayerRoster};
pub use run::{RemainingTicks, ReplayedTick, Run};
pub use tape::Tape;
use tape::TapePosition;
pub use verify::{Verification, verify};
pub use window::Window;
pub use window_players::WindowPlayers;
pub use world::step_caught;
use world::without_metrics;

/// A recording, and the maps and game logic that are needed to run it.
pub struct Replay {
    tape: Tape,
    config: SimConfig,
    logic: Logic,
}

impl Replay {
    /// Opens a recording. `maps` are the available maps, `logic` is the game logic of the server
    /// that recorded.
    ///
    /// # Errors
    /// [`ReplayError`] if it is not a recording, or needs a different version, other maps or other
    /// game logic.
    pub fn open(path: &Path, maps: &[Arc<Map>], logic: Logic) -> Result<Self, ReplayError> {
        let tape = Tape::new(Recording::open(path).map_err(|error| ReplayError::not_opened(path, error))?);
        let header = tape.header();
        header.check_versions(SIMULATION)?;
        let config = header.sim_config(maps)?;
        let replay = Self { config, logic, tape };
        let ours: Vec<String> = replay.fresh().part_names().map(String::from).collect();
        let recorded = &replay.tape.header().state;
        if *recorded != ours {
            return Err(ReplayError::logic(recorded, &ours));
        }
        Ok(replay)
    }

    /// Appends the file that continues the last one, so that the files of one server run as one
    /// recording.
    ///
    /// # Errors
    /// [`ReplayError`] if it cannot be opened, or does not continue the last file.
    pub fn append(&mut self, path: &Path) -> Result<(), ReplayError> {
        self.tape.append(path)
    }

    /// Returns the recording itself, all its files as one.
    #[must_use]
    pub fn tape(&self) -> &Tape {
        &self.tape
    }

    /// Returns the times of its ticks.
    #[must_use]
    pub fn times(&self) -> Times {
        self.tape.times()
    }

    /// Returns how its last file ends.
    #[must_use]
    pub fn ending(&self) -> &Ending {
        self.tape.ending()
    }

    /// Returns the last tick that can be read, or `None` if there are no ticks.
    #[must_use]
    pub fn last_tick(&self) -> Option<Tick> {
        self.tape.range().map(|(_, last)| last)
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
        self.run_from(self.tape.beginning())
    }

    /// Runs to the state after a tick, from the last keyframe before it: at most ten seconds of
    /// ticks. The returned run continues from there.
    ///
    /// # Errors
    /// [`ReplayError`], also if the tick was not recorded, or panicked and so left no state.
    pub fn run_to(&mut self, tick: Tick) -> Result<Run<'_>, ReplayError> {
        let (first, last) = self.tape.range().ok_or(ReplayError::Empty)?;
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
        self.run_from(self.tape.before(tick))
    }

    /// Starts a run at a position.
    fn run_from(&mut self, position: TapePosition) -> Result<Run<'_>, ReplayError> {
        Run::begin(self.tape.read_from(position), &self.config, &self.logic)
    }

    /// Makes a world in which no tick has run yet.
    #[must_use]
    pub fn fresh(&self) -> Simulation {
        without_metrics(|| Simulation::with_plugins(self.config.clone(), self.logic.clone()))
    }
}

//! Running a recording again: every tick is stepped with the input it had, and must come to the hash it came to.

pub(crate) mod begin;
pub mod diff;
pub mod dump;
mod error;
pub mod export;
mod find;
pub mod follow;
mod moment;
mod past;
mod refused;
mod roster;
mod run;
mod said;
mod verify;
mod window;
pub mod words;

use std::{fs::File, path::Path, sync::Arc};

use parlour_shared::{ids::Tick, map::Map};
use parlour_sim::{Logic, SIMULATION, SimConfig, Simulation};

use crate::recording::format::{Place, Recording};
pub use error::ReplayError;
pub use find::{FindError, Found, find};
pub use moment::{Moment, MomentError, NotAMoment};
pub(crate) use past::{Console, Picture, Problem};
pub use past::{Past, SteerError};
pub use roster::{Change, Roster, Who, Whom};
pub use run::{Run, Stepped};
pub use verify::{Verified, verify};
pub use window::Window;

/// A recording, and what it takes to run it: the maps it was made with and its game logic.
pub struct Replay {
    recording: Recording<File>,
    config: SimConfig,
    logic: Logic,
}

impl Replay {
    /// Opens a recording. `maps` are those that may be in it, `logic` the game logic of the server that made it.
    ///
    /// # Errors
    /// [`ReplayError`] if it is no recording, or one of another version, with other maps or other game logic.
    pub fn open(path: &Path, maps: &[Arc<Map>], logic: Logic) -> Result<Self, ReplayError> {
        let recording = Recording::open(path)?;
        let header = recording.header();
        header.check_versions(SIMULATION)?;
        let config = header.sim_config(maps)?;
        let replay = Self {
            config,
            logic,
            recording,
        };
        let ours: Vec<String> = replay.fresh().part_names().map(String::from).collect();
        let recorded = &replay.recording.header().state;
        if *recorded != ours {
            return Err(ReplayError::logic(recorded, &ours));
        }
        Ok(replay)
    }

    /// What is in the file.
    #[must_use]
    pub fn recording(&self) -> &Recording<File> {
        &self.recording
    }

    /// What the world was made with.
    #[must_use]
    pub fn config(&self) -> &SimConfig {
        &self.config
    }

    /// Its game logic.
    #[must_use]
    pub fn logic(&self) -> &Logic {
        &self.logic
    }

    /// The whole recording from its beginning.
    ///
    /// # Errors
    /// [`ReplayError`] if there is no tick in it, or its beginning cannot be loaded.
    pub fn run(&mut self) -> Result<Run<'_, File>, ReplayError> {
        self.run_from(self.recording.beginning())
    }

    /// The world as it was after a tick; what follows is run on from there. Begins at the last keyframe before it: at
    /// most ten seconds are run again.
    ///
    /// # Errors
    /// [`ReplayError`], also for a tick that is not in it, and for one that panicked: it left no world.
    pub fn run_to(&mut self, tick: Tick) -> Result<Run<'_, File>, ReplayError> {
        let range = (self.recording.first_tick(), self.recording.last_tick());
        let (Some(first), Some(last)) = range else {
            return Err(ReplayError::Empty);
        };
        if tick.0.saturating_add(1) < first.0 || tick > last {
            return Err(ReplayError::NotInIt { tick, first, last });
        }
        let mut run = self.run_before(tick)?;
        while run.tick() < tick {
            match run.step()? {
                Some(Stepped::Same) => {}
                Some(Stepped::Panicked(message)) => {
                    let tick = run.tick();
                    return Err(ReplayError::Panicked { tick, message });
                }
                None => return Err(ReplayError::NotInIt { tick, first, last }),
            }
        }
        Ok(run)
    }

    /// From the last saved world at or before that tick on, or from the beginning: nothing was run yet.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_before(&mut self, tick: Tick) -> Result<Run<'_, File>, ReplayError> {
        let beginning = self.recording.beginning();
        let place = self.recording.keyframe_at_or_before(tick).unwrap_or(beginning);
        self.run_from(place)
    }

    fn run_from(&mut self, place: Place) -> Result<Run<'_, File>, ReplayError> {
        Run::begin(&mut self.recording, place, &self.config, &self.logic)
    }

    /// A world in which nothing has happened yet.
    fn fresh(&self) -> Simulation {
        Simulation::with_plugins(self.config.clone(), self.logic.clone())
    }
}

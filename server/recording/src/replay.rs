//! Running a recording again: every tick is stepped with the input it had, and must reach the hash that it reached.

mod chat_heard;
mod compared_world;
pub mod diff;
pub mod dump;
mod error;
mod events;
pub mod export;
mod find;
pub mod follow;
mod leaving;
mod moment;
mod player_query;
mod presence;
mod record_again;
mod refusals;
mod roster;
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
pub use moment::{Moment, MomentError, NotAMoment};
pub use player_query::{PlayerQuery, several};
pub use roster::{Change, Roster};
pub use run::{Ran, Rest, Run};
use tape::Spot;
pub use tape::Tape;
pub use verify::{Verified, verify};
pub use window::Window;
pub use window_players::WindowPlayers;
pub use world::{step_caught, uncounted};

/// A recording, and what it takes to run it: the maps it was made with and its game logic.
pub struct Replay {
    tape: Tape,
    config: SimConfig,
    logic: Logic,
}

impl Replay {
    /// Opens a recording. `maps` are those that may be in it, `logic` the game logic of the server that made it.
    ///
    /// # Errors
    /// [`ReplayError`] if it is no recording, or one of another version, with other maps or other game logic.
    pub fn open(path: &Path, maps: &[Arc<Map>], logic: Logic) -> Result<Self, ReplayError> {
        let tape = Tape::new(Recording::open(path)?);
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

    /// Goes on with the file that goes on from the last one: what a server rotated is run as one.
    ///
    /// # Errors
    /// [`ReplayError`] if it cannot be opened, or does not go on from it.
    pub fn go_on_with(&mut self, path: &Path) -> Result<(), ReplayError> {
        self.tape.go_on_with(path)
    }

    /// The recording itself, all its files as one.
    #[must_use]
    pub fn tape(&self) -> &Tape {
        &self.tape
    }

    /// When each of its ticks was.
    #[must_use]
    pub fn times(&self) -> Times {
        self.tape.times()
    }

    /// How its last file ends.
    #[must_use]
    pub fn ending(&self) -> &Ending {
        self.tape.ending()
    }

    /// The last tick that can be read; none if there is no tick.
    #[must_use]
    pub fn last_tick(&self) -> Option<Tick> {
        self.tape.range().map(|(_, last)| last)
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
    pub fn run(&mut self) -> Result<Run<'_>, ReplayError> {
        self.run_from(self.tape.beginning())
    }

    /// The world as it was after a tick; what follows is run on from there. Begins at the last keyframe before it: at
    /// most ten seconds are run again.
    ///
    /// # Errors
    /// [`ReplayError`], also for a tick that is not in it, and for one that panicked: it left no world.
    pub fn run_to(&mut self, tick: Tick) -> Result<Run<'_>, ReplayError> {
        let (first, last) = self.tape.range().ok_or(ReplayError::Empty)?;
        let not_in_it = Moment::Tick(tick).not_in(&self.times());
        if tick.0.saturating_add(1) < first.0 || tick > last {
            return Err(not_in_it.into());
        }
        let mut run = self.run_before(tick)?;
        while let Some(Ran { tick, panic }) = run.next_up_to(tick)? {
            if let Some(message) = panic {
                return Err(ReplayError::Panicked { tick, message });
            }
        }
        match run.tick() {
            reached if reached == tick => Ok(run),
            _ => Err(not_in_it.into()),
        }
    }

    /// From the last saved world at or before that tick on, or from the beginning: nothing was run yet.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_before(&mut self, tick: Tick) -> Result<Run<'_>, ReplayError> {
        self.run_from(self.tape.before(tick))
    }

    /// From a place on.
    fn run_from(&mut self, spot: Spot) -> Result<Run<'_>, ReplayError> {
        Run::begin(self.tape.read_from(spot), &self.config, &self.logic)
    }

    /// A world in which nothing has happened yet.
    #[must_use]
    pub fn fresh(&self) -> Simulation {
        uncounted(|| Simulation::with_plugins(self.config.clone(), self.logic.clone()))
    }
}

//! One run through a recording, tick by tick.

use std::{mem, sync::mpsc::SyncSender};

use parlour_shared::ids::Tick;
use parlour_sim::{Logic, SimConfig, Simulation};
use parlour_tick::{TickInput, TickOutput};

use super::{ReplayError, compared_world::ComparedWorld, tape::TapeItems, world};
use crate::format::{Item, TickRecord};

/// The ticks of a recording that a run has not run. Saved worlds are left out: each tick's hash says as much.
pub struct Rest<'a>(TapeItems<'a>);

impl Iterator for Rest<'_> {
    type Item = Result<TickRecord, ReplayError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.find_map(|item| match item {
            Ok(Item::Tick(record)) => Some(Ok(record)),
            Ok(Item::Keyframe { .. }) => None,
            Err(error) => Some(Err(error.into())),
        })
    }
}

/// What a run compared, and the second world beside it is to reach as well.
pub(super) enum Fed {
    /// A saved world, and the tick after which it was saved.
    Saved(Tick, Vec<u8>),
    /// A tick.
    Tick(TickRecord),
}

/// A world that follows a recording.
pub struct Run<'a> {
    items: TapeItems<'a>,
    world: ComparedWorld,
    over: bool,
    /// Where what was compared goes to.
    feed: Option<SyncSender<Fed>>,
}

/// A tick that was run again, and reached the state that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The tick.
    pub tick: Tick,
    /// The message of its panic, if it panicked: it did so when it was recorded as well. It is the last tick.
    pub panic: Option<String>,
}

impl<'a> Run<'a> {
    /// Loads the saved world that comes first; without one the world is a fresh one.
    pub(super) fn begin(
        mut items: TapeItems<'a>,
        config: &SimConfig,
        logic: &Logic,
    ) -> Result<Self, ReplayError> {
        let simulation = world::begin(&mut items, config, logic)?;
        Ok(Self {
            items,
            world: ComparedWorld::new(simulation),
            over: false,
            feed: None,
        })
    }

    /// Runs the next tick, unless it lies after `to`. Returns `None` after the last one, and after one that panicked:
    ///
    /// ```
    /// # use parlour_recording::replay::{Replay, ReplayError, Window};
    /// # fn count(replay: &mut Replay, window: Window) -> Result<usize, ReplayError> {
    /// let mut messages = 0;
    /// let mut run = replay.run_to(window.before())?;
    /// while let Some(ran) = run.next_up_to(window.to)? {
    ///     println!("tick {}", ran.tick.0);
    ///     messages += run.input().events.len();
    /// }
    /// # Ok(messages)
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ReplayError::Diverged`] if the world reached a different state than was recorded, and others for a recording
    /// that is damaged. Nothing more comes then.
    pub fn next_up_to(&mut self, to: Tick) -> Result<Option<Ran>, ReplayError> {
        if self.tick() >= to {
            return Ok(None);
        }
        let ran = self
            .take_next()
            .and_then(|record| record.map(|record| self.run(record)).transpose());
        self.over |= !matches!(&ran, Ok(Some(Ran { panic: None, .. })));
        ran
    }

    /// Takes the next recorded tick without running it; `None` if there is no more.
    ///
    /// # Errors
    /// As [`Self::next_up_to`], and if a saved world that stands before it is not this one.
    pub fn take_next(&mut self) -> Result<Option<TickRecord>, ReplayError> {
        if self.over {
            return Ok(None);
        }
        loop {
            match self.items.next().transpose()? {
                None => return Ok(None),
                Some(Item::Tick(record)) => return Ok(Some(record)),
                Some(Item::Keyframe { tick, state }) => {
                    self.world.check_saved(&state)?;
                    self.pass_on(|_| Fed::Saved(tick, state));
                }
            }
        }
    }

    /// From now on what was compared goes there: each tick with its input, which [`Self::input`] has no more then.
    pub(super) fn feed(&mut self, feed: SyncSender<Fed>) {
        self.feed = Some(feed);
    }

    fn pass_on(&mut self, fed: impl FnOnce(&mut Self) -> Fed) {
        let Some(feed) = self.feed.take() else { return };
        // Nobody receives any more after a difference.
        if feed.send(fed(self)).is_ok() {
            self.feed = Some(feed);
        }
    }

    /// The world, and the ticks that it has not run yet.
    #[must_use]
    pub fn into_parts(self) -> (Simulation, Rest<'a>) {
        (self.world.simulation, Rest(self.items))
    }

    /// The world after the last tick that was run. After one that panicked it is not to be looked at.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        &self.world.simulation
    }

    /// The same, to save it or to mute it.
    pub fn simulation_mut(&mut self) -> &mut Simulation {
        &mut self.world.simulation
    }

    /// What the last tick was given.
    pub fn input(&self) -> &TickInput {
        &self.world.input
    }

    /// What the last tick gave.
    pub fn output(&self) -> &TickOutput {
        &self.world.output
    }

    /// The last tick that was run, or that of the saved world it began with.
    pub fn tick(&self) -> Tick {
        self.world.simulation.tick()
    }

    fn run(&mut self, record: TickRecord) -> Result<Ran, ReplayError> {
        let TickRecord { tick, outcome, input } = record;
        let panic = self.world.step(tick, &outcome, input)?;
        self.pass_on(|run| {
            let input = mem::take(&mut run.world.input);
            Fed::Tick(TickRecord { tick, outcome, input })
        });
        Ok(Ran { tick, panic })
    }
}

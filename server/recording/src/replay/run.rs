//! One run through a recording, tick by tick.

use std::{mem, sync::mpsc::SyncSender};

use parlour_shared::ids::Tick;
use parlour_sim::{Logic, SimConfig, Simulation};
use parlour_tick::{TickInput, TickOutput};

use super::{ReplayError, compared_world::ComparedWorld, recording_files::FileItems, world};
use crate::format::{Item, TickRecord};

/// The ticks of a recording that a run has not run yet. Saved worlds are skipped, because the
/// hashes of the ticks cover them.
pub struct RemainingTicks<'a>(FileItems<'a>);

impl Iterator for RemainingTicks<'_> {
    type Item = Result<TickRecord, ReplayError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.find_map(|item| match item {
            Ok(Item::Tick(record)) => Some(Ok(record)),
            Ok(Item::Keyframe { .. }) => None,
            Err(error) => Some(Err(error.into())),
        })
    }
}

/// An item that a run has compared, and that the second world must also reach.
pub(super) enum ComparedItem {
    /// A saved world, and the tick after which it was saved.
    Saved(Tick, Vec<u8>),
    /// A tick.
    Tick(TickRecord),
}

/// A world that runs the ticks of a recording.
pub struct Run<'a> {
    items: FileItems<'a>,
    world: ComparedWorld,
    over: bool,
    /// Receives the compared items.
    feed: Option<SyncSender<ComparedItem>>,
}

/// A tick that was run again and reached its recorded state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayedTick {
    /// The tick.
    pub tick: Tick,
    /// The message of the panic, if the tick panicked. It also panicked when it was recorded, and
    /// is the last tick.
    pub panic: Option<String>,
}

impl<'a> Run<'a> {
    /// Starts with the first saved world, or with a new world if none precedes the ticks.
    pub(super) fn begin(
        mut items: FileItems<'a>,
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

    /// Runs the next tick, unless it is after `to`. Returns `None` after the last tick, and after
    /// a tick that panicked:
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
    /// [`ReplayError::Diverged`] if the world reached a different state than was recorded, and
    /// other errors for a damaged recording. No ticks follow an error.
    pub fn next_up_to(&mut self, to: Tick) -> Result<Option<ReplayedTick>, ReplayError> {
        if self.tick() >= to {
            return Ok(None);
        }
        let ran = self
            .take_next()
            .and_then(|record| record.map(|record| self.run(record)).transpose());
        self.over |= !matches!(&ran, Ok(Some(ReplayedTick { panic: None, .. })));
        ran
    }

    /// Takes the next recorded tick without running it. Returns `None` after the last.
    ///
    /// # Errors
    /// Like [`Self::next_up_to`]; also if a saved world before the tick differs from this world.
    pub(super) fn take_next(&mut self) -> Result<Option<TickRecord>, ReplayError> {
        if self.over {
            return Ok(None);
        }
        loop {
            match self.items.next().transpose()? {
                None => return Ok(None),
                Some(Item::Tick(record)) => return Ok(Some(record)),
                Some(Item::Keyframe { tick, state }) => {
                    self.world.check_saved(&state)?;
                    self.pass_on(|_| ComparedItem::Saved(tick, state));
                }
            }
        }
    }

    /// Sends compared items to `feed` from now on. Each tick's input moves there, so
    /// [`Self::input`] no longer has it.
    pub(super) fn feed(&mut self, feed: SyncSender<ComparedItem>) {
        self.feed = Some(feed);
    }

    fn pass_on(&mut self, fed: impl FnOnce(&mut Self) -> ComparedItem) {
        let Some(feed) = self.feed.take() else { return };
        // After a difference, the receiver is gone.
        if feed.send(fed(self)).is_ok() {
            self.feed = Some(feed);
        }
    }

    /// Returns the world, and the ticks that it has not run yet.
    #[must_use]
    pub fn into_parts(self) -> (Simulation, RemainingTicks<'a>) {
        (self.world.simulation, RemainingTicks(self.items))
    }

    /// Returns the world after the last tick that was run. After a tick that panicked, its content
    /// is undefined.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        &self.world.simulation
    }

    /// Like [`Self::simulation`], but mutable: to save or mute the world.
    pub fn simulation_mut(&mut self) -> &mut Simulation {
        &mut self.world.simulation
    }

    /// Returns the input of the last tick.
    pub fn input(&self) -> &TickInput {
        &self.world.input
    }

    /// Returns the output of the last tick.
    pub fn output(&self) -> &TickOutput {
        &self.world.output
    }

    /// Returns the last tick that was run, or the tick of the saved world it started with.
    pub fn tick(&self) -> Tick {
        self.world.simulation.tick()
    }

    fn run(&mut self, record: TickRecord) -> Result<ReplayedTick, ReplayError> {
        let TickRecord { tick, outcome, input } = record;
        let panic = self.world.step(tick, &outcome, input)?;
        self.pass_on(|run| {
            let input = mem::take(&mut run.world.input);
            ComparedItem::Tick(TickRecord { tick, outcome, input })
        });
        Ok(ReplayedTick { tick, panic })
    }
}

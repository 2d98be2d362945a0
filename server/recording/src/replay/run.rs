//! One run through a recording, tick by tick.

use std::{mem, sync::mpsc::SyncSender};

use parlour_shared::ids::Tick;
use parlour_sim::{Logic, SimConfig, Simulation};
use parlour_tick::{TickInput, TickOutput};

use super::{ReplayError, tape::TapeItems, world};
use crate::format::{Item, Outcome, TickRecord};

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
    simulation: Simulation,
    /// What the last tick was given.
    input: TickInput,
    /// What the last tick gave.
    output: TickOutput,
    saved: Vec<u8>,
    over: bool,
    /// The tick of the saved world that it began with; 0: it began with a fresh world.
    since: Tick,
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
            since: simulation.tick(),
            feed: None,
            simulation,
            input: TickInput::default(),
            output: TickOutput::default(),
            saved: Vec::new(),
            over: false,
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
                    self.check_keyframe(&state)?;
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
        (self.simulation, Rest(self.items))
    }

    /// The world after the last tick that was run. After one that panicked it is not to be looked at.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// The same, to save it or to mute it.
    pub fn simulation_mut(&mut self) -> &mut Simulation {
        &mut self.simulation
    }

    /// What the last tick was given.
    pub fn input(&self) -> &TickInput {
        &self.input
    }

    /// What the last tick gave.
    pub fn output(&self) -> &TickOutput {
        &self.output
    }

    /// The last tick that was run, or that of the saved world it began with.
    pub fn tick(&self) -> Tick {
        self.simulation.tick()
    }

    fn run(&mut self, record: TickRecord) -> Result<Ran, ReplayError> {
        let TickRecord { tick, outcome, input } = record;
        world::check_next(&self.simulation, tick)?;
        // A panic leaves the input inside the world; what made it panic is worth knowing.
        let kept = (outcome == Outcome::Panicked).then(|| input.clone());
        self.input = input;
        let stepped = world::step_caught(&mut self.simulation, &mut self.input, &mut self.output);
        let panic = match (stepped, &outcome) {
            (Ok(()), Outcome::Finished { hash, .. }) if *hash == self.output.hash => None,
            (Ok(()), Outcome::Finished { hash, parts }) => {
                return Err(ReplayError::Diverged {
                    tick,
                    since: self.since,
                    recorded: *hash,
                    got: self.output.hash,
                    parts: world::parts_that_differ(&self.simulation, parts, &self.output.parts),
                });
            }
            (Err(message), Outcome::Panicked) => {
                self.input = kept.unwrap_or_default();
                Some(message)
            }
            (Err(message), Outcome::Finished { .. }) => return Err(ReplayError::Panic { tick, message }),
            (Ok(()), Outcome::Panicked) => return Err(ReplayError::NoPanic(tick)),
        };
        self.pass_on(|run| {
            let input = mem::take(&mut run.input);
            Fed::Tick(TickRecord { tick, outcome, input })
        });
        Ok(Ran { tick, panic })
    }

    fn check_keyframe(&mut self, state: &[u8]) -> Result<(), ReplayError> {
        self.saved.clear();
        self.simulation.save(&mut self.saved);
        if self.saved == state {
            return Ok(());
        }
        Err(ReplayError::KeyframeDiffers(self.simulation.tick()))
    }
}

//! One run through a recording, tick by tick.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::SyncSender,
};

use parlour_shared::ids::Tick;
use parlour_sim::{Logic, SimConfig, Simulation};
use parlour_tick::{TickInput, TickOutput};

use super::{ReplayError, begin, tape::TapeItems};
use crate::uncounted::uncounted;
use crate::format::{Item, Outcome, TickRecord};

/// What is left of a recording, for whoever runs it on another thread.
pub struct Rest<'a> {
    items: TapeItems<'a>,
    first: Option<TickRecord>,
}

impl Rest<'_> {
    /// The next tick; none if there is no more. Saved worlds are left out: each tick's hash says as much.
    pub fn next(&mut self) -> Result<Option<TickRecord>, ReplayError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        loop {
            match self.items.next().transpose()? {
                None => return Ok(None),
                Some(Item::Tick(record)) => return Ok(Some(record)),
                Some(Item::Keyframe { .. }) => {}
            }
        }
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
    /// The first item, if it was a tick: it is still to come.
    first: Option<TickRecord>,
    over: bool,
    /// The tick of the saved world that it began with; 0: it began with a fresh world.
    since: Tick,
    /// Where what was compared goes to.
    feed: Option<SyncSender<Fed>>,
}

/// What came of a tick that was run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// The same as was recorded.
    Same,
    /// It panicked, as it did when it was recorded: with this message. Nothing comes after it.
    Panicked(String),
}

impl<'a> Run<'a> {
    /// Loads the saved world that comes first; without one the world is a fresh one.
    pub(super) fn begin(
        mut items: TapeItems<'a>,
        config: &SimConfig,
        logic: &Logic,
    ) -> Result<Self, ReplayError> {
        let (simulation, first) = begin::begin(&mut items, config, logic)?;
        Ok(Self {
            items,
            since: simulation.tick(),
            feed: None,
            simulation,
            input: TickInput::default(),
            output: TickOutput::default(),
            saved: Vec::new(),
            first,
            over: false,
        })
    }

    /// Runs the next recorded tick; none if there is no more.
    ///
    /// # Errors
    /// [`ReplayError::Diverged`] if the world came to something else than was recorded, and others for a recording
    /// that is damaged. Nothing more comes then.
    pub fn step(&mut self) -> Result<Option<Stepped>, ReplayError> {
        let stepped = self
            .take_next()
            .and_then(|record| record.map(|record| self.run(record)).transpose());
        self.over |= !matches!(stepped, Ok(Some(Stepped::Same)));
        stepped
    }

    /// Takes the next recorded tick without running it, for whoever runs it in another way; none if there is no more.
    ///
    /// # Errors
    /// As [`Self::step`], and if a saved world that stands before it is not this one.
    pub fn take_next(&mut self) -> Result<Option<TickRecord>, ReplayError> {
        if self.over {
            return Ok(None);
        }
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
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
    pub fn into_parts(self) -> (Simulation, Rest<'a>) {
        let rest = Rest {
            items: self.items,
            first: self.first,
        };
        (self.simulation, rest)
    }

    /// The world after the last tick that was run. After one that panicked it is not to be looked at.
    pub fn simulation(&mut self) -> &mut Simulation {
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

    fn run(&mut self, record: TickRecord) -> Result<Stepped, ReplayError> {
        let TickRecord { tick, outcome, input } = record;
        begin::check_next(&self.simulation, tick)?;
        // A panic leaves the input inside the world; what made it panic is worth knowing.
        let kept = (outcome == Outcome::Panicked).then(|| input.clone());
        self.input = input;
        let (simulation, input, output) = (&mut self.simulation, &mut self.input, &mut self.output);
        // What a panic leaves behind is not run on.
        let panic = uncounted(|| catch_unwind(AssertUnwindSafe(|| simulation.step(input, output)))).err();
        let stepped = match (panic, &outcome) {
            (None, Outcome::Finished { hash, .. }) if *hash == self.output.hash => Stepped::Same,
            (None, Outcome::Finished { hash, parts }) => {
                return Err(ReplayError::Diverged {
                    tick,
                    since: self.since,
                    recorded: *hash,
                    got: self.output.hash,
                    parts: begin::parts_that_differ(&self.simulation, parts, &self.output.parts),
                });
            }
            (Some(panic), Outcome::Panicked) => {
                self.input = kept.unwrap_or_default();
                Stepped::Panicked(panic_message(&*panic))
            }
            (Some(panic), Outcome::Finished { .. }) => {
                let message = panic_message(&*panic);
                return Err(ReplayError::Panic { tick, message });
            }
            (None, Outcome::Panicked) => return Err(ReplayError::NoPanic(tick)),
        };
        self.pass_on(|run| {
            let input = mem::take(&mut run.input);
            Fed::Tick(TickRecord { tick, outcome, input })
        });
        Ok(stepped)
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

/// What a panic said.
#[must_use]
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

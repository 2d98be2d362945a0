//! A second world beside a run. It is loaded again from each saved world and runs to the next one.
//!
//! The first world has run from the beginning, so it has all that game logic keeps beside the state: a `Local`, what was
//! added or changed earlier, a static. The second one has only what was saved. It must reach the same states all the same,
//! or no replay could begin at a saved world.
//!
//! It runs on a thread of its own: a replay then takes hardly longer than without it where a second core is free.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, Scope, ScopedJoinHandle},
};

use parlour_shared::ids::Tick;
use parlour_sim::{Logic, SimConfig, Simulation};
use parlour_tick::TickOutput;

use super::{
    ReplayError,
    run::Fed,
    world::{self, panic_message},
};
use crate::format::{Outcome, TickRecord};

/// Ticks that may wait for the second world; the run waits for room. A chunk of the recording has about as many.
const WAITING: usize = 64;

/// The second world, made with this.
pub(super) struct SecondWorld {
    pub(super) config: SimConfig,
    pub(super) logic: Logic,
    /// Whether it makes frames: what panicked may have been one.
    pub(super) frames: bool,
}

/// Gives how many saved worlds were tried.
pub(super) type Tried<'scope> = ScopedJoinHandle<'scope, Result<u32, ReplayError>>;

impl SecondWorld {
    /// Starts the thread. It ends when the sender is dropped, and at the first difference; then nobody receives any more.
    pub(super) fn start<'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
    ) -> io::Result<(SyncSender<Fed>, Tried<'scope>)> {
        let (sender, receiver) = sync_channel(WAITING);
        let thread = thread::Builder::new().name("second world".to_owned());
        let tried = thread.spawn_scoped(scope, move || self.run(&receiver))?;
        Ok((sender, tried))
    }

    fn run(&self, fed: &Receiver<Fed>) -> Result<u32, ReplayError> {
        let mut second = None;
        let mut tried = 0;
        for fed in fed {
            match fed {
                Fed::Saved(tick, state) => {
                    // The old one is dropped before the next is made: there is never memory for three worlds.
                    if let Some(mut second) = second.take() {
                        compare(&mut second, tick, &state)?;
                    }
                    second = Some(self.load(tick, &state)?);
                }
                Fed::Tick(record) => {
                    if let Some(second) = &mut second {
                        tried += u32::from(second.ran == 0);
                        second.step(record)?;
                    }
                }
            }
        }
        Ok(tried)
    }

    fn load(&self, tick: Tick, state: &[u8]) -> Result<Second, ReplayError> {
        let load = || world::load(&self.config, &self.logic, tick, state);
        // Plugins that are added once more may panic.
        let loaded = catch_unwind(AssertUnwindSafe(load));
        let mut world = loaded.unwrap_or_else(|panic| {
            let parts = vec![format!("it panicked ({})", panic_message(&*panic))];
            Err(ReplayError::NotSaved {
                saved: tick,
                tick,
                parts,
            })
        })?;
        if !self.frames {
            world.mute();
        }
        Ok(Second {
            world,
            saved: tick,
            ran: 0,
            output: TickOutput::default(),
        })
    }
}

/// A world that was loaded.
struct Second {
    world: Simulation,
    saved: Tick,
    ran: u32,
    output: TickOutput,
}

impl Second {
    fn step(&mut self, record: TickRecord) -> Result<(), ReplayError> {
        let TickRecord {
            tick,
            outcome,
            mut input,
        } = record;
        self.ran += 1;
        let stepped = world::step_caught(&mut self.world, &mut input, &mut self.output);
        let parts = match (stepped, &outcome) {
            (Ok(()), Outcome::Finished { hash, .. }) if *hash == self.output.hash => return Ok(()),
            (Err(_), Outcome::Panicked) => return Ok(()),
            (Ok(()), Outcome::Finished { parts, .. }) => {
                world::parts_that_differ(&self.world, parts, &self.output.parts)
            }
            (Err(message), Outcome::Finished { .. }) => vec![format!("it panicked ({message})")],
            (Ok(()), Outcome::Panicked) => vec!["it did not panic".to_owned()],
        };
        let saved = self.saved;
        Err(ReplayError::NotSaved { saved, tick, parts })
    }
}

fn compare(second: &mut Second, tick: Tick, state: &[u8]) -> Result<(), ReplayError> {
    let mut got = Vec::with_capacity(state.len());
    second.world.save(&mut got);
    if got == state {
        return Ok(());
    }
    let parts = vec!["the saved world".to_owned()];
    let saved = second.saved;
    Err(ReplayError::NotSaved { saved, tick, parts })
}

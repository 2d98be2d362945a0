//! A second world that runs along with a replay. It is loaded from each saved world again, and runs
//! to the next.
//!
//! The first world has run from the start, so it has everything that game logic keeps outside of
//! the state: a `Local`, earlier additions and changes, a static. The second has only what was
//! saved, and its entities have other ids and another order. It must still reach the same states;
//! otherwise no replay could start at a saved world. It also runs the ticks that were skipped when
//! recorded, which must change nothing.
//!
//! It runs on a separate thread. With an idle second core, a replay takes hardly longer than
//! without it.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, Scope, ScopedJoinHandle},
};

use parlour_shared::{ids::Tick, text::panic_message};
use parlour_sim::{EntityOrder, Logic, SimConfig};

use super::{ReplayError, compared_world::ComparedWorld, run::ComparedItem, world};
use crate::format::TickRecord;

/// The maximum number of ticks that wait for the second world. Then the run waits. It is about the
/// number of ticks in a chunk of the recording.
const WAITING: usize = 64;

/// The inputs of the second world.
pub(super) struct SecondWorld {
    pub(super) config: SimConfig,
    pub(super) logic: Logic,
    /// Whether the world writes frames, because a recorded panic may be in that code.
    pub(super) frames: bool,
}

/// A thread that returns the number of saved worlds that were tried.
pub(super) type SecondRun<'scope> = ScopedJoinHandle<'scope, Result<u32, ReplayError>>;

impl SecondWorld {
    /// Starts the thread. It ends when the sender is dropped, and at the first difference, which
    /// drops the receiver.
    pub(super) fn start<'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
    ) -> io::Result<(SyncSender<ComparedItem>, SecondRun<'scope>)> {
        let (sender, receiver) = sync_channel(WAITING);
        let thread = thread::Builder::new().name("second world".to_owned());
        let tried = thread.spawn_scoped(scope, move || self.run(&receiver))?;
        Ok((sender, tried))
    }

    fn run(&self, fed: &Receiver<ComparedItem>) -> Result<u32, ReplayError> {
        let mut second: Option<ComparedWorld> = None;
        let (mut tried, mut sorted) = (0, true);
        for fed in fed {
            match fed {
                ComparedItem::Saved(tick, state) => {
                    // Drop the old world before making the next, so that there are never three in
                    // memory.
                    if let Some(mut second) = second.take() {
                        let compared = second.check_saved(&state);
                        compared.map_err(|error| not_saved(second.since, error))?;
                    }
                    sorted = !sorted;
                    second = Some(self.load(tick, &state, sorted)?);
                }
                ComparedItem::Tick(TickRecord { tick, outcome, input }) => {
                    if let Some(second) = &mut second {
                        tried += u32::from(second.simulation.tick() == second.since);
                        let stepped = second.step(tick, &outcome, input);
                        stepped.map_err(|error| not_saved(second.since, error))?;
                    }
                }
            }
        }
        Ok(tried)
    }

    /// `sorted` alternates, so that queries find entities in both orders.
    fn load(&self, tick: Tick, state: &[u8], sorted: bool) -> Result<ComparedWorld, ReplayError> {
        let order = match sorted {
            true => EntityOrder::Sorted,
            false => EntityOrder::Reversed,
        };
        let load = || world::load_rearranged(&self.config, &self.logic, tick, state, order);
        // Adding plugins again may panic.
        let loaded = catch_unwind(AssertUnwindSafe(load));
        let mut world = loaded.unwrap_or_else(|panic| {
            let message = panic_message(&*panic);
            Err(not_saved(tick, ReplayError::Panic { tick, message }))
        })?;
        if !self.frames {
            world.mute();
        }
        let mut world = ComparedWorld::new(world);
        world.runs_skipped = true;
        Ok(world)
    }
}

/// Converts an error to that of a world loaded from the world saved after that tick.
fn not_saved(saved: Tick, error: ReplayError) -> ReplayError {
    let (tick, parts) = match error {
        ReplayError::Diverged { tick, parts, .. } => (tick, parts),
        ReplayError::KeyframeDiffers(tick) => (tick, vec!["the saved world".to_owned()]),
        ReplayError::Panic { tick, message } => (tick, vec![format!("it panicked ({message})")]),
        ReplayError::NoPanic(tick) => (tick, vec!["it did not panic".to_owned()]),
        error => return error,
    };
    ReplayError::NotSaved { saved, tick, parts }
}

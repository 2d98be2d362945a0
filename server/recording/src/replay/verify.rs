//! Runs a recording to verify that every hash is as recorded.

use std::{panic::resume_unwind, sync::mpsc::SyncSender, thread};

use parlour_shared::ids::Tick;

use super::{Replay, ReplayError, Window, run::ComparedItem, second_world::SecondWorld};

/// The result of a run without differences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The first tick that was run.
    pub first: Tick,
    /// The last tick that was run.
    pub last: Tick,
    /// The number of saved worlds from which a second world was run to the next saved world.
    pub saved_worlds: u32,
    /// The message of the panic, if the last tick panicked when recorded and again now.
    pub panic: Option<String>,
}

impl Verification {
    /// Returns the number of ticks whose state was compared: all except one that panicked. The hash
    /// after several skipped ticks covers all of them.
    #[must_use]
    pub fn hashes(&self) -> u32 {
        self.last.since(self.first) + u32::from(self.panic.is_none())
    }

    /// Returns the number of ticks that were run.
    #[must_use]
    pub fn ticks(&self) -> u32 {
        self.last.since(self.first) + 1
    }
}

/// Runs the ticks of a window, and those since the last saved world before it. On a separate
/// thread, a second world starts again at each saved world on the way. `seen` is called after each
/// tick.
///
/// # Errors
/// [`ReplayError`] at the first tick that reaches a different state or cannot be read.
/// [`ReplayError::NotSaved`] only if the first world reached every recorded state and the second
/// did not.
pub fn verify(
    replay: &mut Replay,
    window: Window,
    seen: impl FnMut(Tick),
) -> Result<Verification, ReplayError> {
    let second = SecondWorld {
        config: replay.config.clone(),
        logic: replay.logic.clone(),
        // A recorded panic may be in the code that writes frames, so frames are written as in the
        // recorded run.
        frames: replay.ending().is_panic(),
    };
    thread::scope(|scope| {
        let (feed, tried) = second.start(scope).map_err(ReplayError::Thread)?;
        let verified = first_world(replay, window, feed, seen);
        let tried = tried.join().unwrap_or_else(|panic| resume_unwind(panic));
        let mut verified = verified?;
        verified.saved_worlds = tried?;
        Ok(verified)
    })
}

fn first_world(
    replay: &mut Replay,
    window: Window,
    feed: SyncSender<ComparedItem>,
    mut seen: impl FnMut(Tick),
) -> Result<Verification, ReplayError> {
    let makes_frames = replay.ending().is_panic();
    let is_end = replay.last_tick() == Some(window.to);
    let mut run = replay.run_before(window.before())?;
    if !makes_frames {
        run.simulation_mut().mute();
    }
    run.feed(feed);
    let first = run.tick().after(1);
    let (mut last, mut panicked) = (run.tick(), None);
    while let Some(ran) = run.next_up_to(window.to)? {
        last = ran.tick;
        match ran.panic {
            None => seen(last),
            panic => panicked = panic,
        }
    }
    if is_end && panicked.is_none() {
        // Check what follows the last tick: a saved world is compared, damage is reported.
        run.take_next()?;
    }
    Ok(Verification {
        first,
        last,
        saved_worlds: 0,
        panic: panicked,
    })
}

//! Running a recording only to see that every hash comes out as it was recorded.

use parlour_shared::ids::Tick;

use super::{Replay, ReplayError, Stepped, Window};

/// What a run without a difference came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The first tick that was run.
    pub first: Tick,
    /// The last tick that was run.
    pub last: Tick,
    /// The message of the panic that was recorded at the last tick, and came again.
    pub panic: Option<String>,
}

impl Verified {
    /// Hashes that were compared: one for each tick, but none for a tick that panicked.
    #[must_use]
    pub fn hashes(&self) -> u32 {
        self.last.since(self.first) + u32::from(self.panic.is_none())
    }

    /// Ticks that were run.
    #[must_use]
    pub fn ticks(&self) -> u32 {
        self.last.since(self.first) + 1
    }
}

/// Runs the ticks of a window, and those before it from the last saved world on. `seen` is told of each tick.
///
/// # Errors
/// [`ReplayError`] at the first tick that comes to something else, or cannot be read.
pub fn verify(
    replay: &mut Replay,
    window: Window,
    mut seen: impl FnMut(Tick),
) -> Result<Verified, ReplayError> {
    // What panicked may have been a frame: then frames are made, as they were.
    let panicked = replay.ending().is_panic();
    let is_end = replay.last_tick() == Some(window.to);
    let mut run = replay.run_before(Tick(window.from.0.saturating_sub(1)))?;
    if !panicked {
        run.simulation().mute();
    }
    let first = run.tick().after(1);
    let mut last = run.tick();
    while last < window.to {
        match run.step()? {
            None => break,
            Some(Stepped::Same) => {
                last = last.after(1);
                seen(last);
            }
            Some(Stepped::Panicked(message)) => {
                return Ok(Verified {
                    first,
                    last: last.after(1),
                    panic: Some(message),
                });
            }
        }
    }
    if is_end {
        // What stands behind the last tick: a saved world that is compared, or damage.
        run.take_next()?;
    }
    Ok(Verified {
        first,
        last,
        panic: None,
    })
}

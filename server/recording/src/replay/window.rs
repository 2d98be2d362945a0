//! A range of ticks of a recording.

use parlour_shared::ids::Tick;

use super::moment::{Moment, MomentError, MomentPosition};
use crate::format::Times;

/// Ticks from the first to the last, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first tick.
    pub from: Tick,
    /// The last tick.
    pub to: Tick,
}

impl Window {
    /// Returns the window between two moments, by default from the start and to the end. The window
    /// is clipped to the recording.
    ///
    /// # Errors
    /// [`MomentError`] if no part of it is in the recording.
    pub fn new(from: Option<&Moment>, to: Option<&Moment>, times: &Times) -> Result<Self, MomentError> {
        let (mut first, mut last) = times.range().ok_or(MomentError::Empty)?;
        let backwards = || MomentError::Backwards(to.or(from).map(ToString::to_string).unwrap_or_default());
        let mut begins_in_it = false;
        if let Some(moment) = from {
            match moment.place(times)? {
                MomentPosition::Before => {}
                MomentPosition::In(tick) => (first, begins_in_it) = (tick, true),
                MomentPosition::After => return Err(moment.not_in(times)),
            }
        }
        if let Some(moment) = to {
            match moment.place(times)? {
                // In a directory, the chosen files start at the window's start, so the end may be
                // in an earlier file.
                MomentPosition::Before if begins_in_it => return Err(backwards()),
                MomentPosition::Before => return Err(moment.not_in(times)),
                MomentPosition::In(tick) => last = tick,
                MomentPosition::After => {}
            }
        }
        if first > last {
            return Err(backwards());
        }
        Ok(Self {
            from: first,
            to: last,
        })
    }

    /// Returns the tick before the first; 0 if the window starts with tick 1.
    #[must_use]
    pub fn before(&self) -> Tick {
        Tick(self.from.0.saturating_sub(1))
    }

    /// Returns the number of ticks.
    #[must_use]
    pub fn ticks(&self) -> u32 {
        self.to.since(self.from) + 1
    }
}

/// `ticks 1 to 9`.
impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ticks {} to {}", self.from.0, self.to.0)
    }
}

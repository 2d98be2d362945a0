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
    /// Returns the window between two moments. `None` means the start or the end of the recording.
    /// The window is clipped to the recording.
    ///
    /// # Errors
    /// [`MomentError`] if no part of the window is in the recording, or if `to` is before `from`.
    pub fn new(from: Option<&Moment>, to: Option<&Moment>, times: &Times) -> Result<Self, MomentError> {
        let (mut first, mut last) = times.range().ok_or(MomentError::Empty)?;
        let end_before_start = || {
            let end = to.or(from).map(ToString::to_string);
            MomentError::EndBeforeStart(end.unwrap_or_default())
        };
        let mut starts_inside = false;
        if let Some(moment) = from {
            match moment.locate(times)? {
                MomentPosition::Before => {}
                MomentPosition::In(tick) => (first, starts_inside) = (tick, true),
                MomentPosition::After => return Err(moment.not_in(times)),
            }
        }
        if let Some(moment) = to {
            match moment.locate(times)? {
                // In a directory, the files are chosen by the start of the window. An end before
                // these files may be in an earlier file, so it is reported as before the start,
                // not as missing.
                MomentPosition::Before if starts_inside => return Err(end_before_start()),
                MomentPosition::Before => return Err(moment.not_in(times)),
                MomentPosition::In(tick) => last = tick,
                MomentPosition::After => {}
            }
        }
        if first > last {
            return Err(end_before_start());
        }
        Ok(Self {
            from: first,
            to: last,
        })
    }

    /// Returns the tick before the window, which is 0 if the window starts at tick 1.
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

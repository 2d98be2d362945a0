//! Times across worlds. Each world counts its own ticks; times of day are what they share.

use super::{RecordedWorld, Worlds, WorldsError};
use crate::{
    format::Times,
    replay::{
        Moment, Window,
        display::{rfc3339, time_of_day},
        find::{RunFiles, SOON_MS},
        moment::DAY_MS,
    },
};

/// The length of a tick in milliseconds, rounded down: a time within the last tick belongs to it.
const TICK_MS: u64 = 16;

/// A time span, in milliseconds since 1970. `None` means the start or end of all recordings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeSpan {
    /// The start.
    pub from: Option<u64>,
    /// The end.
    pub to: Option<u64>,
}

/// The part of a run that is in a time span.
#[derive(Clone, Copy)]
pub struct WorldWindow<'a> {
    /// The world.
    pub world: &'a RecordedWorld,
    /// The run.
    pub run: &'a RunFiles,
    /// Its ticks in the span.
    pub window: Window,
}

impl Worlds {
    /// Converts moments to the time span between them. A time of day means the newest day on which
    /// a world has it, and for the end, the first such time after the start. `+90s` counts from the
    /// first tick of all worlds.
    ///
    /// # Errors
    /// [`WorldsError`] if a moment is a tick, if the span ends before it starts, or if no world has
    /// any part of it.
    pub fn span(&self, from: Option<&Moment>, to: Option<&Moment>) -> Result<TimeSpan, WorldsError> {
        let from_ms = from.map(|moment| self.time(moment)).transpose()?;
        let to_ms = match (to, from_ms) {
            (None, _) => None,
            (Some(Moment::TimeOfDay(of_day)), Some(from)) => {
                let same_day = (from - from % DAY_MS).saturating_add(*of_day);
                // `--from 14:03 --to 14:02` is a mistake; `--from 23:59 --to 00:01` is not.
                let over_midnight = same_day < from && from - same_day > DAY_MS / 2;
                Some(same_day + if over_midnight { DAY_MS } else { 0 })
            }
            (Some(moment), _) => Some(self.time(moment)?),
        };
        if let (Some(from), Some(to)) = (from_ms, to_ms)
            && to < from
        {
            return Err(WorldsError::NoMatch(format!(
                "the end, {}, is before the start",
                rfc3339(to)
            )));
        }
        let span = TimeSpan {
            from: from_ms,
            to: to_ms,
        };
        if self.windows(span).next().is_none() {
            return Err(self.no_recording(&span.to_string()));
        }
        Ok(span)
    }

    /// Converts a moment to a time, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`WorldsError`] if it is a tick, or if a time of day occurs several times in one run.
    pub fn time(&self, moment: &Moment) -> Result<u64, WorldsError> {
        let starts = || self.runs().filter_map(|(_, run)| start_and_end(&run.times));
        match moment {
            Moment::Tick(_) => Err(WorldsError::TickWithoutWorld(moment.to_string())),
            Moment::At(wall_ms) => Ok(*wall_ms),
            Moment::After(after) => {
                let first = starts().map(|(start, _)| start).min().unwrap_or_default();
                Ok(first.saturating_add(*after))
            }
            Moment::TimeOfDay(of_day) => {
                let (mut contained, mut soon) = (None, None);
                for (world, run) in self.runs() {
                    let Some((start, end)) = start_and_end(&run.times) else {
                        continue;
                    };
                    let time = moment.wall_ms(&run.times).map_err(|error| WorldsError::Moment {
                        world: world.name.clone(),
                        error,
                    })?;
                    if (start..=end.saturating_add(TICK_MS)).contains(&time) {
                        contained = contained.max(Some(time));
                    } else if moment.early_ms(&run.times).is_some_and(|early| early < SOON_MS) {
                        soon = soon.max(Some(time));
                    }
                }
                // Nothing was recorded then: a window that starts or ends there may have a part.
                let newest = starts().map(|(start, _)| start).max().unwrap_or_default();
                let newest_day = (newest - newest % DAY_MS).saturating_add(*of_day);
                Ok(contained.or(soon).unwrap_or(newest_day))
            }
        }
    }

    /// Returns all runs of all worlds that have a part of a time span, by world and then by age.
    pub fn windows(&self, span: TimeSpan) -> impl Iterator<Item = WorldWindow<'_>> {
        self.worlds.iter().flat_map(move |world| world.windows(span))
    }

    /// Formats a time as short as possible: without the day if all recordings are of one day.
    pub(super) fn clock(&self, wall_ms: u64) -> String {
        let mut times = self.runs().filter_map(|(_, run)| run.start_and_end());
        let day = wall_ms / DAY_MS;
        match times.all(|(start, end)| start / DAY_MS == day && end / DAY_MS == day) {
            true => time_of_day(wall_ms),
            false => rfc3339(wall_ms),
        }
    }

    /// Returns the time of the last tick of all worlds, or `None` if there are no ticks.
    pub(super) fn end_ms(&self) -> Option<u64> {
        let ends = self
            .runs()
            .filter_map(|(_, run)| Some(start_and_end(&run.times)?.1));
        ends.max()
    }

    /// Returns the error for times that no world has.
    pub(super) fn no_recording(&self, when: &str) -> WorldsError {
        WorldsError::NoMatch(format!(
            "{}: no world was recorded {when}. The worlds are:\n{}",
            self.path().display(),
            self.describe()
        ))
    }

    fn runs(&self) -> impl Iterator<Item = (&RecordedWorld, &RunFiles)> {
        self.worlds
            .iter()
            .flat_map(|world| world.runs.iter().map(move |run| (world, run)))
    }
}

impl RecordedWorld {
    /// Returns the runs that have a part of a time span, oldest first.
    pub fn windows(&self, span: TimeSpan) -> impl Iterator<Item = WorldWindow<'_>> {
        let (from, to) = (span.from.map(Moment::At), span.to.map(Moment::At));
        self.runs.iter().filter_map(move |run| {
            let window = Window::new(from.as_ref(), to.as_ref(), &run.times).ok()?;
            Some(WorldWindow {
                world: self,
                run,
                window,
            })
        })
    }
}

/// `from 14:03:00.000 to 14:04:00.000`, `at 14:03:00.000`, `at any time`.
impl std::fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.from.map(time_of_day), self.to.map(time_of_day)) {
            (None, None) => f.write_str("at any time"),
            (Some(from), None) => write!(f, "from {from} on"),
            (None, Some(to)) => write!(f, "until {to}"),
            (Some(from), Some(to)) if from == to => write!(f, "at {from}"),
            (Some(from), Some(to)) => write!(f, "from {from} to {to}"),
        }
    }
}

impl RunFiles {
    /// Returns the times of the first and the last tick, in milliseconds since 1970.
    #[must_use]
    pub fn start_and_end(&self) -> Option<(u64, u64)> {
        start_and_end(&self.times)
    }
}

fn start_and_end(times: &Times) -> Option<(u64, u64)> {
    let (first, last) = times.range()?;
    Some((times.at(first), times.at(last)))
}

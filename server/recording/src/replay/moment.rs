//! A moment as a person writes it: a tick, a time of day, a date and time, or a duration after the
//! start.

use std::{
    fmt,
    ops::RangeInclusive,
    str::FromStr,
    time::{Duration, SystemTime},
};

use parlour_shared::ids::Tick;
use thiserror::Error;

use super::display::{rfc3339, time_of_day};
use crate::format::Times;

pub(super) const DAY_MS: u64 = 86_400_000;

/// A tick or a time, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// `1234`, or `t1234` as in reports.
    Tick(Tick),
    /// `14:03`, `14:03:20`, `14:03:20.5`: milliseconds of the day, UTC.
    TimeOfDay(u64),
    /// `2026-11-21T14:03:00Z`: milliseconds since 1970.
    At(u64),
    /// `+90s`: milliseconds after the first tick.
    After(u64),
}

/// A text that is neither a tick nor a time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text:?} {}", Self::FLAW)]
pub struct ParseMomentError {
    text: String,
}

impl ParseMomentError {
    /// The error without the text, for a caller that quotes the text itself.
    pub const FLAW: &'static str = "is neither a tick (1234) nor a time (14:03, 14:03:20.5, 2026-11-21T14:03:00Z, or \
                                    +90s after the beginning)";
}

/// A moment that is not in a recording.
#[derive(Clone, PartialEq, Eq, Error)]
pub enum MomentError {
    /// The recording has no ticks.
    #[error("it has no ticks")]
    Empty,
    /// The recording does not contain the moment.
    #[error("{what} is not in the recording: it has ticks {} to {}, {}", .first.0, .last.0, .times)]
    NotInRecording {
        /// The moment.
        what: String,
        /// The first recorded tick.
        first: Tick,
        /// The last recorded tick.
        last: Tick,
        /// The time span of the ticks.
        times: String,
    },
    /// The end is before the start.
    #[error("the end, {0}, is before the start")]
    EndBeforeStart(String),
    /// A time of day that occurs several times.
    #[error("{what} occurs {count} times in the recording: add the day, as in {example}")]
    SeveralDays {
        /// The time of day.
        what: String,
        /// The number of occurrences.
        count: u64,
        /// The first occurrence.
        example: String,
    },
}

/// The text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for MomentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The position of a moment relative to a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MomentPosition {
    Before,
    In(Tick),
    After,
}

impl Moment {
    /// Returns the tick at the moment: the last one at or before that time.
    ///
    /// # Errors
    /// [`MomentError`] if the recording does not contain the moment.
    pub fn tick(&self, times: &Times) -> Result<Tick, MomentError> {
        match self.locate(times)? {
            MomentPosition::In(tick) => Ok(tick),
            MomentPosition::Before | MomentPosition::After => Err(self.not_in(times)),
        }
    }

    /// Returns the error for a moment that is not in the recording. It contains the range of ticks.
    #[must_use]
    pub fn not_in(&self, times: &Times) -> MomentError {
        let Some((first, last)) = times.range() else {
            return MomentError::Empty;
        };
        MomentError::NotInRecording {
            what: self.to_string(),
            first,
            last,
            times: span(times),
        }
    }

    /// Returns the milliseconds from the moment to the start of the recording, or `None` if the
    /// moment is not before the start.
    pub(super) fn early_ms(&self, times: &Times) -> Option<u64> {
        let start = times.at(times.range()?.0);
        let time = match *self {
            Self::Tick(_) | Self::After(_) => return None,
            Self::At(wall_ms) => wall_ms,
            Self::TimeOfDay(of_day) => (start - start % DAY_MS).saturating_add(of_day),
        };
        start.checked_sub(time).filter(|early| *early > 0)
    }

    /// Returns where the moment is, relative to the recorded ticks.
    pub(super) fn locate(&self, times: &Times) -> Result<MomentPosition, MomentError> {
        let (first, last) = times.range().ok_or(MomentError::Empty)?;
        let (start, end) = (times.at(first), times.at(last));
        Ok(match *self {
            Self::Tick(tick) if tick < first => MomentPosition::Before,
            Self::Tick(tick) if tick > last => MomentPosition::After,
            Self::Tick(tick) => MomentPosition::In(tick),
            Self::At(wall_ms) => at(times, wall_ms, (start, end)),
            Self::After(milliseconds) => at(times, start.saturating_add(milliseconds), (start, end)),
            Self::TimeOfDay(of_day) => at(times, self.on_its_day(of_day, start, end)?, (start, end)),
        })
    }

    /// Returns the time that the moment means in a recording, which may not contain it: a time of
    /// day is on the only day of the recording that has it, or on its first day.
    ///
    /// # Errors
    /// [`MomentError`] if the recording has no ticks, or a time of day occurs several times.
    pub(super) fn wall_ms(&self, times: &Times) -> Result<u64, MomentError> {
        let (first, last) = times.range().ok_or(MomentError::Empty)?;
        let (start, end) = (times.at(first), times.at(last));
        Ok(match *self {
            Self::Tick(tick) => times.at(tick),
            Self::At(wall_ms) => wall_ms,
            Self::After(milliseconds) => start.saturating_add(milliseconds),
            Self::TimeOfDay(of_day) => self.on_its_day(of_day, start, end)?,
        })
    }

    /// Converts a time of day to a time, on the only day of the recording that contains it.
    fn on_its_day(&self, of_day: u64, start: u64, end: u64) -> Result<u64, MomentError> {
        let today = (start - start % DAY_MS).saturating_add(of_day);
        let time = if today < start {
            today.saturating_add(DAY_MS)
        } else {
            today
        };
        // The count is computed without a loop, because a file's times may span centuries.
        match end.checked_sub(time).map(|rest| rest / DAY_MS) {
            None => Ok(today),
            Some(0) => Ok(time),
            Some(more) => Err(MomentError::SeveralDays {
                what: self.to_string(),
                count: more + 1,
                example: rfc3339(time),
            }),
        }
    }
}

/// Finds the tick at a time. A time within the last tick still belongs to it.
fn at(times: &Times, wall_ms: u64, (start, end): (u64, u64)) -> MomentPosition {
    match times.tick_at(wall_ms) {
        None => MomentPosition::Before,
        Some(_) if wall_ms < start => MomentPosition::Before,
        Some(_) if wall_ms > end.saturating_add(16) => MomentPosition::After,
        Some(tick) => MomentPosition::In(tick),
    }
}

/// Formats `14:03:00.000 to 14:04:00.000 on 2026-11-21 (UTC)`, or with both days.
pub(super) fn span(times: &Times) -> String {
    let Some((first, last)) = times.range() else {
        return "no ticks".to_owned();
    };
    let (start, end) = (times.at(first), times.at(last));
    if start / DAY_MS == end / DAY_MS {
        let text = rfc3339(start);
        let day = text.split('T').next().unwrap_or_default().to_owned();
        return format!("{} to {} on {day} (UTC)", time_of_day(start), time_of_day(end));
    }
    format!("{} to {}", rfc3339(start), rfc3339(end))
}

impl FromStr for Moment {
    type Err = ParseMomentError;

    fn from_str(text: &str) -> Result<Self, ParseMomentError> {
        parse(text).ok_or_else(|| ParseMomentError {
            text: text.to_owned(),
        })
    }
}

fn parse(text: &str) -> Option<Moment> {
    let digits = text.strip_prefix('t').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.parse().ok().map(|tick| Moment::Tick(Tick(tick)));
    }
    if let Some(after) = text.strip_prefix('+') {
        return milliseconds(humantime::parse_duration(after).ok()?).map(Moment::After);
    }
    if let Some(of_day) = of_day(text) {
        return Some(Moment::TimeOfDay(of_day));
    }
    let at = humantime::parse_rfc3339(text).ok()?;
    milliseconds(at.duration_since(SystemTime::UNIX_EPOCH).ok()?).map(Moment::At)
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Tick(tick) => write!(f, "tick {}", tick.0),
            Self::TimeOfDay(of_day) => f.write_str(&time_of_day(of_day)),
            Self::At(wall_ms) => f.write_str(&rfc3339(wall_ms)),
            Self::After(after) => write!(f, "+{}", humantime::format_duration(Duration::from_millis(after))),
        }
    }
}

fn milliseconds(duration: Duration) -> Option<u64> {
    u64::try_from(duration.as_millis()).ok()
}

/// Parses milliseconds of the day from `14:03`, `14:03:20` or `14:03:20.5`.
fn of_day(text: &str) -> Option<u64> {
    let mut fields = text.split(':');
    let hours = number(fields.next()?, 23)?;
    let minutes = number(fields.next()?, 59)?;
    let milliseconds = match fields.next() {
        None => 0,
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
            let thousandths = (!fraction.is_empty()).then(|| format!("{fraction:0<3}"))?;
            number(whole, 59)? * 1000 + digits(&thousandths, 3..=3)?
        }
    };
    if fields.next().is_some() {
        return None;
    }
    Some((hours * 60 + minutes) * 60_000 + milliseconds)
}

/// Parses one or two digits.
fn number(text: &str, most: u64) -> Option<u64> {
    digits(text, 1..=2).filter(|number| *number <= most)
}

fn digits(text: &str, count: RangeInclusive<usize>) -> Option<u64> {
    let are_digits = count.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| text.parse().ok()).flatten()
}

//! A rate limit on attempts: a burst, and then a number per time.

use std::{fmt, str::FromStr, time::Duration};

use thiserror::Error;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// The maximum time in which an empty bucket fills.
const MAX_FILL: Duration = Duration::from_secs(24 * 60 * 60);

/// A rate limit, such as `1000 burst, 100/s`: up to 1,000 attempts at once, and 100 more for each
/// second that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptRate {
    burst: u32,
    count: u32,
    per: Duration,
}

/// A text is not an [`AttemptRate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a rate such as \"1000 burst, 100/s\" or \"10 burst, 1/30s\": a burst of 1 to 1000000, then 1 to 1000000 per time, \
     which refills the whole burst within a day"
)]
pub struct AttemptRateError;

impl AttemptRate {
    /// Returns a rate, or `None` if a number is not from 1 to 1,000,000, the time is shorter than a
    /// millisecond, or the whole burst does not come back within a day.
    #[must_use]
    pub const fn new(burst: u32, count: u32, per: Duration) -> Option<Self> {
        const MOST: u32 = 1_000_000;
        if burst == 0 || burst > MOST || count == 0 || count > MOST || per.as_millis() == 0 {
            return None;
        }
        if per.as_nanos() * burst as u128 > MAX_FILL.as_nanos() * count as u128 {
            return None;
        }
        Some(Self { burst, count, per })
    }

    /// Returns the number of attempts that are possible at once.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.burst
    }

    /// Returns the time after which one more attempt is possible.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.per / self.count
    }
}

impl FromStr for AttemptRate {
    type Err = AttemptRateError;

    fn from_str(text: &str) -> Result<Self, AttemptRateError> {
        let parse = || {
            let (burst, then) = text.split_once(',')?;
            let burst = burst.trim().strip_suffix("burst")?.trim();
            let (count, per) = then.split_once('/')?;
            let per = per.trim();
            // A unit alone, as in 5/s, means one.
            let per = match per.bytes().next()? {
                b'0'..=b'9' => humantime::parse_duration(per),
                _ => humantime::parse_duration(&format!("1{per}")),
            };
            Self::new(burst.parse().ok()?, count.trim().parse().ok()?, per.ok()?)
        };
        parse().ok_or(AttemptRateError)
    }
}

impl fmt::Display for AttemptRate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { burst, count, per } = self;
        match *per {
            SECOND => write!(formatter, "{burst} burst, {count}/s"),
            MINUTE => write!(formatter, "{burst} burst, {count}/m"),
            per => write!(
                formatter,
                "{burst} burst, {count}/{}",
                humantime::format_duration(per)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<AttemptRate> {
        text.parse().ok()
    }

    #[test]
    fn a_rate_is_a_burst_and_a_number_per_time() {
        let rate = parse("1000 burst, 100/s").unwrap();
        assert_eq!((rate.burst(), rate.interval()), (1000, Duration::from_millis(10)));
        let rate = parse("3 burst,1/30s").unwrap();
        assert_eq!((rate.burst(), rate.interval()), (3, Duration::from_secs(30)));
        assert_eq!(parse("5 burst, 20/m").unwrap().interval(), Duration::from_secs(3));
    }

    #[test]
    fn a_printed_rate_is_the_same_rate() {
        for text in [
            "1000 burst, 100/s",
            "5 burst, 20/m",
            "3 burst, 1/30s",
            "1 burst, 7/1m 30s",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn malformed_and_extreme_rates_are_no_rates() {
        for text in [
            "",
            "10",
            "10 burst",
            "10, 5/s",
            "0 burst, 1/s",
            "1 burst, 0/s",
            "-1 burst, 1/s",
            "1000001 burst, 1/s",
            "1 burst, 1/x",
            "1 burst, 1/",
            "1 burst, 1/1us",
            "2 burst, 1/13h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

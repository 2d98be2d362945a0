//! Parses the values of settings from text, and prints them. An error describes the valid values
//! and completes the sentence "must be ...".

use std::{
    fmt::Display,
    net::SocketAddr,
    ops::{RangeInclusive, Shl},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use parlour_shared::limits::TICK_RATE;
use parlour_sim::Rate;
use parlour_tick::Cadence;

use crate::{
    attempt_rate::{AttemptRate, AttemptRateError},
    secret::{Secret, SecretError},
};

/// The maximum length of an error about an entry of a list, in characters.
pub(super) const LONGEST_ENTRY: usize = 240;

/// Times for the error about an invalid time. Each range of a setting contains at least one.
const EXAMPLE_TIMES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(5),
    Duration::from_secs(120),
];

/// A value, or a description of the valid values.
pub(super) type ParseResult<T> = Result<T, String>;

pub(super) fn address(text: &str) -> ParseResult<SocketAddr> {
    text.parse()
        .map_err(|_| "an address and a port, such as 127.0.0.1:7373, 0.0.0.0:7373 or [::1]:7373".to_owned())
}

/// Parses a whole number within a range.
pub(super) fn whole<T>(text: &str, range: RangeInclusive<T>) -> ParseResult<T>
where
    T: Copy + PartialOrd + TryFrom<u64> + Display,
{
    text.parse::<u64>()
        .ok()
        .and_then(|number| T::try_from(number).ok())
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("a whole number from {} to {}", range.start(), range.end()))
}

/// Parses a whole number within a range, or the word that means `None`.
pub(super) fn whole_or<T>(word: &str, text: &str, range: RangeInclusive<T>) -> ParseResult<Option<T>>
where
    T: Copy + PartialOrd + TryFrom<u64> + Display,
{
    if text == word {
        return Ok(None);
    }
    let number = whole(text, range);
    number
        .map(Some)
        .map_err(|expected| format!("{expected}, or {word:?}"))
}

/// Parses a whole number of MiB within a range. Returns bytes.
pub(super) fn mib<T>(text: &str, range: RangeInclusive<T>) -> ParseResult<T>
where
    T: Copy + PartialOrd + TryFrom<u64> + Display + Shl<u32, Output = T>,
{
    whole(text, range).map(|mib| mib << 20)
}

/// Parses a cadence in snapshots per second, or `auto`, which is `None`.
pub(super) fn cadence(text: &str) -> ParseResult<Option<Cadence>> {
    let named = |cadence: &Cadence| cadence.hz().to_string() == text;
    match Cadence::ALL.into_iter().find(named) {
        None if text == "auto" => Ok(None),
        None => Err("60, 30, 20, 10 or \"auto\"".to_owned()),
        cadence => Ok(cadence),
    }
}

/// The inverse of [`whole_or`].
pub(super) fn show_whole_or<T: Display>(word: &str, value: Option<T>) -> String {
    value.map_or_else(|| word.to_owned(), |number| number.to_string())
}

/// Parses a duration within a range.
pub(super) fn time(text: &str, range: RangeInclusive<Duration>) -> ParseResult<Duration> {
    humantime::parse_duration(text)
        .ok()
        .filter(|time| range.contains(time))
        .ok_or_else(|| {
            let (least, most) = (show_time(*range.start()), show_time(*range.end()));
            let examples: Vec<String> = EXAMPLE_TIMES
                .into_iter()
                .filter(|time| range.contains(time))
                .map(show_time)
                .collect();
            let examples = examples.join(" or ");
            format!("a time from {least} to {most} with a unit, such as {examples}")
        })
}

pub(super) fn show_time(time: Duration) -> String {
    humantime::format_duration(time).to_string()
}

/// Parses a path, or the word that means `None`. An empty text is an error, because a shell passes
/// an empty text for a variable that is not set.
pub(super) fn path_or(word: &str, what: &str, text: &str) -> ParseResult<Option<PathBuf>> {
    if text == word {
        return Ok(None);
    }
    if text.trim().is_empty() {
        return Err(format!("{what}, or {word:?}"));
    }
    Ok(Some(text.into()))
}

pub(super) fn show_path_or(word: &str, path: Option<&PathBuf>) -> String {
    match path.map(|path| path.display().to_string()) {
        None => word.to_owned(),
        // This path is spelt like the word for `None`.
        Some(path) if path == word => format!("./{path}"),
        Some(path) => path,
    }
}

/// Parses values separated by commas. `form` describes valid values and completes the sentence
/// "must be ...".
pub(super) fn list<T: FromStr<Err: Display>>(form: &str, text: &str) -> ParseResult<Vec<T>> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let parse = |entry: &str| {
        entry.parse().map_err(|error| {
            let wrong = format!("{entry:?} {error}");
            format!("{form}, but {}", shortened(&wrong, LONGEST_ENTRY))
        })
    };
    entries.map(parse).collect()
}

pub(super) fn show_list<T: ToString>(list: &[T]) -> String {
    let texts: Vec<String> = list.iter().map(ToString::to_string).collect();
    texts.join(",")
}

/// Shortens a text to `longest` characters, for an error that quotes it.
pub(super) fn shortened(text: &str, longest: usize) -> String {
    let mut short: String = text.chars().take(longest).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Parses a rate of attempts, or `off`, which is `None`.
pub(super) fn attempt_rate(text: &str) -> ParseResult<Option<AttemptRate>> {
    if text == "off" {
        return Ok(None);
    }
    let rate = text.parse();
    rate.map(Some)
        .map_err(|error: AttemptRateError| format!("{error}, or off"))
}

/// The inverse of [`attempt_rate`].
pub(super) fn show_attempt_rate(rate: Option<AttemptRate>) -> String {
    rate.map_or_else(|| "off".to_owned(), |rate| rate.to_string())
}

/// Parses a secret, or `none`, which is `None`. The error does not contain the text.
pub(super) fn secret(text: &str) -> ParseResult<Option<Secret>> {
    if text == "none" {
        return Ok(None);
    }
    let secret = text.parse();
    secret
        .map(Some)
        .map_err(|error: SecretError| format!("{error}, or \"none\""))
}

/// Returns what may be printed about a secret.
pub(super) fn show_secret(secret: Option<&Secret>) -> String {
    match secret {
        None => "none".to_owned(),
        Some(_) => "(secret)".to_owned(),
    }
}

/// Parses `on` or `off`.
pub(super) fn on_or_off(text: &str) -> ParseResult<bool> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off".to_owned()),
    }
}

/// Parses a rate such as `10 burst, 10/s`: a burst, then a number per time.
pub(super) fn rate(text: &str) -> ParseResult<Rate> {
    let form = || {
        "a rate such as \"10 burst, 5/s\", \"3 burst, 1/10s\" or \"5 burst, 20/m\": a burst, then a number per time"
            .to_owned()
    };
    let (burst, then) = text.split_once(',').ok_or_else(form)?;
    let burst = burst.trim().strip_suffix("burst").ok_or_else(form)?.trim();
    let (count, per) = then.split_once('/').ok_or_else(form)?;
    let (burst, count) = (
        whole::<u32>(burst, 1..=10_000),
        whole(count.trim(), 1..=u64::from(TICK_RATE)),
    );
    let (Ok(burst), Ok(count)) = (burst, count) else {
        return Err(format!(
            "a rate with a burst of 1 to 10000, then 1 to {TICK_RATE} per time, such as \"10 burst, 5/s\""
        ));
    };
    let per = per.trim();
    let per = match per.bytes().next() {
        Some(b'0'..=b'9') => humantime::parse_duration(per),
        _ => humantime::parse_duration(&format!("1{per}")),
    };
    let per = per.map_err(|_| form())?;
    // The bucket gains one token per `every_ticks`, which must be a whole number of ticks.
    let nanos = per.as_nanos() * u128::from(TICK_RATE);
    let tick = u128::from(count) * 1_000_000_000;
    match u32::try_from(nanos / tick) {
        Ok(every_ticks @ 1..) if nanos % tick == 0 => {
            let fill = burst
                .checked_mul(every_ticks)
                .filter(|ticks| *ticks < Rate::MAX_FILL_TICKS);
            fill.ok_or("a rate that refills the whole burst within 77 hours")?;
            Ok(Rate { burst, every_ticks })
        }
        _ => Err(format!(
            "a rate of one per whole number of ticks ({TICK_RATE} per second): 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60/s, or a slower one such as 1/7s"
        )),
    }
}

/// The inverse of [`rate`]: a number per second if it is whole, otherwise per several seconds.
pub(super) fn show_rate(rate: Rate) -> String {
    let Rate { burst, every_ticks } = rate;
    if every_ticks != 0 && TICK_RATE.is_multiple_of(every_ticks) {
        return format!("{burst} burst, {}/s", TICK_RATE / every_ticks);
    }
    // The fraction in lowest terms: one every 7 ticks is 60/7s.
    let common = (1..=TICK_RATE)
        .rev()
        .find(|n| TICK_RATE.is_multiple_of(*n) && every_ticks.is_multiple_of(*n))
        .unwrap_or(1);
    let (count, seconds) = (TICK_RATE / common, every_ticks / common);
    format!("{burst} burst, {count}/{seconds}s")
}

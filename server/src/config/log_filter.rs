//! Parses the filter of log lines. The syntax is that of `RUST_LOG`, except that every part must
//! have a level.
//!
//! `EnvFilter` treats a word that is not a level as a target, and enables all lines of that target.
//! So it accepts `inf` and `verbose`, which silence the log. Here both are errors, and so is a
//! target without a level.

use std::str::FromStr;

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use super::value::{LONGEST_ENTRY, ParseResult, shortened};
use crate::suggest::closest;

const FORM: &str = "a filter such as info, debug or warn,parlour=trace";
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// Level names used by other programs, and the corresponding level here.
const SYNONYMS: [(&str, &str); 7] = [
    ("all", "trace"),
    ("critical", "error"),
    ("fatal", "error"),
    ("none", "off"),
    ("quiet", "off"),
    ("silent", "off"),
    ("verbose", "debug"),
];
/// The targets of the server's log lines start with one of these.
const CRATES: [&str; 6] = [
    "parlour",
    "parlour_client",
    "parlour_client_sim",
    "parlour_shared",
    "parlour_sim",
    "parlour_tick",
];

/// Returns the filter, or an error text that completes the sentence "must be ...".
pub(super) fn log_filter(text: &str) -> ParseResult<String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
    let mut mistakes: Vec<String> = parts.iter().filter_map(|part| mistake_in(part)).collect();
    let is_off = |part: &&str| part.split_once('=').is_some_and(|(_, level)| is_level_off(level));
    if mistakes.is_empty() && !parts.is_empty() && parts.iter().all(is_off) {
        let meant = format!("info,{}", parts.join(","));
        mistakes.push(format!(
            "this disables all logging, because lines that match no part are dropped (did you mean {meant:?}?)"
        ));
    }
    if !mistakes.is_empty() {
        let mistakes = mistakes.join(", and ");
        return Err(format!("{FORM}, but {}", shortened(&mistakes, LONGEST_ENTRY)));
    }
    let filter = parts.join(",");
    match EnvFilter::try_new(&filter) {
        Ok(_) if !filter.is_empty() => Ok(filter),
        _ => Err(FORM.to_owned()),
    }
}

/// Returns a description of the mistake in one part, or `None` if the part is valid.
fn mistake_in(part: &str) -> Option<String> {
    // The brackets of a part for spans may contain an `=`, as in target[span{field=1}]=debug.
    let split = match part.contains('[') {
        true => part.rsplit_once("]="),
        false => part.split_once('='),
    };
    let Some((target, level)) = split else {
        return (!is_level(part)).then(|| describe_bare_word(part));
    };
    if target.is_empty() {
        return Some(format!("{part:?} has no target before the `=`"));
    }
    let name = target.split([':', '[']).next().unwrap_or_default();
    if let Some(meant) = misspelt_crate(name) {
        return Some(format!(
            "{name:?} is not a log target of Parlour (did you mean `{meant}`?)"
        ));
    }
    if level.is_empty() {
        return Some(format!(
            "{part:?} has no level (write `{part}trace` to log everything from this target)"
        ));
    }
    (!is_level(level)).then(|| match level_meant(level) {
        Some(meant) => format!("{level:?} is not a log level (did you mean `{meant}`?)"),
        None => format!("{level:?} is not a log level; {}", list_of_levels()),
    })
}

/// Describes the mistake in a part that has no `=` and is not a level.
fn describe_bare_word(word: &str) -> String {
    let is_target = word.contains(':') || word.contains('[') || CRATES.contains(&word);
    match level_meant(word).filter(|_| !is_target) {
        Some(meant) => format!("{word:?} is not a log level (did you mean `{meant}`?)"),
        None if is_target => {
            format!("{word:?} has no level (write `{word}=trace` to log everything from this target)")
        }
        None => format!(
            "{word:?} is not a log level; {}; if it is a target, add a level, as in `{word}=debug`",
            list_of_levels()
        ),
    }
}

fn is_level(text: &str) -> bool {
    !text.is_empty() && LevelFilter::from_str(text).is_ok()
}

fn is_level_off(text: &str) -> bool {
    LevelFilter::from_str(text).is_ok_and(|level| level == LevelFilter::OFF)
}

fn level_meant(written: &str) -> Option<&'static str> {
    let synonym = SYNONYMS
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(written));
    synonym
        .map(|(_, level)| *level)
        .or_else(|| closest(written, LEVELS.into_iter()))
}

/// Returns the crate of Parlour that was probably meant, or `None` if the target may be correct. A
/// filter also applies to all targets that start with its target. A game may have a crate named
/// like `parlour_sims`, so only long names are compared, and only a single wrong letter or `-`
/// instead of `_` counts as a typo.
fn misspelt_crate(name: &str) -> Option<&'static str> {
    if CRATES.iter().any(|known| known.starts_with(name)) {
        return None;
    }
    CRATES
        .into_iter()
        .filter(|known| known.len() >= "parlour_client".len())
        .find(|known| is_typo_of(name, known))
}

/// Returns whether two names differ by at most one substituted, added or missing letter. `-` counts
/// as `_`.
fn is_typo_of(name: &str, known: &str) -> bool {
    let name = name.replace('-', "_");
    let (long, short) = if name.len() >= known.len() {
        (name.as_str(), known)
    } else {
        (known, name.as_str())
    };
    let (long, short): (Vec<char>, Vec<char>) = (long.chars().collect(), short.chars().collect());
    let same = long.iter().zip(&short).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => long[same..].iter().skip(1).eq(short[same..].iter().skip(1)),
        1 => long[same + 1..] == short[same..],
        _ => false,
    }
}

fn list_of_levels() -> String {
    format!("valid levels are {}", LEVELS.join(", "))
}

//! File names of recordings and histories: start time, first tick, and why a history was written.

use std::path::{Path, PathBuf};

use crate::rfc3339;

/// Why a history is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A user requested it.
    Asked,
    /// A tick took far too long.
    Overrun,
    /// A tick panicked.
    Panic,
    /// The shadow reached a different state.
    Diverged,
}

impl Reason {
    /// All reasons, in the order of their discriminants.
    pub const ALL: [Self; 4] = [Self::Asked, Self::Overrun, Self::Panic, Self::Diverged];

    /// Returns the word in file names and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Overrun => "overrun",
            Self::Panic => "panic",
            Self::Diverged => "diverged",
        }
    }
}

/// The file of a world. Files sort by age: by start time, then by tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileName {
    /// The name of the world, which is the name of the directory. Empty for a file that is in no
    /// directory of a world.
    pub(super) world: String,
    /// The name in that directory.
    pub(super) name: String,
}

impl FileName {
    /// Returns the path, relative to the directory of all worlds.
    pub(super) fn relative(&self) -> PathBuf {
        Path::new(&self.world).join(&self.name)
    }

    fn key(&self) -> (&str, usize, &str, &str) {
        let (time, rest) = self.name.split_once("-t").unwrap_or((&self.name, ""));
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        (time, digits, rest, &self.world)
    }
}

impl Ord for FileName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for FileName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Returns the file name without suffixes, such as `20261121T140300Z-t12345`, followed by the
/// reason if there is one.
pub(super) fn stem(wall_ms: u64, tick: u32, reason: Option<Reason>) -> String {
    let mut time = rfc3339(wall_ms);
    // Drop the fraction of a second.
    time.truncate(time.find('.').unwrap_or(time.len()));
    time.retain(|letter| !matches!(letter, '-' | ':'));
    let reason = reason.map_or(String::new(), |reason| format!("-{}", reason.word()));
    format!("{time}Z-t{tick}{reason}")
}

/// Returns the reason in the name of a history, or `None` for a recording.
pub(super) fn reason_of(name: &str) -> Option<&str> {
    let word = name.strip_suffix(".plr")?.split('-').nth(2)?;
    word.starts_with(|letter: char| letter.is_ascii_alphabetic())
        .then_some(word)
}

/// Returns whether a name has the pattern of [`stem`]. Files with other names do not belong to the
/// recorder, and are never deleted.
pub(super) fn is_recording(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((time, rest)) = name.strip_suffix(".plr").and_then(|stem| stem.split_once("Z-t")) else {
        return false;
    };
    let dated = time
        .split_once('T')
        .is_some_and(|(date, time)| date.len() == 8 && time.len() == 6 && digits(date) && digits(time));
    let mut words = rest.split('-');
    let tick = words.next().is_some_and(digits);
    let mut rest = words.peekable();
    rest.next_if(|word| Reason::ALL.iter().any(|reason| reason.word() == *word));
    rest.next_if(|word| digits(word));
    dated && tick && rest.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_contain_the_time_and_the_reason() {
        assert_eq!(stem(1_795_269_780_999, 12345, None), "20261121T140300Z-t12345");
        assert_eq!(
            stem(u64::MAX, 1, Some(Reason::Panic)),
            "99991231T235959Z-t1-panic"
        );
    }

    #[test]
    fn only_names_of_the_pattern_are_recordings() {
        for reason in [None, Some(Reason::Asked), Some(Reason::Diverged)] {
            let stem = stem(1_795_269_780_999, 12345, reason);
            assert!(is_recording(&format!("{stem}.plr")), "{stem}");
            assert!(is_recording(&format!("{stem}-2.plr")), "{stem}");
            assert!(!is_recording(&format!("{stem}-2-2.plr")));
            assert!(!is_recording(&format!("kept-{stem}.plr")));
            assert!(!is_recording(&format!("{stem}.plr.gz")));
        }
        for other in [
            "",
            ".plr",
            "Z-t.plr",
            "20261121T140300Z-t1-mine.plr",
            "20261121T14030Z-t1.plr",
            "20261121T140300Z-t.plr",
        ] {
            assert!(!is_recording(other), "{other}");
        }
    }

    #[test]
    fn names_sort_by_age() {
        let mut names = [
            ("main", "20261121T140301Z-t1.plr"),
            ("main", "20261121T140300Z-t100.plr"),
            ("tag", "20261121T140300Z-t100.plr"),
            // Names of worlds do not count before the age, and may contain what separates a tick.
            ("a-t7", "20261121T140302Z-t1.plr"),
            ("tag", "20261121T140300Z-t99-asked.plr"),
        ]
        .map(|(world, name)| FileName {
            world: world.to_owned(),
            name: name.to_owned(),
        });
        names.sort();
        assert_eq!(
            names.map(|name| name.relative().display().to_string()),
            [
                "tag/20261121T140300Z-t99-asked.plr",
                "main/20261121T140300Z-t100.plr",
                "tag/20261121T140300Z-t100.plr",
                "main/20261121T140301Z-t1.plr",
                "a-t7/20261121T140302Z-t1.plr",
            ]
        );
    }
}

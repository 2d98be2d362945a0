//! A directory of recordings: names, and a bound on all of them together.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::Reason;
use crate::recording::rfc3339;

/// Files of the same second and tick; more is a clock that stands still.
const MAX_SAME: u32 = 100;

/// A directory of recordings. Several threads write into it, none of them the tick thread.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    max_bytes: u64,
    /// Names of the files that are being written: these are not deleted.
    writing: Mutex<BTreeSet<String>>,
}

impl Directory {
    pub(super) fn new(path: PathBuf, max_bytes: u64) -> Self {
        Self {
            path,
            max_bytes,
            writing: Mutex::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the directory, and finds out whether files can be made in it.
    pub(super) fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        let probe = self.path.join(format!(".parlour-{}", std::process::id()));
        File::create(&probe)?;
        fs::remove_file(&probe)
    }

    /// A new file for a recording that begins with that tick at that time (milliseconds since 1970), and its name. It is
    /// not deleted until [`Self::written`].
    pub(super) fn create(
        &self,
        wall_ms: u64,
        tick: u32,
        reason: Option<Reason>,
    ) -> io::Result<(File, String)> {
        fs::create_dir_all(&self.path)?;
        let stem = stem(wall_ms, tick, reason);
        for nth in 1..=MAX_SAME {
            let name = match nth {
                1 => format!("{stem}.plr"),
                nth => format!("{stem}-{nth}.plr"),
            };
            // Before it is made: another thread may be looking for files to delete.
            self.names().insert(name.clone());
            let made = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(self.path.join(&name));
            match made {
                Ok(file) => return Ok((file, name)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    self.written(&name);
                    return Err(error);
                }
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{stem}.plr and {MAX_SAME} more are there already"),
        ))
    }

    /// A file is finished, and may be deleted when there is too much.
    pub(super) fn written(&self, name: &str) {
        self.names().remove(name);
    }

    /// Deletes the oldest finished recordings until there is room for so many bytes more. Gives how many it deleted.
    pub(super) fn make_room(&self, bytes: u64) -> io::Result<u32> {
        // Held throughout, so that two threads do not both delete for the same bytes.
        let writing = self.names();
        let mut found = self.recordings()?;
        found.sort();
        let mut total: u64 = found.iter().map(|(_, bytes)| bytes).sum();
        let mut deleted = 0;
        for (name, size) in found {
            if total.saturating_add(bytes) <= self.max_bytes {
                break;
            }
            if writing.contains(&name.0) {
                continue;
            }
            fs::remove_file(self.path.join(&name.0))?;
            tracing::debug!(file = name.0, "deleted an old recording");
            total -= size;
            deleted += 1;
        }
        Ok(deleted)
    }

    fn recordings(&self) -> io::Result<Vec<(Name, u64)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            // One that is gone meanwhile takes no room.
            if let (true, Ok(about)) = (is_recording(&name), entry.metadata())
                && about.is_file()
            {
                found.push((Name(name), about.len()));
            }
        }
        Ok(found)
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sorted by age: by the time it begins with, then by tick.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name(String);

impl Name {
    fn key(&self) -> (&str, usize, &str) {
        let (time, rest) = self.0.split_once("-t").unwrap_or((&self.0, ""));
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        (time, digits, rest)
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// `20261121T140300Z-t12345`, and the reason.
fn stem(wall_ms: u64, tick: u32, reason: Option<Reason>) -> String {
    let mut time = rfc3339(wall_ms);
    // No fraction of a second.
    time.truncate(time.find('.').unwrap_or(time.len()));
    time.retain(|letter| !matches!(letter, '-' | ':'));
    let reason = reason.map_or(String::new(), |reason| format!("-{}", reason.word()));
    format!("{time}Z-t{tick}{reason}")
}

/// Whether [`stem`] makes such names. What has another name is somebody else's, and never deleted.
fn is_recording(name: &str) -> bool {
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
    fn names_tell_when_and_why() {
        assert_eq!(stem(1_795_269_780_999, 12345, None), "20261121T140300Z-t12345");
        assert_eq!(
            stem(u64::MAX, 1, Some(Reason::Panic)),
            "99991231T235959Z-t1-panic"
        );
    }

    #[test]
    fn only_names_of_that_pattern_are_recordings() {
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
    fn the_older_comes_first() {
        let mut names = [
            "20261121T140301Z-t1.plr",
            "20261121T140300Z-t100.plr",
            "20261121T140300Z-t99-asked.plr",
        ]
        .map(|name| Name(name.to_owned()));
        names.sort();
        assert_eq!(
            names.map(|name| name.0),
            [
                "20261121T140300Z-t99-asked.plr",
                "20261121T140300Z-t100.plr",
                "20261121T140301Z-t1.plr"
            ]
        );
    }
}

//! Which file is meant: a recording itself, or the one of a directory that holds a moment.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::{
    dump::LOOK_BACK,
    moment::{self, Moment, Placed},
};
use crate::recording::format::{Recording, Times};

/// Files of a directory that are looked at.
const MOST: usize = 10_000;
/// How long after a moment a recording may begin that is taken for it.
const SOON_MS: u64 = 60_000;

/// The file to replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// The files of the directory that go on from it, one after the other.
    pub next: Vec<PathBuf>,
    /// Whether it was chosen from a directory: then it is worth saying which it is.
    pub chosen: bool,
}

/// Why no file is meant.
#[derive(Debug, Error)]
pub enum FindError {
    /// The directory cannot be read.
    #[error("{}: cannot be read: {error}", .path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is nothing in it.
    #[error("{}: there is no recording (*.plr) in this directory", .0.display())]
    None(PathBuf),
    /// There are too many in it.
    #[error("{}: more than {MOST} recordings: name one of them", .0.display())]
    TooMany(PathBuf),
    /// None of them has that moment.
    #[error("{}: no recording has {what}. There are\n{list}", .path.display())]
    NoneHolds {
        /// The directory.
        path: PathBuf,
        /// The moment.
        what: String,
        /// What there is, a line each.
        list: String,
    },
}

/// How much of a run of the server is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent<'a> {
    /// From the file that holds the moment on.
    Onwards,
    /// From the file that holds this earlier moment on; without one, from ten seconds before the moment on.
    Back(Option<&'a Moment>),
    /// All of its files: what comes before the moment may be looked at later.
    Whole,
}

/// The file itself; of a directory the newest recording that holds the moment, or without one the first file of the newest
/// run of the server; and with it the files that go on from it. A time that none holds is that of the first one that
/// begins within a minute after it: `14:03` means 14:03:07, too. `+90s` counts from the beginning of a run and not of
/// each of its files.
///
/// # Errors
/// [`FindError`].
pub fn find(path: &Path, holding: Option<&Moment>, extent: Extent<'_>) -> Result<Found, FindError> {
    if !path.is_dir() {
        return Ok(Found {
            path: path.to_owned(),
            next: Vec::new(),
            chosen: false,
        });
    }
    let mut recordings = recordings(path)?;
    // The newest first; of two that began at once the one with the later name.
    recordings.sort_by(|a, b| (b.started_ms, &b.path).cmp(&(a.started_ms, &a.path)));
    let runs = Runs::of(&recordings);
    let holds = |one: &&One| match holding {
        None => true,
        Some(after @ Moment::After(_)) => {
            runs.before(one).is_none() && after.tick(&runs.times_from(one)).is_ok()
        }
        Some(moment) => moment.tick(&one.times).is_ok(),
    };
    let early = |one: &One| holding.and_then(|moment| moment.early_ms(&one.times));
    let soon = || {
        let begins = recordings
            .iter()
            .filter_map(|one| Some((early(one)?, one)))
            .filter(|(early, _)| *early < SOON_MS);
        begins.min_by_key(|(early, _)| *early).map(|(_, one)| one)
    };
    match recordings.iter().find(holds).or_else(soon) {
        Some(one) => {
            // All of a run of the server, unless a moment says where to begin.
            let one = match extent {
                Extent::Onwards if holding.is_some() => one,
                Extent::Back(from) if let Some(at) = holding => runs.reaching_back(one, at, from),
                _ => runs.beginning(one),
            };
            let next = runs.successors(one);
            Ok(Found {
                path: one.path.clone(),
                next: next.into_iter().map(|one| one.path.clone()).collect(),
                chosen: true,
            })
        }
        None if recordings.is_empty() => Err(FindError::None(path.to_owned())),
        None => Err(FindError::NoneHolds {
            path: path.to_owned(),
            what: holding.map(ToString::to_string).unwrap_or_default(),
            list: list(&recordings),
        }),
    }
}

/// Which file goes on from which. A search for each step took minutes in a directory of 1,000 files.
struct Runs<'a> {
    by_name: BTreeMap<&'a str, &'a One>,
    /// Each file by the name of the one that it goes on from. Of two the one that comes first in the list.
    by_previous: BTreeMap<&'a str, &'a One>,
}

impl<'a> Runs<'a> {
    fn of(recordings: &'a [One]) -> Self {
        let (mut by_name, mut by_previous) = (BTreeMap::new(), BTreeMap::new());
        for one in recordings {
            by_name.insert(one.name.as_str(), one);
            if let Some(previous) = &one.previous {
                by_previous.entry(previous.as_str()).or_insert(one);
            }
        }
        Self { by_name, by_previous }
    }

    /// The file that a recording goes on from, if it is there.
    fn before(&self, one: &One) -> Option<&'a One> {
        self.by_name.get(one.previous.as_deref()?).copied()
    }

    /// The first file of those that a recording goes on from, as far as they are there.
    fn beginning(&self, one: &'a One) -> &'a One {
        self.back_to(one, |_| false)
    }

    /// The file that holds the beginning of a look back from `at`, which `one` holds.
    fn reaching_back(&self, one: &'a One, at: &Moment, from: Option<&Moment>) -> &'a One {
        let at = at.tick(&one.times).ok();
        self.back_to(one, |one| match (from, one.times.range()) {
            // A distance counts from the beginning of the run.
            (_, None) | (Some(Moment::After(_)), _) => false,
            (Some(from), _) => !matches!(from.place(&one.times), Ok(Placed::Before)),
            (None, Some((first, _))) => at.is_none_or(|at| first.0 <= at.0.saturating_sub(LOOK_BACK)),
        })
    }

    /// The last file that is `enough`, going back from one to those before it; else the first of them.
    fn back_to(&self, mut one: &'a One, enough: impl Fn(&One) -> bool) -> &'a One {
        // Never more steps than there are files, whatever they say of each other.
        for _ in 0..self.by_name.len() {
            if enough(one) {
                break;
            }
            match self.before(one) {
                Some(before) => one = before,
                None => break,
            }
        }
        one
    }

    /// The files that go on from a recording, in order.
    fn successors(&self, mut one: &'a One) -> Vec<&'a One> {
        let mut next = Vec::new();
        for _ in 0..self.by_name.len() {
            match self.by_previous.get(one.name.as_str()) {
                Some(after) => one = after,
                None => break,
            }
            next.push(one);
        }
        next
    }

    /// When the ticks of a recording were, and those of the files that go on from it.
    fn times_from(&self, one: &'a One) -> Times {
        let mut times = one.times.clone();
        let next = self.successors(one);
        next.iter().for_each(|next| times.join(&next.times));
        times
    }
}

struct One {
    path: PathBuf,
    /// Its name, without the directory.
    name: String,
    /// The name of the file that it goes on from.
    previous: Option<String>,
    started_ms: u64,
    times: Times,
}

/// What can be opened in a directory. A file that cannot is passed over: it may be one that is just being begun.
fn recordings(path: &Path) -> Result<Vec<One>, FindError> {
    let failed = |error| FindError::Io {
        path: path.to_owned(),
        error,
    };
    let mut recordings = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        // Whatever else has that name: to open a pipe would wait for its writer.
        if file.extension().is_none_or(|extension| extension != "plr") || !file.is_file() {
            continue;
        }
        let Ok(recording) = Recording::open(&file) else {
            continue;
        };
        let name = file.file_name().unwrap_or_default();
        recordings.push(One {
            name: name.to_string_lossy().into_owned(),
            path: file,
            previous: recording
                .header()
                .previous
                .as_ref()
                .map(|previous| previous.file.clone()),
            started_ms: recording.started_ms(),
            times: recording.times(),
        });
        if recordings.len() > MOST {
            return Err(FindError::TooMany(path.to_owned()));
        }
    }
    Ok(recordings)
}

/// The newest of them, for an error.
fn list(recordings: &[One]) -> String {
    let line = |one: &One| {
        let ticks = one.times.range().map_or_else(String::new, |(first, last)| {
            format!("ticks {} to {}, ", first.0, last.0)
        });
        format!(
            "  {}: {ticks}{}",
            super::words::plain(&one.name),
            moment::span(&one.times)
        )
    };
    let mut lines: Vec<String> = recordings.iter().take(20).map(line).collect();
    if recordings.len() > lines.len() {
        let older = match recordings.len() - lines.len() {
            1 => "an older one".to_owned(),
            older => format!("{older} older ones"),
        };
        lines.push(format!("  and {older}"));
    }
    lines.join("\n")
}

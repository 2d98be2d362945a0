//! Which file is meant: a recording itself, or the one of a directory that holds a moment.

mod listing;
mod other_files;

use std::{
    collections::BTreeMap,
    io, iter,
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::{
    dump::LOOK_BACK,
    moment::{Moment, Placed},
};
use crate::format::{OpenError, Times};
use listing::{ListedFile, Listing, list, look};
pub use other_files::OtherFiles;

/// Files of a directory that are looked at.
const MOST: usize = 10_000;
/// How long after a moment a recording may begin that is taken for it.
const SOON_MS: u64 = 60_000;

/// The file to replay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChosenFiles {
    /// The file.
    pub path: PathBuf,
    /// The files of the directory that go on from it, one after the other.
    pub next: Vec<PathBuf>,
    /// Whether it was chosen from a directory: then it is worth saying which it is.
    pub chosen: bool,
    /// Whether it is a history, chosen because the directory has no recording.
    pub is_history: bool,
    /// What else the directory has.
    pub others: OtherFiles,
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
    /// There are histories in it, and no recording that can be opened. A history does not stand in for this one.
    #[error("{}: {error}. There are histories beside it: give the file to replay one", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why it cannot be opened.
        error: OpenError,
    },
    /// There are too many in it.
    #[error("{}: more than {MOST} recordings: name one of them", .0.display())]
    TooMany(PathBuf),
    /// None of them has that moment.
    #[error("{}: no {kind} has {what}. There are\n{list}{}", .path.display(), in_history(history.as_deref()))]
    NoneHolds {
        /// What was looked at: `recording`, or `history` where there is no recording.
        kind: &'static str,
        /// The directory.
        path: PathBuf,
        /// The moment.
        what: String,
        /// What there is, a line each.
        list: String,
        /// The newest history that has it. Where there is a recording, a history is not taken by itself.
        history: Option<PathBuf>,
    },
}

fn in_history(history: Option<&Path>) -> String {
    history.map_or_else(String::new, |path| {
        format!(
            "\nA history has it: give {} in place of the directory",
            path.display()
        )
    })
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
/// begins within a minute after it: `14:03` also means 14:03:07. `+90s` counts from the beginning of a run and not of
/// each of its files. Histories are passed over as long as there is a recording; where there is none, they are chosen from
/// in the same way.
///
/// # Errors
/// [`FindError`].
pub fn find(path: &Path, holding: Option<&Moment>, extent: Extent<'_>) -> Result<ChosenFiles, FindError> {
    if !path.is_dir() {
        return Ok(ChosenFiles {
            path: path.to_owned(),
            ..ChosenFiles::default()
        });
    }
    let mut listing = look(path)?;
    let is_history = listing.recordings.is_empty();
    // What cannot be opened may be the recording that is meant.
    if is_history
        && !listing.histories.is_empty()
        && let Some((path, error)) = listing.first_unreadable.take()
    {
        return Err(FindError::Unreadable { path, error });
    }
    let files = match is_history {
        true => &listing.histories,
        false => &listing.recordings,
    };
    let runs = Runs::of(files);
    let holds = |one: &&ListedFile| match holding {
        None => true,
        Some(after @ Moment::After(_)) => {
            runs.before(one).is_none() && after.tick(&runs.times_from(one)).is_ok()
        }
        Some(moment) => moment.tick(&one.times).is_ok(),
    };
    let early = |one: &ListedFile| holding.and_then(|moment| moment.early_ms(&one.times));
    let soon = || {
        let begins = files
            .iter()
            .filter_map(|one| Some((early(one)?, one)))
            .filter(|(early, _)| *early < SOON_MS);
        begins.min_by_key(|(early, _)| *early).map(|(_, one)| one)
    };
    let Some(one) = files.iter().find(holds).or_else(soon) else {
        if files.is_empty() {
            return Err(FindError::None(path.to_owned()));
        }
        let has_it = |one: &&ListedFile| holding.is_some_and(|moment| moment.tick(&one.times).is_ok());
        let history = listing.histories.iter().find(has_it);
        return Err(FindError::NoneHolds {
            kind: if is_history { "history" } else { "recording" },
            path: path.to_owned(),
            what: holding.map(ToString::to_string).unwrap_or_default(),
            list: list(files),
            history: history.filter(|_| !is_history).map(|one| one.path.clone()),
        });
    };
    // All of a run of the server, unless a moment says where to begin.
    let one = match extent {
        Extent::Onwards if holding.is_some() => one,
        Extent::Back(from) if let Some(at) = holding => runs.reaching_back(one, at, from),
        _ => runs.beginning(one),
    };
    Ok(ChosenFiles {
        path: one.path.clone(),
        next: runs.after(one).map(|one| one.path.clone()).collect(),
        chosen: true,
        is_history,
        others: others(&listing, &runs, one),
    })
}

/// What is not taken beside a file and those that go on from it.
fn others<'a>(listing: &'a Listing, runs: &Runs<'a>, one: &'a ListedFile) -> OtherFiles {
    let unreadable = listing.unreadable;
    if listing.recordings.is_empty() {
        return OtherFiles {
            histories: listing.histories.len() - 1,
            unreadable,
            ..OtherFiles::default()
        };
    }
    let beginnings = listing.recordings.iter().filter(|one| runs.before(one).is_none());
    OtherFiles {
        earlier: runs.back(one).skip(1).count(),
        runs: beginnings.count().saturating_sub(1),
        histories: listing.histories.len(),
        unreadable,
    }
}

/// Which file goes on from which. A search for each step took minutes in a directory of 1,000 files.
struct Runs<'a> {
    by_name: BTreeMap<&'a str, &'a ListedFile>,
    /// Each file by the name of the one that it goes on from. Of two the one that comes first in the list.
    by_previous: BTreeMap<&'a str, &'a ListedFile>,
}

impl<'a> Runs<'a> {
    fn of(recordings: &'a [ListedFile]) -> Self {
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
    fn before(&self, one: &ListedFile) -> Option<&'a ListedFile> {
        self.by_name.get(one.previous.as_deref()?).copied()
    }

    /// A file, and those that it goes on from, as far as they are there: the latest first. Never more than there are
    /// files, whatever they say of each other.
    fn back(&self, one: &'a ListedFile) -> impl Iterator<Item = &'a ListedFile> {
        iter::successors(Some(one), |one| self.before(one)).take(self.by_name.len())
    }

    /// The first of them.
    fn beginning(&self, one: &'a ListedFile) -> &'a ListedFile {
        self.back(one).last().unwrap_or(one)
    }

    /// The file that holds the beginning of a look back from `at`, which `one` holds.
    fn reaching_back(&self, one: &'a ListedFile, at: &Moment, from: Option<&Moment>) -> &'a ListedFile {
        let at = at.tick(&one.times).ok();
        let is_enough = |one: &&ListedFile| match (from, one.times.range()) {
            // A distance counts from the beginning of the run.
            (_, None) | (Some(Moment::After(_)), _) => false,
            (Some(from), _) => !matches!(from.place(&one.times), Ok(Placed::Before)),
            (None, Some((first, _))) => at.is_none_or(|at| first.0 <= at.0.saturating_sub(LOOK_BACK)),
        };
        let enough = self.back(one).find(is_enough);
        enough.unwrap_or_else(|| self.beginning(one))
    }

    /// The files that go on from a recording, in order.
    fn after(&self, one: &'a ListedFile) -> impl Iterator<Item = &'a ListedFile> {
        let after = |one: &ListedFile| self.by_previous.get(one.name.as_str()).copied();
        iter::successors(after(one), move |one| after(one)).take(self.by_name.len())
    }

    /// When the ticks of a recording were, and those of the files that go on from it.
    fn times_from(&self, one: &'a ListedFile) -> Times {
        let mut times = one.times.clone();
        self.after(one).for_each(|next| times.join(&next.times));
        times
    }
}

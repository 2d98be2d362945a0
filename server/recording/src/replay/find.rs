//! Finds the file to replay: the given file, or the one in a directory that has a moment.

mod listing;
mod other_files;

use std::{
    collections::BTreeMap,
    fmt, io, iter,
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::{
    dump::LOOK_BACK,
    moment::{Moment, MomentPosition},
};
use crate::format::{OpenError, Times};
use listing::{ListedFile, Listing, list, look};
pub use other_files::OtherFiles;

/// The maximum number of files in a directory.
const MOST: usize = 10_000;
/// A recording that starts at most this long after a moment is taken for it.
const SOON_MS: u64 = 60_000;

/// The file to replay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChosenFiles {
    /// The file.
    pub path: PathBuf,
    /// The files of the directory that continue it, in order.
    pub next: Vec<PathBuf>,
    /// Whether it was chosen from a directory. The user is then shown the choice.
    pub chosen: bool,
    /// Whether it is a history, chosen because the directory has no recordings.
    pub is_history: bool,
    /// The other files of the directory.
    pub others: OtherFiles,
}

/// Why no file was found.
#[derive(Error)]
pub enum FindError {
    /// The directory cannot be read.
    #[error("{}: cannot be read: {error}", .path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It has no recordings.
    #[error("{}: there is no recording (*.plr) in this directory", .0.display())]
    None(PathBuf),
    /// It has histories and a recording that cannot be opened. A history is not used instead of
    /// that.
    #[error("{}: {error}. The directory also has histories: give the file to replay one", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why it cannot be opened.
        error: OpenError,
    },
    /// It has too many recordings.
    #[error("{}: more than {MOST} recordings: name one of them", .0.display())]
    TooMany(PathBuf),
    /// No file has that moment.
    #[error("{}: no {kind} has {what}. There are\n{list}{}", .path.display(), in_history(history.as_deref()))]
    NoneContains {
        /// `recording`, or `history` if there are no recordings.
        kind: &'static str,
        /// The directory.
        path: PathBuf,
        /// The moment.
        what: String,
        /// The files that were checked, one per line.
        list: String,
        /// The newest history that has it. If there are recordings, a history is not chosen
        /// automatically.
        history: Option<PathBuf>,
    },
}

/// The text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn in_history(history: Option<&Path>) -> String {
    history.map_or_else(String::new, |path| {
        format!(
            "\nA history has it: give {} in place of the directory",
            path.display()
        )
    })
}

/// How much of a run of the server to replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent<'a> {
    /// Starts with the file that has the moment.
    Onwards,
    /// Starts with the file that has this earlier moment. `None`: the one with the ten seconds
    /// before the moment.
    Back(Option<&'a Moment>),
    /// Starts with the first file, so that anything before the moment can be shown later.
    Whole,
}

/// Returns the file to replay and the files that continue it.
///
/// If `path` is a file, it is that one. In a directory, it is the newest recording that has the
/// moment, or without a moment the first file of the newest run of the server. If no recording has
/// a time, it is the first one that starts within a minute after it: `14:03` also means 14:03:07.
/// `+90s` counts from the start of a run, not of each of its files. Histories are used only if
/// there are no recordings, and are then chosen in the same way.
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
    // The file that cannot be opened may be the right recording.
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
        return Err(FindError::NoneContains {
            kind: if is_history { "history" } else { "recording" },
            path: path.to_owned(),
            what: holding.map(ToString::to_string).unwrap_or_default(),
            list: list(files),
            history: history.filter(|_| !is_history).map(|one| one.path.clone()),
        });
    };
    // The whole run of the server, unless a moment says where to start.
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

/// Counts the files other than the chosen one and those that continue it.
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

/// Which file continues which. Without it, searching for each step took minutes in a directory of
/// 1,000 files.
struct Runs<'a> {
    by_name: BTreeMap<&'a str, &'a ListedFile>,
    /// Each file by the name of the one it continues. If two continue the same one, the first in
    /// the list.
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

    /// Returns the file that a recording continues, if it exists.
    fn before(&self, one: &ListedFile) -> Option<&'a ListedFile> {
        self.by_name.get(one.previous.as_deref()?).copied()
    }

    /// Returns a file and the ones that it continues, the latest first. At most as many as there
    /// are files, even if files continue each other in a cycle.
    fn back(&self, one: &'a ListedFile) -> impl Iterator<Item = &'a ListedFile> {
        iter::successors(Some(one), |one| self.before(one)).take(self.by_name.len())
    }

    /// Returns the first file of a run.
    fn beginning(&self, one: &'a ListedFile) -> &'a ListedFile {
        self.back(one).last().unwrap_or(one)
    }

    /// Returns the file with the start of a look back from `at`, which `one` has.
    fn reaching_back(&self, one: &'a ListedFile, at: &Moment, from: Option<&Moment>) -> &'a ListedFile {
        let at = at.tick(&one.times).ok();
        let is_enough = |one: &&ListedFile| match (from, one.times.range()) {
            // A duration counts from the start of the run.
            (_, None) | (Some(Moment::After(_)), _) => false,
            (Some(from), _) => !matches!(from.place(&one.times), Ok(MomentPosition::Before)),
            (None, Some((first, _))) => at.is_none_or(|at| first.0 <= at.0.saturating_sub(LOOK_BACK)),
        };
        let enough = self.back(one).find(is_enough);
        enough.unwrap_or_else(|| self.beginning(one))
    }

    /// Returns the files that continue a recording, in order.
    fn after(&self, one: &'a ListedFile) -> impl Iterator<Item = &'a ListedFile> {
        let after = |one: &ListedFile| self.by_previous.get(one.name.as_str()).copied();
        iter::successors(after(one), move |one| after(one)).take(self.by_name.len())
    }

    /// Returns the times of the ticks of a recording and of the files that continue it.
    fn times_from(&self, one: &'a ListedFile) -> Times {
        let mut times = one.times.clone();
        self.after(one).for_each(|next| times.join(&next.times));
        times
    }
}

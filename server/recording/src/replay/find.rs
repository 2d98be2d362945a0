//! Finds the file to replay: the given file, or the one in a directory that contains a moment.

mod listing;
mod other_files;
mod runs;

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::moment::Moment;
use crate::format::{Ending, OpenError, Times};
use listing::{ListedFile, Listing, describe, list_directory};
pub use other_files::OtherFiles;
use runs::Runs;

/// The maximum number of recordings in a directory, and of worlds in that of a node.
pub(super) const MAX_RECORDINGS: usize = 10_000;
/// If no recording contains a moment, one that starts at most this long after it is used instead.
pub(super) const SOON_MS: u64 = 60_000;

/// The files to replay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChosenFiles {
    /// The first file.
    pub path: PathBuf,
    /// The files of the directory that continue it, in order.
    pub next: Vec<PathBuf>,
    /// Whether the first file was chosen from a directory. The user is then shown the choice.
    pub from_directory: bool,
    /// Whether the first file is a history, chosen because the directory has no recordings.
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
    /// The directory contains no recordings.
    #[error("{}: contains no recording (*.plr)", .0.display())]
    None(PathBuf),
    /// It has histories and a recording that cannot be opened. A history is not used instead of
    /// that.
    #[error("{}: {error}. The directory also has histories: name a file to replay it", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why it cannot be opened.
        error: OpenError,
    },
    /// The directory contains the saved worlds of a server, and no recordings.
    #[error(
        "{}: contains saved worlds, which have no ticks. Name the file of one of them, with --dump rooms or --dump \
         players:\n{list}", .path.display()
    )]
    SavedWorlds {
        /// The directory.
        path: PathBuf,
        /// The files, one per line.
        list: String,
    },
    /// The directory contains too many recordings.
    #[error("{}: contains more than {MAX_RECORDINGS} recordings: pass the path of one of them", .0.display())]
    TooMany(PathBuf),
    /// The directory contains too many worlds.
    #[error("{}: contains more than {MAX_RECORDINGS} worlds: pass the path of one of them", .0.display())]
    TooManyWorlds(PathBuf),
    /// No file contains the moment.
    #[error("{}: no {kind} contains {what}. The directory contains:\n{list}{}", .path.display(), in_history(history.as_deref()))]
    MomentNotFound {
        /// `recording`, or `history` if there are no recordings.
        kind: &'static str,
        /// The directory.
        path: PathBuf,
        /// The moment.
        what: String,
        /// The files that were checked, one per line.
        list: String,
        /// The newest history that contains the moment. If there are recordings, a history is not
        /// chosen automatically.
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
            "\nA history contains it: pass {} instead of the directory",
            path.display()
        )
    })
}

/// Which part of a run of the server to replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent<'a> {
    /// Starts with the file that contains the moment.
    Onwards,
    /// Starts with the file that contains this earlier moment or, if `None`, the tick ten seconds
    /// before the moment.
    Back(Option<&'a Moment>),
    /// Starts with the first file, so that anything before the moment can be shown later.
    Whole,
}

/// Returns the file to replay and the files that continue it.
///
/// If `path` is a file, returns that file. If it is a directory, returns the newest recording that
/// contains the moment or, without a moment, the first file of the newest run of the server. If no
/// recording contains a given time, returns the one that starts first within the minute after it:
/// so `14:03` finds a recording that starts at 14:03:07.
///
/// `+90s` counts from the start of a run, not of each of its files. Histories are used only if
/// there are no recordings, and are then chosen in the same way.
///
/// # Errors
/// [`FindError`].
pub fn find(path: &Path, moment: Option<&Moment>, extent: Extent<'_>) -> Result<ChosenFiles, FindError> {
    if !path.is_dir() {
        return Ok(ChosenFiles {
            path: path.to_owned(),
            ..ChosenFiles::default()
        });
    }
    let mut listing = list_directory(path)?;
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
    if files.len() > 1 && files.iter().all(|file| file.is_saved_world) {
        let (path, list) = (path.to_owned(), describe(files));
        return Err(FindError::SavedWorlds { path, list });
    }
    let runs = Runs::of(files);
    let contains_moment = |file: &&ListedFile| match moment {
        None => true,
        Some(after @ Moment::After(_)) => {
            runs.before(file).is_none() && after.tick(&runs.times_from(file)).is_ok()
        }
        Some(moment) => moment.tick(&file.times).is_ok(),
    };
    let early = |file: &ListedFile| moment.and_then(|moment| moment.early_ms(&file.times));
    let soon = || {
        let begins = files
            .iter()
            .filter_map(|file| Some((early(file)?, file)))
            .filter(|(early, _)| *early < SOON_MS);
        begins.min_by_key(|(early, _)| *early).map(|(_, file)| file)
    };
    let Some(found) = files.iter().find(contains_moment).or_else(soon) else {
        if files.is_empty() {
            return Err(FindError::None(path.to_owned()));
        }
        let contains_it = |file: &&ListedFile| moment.is_some_and(|moment| moment.tick(&file.times).is_ok());
        let history = listing.histories.iter().find(contains_it);
        return Err(FindError::MomentNotFound {
            kind: if is_history { "history" } else { "recording" },
            path: path.to_owned(),
            what: moment.map(ToString::to_string).unwrap_or_default(),
            list: describe(files),
            history: history.filter(|_| !is_history).map(|file| file.path.clone()),
        });
    };
    // The whole run of the server, unless a moment says where to start.
    let first = match extent {
        Extent::Onwards if moment.is_some() => found,
        Extent::Back(from) if let Some(at) = moment => runs.start_of_look_back(found, at, from),
        _ => runs.beginning(found),
    };
    Ok(ChosenFiles {
        path: first.path.clone(),
        next: runs.after(first).map(|file| file.path.clone()).collect(),
        from_directory: true,
        is_history,
        others: others(&listing, &runs, first),
    })
}

/// Counts the files other than the chosen one and those that continue it.
fn others<'a>(listing: &'a Listing, runs: &Runs<'a>, first: &'a ListedFile) -> OtherFiles {
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
        earlier: runs.back(first).skip(1).count(),
        runs: beginnings.count().saturating_sub(1),
        histories: listing.histories.len(),
        unreadable,
    }
}

/// One run of a world: a file and the files that continue it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFiles {
    /// Never empty, in order.
    pub files: Vec<PathBuf>,
    /// The times of all ticks.
    pub times: Times,
    /// The size of all files, in bytes.
    pub bytes: u64,
    /// How the last file ends.
    pub ending: Ending,
    /// The names of the maps in the header of the first file.
    pub maps: Vec<String>,
    /// The names of the room types in that header, sorted.
    pub room_types: Vec<String>,
}

/// All runs of a directory.
#[derive(Debug, Default)]
pub(super) struct DirectoryRuns {
    /// Oldest first. If there are no recordings, only the newest history.
    pub(super) runs: Vec<RunFiles>,
    /// The number of histories.
    pub(super) histories: usize,
    /// The number of files named `*.plr` that cannot be opened.
    pub(super) unreadable: usize,
}

/// Returns all runs of a directory.
pub(super) fn list_runs(path: &Path) -> Result<DirectoryRuns, FindError> {
    let listing = list_directory(path)?;
    let histories = &listing.histories[..listing.histories.len().min(1)];
    let files = match listing.recordings.is_empty() {
        true => histories,
        false => &listing.recordings,
    };
    let by_name = Runs::of(files);
    let beginnings = files.iter().rev().filter(|file| by_name.before(file).is_none());
    let runs = beginnings.map(|first| {
        let next = || by_name.after(first);
        RunFiles {
            files: std::iter::once(first)
                .chain(next())
                .map(|file| file.path.clone())
                .collect(),
            times: by_name.times_from(first),
            bytes: first.bytes + next().map(|file| file.bytes).sum::<u64>(),
            ending: next().last().unwrap_or(first).ending.clone(),
            maps: first.maps.clone(),
            room_types: first.room_types.clone(),
        }
    });
    Ok(DirectoryRuns {
        runs: runs.collect(),
        histories: listing.histories.len(),
        unreadable: listing.unreadable,
    })
}

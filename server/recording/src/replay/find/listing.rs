//! The files of a directory: recordings, histories, and their age.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{FindError, MOST};
use crate::{
    format::{OpenError, Recording, Times},
    replay::{moment, words},
};

/// A file of a directory.
pub(super) struct ListedFile {
    pub(super) path: PathBuf,
    /// Its name, without the directory.
    pub(super) name: String,
    /// The name of the file that it continues.
    pub(super) previous: Option<String>,
    pub(super) started_ms: u64,
    pub(super) times: Times,
}

impl ListedFile {
    /// Sorts by age. If two start at the same time, as histories of one run do, the older is the
    /// one that ends earlier.
    fn age(&self) -> (u64, u64, &Path) {
        let ended_ms = self.times.range().map_or(0, |(_, last)| self.times.at(last));
        (self.started_ms, ended_ms, &self.path)
    }
}

/// The files of a directory.
#[derive(Default)]
pub(super) struct Listing {
    /// Newest first.
    pub(super) recordings: Vec<ListedFile>,
    /// Newest first.
    pub(super) histories: Vec<ListedFile>,
    /// Number of files with such a name that cannot be opened. One may be starting just now.
    pub(super) unreadable: usize,
    /// The first of them, and why.
    pub(super) first_unreadable: Option<(PathBuf, OpenError)>,
}

/// Opens all files of a directory that may be recordings.
pub(super) fn look(path: &Path) -> Result<Listing, FindError> {
    let failed = |error| FindError::Io {
        path: path.to_owned(),
        error,
    };
    let mut listing = Listing::default();
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        // Regular files only: opening a pipe would block.
        if file.extension().is_none_or(|extension| extension != "plr") || !file.is_file() {
            continue;
        }
        let recording = match Recording::open(&file) {
            Ok(recording) => recording,
            Err(error) => {
                listing.unreadable += 1;
                listing.first_unreadable.get_or_insert((file, error));
                continue;
            }
        };
        let name = file.file_name().unwrap_or_default();
        let one = ListedFile {
            name: name.to_string_lossy().into_owned(),
            path: file,
            previous: recording
                .header()
                .previous
                .as_ref()
                .map(|previous| previous.file.clone()),
            started_ms: recording.started_ms(),
            times: recording.times(),
        };
        match recording.is_history() {
            true => listing.histories.push(one),
            false => listing.recordings.push(one),
        }
        if listing.recordings.len() + listing.histories.len() > MOST {
            return Err(FindError::TooMany(path.to_owned()));
        }
    }
    for files in [&mut listing.recordings, &mut listing.histories] {
        files.sort_by(|a, b| b.age().cmp(&a.age()));
    }
    Ok(listing)
}

/// Lists the newest of them, for an error.
pub(super) fn list(recordings: &[ListedFile]) -> String {
    let line = |one: &ListedFile| {
        let ticks = one.times.range().map_or_else(String::new, |(first, last)| {
            format!("ticks {} to {}, ", first.0, last.0)
        });
        format!(
            "  {}: {ticks}{}",
            words::plain(&one.name),
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

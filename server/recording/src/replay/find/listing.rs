//! Lists the recordings and histories of a directory, sorted by age.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{FindError, MAX_RECORDINGS};
use crate::{
    format::{Ending, OpenError, Recording, Times},
    replay::{display, moment},
};

/// A file of a directory.
pub(super) struct ListedFile {
    pub(super) path: PathBuf,
    /// The file name, without the directory.
    pub(super) name: String,
    /// The name of the file that this one continues.
    pub(super) previous: Option<String>,
    pub(super) started_ms: u64,
    pub(super) times: Times,
    /// Whether the file has a saved world and no ticks, as the server saves worlds at a stop.
    pub(super) is_saved_world: bool,
    /// The size of the file.
    pub(super) bytes: u64,
    pub(super) ending: Ending,
    /// The names of the recorded maps.
    pub(super) maps: Vec<String>,
    pub(super) room_types: Vec<String>,
}

impl ListedFile {
    /// Returns the sort key for the age. If two files start at the same time, as histories of one
    /// run do, the one that ends earlier is older.
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
    /// Number of files named `*.plr` that cannot be opened. The server may be starting one just
    /// now.
    pub(super) unreadable: usize,
    /// The first unreadable file, and why it cannot be opened.
    pub(super) first_unreadable: Option<(PathBuf, OpenError)>,
}

/// Opens all files of a directory that may be recordings.
pub(super) fn list_directory(path: &Path) -> Result<Listing, FindError> {
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
        let listed = ListedFile {
            name: name.to_string_lossy().into_owned(),
            path: file,
            previous: recording
                .header()
                .previous
                .as_ref()
                .map(|previous| previous.file.clone()),
            started_ms: recording.started_ms(),
            is_saved_world: recording.times().range().is_none() && recording.keyframes().next().is_some(),
            times: recording.times(),
            bytes: recording.bytes(),
            ending: recording.ending().clone(),
            maps: recording
                .header()
                .maps
                .iter()
                .map(|map| map.name.clone())
                .collect(),
            room_types: recording.header().type_names(),
        };
        match recording.is_history() {
            true => listing.histories.push(listed),
            false => listing.recordings.push(listed),
        }
        if listing.recordings.len() + listing.histories.len() > MAX_RECORDINGS {
            return Err(FindError::TooMany(path.to_owned()));
        }
    }
    for files in [&mut listing.recordings, &mut listing.histories] {
        files.sort_by(|a, b| b.age().cmp(&a.age()));
    }
    Ok(listing)
}

/// Describes the 20 newest files, one per line, for an error.
pub(super) fn describe(recordings: &[ListedFile]) -> String {
    let line = |file: &ListedFile| {
        let ticks = file.times.range().map_or_else(String::new, |(first, last)| {
            format!("ticks {} to {}, ", first.0, last.0)
        });
        format!(
            "  {}: {ticks}{}",
            display::plain(&file.name),
            moment::span(&file.times)
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

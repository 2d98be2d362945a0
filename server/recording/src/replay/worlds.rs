//! The recordings of a node: a directory with one directory per world. Everything here finds the
//! worlds that are meant, and then uses the same tools as for a single recording. Worlds have their
//! own ticks, so moments are times here.

mod absent;
mod dump;
mod error;
mod follow;
mod list;
mod presences;
mod time_span;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use parlour_shared::map::Map;

use super::{
    FindError, Logics, Replay, ReplayError, RunFiles,
    display::plain,
    find::{MAX_RECORDINGS, list_runs},
    moment,
};
pub use dump::WorldsDump;
pub use error::WorldsError;
pub use follow::{Trail, WorldLine};
pub use list::{LIST_COLUMNS, WorldSummary};
pub use presences::WorldPresence;
pub use time_span::{TimeSpan, WorldWindow};

/// The maximum number of worlds that an error lists, and of runs of a world.
const LISTED: usize = 20;

/// A directory that may be the recordings of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldDirectory {
    /// The name of the world, which is the name of the directory.
    pub name: String,
    /// The directory.
    pub path: PathBuf,
}

/// The recorded worlds of a node, and what is needed to run them.
pub struct Worlds {
    path: PathBuf,
    worlds: Vec<RecordedWorld>,
    maps: Vec<Arc<Map>>,
    logics: Logics,
}

/// The recordings of one world.
#[derive(Debug)]
pub struct RecordedWorld {
    /// The world's name.
    pub name: String,
    /// Its directory.
    pub path: PathBuf,
    /// Its runs, oldest first. A world that panicked and was restored has several.
    pub runs: Vec<RunFiles>,
    /// The number of histories.
    pub histories: usize,
    /// The number of files named `*.plr` that cannot be opened.
    pub unreadable: usize,
}

/// Returns the directories in a directory that contain files named `*.plr`, sorted by name: `tag-2`
/// is before `tag-10`. Returns none if the path is not a directory.
///
/// # Errors
/// [`FindError`] if the directory cannot be read, or contains too many.
pub fn world_directories(path: &Path) -> Result<Vec<WorldDirectory>, FindError> {
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |error| FindError::Io {
        path: path.to_owned(),
        error,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let directory = entry.map_err(failed)?.path();
        if !directory.is_dir() || !has_recordings(&directory) {
            continue;
        }
        let name = directory.file_name().unwrap_or_default();
        found.push(WorldDirectory {
            name: name.to_string_lossy().into_owned(),
            path: directory,
        });
        if found.len() > MAX_RECORDINGS {
            return Err(FindError::TooManyWorlds(path.to_owned()));
        }
    }
    found.sort_by(|a, b| sort_key(&a.name).cmp(&sort_key(&b.name)));
    Ok(found)
}

/// Returns whether a directory contains files named `*.plr`. A directory that cannot be read has
/// none.
#[must_use]
pub fn has_recordings(directory: &Path) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths = entries.map(|entry| entry.path());
    paths.any(|path| path.extension().is_some_and(|extension| extension == "plr") && path.is_file())
}

/// Splits a name into the text and the number at its end.
fn sort_key(name: &str) -> (&str, u64, &str) {
    let text = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    (text, name[text.len()..].parse().unwrap_or(0), name)
}

impl Worlds {
    /// Opens the headers of all recordings of a node. `maps` are the available maps, `logics` is
    /// the game logic of the server that recorded.
    ///
    /// # Errors
    /// [`FindError`] if a directory cannot be read or has too many files. A file that cannot be
    /// opened is only counted.
    pub fn open(
        path: &Path,
        directories: Vec<WorldDirectory>,
        maps: Vec<Arc<Map>>,
        logics: impl Into<Logics>,
    ) -> Result<Self, FindError> {
        let open = |WorldDirectory { name, path }: WorldDirectory| {
            let listed = list_runs(&path)?;
            Ok(RecordedWorld {
                name,
                path,
                runs: listed.runs,
                histories: listed.histories,
                unreadable: listed.unreadable,
            })
        };
        Ok(Self {
            path: path.to_owned(),
            worlds: directories.into_iter().map(open).collect::<Result<_, _>>()?,
            maps,
            logics: logics.into(),
        })
    }

    /// Returns the directory of the node.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the worlds, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &RecordedWorld> {
        self.worlds.iter()
    }

    /// Opens a run of a world as one recording.
    ///
    /// # Errors
    /// [`ReplayError`], like [`Replay::open`] and [`Replay::append`].
    pub fn replay(&self, run: &RunFiles) -> Result<Replay, ReplayError> {
        let mut replay = Replay::open(&run.files[0], &self.maps, self.logics.clone())?;
        run.files[1..].iter().try_for_each(|file| replay.append(file))?;
        Ok(replay)
    }

    /// Describes the first 20 worlds and their times, one per line, for an error.
    #[must_use]
    pub fn describe(&self) -> String {
        let line = |world: &RecordedWorld| format!("  {}: {}", plain(&world.name), world.describe());
        let mut lines: Vec<String> = self.worlds.iter().take(LISTED).map(line).collect();
        if let Some(more) = self.worlds.len().checked_sub(LISTED).filter(|more| *more > 0) {
            lines.push(format!("  and {more} more"));
        }
        lines.join("\n")
    }
}

impl RecordedWorld {
    /// Returns the runs without ticks. The server stopped before the first tick was written.
    pub fn runs_without_ticks(&self) -> impl Iterator<Item = &RunFiles> {
        self.runs.iter().filter(|run| run.times.range().is_none())
    }

    /// Describes the times of its runs: of several, one per line.
    fn describe(&self) -> String {
        match &self.runs[..] {
            [] => "no file can be read".to_owned(),
            [run] => moment::span(&run.times),
            runs => {
                let earlier = runs.len().saturating_sub(LISTED);
                let mut lines = vec![format!("{} runs", runs.len())];
                if earlier > 0 {
                    lines.push(format!("{earlier} earlier"));
                }
                lines.extend(runs[earlier..].iter().map(|run| moment::span(&run.times)));
                lines.join("\n    ")
            }
        }
    }
}

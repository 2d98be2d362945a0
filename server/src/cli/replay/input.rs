//! The input of every kind of replay: the recording, its maps and the window.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::ArgMatches;
use parlour_recording::replay::{
    ChosenFiles, Extent, FindError, Logics, Moment, Replay, ShowError, Window, display, dump::DumpTable, find,
};
use parlour_shared::map::Map;

use super::{
    super::{exit::Exit, output, program::Program},
    command_to_copy::command_to_copy,
};
use crate::config::Config;

/// What is needed to run recordings.
pub(super) struct Needs {
    /// The available maps.
    pub(super) maps: Vec<Arc<Map>>,
    /// The game logic of each room type.
    pub(super) logics: Logics,
}

impl Needs {
    pub(super) fn of(program: &Program, config: &Config) -> Result<Self, Exit> {
        let options = program.options(&config.settings, Vec::new(), Vec::new());
        Ok(Self {
            maps: program.recorded_maps(config)?,
            logics: options.logics(),
        })
    }
}

/// Finds the files to replay. If they were chosen from a directory, a line on standard error
/// describes the choice and counts the other files.
pub(super) fn find_files(
    program: &Program,
    path: &Path,
    moment: Option<&Moment>,
    extent: Extent<'_>,
) -> Result<ChosenFiles, Exit> {
    let found = find(path, moment, extent).map_err(|error| match &error {
        FindError::MomentNotFound {
            history: Some(history),
            ..
        } => Exit::not_in_recording(format!("{error}:\n  {}", command_to_copy(program, path, history))),
        _ => error.into(),
    })?;
    if found.from_directory {
        program.note(describe_choice(&found));
    }
    Ok(found)
}

/// Describes the choice in one line.
fn describe_choice(found: &ChosenFiles) -> String {
    let mut text = format!("replaying {}", describe(found));
    if found.is_history {
        text.push_str(", a history: there is no recording");
    }
    let others = found.others.to_string();
    if !others.is_empty() {
        text.push_str(&format!("; the directory also has {others}"));
    }
    if found.others.can_be_replayed() {
        text.push_str(" (name a file to replay it)");
    }
    text
}

/// Describes the chosen files.
pub(super) fn describe(found: &ChosenFiles) -> String {
    let path = display::plain(&found.path.display().to_string());
    match found.next.len() {
        0 => path,
        1 => format!("{path} and the next file"),
        more => format!("{path} and the next {more} files"),
    }
}

/// Opens the first file and the files that continue it as one recording.
pub(super) fn open(found: &ChosenFiles, needs: &Needs) -> Result<Replay, Exit> {
    let replay = Replay::open(&found.path, &needs.maps, needs.logics.clone());
    let mut replay = replay.map_err(|error| Exit::not_opened(&found.path, &error))?;
    for path in &found.next {
        let appended = replay.append(path);
        appended.map_err(|error| Exit::not_opened(path, &error))?;
    }
    Ok(replay)
}

/// An open recording, and the requested range of it.
pub(super) struct ReplayInput {
    pub(super) replay: Replay,
    pub(super) path: PathBuf,
    /// The directory from which the run was chosen, if it has others.
    pub(super) directory: Option<PathBuf>,
    pub(super) needs: Needs,
    pub(super) window: Window,
    pub(super) from: Option<Moment>,
    pub(super) at: Option<Moment>,
}

impl ReplayInput {
    /// Reads the arguments and opens the recording. For a table that covers a range, the recording
    /// includes the ticks before `--at`, and the files that contain them.
    pub(super) fn of(
        program: &Program,
        path: &Path,
        matches: &ArgMatches,
        table: Option<DumpTable>,
    ) -> Result<Self, Exit> {
        let needs = Needs::of(program, &program.config(matches, None)?)?;
        let moment = |name: &str| matches.get_one::<Moment>(name).cloned();
        let (from, to, at) = (moment("from"), moment("to"), moment("at"));
        let extent = match &at {
            Some(_) if table.is_some_and(DumpTable::covers_a_range) => Extent::Back(from.as_ref()),
            _ => Extent::Onwards,
        };
        let found = find_files(program, path, at.as_ref().or(from.as_ref()), extent)?;
        let replay = open(&found, &needs)?;
        let directory = (found.others.runs > 0).then(|| path.to_owned());
        let path = found.path;
        let times = replay.times();
        let window = match replay.only_saved_world() {
            // Such a table shows the state after one tick.
            Some(tick) if table.is_some_and(|table| !table.covers_a_range()) => {
                Ok(Window { from: tick, to: tick })
            }
            Some(_) => return Err(Exit::saved_world(&path)),
            None => Window::new(from.as_ref(), to.as_ref(), &times),
        };
        let window = window.map_err(|error| Exit::moment(&path, &error))?;
        Ok(Self {
            replay,
            path,
            directory,
            needs,
            window,
            from,
            at,
        })
    }

    /// Converts an error of producing or writing the output. A closed pipe is not an error.
    pub(super) fn failure(&self, error: ShowError) -> Result<(), Exit> {
        match error {
            ShowError::Replay(error) => Err(Exit::replay(&self.path, error)),
            ShowError::NoMatch(text) => Err(Exit::not_in_recording(text)),
            ShowError::Io(error) => output::accept_closed_pipe(Err(error)).map(drop),
        }
    }
}

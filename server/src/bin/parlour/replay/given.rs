//! What every kind of replay is given: the recording, its maps, and the window.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::ArgMatches;
use parlour_recording::replay::{
    ChosenFiles, Extent, FindError, Moment, Replay, ReplayError, ShowError, Window, find, words as text,
};
use parlour_shared::map::Map;
use parlour_sim::Logic;

use super::{retyped::retyped, say};
use crate::{exit::Exit, given};

/// The files that are meant. If they were chosen from a directory, standard error names them and what else is there.
pub(super) fn found(path: &Path, holding: Option<&Moment>, extent: Extent<'_>) -> Result<ChosenFiles, Exit> {
    let found = find(path, holding, extent).map_err(|error| match &error {
        FindError::NoneHolds {
            history: Some(history),
            ..
        } => Exit::not_in_it(format!("{error}:\n  {}", retyped(path, history))),
        _ => error.into(),
    })?;
    if found.chosen {
        say::note(&chosen(&found));
    }
    Ok(found)
}

/// The choice in one line.
fn chosen(found: &ChosenFiles) -> String {
    let mut text = format!("replaying {}", named(found));
    if found.is_history {
        text.push_str(", a history: no recording is there");
    }
    let others = found.others.to_string();
    if !others.is_empty() {
        text.push_str(&format!("; also there: {others}"));
    }
    if found.others.can_be_replayed() {
        text.push_str(" (give the file to replay one)");
    }
    text
}

/// The files in words.
pub(super) fn named(found: &ChosenFiles) -> String {
    let path = text::plain(&found.path.display().to_string());
    match found.next.len() {
        0 => path,
        1 => format!("{path} and the one that goes on from it"),
        more => format!("{path} and the {more} that go on from it"),
    }
}

/// Opens the first file and those that go on from it, as one recording.
pub(super) fn open(found: &ChosenFiles, maps: &[Arc<Map>]) -> Result<Replay, Exit> {
    let of = |path: &Path, error: ReplayError| Exit::data(format!("{}: {error}", path.display()));
    let replay = Replay::open(&found.path, maps, Logic::default());
    let mut replay = replay.map_err(|error| of(&found.path, error))?;
    for path in &found.next {
        replay.go_on_with(path).map_err(|error| of(path, error))?;
    }
    Ok(replay)
}

/// A recording that was opened, and the stretch of it that is meant.
pub(super) struct Given {
    pub(super) replay: Replay,
    pub(super) path: PathBuf,
    pub(super) window: Window,
    pub(super) from: Option<Moment>,
    pub(super) at: Option<Moment>,
}

impl Given {
    /// With `looks_back`, the ticks before `--at` are meant, too, and the files that have them.
    pub(super) fn of(words: &ArgMatches, looks_back: bool) -> Result<Self, Exit> {
        let config = given::config(words, None)?;
        let maps = given::recorded_maps(&config)?;
        let moment = |name: &str| words.get_one::<Moment>(name).cloned();
        let (from, to, at) = (moment("from"), moment("to"), moment("at"));
        let path = words.get_one::<PathBuf>("recording").expect("clap requires it");
        let extent = match &at {
            Some(_) if looks_back => Extent::Back(from.as_ref()),
            _ => Extent::Onwards,
        };
        let found = found(path, at.as_ref().or(from.as_ref()), extent)?;
        let replay = open(&found, &maps)?;
        let path = found.path;
        let times = replay.times();
        let window = Window::new(from.as_ref(), to.as_ref(), &times);
        let window = window.map_err(|error| Exit::moment(&path, &error))?;
        Ok(Self {
            replay,
            path,
            window,
            from,
            at,
        })
    }

    /// Ends what could not be shown, or not all of it. A reader that closed the pipe has read enough.
    pub(super) fn not_shown(&self, error: ShowError) -> Result<(), Exit> {
        match error {
            ShowError::Replay(error) => Err(Exit::replay(&self.path, error)),
            ShowError::NoMatch(text) => Err(Exit::not_in_it(text)),
            ShowError::Io(error) => say::written(Err(error)).map(drop),
        }
    }
}

//! What every kind of replay is given: the recording, its maps, and the window.

use std::path::PathBuf;

use clap::ArgMatches;
use parlour_server::{
    maps::Catalogue,
    replay::{Found, Moment, Replay, Window, find, words as text},
};
use parlour_sim::Logic;

use super::say;
use crate::{exit::Exit, given};

/// A recording that was opened, and the stretch of it that is meant.
pub(super) struct Given {
    pub(super) replay: Replay,
    pub(super) path: PathBuf,
    pub(super) window: Window,
    pub(super) from: Option<Moment>,
    pub(super) at: Option<Moment>,
}

impl Given {
    pub(super) fn of(words: &ArgMatches) -> Result<Self, Exit> {
        let config = given::config(words, None)?;
        let (Catalogue { maps, .. }, _) = given::catalogues(&config)?;
        let moment = |name: &str| words.get_one::<Moment>(name).cloned();
        let (from, to, at) = (moment("from"), moment("to"), moment("at"));
        let path = words.get_one::<PathBuf>("recording").expect("clap requires it");
        let Found { path, next, chosen } = find(path, at.as_ref().or(from.as_ref()))?;
        if chosen {
            let more = match next.len() {
                0 => String::new(),
                more => format!(" and the {more} that go on from it"),
            };
            say::note(&format!(
                "replaying {}{more}",
                text::plain(&path.display().to_string())
            ));
        }
        let of_file = |error: &dyn std::fmt::Display| Exit::data(format!("{}: {error}", path.display()));
        let mut replay = Replay::open(&path, &maps, Logic::default()).map_err(|error| of_file(&error))?;
        for file in &next {
            replay.go_on_with(file).map_err(|error| of_file(&error))?;
        }
        let times = replay.times();
        let window = Window::new(from.as_ref(), to.as_ref(), &times).map_err(|error| of_file(&error))?;
        Ok(Self {
            replay,
            path,
            window,
            from,
            at,
        })
    }
}

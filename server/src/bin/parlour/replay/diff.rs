//! `parlour replay FILE --diff OTHER`: the first difference between two recordings.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Arg, ArgMatches, value_parser};
use parlour_server::{
    maps,
    recording::format::Recording,
    replay::{
        Replay,
        diff::{Difference, compare_headers, diff},
    },
};
use parlour_shared::map::Map;
use parlour_sim::Logic;

use super::say;
use crate::{exit::Exit, given};

pub(super) const WHAT: &str = "diff";

pub(super) fn arg() -> Arg {
    Arg::new(WHAT)
        .long(WHAT)
        .value_name("OTHER")
        .help("Find the first difference from this recording, and the system that made it")
        .value_parser(value_parser!(PathBuf))
        .conflicts_with_all(["from", "to"])
}

pub(super) fn run(words: &ArgMatches) -> Result<(), Exit> {
    let path = |name| -> &Path { words.get_one::<PathBuf>(name).expect("clap asks for it") };
    let config = given::config(words, None)?;
    let maps = maps::load(config.settings.maps.as_deref())?;
    let found = compare([path("recording"), path(WHAT)], &maps)?;
    let json = words
        .get_one::<String>("format")
        .is_some_and(|format| format == "json");
    let text = if json {
        let text = serde_json::to_string_pretty(&found).map_err(|error| Exit::failure(error.to_string()))?;
        text + "\n"
    } else {
        found.to_string()
    };
    say::result(&text)?;
    if found.is_same() {
        Ok(())
    } else {
        Err(Exit::differ())
    }
}

fn compare(paths: [&Path; 2], maps: &[Arc<Map>]) -> Result<Difference, Exit> {
    // What they were made with is compared first, for that can be told without running them, also where this
    // program could not.
    let [one, other] = paths.map(|path| Recording::open(path).map_err(|error| unreadable(path, &error)));
    let headers = compare_headers(one?.header(), other?.header());
    if !headers.is_empty() {
        return Ok(Difference::Headers { headers });
    }
    let open = |path: &Path| {
        let replay = Replay::open(path, maps, Logic::default());
        replay.map_err(|error| unreadable(path, &error))
    };
    let (mut one, mut other) = (open(paths[0])?, open(paths[1])?);
    diff(&mut one, &mut other).map_err(|error| {
        Exit::data(format!(
            "{} and {}: {error}",
            paths[0].display(),
            paths[1].display()
        ))
    })
}

fn unreadable(path: &Path, error: &impl Display) -> Exit {
    Exit::data(format!("{}: {error}", path.display()))
}

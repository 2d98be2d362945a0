//! `parlour replay FILE --diff OTHER`: the first difference between two recordings.

use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use clap::ArgMatches;
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

use crate::{exit::Exit, given};

pub(crate) fn run(words: &ArgMatches) -> Result<(), Exit> {
    let path = |name| {
        let word = words.get_one::<OsString>(name);
        Path::new(word.expect("clap asks for it"))
    };
    let config = given::config(words, None)?;
    let maps = maps::load(config.settings.maps.as_deref())?;
    let found = compare([path("file"), path("diff")], &maps)?;
    let json = words
        .get_one::<String>("format")
        .is_some_and(|format| format == "json");
    let text = if json {
        let text = serde_json::to_string_pretty(&found).map_err(|error| Exit::failure(error.to_string()))?;
        text + "\n"
    } else {
        found.to_string()
    };
    say(&text)?;
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

fn say(text: &str) -> Result<(), Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever read has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Exit::system("cannot write to standard output", &error)),
        Ok(()) => Ok(()),
    }
}

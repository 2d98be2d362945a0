//! `--follow`: shows what one player did and saw, or what happened to one object.

use std::io::{self, Write};

use clap::{Arg, ArgMatches};
use parlour_recording::replay::{
    PlayerQuery, ShowError, display,
    follow::{follow, follow_object},
    parse_object,
    worlds::{WorldDirectory, Worlds},
};
use parlour_shared::ids::ObjectId;

use super::{
    super::{exit::Exit, output},
    input::ReplayInput,
    what,
};

pub(super) fn args() -> [Arg; 1] {
    [Arg::new(what::FOLLOW)
        .long(what::FOLLOW)
        .value_name("PLAYER")
        .help(
            "Show what this player did and saw: an id (8 hex digits), a session number or a name. object:12 shows what \
             happened to the object 12",
        )]
}

pub(super) fn run(mut input: ReplayInput, matches: &ArgMatches) -> Result<(), Exit> {
    if let Some(object) = object(matches) {
        if matches.contains_id("room") {
            return Err(Exit::usage("--room is for players: an object stays in its room"));
        }
        return run_object(input, object);
    }
    let query = PlayerQuery(
        matches
            .get_one::<String>(what::FOLLOW)
            .cloned()
            .unwrap_or_default(),
    );
    let mut out = io::BufWriter::new(io::stdout().lock());
    let room = matches.get_one::<String>("room").map(String::as_str);
    let followed = follow(&mut input.replay, &query, room, input.window, |line| {
        writeln!(out, "{line}")
    });
    let flushed = output::accept_closed_pipe(out.flush());
    match followed {
        Ok(()) => flushed.map(drop),
        Err(ShowError::NoMatch(text)) => Err(Exit::not_in_recording(text + &in_other_runs(&input, &query))),
        Err(error) => input.failure(error),
    }
}

/// Returns the object to follow, if it is none of the players.
pub(super) fn object(matches: &ArgMatches) -> Option<ObjectId> {
    parse_object(matches.get_one::<String>(what::FOLLOW)?)
}

fn run_object(mut input: ReplayInput, object: ObjectId) -> Result<(), Exit> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let followed = follow_object(&mut input.replay, object, input.window, |line| {
        writeln!(out, "{line}")
    });
    let flushed = output::accept_closed_pipe(out.flush());
    match followed {
        Ok(()) => flushed.map(drop),
        Err(ShowError::NoMatch(text)) => Err(Exit::not_in_recording(text)),
        Err(error) => input.failure(error),
    }
}

/// Describes where a player is that the chosen run does not have, if other runs of the directory
/// have it. Each start of the server begins a run, and only the newest one is chosen.
fn in_other_runs(input: &ReplayInput, query: &PlayerQuery) -> String {
    let Some(directory) = &input.directory else {
        return String::new();
    };
    let only = WorldDirectory {
        name: display::plain(&directory.display().to_string()),
        path: directory.clone(),
    };
    let (maps, logics) = (input.needs.maps.clone(), input.needs.logics.clone());
    let Ok(worlds) = Worlds::open(directory, vec![only], maps, logics) else {
        return String::new();
    };
    match worlds.files_with(query, &input.path) {
        found if found.is_empty() => String::new(),
        found => format!(". Other runs have the player: {}", display::list(found)),
    }
}

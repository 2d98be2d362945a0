//! `--follow`: shows what one player did and saw.

use std::io::{self, Write};

use clap::{Arg, ArgMatches};
use parlour_recording::replay::{PlayerQuery, follow::follow};

use super::{input::ReplayInput, output};
use crate::exit::Exit;

pub(super) const WHAT: &str = "follow";

pub(super) fn args() -> [Arg; 1] {
    [Arg::new(WHAT)
        .long(WHAT)
        .value_name("PLAYER")
        .help("Show what this player did and saw: an id (8 hex digits), a session number or a name")]
}

pub(super) fn run(mut input: ReplayInput, matches: &ArgMatches) -> Result<(), Exit> {
    let query = PlayerQuery(matches.get_one::<String>(WHAT).cloned().unwrap_or_default());
    let mut out = io::BufWriter::new(io::stdout().lock());
    let room = matches.get_one::<String>("room").map(String::as_str);
    let followed = follow(&mut input.replay, &query, room, input.window, |line| {
        writeln!(out, "{line}")
    });
    let flushed = output::accept_closed_pipe(out.flush());
    match followed {
        Ok(()) => flushed.map(drop),
        Err(error) => input.failure(error),
    }
}

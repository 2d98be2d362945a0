//! `--follow`: shows what one player did and saw.

use std::io::{self, Write};

use clap::{Arg, ArgMatches};
use parlour_recording::replay::{PlayerQuery, follow::follow};

use super::{inputs::ReplayInputs, say};
use crate::exit::Exit;

pub(super) const WHAT: &str = "follow";

pub(super) fn args() -> [Arg; 1] {
    [Arg::new(WHAT)
        .long(WHAT)
        .value_name("PLAYER")
        .help("Show what a player did and saw: an id (8 hex digits), a session number or a name")]
}

pub(super) fn run(mut inputs: ReplayInputs, words: &ArgMatches) -> Result<(), Exit> {
    let query = PlayerQuery(words.get_one::<String>(WHAT).cloned().unwrap_or_default());
    let mut out = io::BufWriter::new(io::stdout().lock());
    let room = words.get_one::<String>("room").map(String::as_str);
    let told = follow(&mut inputs.replay, &query, room, inputs.window, |line| {
        writeln!(out, "{line}")
    });
    let flushed = say::written(out.flush());
    match told {
        Ok(()) => flushed.map(drop),
        Err(error) => inputs.not_shown(error),
    }
}

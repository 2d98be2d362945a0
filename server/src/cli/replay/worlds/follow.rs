//! `--follow` through all worlds of a node.

use std::io::{self, Write};

use clap::ArgMatches;
use parlour_recording::replay::{
    PlayerQuery, display,
    worlds::{WorldPresence, Worlds},
};

use super::{failure, moment, note_failures};
use crate::cli::{exit::Exit, output, program::Program, replay::what};

pub(super) fn run(program: &Program, worlds: &Worlds, matches: &ArgMatches) -> Result<(), Exit> {
    let query = PlayerQuery(
        matches
            .get_one::<String>(what::FOLLOW)
            .cloned()
            .unwrap_or_default(),
    );
    let span = worlds.span(moment(matches, "from"), moment(matches, "to"))?;
    let trail = worlds.trail(&query, span)?;
    note_failures(program, &trail.failures);
    if !trail.others.is_empty() {
        let them = display::list(trail.others.iter().map(describe));
        program.note(format_args!(
            "a different player has this name and is not followed: {them}"
        ));
    }
    let room = matches.get_one::<String>("room").map(String::as_str);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let followed = worlds.follow(&trail, room, |line| writeln!(out, "{line}"));
    let flushed = output::accept_closed_pipe(out.flush());
    match followed {
        Ok(()) => flushed.map(drop),
        Err(error) => failure(error),
    }
}

fn describe(presence: &WorldPresence<'_>) -> String {
    format!(
        "{} (in {} from {})",
        display::id(presence.player.id),
        display::plain(&presence.place.world.name),
        display::time_of_day(presence.from_ms)
    )
}

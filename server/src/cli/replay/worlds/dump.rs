//! `--dump` over all worlds of a node.

use clap::ArgMatches;
use parlour_recording::replay::{
    describe_namesakes, display,
    dump::DumpTable,
    worlds::{Worlds, WorldsDump, WorldsError},
};

use super::moment;
use crate::cli::{exit::Exit, program::Program, replay::dump as single_dump};

pub(super) fn run(
    program: &Program,
    worlds: &Worlds,
    table: DumpTable,
    matches: &ArgMatches,
) -> Result<(), Exit> {
    let filter = single_dump::filter(matches);
    let time = |name: &str| {
        moment(matches, name)
            .map(|moment| worlds.time(moment))
            .transpose()
    };
    let (from, at) = (time("from")?, time("at")?);
    if let (Some(from), Some(at)) = (from, at)
        && at < from
    {
        let path = worlds.path().display();
        return Err(Exit::not_in_recording(format!("{path}: --from is after --at")));
    }
    let found = worlds.dump(table, from, at, &filter)?;
    if let Some(text) = describe_namesakes(&found.dump.matched) {
        program.note(format_args!("{text} to select one"));
    }
    if let Some(text) = note_on_times(&found, table, from.is_some() || at.is_some()) {
        program.note(&text);
    }
    single_dump::write(&found.dump, matches)?;
    let failures = found.failures.into_iter();
    let failures = failures.map(|(path, error)| Exit::from(WorldsError::Replay { path, error }));
    Exit::combine(failures.collect()).map_or(Ok(()), Err)
}

/// Returns a note on which times were searched, and how to search others, if the user may not see
/// what they wanted.
fn note_on_times(found: &WorldsDump, table: DumpTable, has_moment: bool) -> Option<String> {
    let what = match table {
        DumpTable::Players => "player",
        DumpTable::Rooms => "room",
        DumpTable::Objects => "object",
        DumpTable::Chat => "chat",
        DumpTable::Commands => "command",
    };
    let mut notes = Vec::new();
    if found.dump.rows.is_empty() {
        notes.push(format!("no {what} matches {}", found.span));
    }
    if table.covers_a_range() && !has_moment {
        notes.push(format!(
            "these are the last 10 s, {}: --from +0s shows all",
            found.span
        ));
    }
    if !found.ended.is_empty() {
        let names = display::list(found.ended.iter().map(|name| display::plain(name)));
        notes.push(format!(
            "these worlds ended earlier: {names}; --at shows an earlier time"
        ));
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

//! The command `replay DIR` for the worlds of a node: lists them, and looks for something in all of
//! them.

mod dump;
mod follow;
mod list;
mod verify;

use std::path::PathBuf;

use clap::ArgMatches;
use parlour_recording::replay::{
    Moment, ReplayError, display,
    worlds::{WorldDirectory, Worlds, WorldsError},
};

use super::{
    super::{exit::Exit, output, program::Program},
    dump as single_dump, follow as single_follow, format_flags,
    input::Needs,
    what,
};

/// Returns whether the worlds are to be listed: nothing else is requested.
pub(super) fn is_list(matches: &ArgMatches) -> bool {
    let is_present = |name: &str| matches.contains_id(name);
    let flags = [what::VERIFY, what::SERVE];
    let values = [what::DIFF, what::DUMP, what::FOLLOW, what::EXPORT, "from", "to"];
    !values.into_iter().any(is_present) && !flags.into_iter().any(|flag| matches.get_flag(flag))
}

pub(super) fn run(
    program: &Program,
    directories: Vec<WorldDirectory>,
    matches: &ArgMatches,
) -> Result<(), Exit> {
    let Needs { maps, logics } = Needs::of(program, &program.config(matches, None)?)?;
    let path = matches.get_one::<PathBuf>("recording").expect("clap requires it");
    let worlds = Worlds::open(path, directories, maps, logics)?;
    if let Some(what) = needs_one_world(matches) {
        return Err(Exit::usage(format!(
            "{what} needs one world: add --world NAME. The worlds of {} are:\n{}",
            path.display(),
            worlds.describe()
        )));
    }
    if is_list(matches) {
        list::run(program, &worlds, format_flags::is_json(matches))
    } else if let Some(table) = single_dump::requested_table(matches) {
        dump::run(program, &worlds, table, matches)
    } else if matches.contains_id(what::FOLLOW) {
        follow::run(program, &worlds, matches)
    } else {
        verify::run(&worlds, matches)
    }
}

/// Returns the flag that cannot be used for several worlds, if it is present.
fn needs_one_world(matches: &ArgMatches) -> Option<String> {
    let values = [what::DIFF, what::EXPORT];
    let value = values.into_iter().find(|name| matches.contains_id(name));
    let value = value.or_else(|| matches.get_flag(what::SERVE).then_some(what::SERVE));
    // Each world counts its own objects.
    let object = single_follow::object(matches).map(|object| format!("--follow object:{}", object.0));
    value.map(|name| format!("--{name}")).or(object)
}

fn moment<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a Moment> {
    matches.get_one::<Moment>(name)
}

/// Reports worlds that could not be searched, while the result of the others is shown.
fn note_failures(program: &Program, failures: &[(PathBuf, ReplayError)]) {
    for (path, error) in failures {
        let text = match error.names_file() {
            true => error.to_string(),
            false => format!("{}: {error}", path.display()),
        };
        program.note(format_args!("not searched to the end: {}", display::plain(&text)));
    }
}

/// Converts an error. A closed pipe is not an error.
fn failure(error: WorldsError) -> Result<(), Exit> {
    match error {
        WorldsError::Io(error) => output::accept_closed_pipe(Err(error)).map(drop),
        error => Err(error.into()),
    }
}

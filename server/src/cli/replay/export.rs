//! `--export`: JSON Lines for other tools.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
};

use clap::{Arg, ArgMatches};
use parlour_recording::replay::export::export;

use super::{super::exit::Exit, input::ReplayInput, what};

pub(super) fn args() -> [Arg; 1] {
    [Arg::new(what::EXPORT)
        .long(what::EXPORT)
        .value_name("FILE")
        .help("Write the ticks as JSON Lines to a file (--export=FILE), or to standard output (--export)")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("-")]
}

pub(super) fn run(mut input: ReplayInput, matches: &ArgMatches) -> Result<(), Exit> {
    let target = matches
        .get_one::<String>(what::EXPORT)
        .map_or("-", String::as_str);
    if target == "-" {
        return write(&mut input, &mut BufWriter::new(io::stdout().lock()));
    }
    let file = create(target)?;
    write(&mut input, &mut BufWriter::new(file))
}

/// Creates the file, or opens it if it is empty, as `mktemp` leaves it. A file with content is
/// never overwritten.
fn create(target: &str) -> Result<File, Exit> {
    let failed = |error| Exit::system(&format!("cannot create {target}"), &error);
    let mut options = File::options();
    let file = options.write(true).create(true).truncate(false).open(target);
    let file = file.map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_file() && metadata.len() > 0 {
        return Err(Exit::would_overwrite(format!(
            "{target} already exists and is not overwritten: choose a different file, or remove this one"
        )));
    }
    Ok(file)
}

fn write(input: &mut ReplayInput, out: &mut impl Write) -> Result<(), Exit> {
    match export(&mut input.replay, input.window, out) {
        Ok(()) => Ok(()),
        Err(error) => input.failure(error),
    }
}

//! Writes the results of a replay to standard output. Notes go to standard error.

use std::io::{self, Write};

use clap::{Arg, ArgAction, ArgMatches};

use super::super::exit::Exit;

/// The flag for JSON.
pub(super) fn arg() -> Arg {
    Arg::new("json")
        .long("json")
        .help("The same as --format json")
        .action(ArgAction::SetTrue)
        .conflicts_with("format")
}

/// Returns whether the result is to be written as JSON.
pub(super) fn is_json(matches: &ArgMatches) -> bool {
    let format = matches.get_one::<String>("format");
    matches.get_flag("json") || format.is_some_and(|format| format == "json")
}

/// Writes a result. A closed pipe is not an error.
pub(super) fn result(text: &str) -> Result<(), Exit> {
    let mut out = io::stdout().lock();
    accept_closed_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(drop)
}

/// Returns `true` if the output was written, and `false` if the reader closed the pipe.
pub(super) fn accept_closed_pipe(result: io::Result<()>) -> Result<bool, Exit> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Exit::system("cannot write the result", &error)),
    }
}

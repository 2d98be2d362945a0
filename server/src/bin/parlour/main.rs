//! The `parlour` command: `serve` (the default), `demo`, `rooms`, `replay` and `config`.

mod arguments;
mod banner;
mod command_line;
mod config;
mod demo;
mod exit;
mod replay;
mod rooms;
mod serve;

use std::process::ExitCode;

use clap::ArgMatches;

use exit::Exit;

fn main() -> ExitCode {
    // `exit` prints the help, the version or the error in the command line, and ends the process.
    let matches = arguments::command().try_get_matches();
    let matches = matches.unwrap_or_else(|error| replay::with_tip(error).exit());
    match run(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(),
    }
}

fn run(matches: &ArgMatches) -> Result<(), Exit> {
    match matches.subcommand() {
        None => serve::serve(matches, None),
        Some(("serve", matches)) => serve::serve(matches, None),
        Some(("demo", matches)) => serve::serve(matches, Some(demo::Demo::from_matches(matches))),
        Some(("rooms", matches)) => rooms::run(matches),
        Some(("replay", matches)) => replay::run(matches),
        Some(("config", matches)) => config::run(matches),
        Some((other, _)) => unreachable!("{other} is not declared in arguments.rs"),
    }
}

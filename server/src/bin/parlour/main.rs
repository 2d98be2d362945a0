//! The `parlour` command: `serve` (also without a command), `demo`, `replay`, `config`.

mod cli;
mod config;
mod demo;
mod exit;
mod given;
mod replay;
mod serve;
mod welcome;

use std::process::ExitCode;

use clap::ArgMatches;

use exit::Exit;

fn main() -> ExitCode {
    // Help, the version and mistakes in the command line are printed, and end the process.
    let words = cli::command().try_get_matches();
    let words = words.unwrap_or_else(|error| replay::tipped(error).exit());
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(),
    }
}

fn run(words: &ArgMatches) -> Result<(), Exit> {
    match words.subcommand() {
        None => serve::serve(words, None),
        Some(("serve", words)) => serve::serve(words, None),
        Some(("demo", words)) => serve::serve(words, Some(demo::Demo::of(words))),
        Some(("replay", words)) => replay::run(words),
        Some(("config", words)) => config::run(words),
        Some((other, _)) => unreachable!("{other} is not declared in cli.rs"),
    }
}

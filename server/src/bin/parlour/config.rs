//! `parlour config print` and `parlour config check`.

use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, Write},
};

use clap::ArgMatches;
use parlour_server::{
    config::{Config, to_toml},
    maps::Catalogue,
};

use parlour_shared::text::count;

use crate::{command_line, exit::Exit};

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Exit> {
    match matches.subcommand() {
        Some(("print", matches)) => {
            let config = configuration(matches)?;
            // There is one format so far; clap refuses others.
            print(&to_toml(&config))
        }
        Some(("check", matches)) => {
            let config = configuration(matches)?;
            let (Catalogue { maps, warnings }, skins) = command_line::catalogues(&config)?;
            warnings.iter().for_each(warning);
            print(&format!(
                "The configuration is good: {}, {}.\n",
                count(maps.len(), "map"),
                count(skins.len(), "skin")
            ))
        }
        _ => unreachable!("clap asks for a subcommand"),
    }
}

/// Reads the configuration from the named file, the environment and flags.
fn configuration(matches: &ArgMatches) -> Result<Config, Exit> {
    let file = matches.get_one::<OsString>("file");
    let config = command_line::config(matches, file.map(OsString::as_os_str))?;
    config.warnings.iter().for_each(warning);
    Ok(config)
}

fn warning(text: impl Display) {
    let _ = writeln!(io::stderr(), "parlour: warning: {text}");
}

fn print(text: &str) -> Result<(), Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Exit::system("cannot write to standard output", &error)),
        Ok(()) => Ok(()),
    }
}

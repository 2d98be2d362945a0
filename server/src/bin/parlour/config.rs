//! `parlour config print` and `parlour config check`.

use std::{
    ffi::OsStr,
    fmt::Display,
    io::{self, Write},
};

use clap::ArgMatches;
use parlour_server::{
    config::{Config, to_toml},
    maps::Catalogue,
};

use parlour_shared::text::count;

use crate::{exit::Exit, given};

pub(crate) fn run(words: &ArgMatches) -> Result<(), Exit> {
    match words.subcommand() {
        Some(("print", words)) => {
            let config = given::config(words, None)?;
            warn(&config);
            // There is one format so far; clap refuses others.
            say(&to_toml(&config))
        }
        Some(("check", words)) => {
            let file = words.get_one::<String>("file").map(OsStr::new);
            let config = given::config(words, file)?;
            warn(&config);
            let (Catalogue { maps, warnings }, skins) = given::catalogues(&config)?;
            warnings.iter().for_each(warning);
            say(&format!(
                "The configuration is good: {}, {}.\n",
                count(maps.len(), "map"),
                count(skins.len(), "skin")
            ))
        }
        _ => unreachable!("clap asks for a subcommand"),
    }
}

fn warn(config: &Config) {
    config.warnings.iter().for_each(warning);
}

fn warning(text: impl Display) {
    let _ = writeln!(io::stderr(), "parlour: warning: {text}");
}

fn say(text: &str) -> Result<(), Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever read has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Exit::system("cannot write to standard output", &error)),
        Ok(()) => Ok(()),
    }
}

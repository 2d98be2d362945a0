//! `parlour replay`: looks into recordings.

mod diff;

use clap::ArgMatches;

use crate::exit::Exit;

pub(crate) fn run(words: &ArgMatches) -> Result<(), Exit> {
    diff::run(words)
}

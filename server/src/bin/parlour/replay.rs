//! `parlour replay`: what can be done with a recording.

mod serve;

use clap::ArgMatches;

use crate::exit::Exit;
pub(crate) use serve::{EXAMPLES, words};

pub(crate) fn run(words: &ArgMatches) -> Result<(), Exit> {
    if words.get_flag("serve") {
        return serve::serve(words);
    }
    Err(Exit::usage("say what to do with the recording: --serve"))
}

//! The command `new`: writes a project with a small game, which builds, runs and tests. Only the
//! program `parlour` has it.

mod project_name;
mod source;
mod template;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgMatches, Command, value_parser};

use super::{
    exit::Exit,
    output,
    program::Program,
    setting_flags::{config_flag, setting_flags},
};
use project_name::ProjectName;
use source::Source;

const DETAILS: &str = "\
Writes a directory with a game of one file, a test, a bot, and a server of five lines. The project
uses Parlour by its path: the directory that this program was built from, or that of --parlour.
The last part of PATH is also the name of the crate and of the room type: a-z, 0-9, - and _,
beginning with a letter, at most 32 characters.

Examples:
  {name} new my-game
  {name} new ../games/my-game --parlour .";

/// Returns the declaration of the command.
pub(crate) fn command(program: &Program) -> Command {
    Command::new("new")
        .about("Write a project with a small game, which builds, runs and tests")
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .help("The directory that is written. Its name is also the name of the project")
                .value_parser(value_parser!(PathBuf))
                .required(true),
        )
        .arg(
            Arg::new("parlour")
                .long("parlour")
                .value_name("DIR")
                .help("The directory with the sources of Parlour [default: the one that this program was built from]")
                .value_parser(value_parser!(PathBuf)),
        )
        // A flag of a setting may come before the name of any command.
        .args(setting_flags(program, |_| false))
        .arg(config_flag().hide(true))
        .after_help(program.named("More: {name} help new"))
        .after_long_help(program.named(DETAILS))
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Exit> {
    let directory = matches.get_one::<PathBuf>("path").expect("clap requires it");
    // A path such as `..` has no last part.
    let last = directory.file_name().unwrap_or(directory.as_os_str());
    let name = ProjectName::parse(&last.to_string_lossy()).map_err(|why| Exit::usage(why.to_string()))?;
    let given = matches.get_one::<PathBuf>("parlour");
    let source = Source::find(given.map(PathBuf::as_path)).map_err(Exit::usage)?;
    check_free(directory)?;
    let written = write(directory, &name, &source);
    written.map_err(|(path, error)| Exit::not_written(&path, &error))?;
    output::result(&next_steps(directory, &name))
}

/// Returns an error if the directory has files.
fn check_free(directory: &Path) -> Result<(), Exit> {
    let shown = directory.display();
    let is_empty = match fs::read_dir(directory) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(Exit::not_written(directory, &error)),
    };
    if is_empty {
        return Ok(());
    }
    Err(Exit::would_overwrite(format!(
        "the directory {shown} is not empty: choose a different name, or remove it"
    )))
}

fn write(directory: &Path, name: &ProjectName, source: &Source) -> Result<(), (PathBuf, io::Error)> {
    for (file, text) in template::files(name, source) {
        let path = directory.join(file);
        let parent = path.parent().unwrap_or(directory);
        fs::create_dir_all(parent).map_err(|error| (parent.to_owned(), error))?;
        fs::write(&path, text).map_err(|error| (path, error))?;
    }
    Ok(())
}

fn next_steps(directory: &Path, name: &ProjectName) -> String {
    let (directory, name) = (directory.display(), name.as_str());
    format!(
        "{name} is written: a game in src/game.rs, a test and a bot. In the directory {directory}:\n\n\
         \x20 cargo run                 serves the game on 127.0.0.1:7373\n\
         \x20 cargo test                steps the game in a test, without a network\n\
         \x20 cargo run --example bot   lets a bot join the running game, from a second terminal\n"
    )
}

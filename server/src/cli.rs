//! The command line of a server: a whole program in one expression.
//!
//! ```no_run
//! use parlour::RoomType;
//! # use bevy_app::{App, Plugin};
//! # struct Tag;
//! # impl Plugin for Tag { fn build(&self, _: &mut App) {} }
//!
//! fn main() -> std::process::ExitCode {
//!     parlour::cli("tag")
//!         .room_type(RoomType::new("tag").map("plaza").plugins(Tag))
//!         .run()
//! }
//! ```
//!
//! The program has these commands. `tag --help` describes them, and lists all settings.
//!
//! | command | what it does |
//! |---|---|
//! | `tag` or `tag serve` | serves the rooms until Ctrl-C or SIGTERM |
//! | `tag demo` | also starts bots that walk and chat in the rooms |
//! | `tag rooms` | prints the worlds and rooms of the running server |
//! | `tag replay recordings` | verifies, dumps, follows, exports, compares and serves recordings, with the game logic of the program |
//! | `tag types tag` | prints the messages and components of the game logic of a room type, as TypeScript |
//! | `tag config print`, `tag config check` | prints the settings, or checks them |
//!
//! The program `parlour` also has `parlour new my-game`, which writes a project with such a
//! program.
//!
//! Settings come from flags, from variables `PARLOUR_*`, and from a file, as with `parlour`
//! ([`crate::config`]). The room types of the program and those of the file are served together.
//!
//! This module needs the feature `cli`, which is on by default. Without it (`default-features =
//! false`), the library depends neither on clap nor on the bots.

mod arguments;
mod banner;
mod command_line;
mod config;
mod demo;
mod exit;
mod new;
mod output;
mod program;
mod replay;
mod rooms;
mod serve;
mod setting_flags;
mod token;
mod types;

use std::{ffi::OsString, process::ExitCode};

use bevy_app::Plugin;
use clap::ArgMatches;

use crate::{RoomType, ServerOptions};
use exit::Exit;
use program::Program;

/// A program that is a server: [`cli()`].
#[must_use = "it does nothing until `run` is called"]
pub struct Cli(Program);

/// Returns the command line of a server with this name, which help and errors show. It serves the
/// bundled maps, without game logic. [The module](self) has an example.
pub fn cli(name: &'static str) -> Cli {
    Cli(Program::new(name))
}

/// Returns the command line of the program `parlour`: a server without game logic.
pub fn parlour() -> Cli {
    Cli(Program::parlour())
}

impl Cli {
    /// Sets the sentence in the help that says what the program is, without a period.
    pub fn about(mut self, about: &'static str) -> Self {
        self.0.about = Some(about);
        self
    }

    /// Sets the version that `--version` prints beside that of Parlour, usually
    /// `env!("CARGO_PKG_VERSION")`.
    pub fn version(mut self, version: &'static str) -> Self {
        self.0.version = Some(version);
        self
    }

    /// Adds a room type. Each map is also a room type, unless a type with its name is added. Two
    /// types with the same name are a mistake that the start reports, also if one of them is in the
    /// configuration file.
    pub fn room_type(mut self, room_type: RoomType) -> Self {
        self.0.room_types.push(room_type);
        self
    }

    /// Adds to the built-in logic, the game logic of all room types without their own: a plugin, a
    /// function, or a closure `|app: &mut App| { .. }`.
    pub fn plugins(mut self, plugin: impl Plugin) -> Self {
        self.0.logic = std::mem::take(&mut self.0.logic).with(plugin);
        self
    }

    /// Adds a map that is compiled into the program, as a TMX file:
    /// `.map("arena", include_bytes!("../maps/arena.tmx"))`. It replaces the bundled map with the
    /// same name. A map in the directory of the setting `maps` replaces both.
    ///
    /// To leave the bundled maps out, set the default `.setting("bundled_maps", "none")`.
    pub fn map(mut self, name: &'static str, tmx: &'static [u8]) -> Self {
        self.0.maps.push((name, tmx));
        self
    }

    /// Sets the default of a setting, which file, environment and flags override. The name and the
    /// value are those of the configuration file, without quotes:
    /// `.setting("interest_radius", "200")`. A name or value that does not exist is a mistake that
    /// every command reports.
    pub fn setting(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.defaults.push((name, value.into()));
        self
    }

    /// Changes options for which there is no setting, or that users must not change. It runs after
    /// all settings were read, so it overrides them. The maps and skins are not known yet in a
    /// replay.
    pub fn configure(mut self, change: impl Fn(&mut ServerOptions) + 'static) -> Self {
        self.0.configure.push(Box::new(change));
        self
    }

    /// Runs the command that the command line of this process names, and returns its exit code.
    pub fn run(self) -> ExitCode {
        self.run_with(std::env::args_os())
    }

    /// Like [`Self::run`], with these words instead of the command line of this process, such as in
    /// a test. The first word is the path of the program, which is not used.
    pub fn run_with(self, words: impl IntoIterator<Item = impl Into<OsString>>) -> ExitCode {
        let mut program = self.0;
        let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
        let typed = words.iter().skip(1);
        program.words = typed.map(|word| word.to_string_lossy().into_owned()).collect();
        let matches = match arguments::command(&program).try_get_matches_from(words) {
            Ok(matches) => matches,
            // The help, the version, or an error in the command line.
            Err(error) => {
                let error = replay::with_tip(&program, error);
                // Standard output may be closed. The exit code is right anyway.
                let _ = error.print();
                return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::SOFTWARE));
            }
        };
        match run(&program, &matches) {
            Ok(()) => ExitCode::SUCCESS,
            Err(exit) => exit.report(program.name),
        }
    }
}

fn run(program: &Program, matches: &ArgMatches) -> Result<(), Exit> {
    match matches.subcommand() {
        None => serve::serve(program, matches, None),
        Some(("serve", matches)) => serve::serve(program, matches, None),
        Some(("demo", matches)) => serve::serve(program, matches, Some(demo::bots(matches))),
        Some(("rooms", matches)) => rooms::run(program, matches),
        Some(("types", matches)) => types::run(program, matches),
        Some(("replay", matches)) => replay::run(program, matches),
        Some(("token", matches)) => token::run(program, matches),
        Some(("new", matches)) => new::run(matches),
        Some(("config", matches)) => config::run(program, matches),
        Some((other, _)) => unreachable!("{other} is not declared in arguments.rs"),
    }
}

#[cfg(test)]
mod tests;

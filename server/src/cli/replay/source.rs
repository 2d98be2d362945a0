//! What the argument FILE means: one recording, or the worlds of a node.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches};
use parlour_recording::replay::{
    display,
    worlds::{WorldDirectory, has_recordings, world_directories},
};

use super::super::{exit::Exit, program::Program};

pub(super) const WORLD: &str = "world";

/// What to replay.
pub(super) enum Source {
    /// A file, or a directory with the recordings of one world.
    One {
        path: PathBuf,
        /// The name of the world, if it was chosen from those of a node.
        world: Option<String>,
    },
    /// The directories of the worlds of a node.
    Worlds(Vec<WorldDirectory>),
}

pub(super) fn arg() -> Arg {
    Arg::new(WORLD)
        .long(WORLD)
        .value_name("NAME")
        .help("Replay this world of a directory that has several")
}

/// Returns what the command line names. A directory that contains recordings itself is one world,
/// whatever its subdirectories contain.
pub(super) fn of(program: &Program, matches: &ArgMatches) -> Result<Source, Exit> {
    let path = matches.get_one::<PathBuf>("recording").expect("clap requires it");
    let mut worlds = world_directories(path)?;
    if let Some(name) = matches.get_one::<String>(WORLD) {
        return choose(path, &mut worlds, name);
    }
    if !worlds.is_empty() && has_recordings(path) {
        let names = display::list(worlds.iter().map(|world| display::plain(&world.name)));
        program.note(format_args!(
            "{} also has directories of worlds: {names} (--world NAME replays one)",
            display::plain(&path.display().to_string())
        ));
        worlds.clear();
    }
    Ok(match worlds.is_empty() {
        true => Source::One {
            path: path.clone(),
            world: None,
        },
        false => Source::Worlds(worlds),
    })
}

/// Returns the recording that FILE is compared with: OTHER, or the world of OTHER that has the name
/// of FILE's world.
pub(super) fn other(path: &Path, world: Option<&str>) -> Result<PathBuf, Exit> {
    let mut worlds = world_directories(path)?;
    if worlds.is_empty() || has_recordings(path) {
        return Ok(path.to_owned());
    }
    match world {
        Some(name) => match choose(path, &mut worlds, name)? {
            Source::One { path, .. } => Ok(path),
            Source::Worlds(_) => Ok(path.to_owned()),
        },
        None if worlds.len() == 1 => Ok(worlds.remove(0).path),
        None => Err(Exit::usage(format!(
            "{}: --diff needs one world: use the directory of one. It has:\n{}",
            path.display(),
            names(&worlds)
        ))),
    }
}

fn choose(path: &Path, worlds: &mut Vec<WorldDirectory>, name: &str) -> Result<Source, Exit> {
    if let Some(nth) = worlds.iter().position(|world| world.name == name) {
        return Ok(Source::One {
            path: worlds.swap_remove(nth).path,
            world: Some(name.to_owned()),
        });
    }
    let shown = path.display();
    if worlds.is_empty() {
        return Err(Exit::usage(format!(
            "{shown} has no directories of worlds: leave out --world"
        )));
    }
    let present = worlds.iter().map(|world| world.name.as_str());
    let place = format!("in {shown}");
    Err(Exit::not_in_recording(display::absent(
        "world", name, &place, present,
    )))
}

fn names(worlds: &[WorldDirectory]) -> String {
    let lines: Vec<String> = worlds
        .iter()
        .map(|world| format!("  {}", display::plain(&world.path.display().to_string())))
        .collect();
    lines.join("\n")
}

//! `--diff OTHER`: the first difference between two recordings.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use super::{
    super::{exit::Exit, output, program::Program},
    format_flags,
    input::{Needs, describe, find_files, open},
    source, what,
};
use clap::{Arg, ArgMatches, value_parser};
use parlour_recording::{
    format::Recording,
    replay::{
        ChosenFiles, Extent, Replay, ReplayError,
        diff::{Difference, compare_headers, diff, diff_with_rerun},
        find,
    },
};

pub(super) fn arg() -> Arg {
    Arg::new(what::DIFF)
        .long(what::DIFF)
        .value_name("OTHER")
        .help(
            "Find the first difference between FILE and OTHER, and the ECS system that caused it. Without OTHER, \
             FILE is compared with a new run of it by this program. Both may be directories",
        )
        .num_args(0..=1)
        .value_parser(value_parser!(PathBuf))
        .conflicts_with_all(["from", "to"])
}

/// `world` is the name of the world that FILE records, if it was chosen from those of a node.
pub(super) fn run(
    program: &Program,
    path: &Path,
    world: Option<&str>,
    matches: &ArgMatches,
) -> Result<(), Exit> {
    let other = matches.get_one::<PathBuf>(what::DIFF);
    let other = other.map(|other| source::other(other, world)).transpose()?;
    let needs = Needs::of(program, &program.config(matches, None)?)?;
    let one = find_files(program, path, None, Extent::Whole)?;
    let found = match &other {
        Some(other) => compare(
            [&one, &find_files(program, other, None, Extent::Whole)?],
            &needs,
            diff,
        )?,
        None => compare_with_now(&one, &needs)?,
    };
    let json = format_flags::is_json(matches);
    let text = if json {
        let text = serde_json::to_string_pretty(&found).map_err(|error| Exit::failure(error.to_string()))?;
        text + "\n"
    } else {
        found.to_string()
    };
    output::result(&text)?;
    if found.is_same() {
        Ok(())
    } else {
        Err(Exit::recordings_differ())
    }
}

/// A function that compares two recordings.
type Compare = fn(&mut Replay, &mut Replay) -> Result<Difference, ReplayError>;

fn compare(found: [&ChosenFiles; 2], needs: &Needs, diff: Compare) -> Result<Difference, Exit> {
    // Compare the headers first: that works even if this program cannot run the recordings.
    let recording = |path: &Path| Recording::open(path).map_err(|error| unreadable(path, &error));
    let [one, other] = found.map(|found| recording(&found.path));
    let headers = compare_headers(one?.header(), other?.header());
    if !headers.is_empty() {
        return Ok(Difference::Headers { headers });
    }
    let (mut one, mut other) = (open(found[0], needs)?, open(found[1], needs)?);
    diff(&mut one, &mut other).map_err(|error| {
        let [one, other] = found.map(describe);
        Exit::data(format!("{one}, {other}: {error}"))
    })
}

/// Compares a recording with a new run of it by this program. The new run is recorded to a
/// temporary file.
fn compare_with_now(one: &ChosenFiles, needs: &Needs) -> Result<Difference, Exit> {
    let again = std::env::temp_dir().join(format!("parlour-again-{}.plr", std::process::id()));
    let recorded = open(one, needs).and_then(|mut replay| {
        let recorded = replay.record_again(&again, crate::BUILD);
        recorded.map_err(|error| unreadable(&one.path, &error))
    });
    let found =
        recorded.and_then(|()| compare([one, &find(&again, None, Extent::Whole)?], needs, diff_with_rerun));
    // The file of the new run is no longer needed.
    let _ = std::fs::remove_file(&again);
    found
}

fn unreadable(path: &Path, error: &impl Display) -> Exit {
    Exit::data(format!("{}: {error}", path.display()))
}

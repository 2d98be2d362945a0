//! The command `replay`: replays a recording, and shows its contents. Each kind of output has a
//! module.

mod argument_tips;
mod command_to_copy;
mod diff;
mod dump;
mod export;
mod follow;
mod format_flags;
mod input;
mod serve;
mod settings;
mod source;
mod verify;
mod what;
mod worlds;

use std::path::Path;

use clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use parlour_recording::replay::{Moment, ParseMomentError};

use super::{
    exit::{self, Exit},
    program::Program,
    setting_flags::setting_flags,
};
pub(crate) use argument_tips::with_tip;
use input::ReplayInput;
use source::Source;

const ABOUT: &str = "Replay a recording: verify every hash, inspect any tick, or follow a player";

const DETAILS: &str = "\
Without --dump, --follow, --export, --diff or --serve, the recording is verified: every tick is run
again with its recorded input, and must reach its recorded hash. A second world starts again from
each saved world, and must reach the same hashes.

FILE is a recording, a directory with the recordings of one world, or a directory into which
--record wrote one directory per world. Of the last, the worlds are listed, unless something else is
requested: --verify, --from or --to verify all worlds; --dump and --follow search all of them, and
show the name of the world in each line. A player keeps its id from world to world, so --follow goes
with it. Each world counts its own ticks, so moments are then times: +90s counts from the first tick
of all worlds. --world NAME, or FILE/NAME, replays one world; --diff, --serve and --export need one.

In the directory of one world, all files of its newest run are used. With --at or --from, the newest
recording that contains that moment is used, with all files that continue it. --serve and --diff
always use all files of a run. --dump chat and --dump commands also use the files with the ticks
before --at.
Histories (from POST /history, SIGUSR1, a slow step, a panic or the shadow) are ignored if the
directory contains a recording: to replay a history, give its file as FILE. Without a recording, the
newest history is used in the same way. The choice and the other files of the directory are listed
on standard error.

A PLAYER is an id (8 hex digits), a session number or a name, tried in this order. Upper and lower
case do not matter if only one name matches. If several players have the name, their ids are listed.
Each world counts its own objects, so --follow object:12 needs one world.

A MOMENT is
  1234, t1234           a tick
  14:03, 14:03:20.5     a time of day (UTC, as in the log), on the day of the recording
  2026-11-21T14:03:20Z  a date and time
  +90s, +2m30s          a time since the start of the recording, or of the run in a directory

If the recording ends because the server was stopped, --dump players without --at shows the players
before they all left. --export=FILE does not overwrite a file, unless it is empty.

A recording is replayed with the maps that it was made with, from the bundled maps and the directory
given by --maps. With --serve, the network settings (except --cadence and --realtime), the access
settings and the log settings also apply: see `{name} serve --help`. All other settings are part of the recording, and
their flags are refused.

Examples:
  {name} replay rec                            (lists the worlds)
  {name} replay rec --verify
  {name} replay rec --follow Ada               (from world to world)
  {name} replay rec --dump players --at 14:03:20
  {name} replay rec --world main --dump players --at t4711 --player Ada --json | jq .parts
  {name} replay rec/main --from 14:03 --to 14:04
  {name} replay rec --dump chat --at 14:03:20 --from 14:00 --room plaza
  {name} replay rec --follow Ada --from 14:03 --to 14:04 --room plaza
  {name} replay rec/main --serve --from 14:03 --paused
  {name} replay monday.plr --diff tuesday.plr  (or two directories)
  {name} replay monday.plr --diff              (against a new run by this program)
  {name} replay rec/main --export --from 14:03 --to 14:04 | jq 'select(.line == \"chat\")'";

/// Returns the command. The arguments that select an output other than verification are in the
/// group `what`.
pub(crate) fn command(program: &Program) -> Command {
    Command::new("replay")
        .about(ABOUT)
        .arg(
            Arg::new("recording")
                .value_name("FILE")
                .help("A recording (*.plr), a directory of recordings, or a directory with one directory per world")
                .required(true)
                .value_parser(value_parser!(std::path::PathBuf)),
        )
        .arg(moment(
            "from",
            "The start of the range to replay [default: the first tick]",
        ))
        .arg(moment(
            "to",
            "The end of the range to replay [default: the last tick]",
        ))
        .arg(source::arg())
        .arg(verify::arg())
        .arg(diff::arg())
        .args(dump::args())
        .args(follow::args())
        .args(export::args())
        .args(format_flags::args())
        .args(serve::args())
        .args(setting_flags(program, settings::is_shown).map(|flag| flag.help_heading("Settings")))
        .group(ArgGroup::new("what").args([
            what::VERIFY,
            what::DIFF,
            what::SERVE,
            what::DUMP,
            what::FOLLOW,
            what::EXPORT,
        ]))
        .group(ArgGroup::new("rooms").args([what::DUMP, what::FOLLOW]))
        .after_help(program.named("More: {name} help replay"))
        .after_long_help(program.named(&format!("{DETAILS}\n\n{}", exit::HELP)))
}

pub(crate) fn run(program: &Program, matches: &ArgMatches) -> Result<(), Exit> {
    settings::check(program, matches)?;
    match source::of(program, matches)? {
        Source::One { path, world } => run_one(program, &path, world.as_deref(), matches),
        // Of a single world, more can be shown than of several.
        Source::Worlds(worlds) => match &worlds[..] {
            [one] if !worlds::is_list(matches) => run_one(program, &one.path, Some(&one.name), matches),
            _ => worlds::run(program, worlds, matches),
        },
    }
}

/// Replays one recording. `world` is the name of its world, if it was chosen from those of a node.
fn run_one(program: &Program, path: &Path, world: Option<&str>, matches: &ArgMatches) -> Result<(), Exit> {
    let is_present = |what: &str| matches.contains_id(what);
    if is_present(what::DIFF) {
        return diff::run(program, path, world, matches);
    }
    if matches.get_flag(what::SERVE) {
        return serve::run(program, path, matches);
    }
    let table = dump::requested_table(matches);
    let input = ReplayInput::of(program, path, matches, table)?;
    if let Some(table) = table {
        dump::run(program, input, table, matches)
    } else if is_present(what::FOLLOW) {
        follow::run(input, matches)
    } else if is_present(what::EXPORT) {
        export::run(input, matches)
    } else {
        verify::run(input, format_flags::is_json(matches))
    }
}

/// Returns a flag whose value is a moment.
fn moment(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("MOMENT")
        .help(help)
        // clap quotes the text.
        .value_parser(|text: &str| text.parse::<Moment>().map_err(|_| ParseMomentError::FLAW))
}

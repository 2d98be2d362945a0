//! `--dump`: players, rooms, chat or commands at a tick, as a table or as JSON.

use clap::{Arg, ArgMatches};
use parlour_server::{
    recording::format::Ending,
    replay::{
        Whom, Window,
        dump::{Filter, What, dump, table, window},
    },
};
use parlour_shared::ids::Tick;

use super::{given::Given, moment, say};
use crate::exit::Exit;

pub(super) const WHAT: &str = "dump";

pub(super) fn args() -> [Arg; 5] {
    let filter = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .help(help)
            .requires(WHAT)
    };
    [
        Arg::new(WHAT)
            .long(WHAT)
            .value_name("WHAT")
            .help("Show what there is after tick --at; of chat and commands, since --from or 10 s before")
            .value_parser(["players", "rooms", "chat", "commands"]),
        moment("at", "The tick to look at [default: the last there is]").requires(WHAT),
        filter("room", "ROOM", "Only what is in this room"),
        filter(
            "player",
            "PLAYER",
            "Only this player: a name, an id (8 hex digits) or a session's number",
        ),
        Arg::new("format")
            .long("format")
            .value_name("FORMAT")
            .help("Of --dump and --diff: a table for people, or json with more in it (of --dump: one object a line)")
            .value_parser(["table", "json"])
        .default_value("table"),
    ]
}

pub(super) fn run(mut given: Given, words: &ArgMatches) -> Result<(), Exit> {
    let text = |name: &str| words.get_one::<String>(name).cloned();
    let what = match text(WHAT).as_deref() {
        Some("players") => What::Players,
        Some("rooms") => What::Rooms,
        Some("chat") => What::Chat,
        _ => What::Commands,
    };
    let filter = Filter {
        room: text("room"),
        player: text("player").map(Whom),
    };
    let window = meant(&given, what)?;
    let dump =
        dump(&mut given.replay, what, window, &filter).map_err(|error| Exit::replay(&given.path, error))?;
    if text("format").as_deref() == Some("json") {
        let lines: String = dump.json.iter().map(|row| format!("{row}\n")).collect();
        return say::result(&lines);
    }
    if dump.rows.is_empty() {
        say::note(&format!("nothing of that kind, up to tick {}", window.to.0));
    }
    say::result(&table(dump.columns, &dump.rows))
}

/// The tick to look at, and how far back.
fn meant(given: &Given, what: What) -> Result<Window, Exit> {
    let replay = &given.replay;
    let of_file = |error: &dyn std::fmt::Display| Exit::data(format!("{}: {error}", given.path.display()));
    let at = match &given.at {
        Some(at) => at.tick(&replay.times()).map_err(|error| of_file(&error))?,
        // A last tick that panicked left no state behind: the one before it did.
        None if !what.is_of_window() && panicked(replay.ending()) => {
            say::note("the last tick panicked: this is the state before it");
            Tick(given.window.to.0.saturating_sub(1)).max(given.window.from)
        }
        None => given.window.to,
    };
    window(&given.replay, given.from.as_ref(), at).ok_or_else(|| of_file(&"--from lies after --at"))
}

fn panicked(ending: &Ending) -> bool {
    use parlour_server::recording::format::EndReason;
    matches!(
        ending,
        Ending::Ended {
            reason: EndReason::Panicked,
            ..
        }
    )
}

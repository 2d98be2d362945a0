//! `--dump`: players, rooms, chat or commands at a tick, as a table or as JSON.

use clap::{Arg, ArgMatches};
use parlour_server::replay::{
    Who, Whom, Window,
    dump::{DumpError, Filter, What, dump, table, window},
    words,
};
use parlour_shared::ids::Tick;

use super::{diff, export, follow, given::Given, moment, say, serve};
use crate::exit::Exit;

pub(super) const WHAT: &str = "dump";
/// Players with one name that are listed.
const LISTED: usize = 10;

pub(super) fn args() -> [Arg; 5] {
    // clap does not look at `requires` where the argument that is required conflicts with a given one.
    let others = [diff::WHAT, export::WHAT, serve::WHAT];
    let filter = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .help(help)
            .conflicts_with_all(others)
    };
    [
        Arg::new(WHAT)
            .long(WHAT)
            .value_name("WHAT")
            .help("Show what there is after tick --at; of chat and commands, since --from or 10 s before")
            .value_parser(["players", "rooms", "chat", "commands"]),
        moment("at", "The tick to look at [default: the last there is]")
            .requires(WHAT)
            .conflicts_with_all(others)
            .conflicts_with(follow::WHAT),
        filter("room", "ROOM", "Only what is or happens in this room; also for --follow").requires("rooms"),
        filter(
            "player",
            "PLAYER",
            "Only this player: an id (8 hex digits), a session's number or a name",
        )
        .requires(WHAT)
        .conflicts_with(follow::WHAT),
        Arg::new("format")
            .long("format")
            .value_name("FORMAT")
            .help("Of --dump and --diff: a table for people, or json with more in it (of --dump: one object a line)")
            .value_parser(["table", "json"])
            .default_value("table")
            .requires("formats")
            .conflicts_with_all([follow::WHAT, export::WHAT, serve::WHAT]),
    ]
}

/// What is to be dumped, if anything.
pub(super) fn asked(words: &ArgMatches) -> Option<What> {
    Some(match words.get_one::<String>(WHAT)?.as_str() {
        "players" => What::Players,
        "rooms" => What::Rooms,
        "chat" => What::Chat,
        _ => What::Commands,
    })
}

pub(super) fn run(mut given: Given, what: What, asked: &ArgMatches) -> Result<(), Exit> {
    let text = |name: &str| asked.get_one::<String>(name).cloned();
    let filter = Filter {
        room: text("room"),
        player: text("player").map(Whom),
    };
    let window = meant(&given, what)?;
    let dump = dump(&mut given.replay, what, window, &filter).map_err(|error| match error {
        DumpError::Replay(error) => Exit::replay(&given.path, error),
        DumpError::NotThere(text) => Exit::not_in_it(text),
    })?;
    if let ([_, _, ..], Some(Whom(whom))) = (dump.meant.as_slice(), &filter.player) {
        say::note(&several(whom, &dump.meant));
    }
    if text("format").as_deref() == Some("json") {
        let lines: String = dump.json.iter().map(|row| format!("{row}\n")).collect();
        return say::result(&lines);
    }
    if dump.rows.is_empty() {
        say::note(&format!("nothing of that kind, up to tick {}", window.to.0));
    }
    say::result(&table(dump.columns, &dump.rows))
}

/// That a name is that of several players, and which.
fn several(whom: &str, meant: &[Who]) -> String {
    let id = |who: &Who| format!("{} (session {})", words::id(who.id), who.session.0);
    let mut ids: Vec<String> = meant.iter().take(LISTED).map(id).collect();
    if meant.len() > LISTED {
        ids.push(format!("and {} more", meant.len() - LISTED));
    }
    let (whom, count, ids) = (words::quoted(whom), meant.len(), ids.join(", "));
    format!("{whom} is the name of {count} players: {ids}. Name one by its id to see only that one")
}

/// The tick to look at, and how far back.
fn meant(given: &Given, what: What) -> Result<Window, Exit> {
    let replay = &given.replay;
    let at = match &given.at {
        Some(at) => at
            .tick(&replay.times())
            .map_err(|error| Exit::moment(&given.path, &error))?,
        // A last tick that panicked left no state behind: the one before it did.
        None if !what.is_of_window() && replay.ending().is_panic() => {
            say::note("the last tick panicked: this is the state before it");
            Tick(given.window.to.0.saturating_sub(1)).max(given.window.from)
        }
        None => given.window.to,
    };
    window(&given.replay, given.from.as_ref(), at).ok_or_else(|| {
        let path = given.path.display();
        Exit::not_in_it(format!("{path}: --from lies after --at"))
    })
}

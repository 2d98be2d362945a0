//! `--dump`: players, rooms, objects, chat or commands at a tick, as a table or as JSON.

use clap::{Arg, ArgMatches};
use parlour_recording::replay::{
    PlayerQuery, Window, describe_namesakes,
    dump::{Dump, DumpTable, Filter, LastTickHidden, aligned, dump, last_tick, window},
};

use super::{
    super::{exit::Exit, output, program::Program},
    format_flags,
    input::ReplayInput,
    moment, what,
};

pub(super) fn args() -> [Arg; 4] {
    // clap ignores `requires` if the required argument conflicts with one that is present, so these
    // conflicts are also declared.
    let others = [what::DIFF, what::EXPORT, what::SERVE];
    let filter = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .help(help)
            .conflicts_with_all(others)
    };
    [
        Arg::new(what::DUMP)
            .long(what::DUMP)
            .value_name("WHAT")
            .help(
                "Show the players, rooms or objects after tick --at, or the chat or commands from --from (or 10 s before) to \
                 --at",
            )
            .value_parser(["players", "rooms", "objects", "chat", "commands"]),
        moment("at", "The tick to look at, for --dump [default: the last tick]")
            .requires(what::DUMP)
            .conflicts_with_all(others)
            .conflicts_with(what::FOLLOW),
        filter("room", "ROOM", "Show only this room, for --dump and --follow").requires("rooms"),
        filter(
            "player",
            "PLAYER",
            "Show only this player, for --dump: an id (8 hex digits), a session number or a name. For --dump objects: only \
             those that it owns",
        )
        .requires(what::DUMP)
        .conflicts_with(what::FOLLOW),
    ]
}

/// Returns the requested table, if any.
pub(super) fn requested_table(matches: &ArgMatches) -> Option<DumpTable> {
    Some(match matches.get_one::<String>(what::DUMP)?.as_str() {
        "players" => DumpTable::Players,
        "rooms" => DumpTable::Rooms,
        "objects" => DumpTable::Objects,
        "chat" => DumpTable::Chat,
        _ => DumpTable::Commands,
    })
}

pub(super) fn run(
    program: &Program,
    mut input: ReplayInput,
    table: DumpTable,
    matches: &ArgMatches,
) -> Result<(), Exit> {
    let filter = filter(matches);
    let window = window_to_show(program, &mut input, table)?;
    let dump = match dump(&mut input.replay, table, window, &filter) {
        Ok(dump) => dump,
        Err(error) => return input.failure(error),
    };
    if let Some(text) = describe_namesakes(&dump.matched) {
        program.note(format!("{text} to select one"));
    }
    if let Some(text) = note_on_ticks(&input, table, window, &filter, dump.rows.is_empty()) {
        program.note(text);
    }
    write(&dump, matches)
}

/// Returns the room and the player to which `--dump` is limited.
pub(super) fn filter(matches: &ArgMatches) -> Filter {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    Filter {
        room: text("room"),
        player: text("player").map(PlayerQuery),
    }
}

/// Prints the rows as JSON or as a table.
pub(super) fn write(dump: &Dump, matches: &ArgMatches) -> Result<(), Exit> {
    if format_flags::is_json(matches) {
        let lines: String = dump.json.iter().map(|row| format!("{row}\n")).collect();
        return output::result(&lines);
    }
    output::result(&aligned(&dump.columns, &dump.rows))
}

/// Returns a note on which ticks were searched, and how to search others. Returns `None` if the
/// user probably sees what they wanted: the table is not empty, and either it is complete or the
/// user chose the moment.
fn note_on_ticks(
    input: &ReplayInput,
    table: DumpTable,
    window: Window,
    filter: &Filter,
    is_empty: bool,
) -> Option<String> {
    let (first, last) = input.replay.times().range()?;
    let is_cut = table.covers_a_range() && window.from > first;
    if !is_empty {
        let has_moment = input.from.is_some() || input.at.is_some();
        return (is_cut && !has_moment)
            .then(|| format!("these are the last 10 s, {window}: --from +0s shows all"));
    }
    let flags = [
        ("--room", filter.room.is_some()),
        ("--player", filter.player.is_some()),
    ];
    let flags: Vec<&str> = flags
        .into_iter()
        .filter(|(_, is_present)| *is_present)
        .map(|(flag, _)| flag)
        .collect();
    let condition = match flags.is_empty() {
        true => String::new(),
        false => format!(" matches {}", flags.join(" and ")),
    };
    let (nothing, when) = match table {
        DumpTable::Players => ("no player", format!("after tick {}", window.to.0)),
        DumpTable::Rooms => ("no room", format!("after tick {}", window.to.0)),
        DumpTable::Objects => ("no object", format!("after tick {}", window.to.0)),
        DumpTable::Chat => ("no chat", format!("in {window}")),
        DumpTable::Commands => ("no command", format!("in {window}")),
    };
    let mut ways = Vec::new();
    match &input.from {
        None if is_cut => {
            ways.push("without --from only 10 s are searched, --from +0s searches everything before")
        }
        Some(_) if is_cut => ways.push("an earlier --from searches further back"),
        _ => {}
    }
    match &input.at {
        Some(_) if window.to < last => ways.push("a later --at shows later ticks"),
        None if !table.covers_a_range() => ways.push("--at shows an earlier tick"),
        _ => {}
    }
    let colon = if ways.is_empty() { "" } else { ": " };
    Some(format!("{nothing}{condition} {when}{colon}{}", ways.join("; ")))
}

/// Returns the window to show.
fn window_to_show(program: &Program, input: &mut ReplayInput, table: DumpTable) -> Result<Window, Exit> {
    let replay = &mut input.replay;
    let at = match &input.at {
        Some(at) => at
            .tick(&replay.times())
            .map_err(|error| Exit::moment(&input.path, &error))?,
        None => {
            let last = last_tick(replay, table, input.window);
            let (last, hidden) = last.map_err(|error| Exit::replay(&input.path, error))?;
            match hidden {
                None => {}
                Some(LastTickHidden::Panicked) => {
                    program.note("the last tick panicked: this is the state before it");
                }
                Some(LastTickHidden::AllLeft) => program.note(format!(
                    "nobody is left after tick {}: these are the players after tick {}, before they all left",
                    input.window.to.0, last.0
                )),
            }
            last
        }
    };
    window(&input.replay, input.from.as_ref(), at).ok_or_else(|| {
        let path = input.path.display();
        Exit::not_in_recording(format!("{path}: --from is after --at"))
    })
}

//! `--serve`: serves a recording as a playback, which ordinary clients can
//! watch.

use std::{fmt::Write, net::SocketAddr, path::Path};

use clap::{Arg, ArgAction, ArgMatches};
use parlour_recording::replay::{Extent, Moment};
use parlour_shared::limits::SUBPROTOCOL_JSON;

use super::{
    super::{
        banner::{self, reachable},
        exit::Exit,
        output,
        program::Program,
        serve,
    },
    input::{Needs, describe, find_files, open},
    what,
};
use crate::{Playback, Server, logs};

/// Arguments that conflict with those of a playback. clap ignores `requires` if one of them is
/// present.
const OTHERS: [&str; 4] = [what::DIFF, what::DUMP, what::EXPORT, what::FOLLOW];

pub(super) fn args() -> [Arg; 3] {
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help);
    [
        flag(
            what::SERVE,
            "Serve the recording as a playback, starting at --from; ordinary clients can watch it at the address of \
             --listen",
        )
        .action(ArgAction::SetTrue)
        .conflicts_with("to"),
        flag(
            "paused",
            "Start the playback paused; POST /playback/play on the admin port continues it",
        )
        .requires(what::SERVE)
        .conflicts_with_all(OTHERS)
        .action(ArgAction::SetTrue),
        flag("speed", "The speed of the playback, 0.1 to 16 times real time")
            .requires(what::SERVE)
            .conflicts_with_all(OTHERS)
            .value_name("NUMBER"),
    ]
}

pub(super) fn run(program: &Program, path: &Path, matches: &ArgMatches) -> Result<(), Exit> {
    let config = program.config(matches, None)?;
    let _logs = logs::start(&config.settings).map_err(|error| Exit::failure(error.to_string()))?;
    let needs = Needs::of(program, &config)?;
    let from = matches.get_one::<Moment>("from");
    let found = find_files(program, path, from, Extent::Whole)?;
    let playback = Playback::new(open(&found, &needs)?);
    let mut playback = playback.map_err(|error| Exit::replay(&found.path, error))?;
    if let Some(from) = from {
        playback
            .begin_at(from)
            .map_err(|error| Exit::moment(&found.path, &error))?;
    }
    if let Some(speed) = matches.get_one::<String>("speed") {
        playback
            .set_speed(speed)
            .map_err(|error| Exit::usage(format!("--speed: {error}")))?;
    }
    playback.set_paused(matches.get_flag("paused"));
    let (first, last) = playback.ticks();
    let room = playback
        .config()
        .maps
        .first()
        .map_or(String::new(), |map| map.name.clone());

    let signals = serve::signals()?;
    // A playback uses the maps and skins of its recording.
    let options = program.options(&config.settings, Vec::new(), Vec::new());
    let typing = banner::typing(&options, &room);
    let server = Server::start_playback(options, playback)?;
    let span = format!("{}, ticks {} to {}", describe(&found), first.0, last.0);
    output::print(&banner_text(
        &program.title(),
        &span,
        server.listen_addr(),
        server.admin_addr(),
        &typing,
    ));
    serve::until_stopped(signals, server, ())
}

/// Returns the banner, which shows how to watch and control the playback.
fn banner_text(title: &str, span: &str, listen: SocketAddr, admin: SocketAddr, typing: &str) -> String {
    let world = format!("ws://{}/ws", reachable(listen));
    let playback = format!("http://{}/playback", reachable(admin));
    let mut text =
        format!("{title} is serving a playback of {span}.\n\n  watch    {world}\n  control  {playback}\n\n",);
    let mut line = |what: &str, command: &str| {
        writeln!(text, "{what:<20} {command}").expect("writing to a string does not fail");
    };
    line("Rooms and tick:", &format!("curl {playback}"));
    line(
        "Watch by hand:",
        &format!("npx wscat -c {world} -s {SUBPROTOCOL_JSON}"),
    );
    line("", typing);
    for (what, request) in [
        ("Pause, play:", "pause'  (play)"),
        ("Jump:", "seek?to=1200'  (+10s, -10s, 2026-01-31T12:00:00Z)"),
        ("Set the speed:", "speed?x=4'  (0.1 to 16)"),
        ("Follow a player:", "follow?player=NAME'  (empty: follow nobody)"),
    ] {
        line(what, &format!("curl -X POST '{playback}/{request}"));
    }
    line("Stop:", "Ctrl-C");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_shows_how_to_watch_and_control() {
        let any = |port| SocketAddr::from(([0, 0, 0, 0], port));
        let text = banner_text(
            "Parlour 1",
            "day.plr, ticks 1 to 9",
            any(7373),
            any(7374),
            "and type this",
        );
        assert!(
            text.starts_with("Parlour 1 is serving") && text.contains("day.plr, ticks 1 to 9."),
            "{text}"
        );
        assert!(
            text.contains(
                "wscat -c ws://127.0.0.1:7373/ws -s parlour.v1.json\n                     and type this\n"
            ),
            "{text}"
        );
        assert!(
            text.contains("curl -X POST 'http://127.0.0.1:7374/playback/seek?to=1200'"),
            "{text}"
        );
    }
}

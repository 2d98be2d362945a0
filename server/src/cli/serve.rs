//! The commands `serve` and `demo`: starts a server from the configuration, and runs it until it is
//! asked to stop.

use clap::ArgMatches;

use super::{
    banner, command_line, config,
    demo::Demo,
    exit::{self, Exit},
    output,
    program::Program,
};
use crate::{Server, Signals, StopReport, config::Config, logs, maps::Catalogue};

/// Serves the rooms, with this number of bots.
pub(crate) fn serve(program: &Program, matches: &ArgMatches, bots: Option<u32>) -> Result<(), Exit> {
    let config = match program.config(matches, None) {
        Ok(config) => config,
        // Also reports the mistakes in maps, room types and skins.
        Err(problems) => return config::check(program, &Err(problems)),
    };
    let _logs = logs::start(&config.settings).map_err(|error| Exit::failure(error.to_string()))?;
    log_warnings(&config);
    let (Ok(Catalogue { maps, warnings }), Ok(skins)) = (
        program.load_maps(&config.settings),
        command_line::skins(&config.settings),
    ) else {
        return config::check(program, &Ok(config));
    };
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let names: Vec<String> = maps.iter().map(|map| map.name.clone()).collect();
    let options = program.options(&config.settings, maps, skins);
    let demo = bots
        .map(|bots| Demo::new(program, bots, &names, &options))
        .transpose()?;

    let types = options.room_types.iter();
    let room_types: Vec<String> = types.map(|one| one.name().to_owned()).collect();
    let signals = signals()?;
    let room = match room_types.first() {
        Some(room_type) if !program.is_parlour => room_type,
        _ => names.first().map_or("", String::as_str),
    };
    if demo.is_some() && !options.auth.admits_guests(options.listen) {
        return Err(Exit::usage(
            "the bots of demo are guests, and guests are off: add --guests on",
        ));
    }
    let guests = banner::guests(&options);
    let typing = banner::typing(&options, room);
    let server = Server::start(options)?;
    let bots = demo.as_ref().map(Demo::describe);
    output::print(&banner::text(
        program,
        [server.listen_addr(), server.admin_addr()],
        &names,
        &room_types,
        bots.as_deref(),
        &guests,
        &typing,
    ));
    let running = demo.map(|demo| demo.start(server.listen_addr())).transpose()?;
    until_stopped(signals, server, running)
}

/// Catches signals. Call it before the server starts, so that no signal is lost.
pub(crate) fn signals() -> Result<Signals, Exit> {
    Signals::listen().map_err(|error| Exit::system("cannot wait for signals", &error))
}

/// Runs a server until it is asked to stop, or fails. `clients` is dropped before the server stops.
pub(crate) fn until_stopped<T>(mut signals: Signals, server: Server, clients: T) -> Result<(), Exit> {
    let interrupt_code = match signals.wait(&server) {
        Ok(reason) => {
            tracing::info!(reason, "stopping");
            output::print("Stopping. Ctrl-C again ends the process immediately.\n");
            exit::INTERRUPTED
        }
        Err(failure) => {
            tracing::error!(%failure, "stopping because the server failed");
            exit::SOFTWARE.into()
        }
    };
    let report = signals.stop(interrupt_code, || {
        drop(clients);
        server.stop()
    });
    let StopReport {
        tick,
        closed,
        aborted,
        failure,
        unsaved,
    } = report;
    let failed = failure.is_some();
    tracing::info!(tick = tick.0, closed, aborted, failed, "stopped");
    match failure {
        Some(failure) => Err(Exit::failure(format!("the server failed: {failure}"))),
        None => Exit::unsaved(&unsaved).map_or(Ok(()), Err),
    }
}

fn log_warnings(config: &Config) {
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{Ipv4Addr, SocketAddr},
        sync::atomic::{AtomicBool, Ordering},
    };

    use crate::{ServerOptions, maps};
    use parlour_sim::{Logic, SimConfig};

    use super::*;

    #[test]
    fn game_logic_that_fails_after_its_trial_stops_the_server_and_exits_with_code_70() {
        let mut options = ServerOptions::new(SimConfig::new(maps::load(None).unwrap()));
        options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        options.admin = options.listen;
        let is_trial = AtomicBool::new(true);
        options.logic = Logic::new(move |_| {
            assert!(is_trial.swap(false, Ordering::Relaxed), "game logic that fails");
        });
        options.recording.history = std::time::Duration::ZERO;
        let signals = signals().unwrap();
        let server = Server::start(options).unwrap();
        let address = server.listen_addr();
        let exit = until_stopped(signals, server, ()).unwrap_err();
        let text = format!("{exit:?}");
        assert!(
            text.contains("70") && text.contains("game logic that fails"),
            "{text}"
        );
        assert!(
            std::net::TcpStream::connect(address).is_err(),
            "the port is still open"
        );
    }

    #[test]
    fn game_logic_that_cannot_be_built_exits_with_code_70_before_a_port_is_open() {
        let mut options = ServerOptions::new(SimConfig::new(maps::load(None).unwrap()));
        options.logic = Logic::new(|_| panic!("game logic that fails"));
        let exit = Exit::from(Server::start(options).map(drop).unwrap_err());
        let text = format!("{exit:?}");
        assert!(
            text.contains("70") && text.contains("cannot be built: game logic that fails"),
            "{text}"
        );
    }
}

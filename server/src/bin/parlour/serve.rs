//! `parlour serve` and `parlour demo`: from the configuration to a server that stops when it is asked to.

use std::{
    io::{self, Write},
    process,
    time::Duration,
};

use clap::ArgMatches;
use parlour_server::{Server, StopReport, config::Config, logs, maps::Catalogue};
use tokio::runtime::{Builder, Runtime};

use crate::{
    demo::Demo,
    exit::{self, Exit},
    given,
    signals::Signals,
    welcome,
};

/// How often it is looked whether a thread of the server failed.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) fn serve(words: &ArgMatches, demo: Option<Demo>) -> Result<(), Exit> {
    let config = given::config(words, None)?;
    let _logs = logs::start(&config.settings).map_err(|error| Exit::failure(error.to_string()))?;
    warn(&config);
    let (Catalogue { maps, warnings }, skins) = given::catalogues(&config)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let names: Vec<String> = maps.iter().map(|map| map.name.clone()).collect();

    let (runtime, signals) = prepare()?;
    let options = config.settings.server_options(maps, skins);
    let typing = welcome::typing(&options, names.first().map_or("", String::as_str));
    let server = Server::start(options)?;
    let bots = demo.as_ref().map(Demo::count);
    say(&welcome::text(
        server.listen_addr(),
        server.admin_addr(),
        &names,
        bots,
        &typing,
    ));
    let capacity = config.settings.capacity;
    let running = demo
        .map(|demo| demo.start(server.listen_addr(), capacity))
        .transpose()?;
    until_stopped(&runtime, signals, server, running)
}

/// What waits for signals. Before the server starts, so that none is lost.
pub(crate) fn prepare() -> Result<(Runtime, Signals), Exit> {
    let no_runtime = |error| Exit::system("cannot wait for signals", &error);
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(no_runtime)?;
    let signals = runtime
        .block_on(async { Signals::listen() })
        .map_err(no_runtime)?;
    Ok((runtime, signals))
}

/// Lets a server run until it is asked to stop or fails. What belongs to it is dropped before it stops.
pub(crate) fn until_stopped(
    runtime: &Runtime,
    mut signals: Signals,
    server: Server,
    others: impl Send + 'static,
) -> Result<(), Exit> {
    let asked = runtime.block_on(async {
        tokio::select! {
            how = signals.stop(|| server.write_history()) => Some(how),
            () = failed(&server) => None,
        }
    });
    let failure = server.failure();
    match asked {
        Some(how) => {
            tracing::info!(how, "stopping");
            say("Stopping; Ctrl-C again ends it at once.\n");
        }
        None => tracing::error!(failure, "stopping, for the server failed"),
    }
    let stopping = move || {
        drop(others);
        server.stop()
    };
    let at_once = if failure.is_some() {
        exit::SOFTWARE.into()
    } else {
        exit::INTERRUPTED
    };
    stop(runtime, stopping, &mut signals, at_once);
    match failure {
        Some(failure) => Err(Exit::failure(format!("the server failed: {failure}"))),
        None => Ok(()),
    }
}

/// Stops; a second Ctrl-C ends the process before that is done, as `at_once` says.
fn stop(
    runtime: &Runtime,
    stopping: impl FnOnce() -> StopReport + Send + 'static,
    signals: &mut Signals,
    at_once: i32,
) {
    runtime.block_on(async {
        let stopping = tokio::task::spawn_blocking(stopping);
        tokio::select! {
            report = stopping => match report {
                Ok(report) => {
                    let StopReport { tick, closed, aborted, failed } = report;
                    tracing::info!(tick = tick.0, closed, aborted, failed, "stopped");
                }
                Err(error) => tracing::error!(%error, "stopping failed"),
            },
            () = signals.interrupt() => process::exit(at_once),
        }
    });
}

/// Returns when a thread of the server failed.
async fn failed(server: &Server) {
    while !server.failed() {
        tokio::time::sleep(LOOK).await;
    }
}

fn warn(config: &Config) {
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
}

/// Says something to whoever started the server, if they still listen.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

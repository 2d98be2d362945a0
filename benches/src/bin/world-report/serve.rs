//! The server, in a process of its own, and how the report starts it.

use std::{net::SocketAddr, process::Command, sync::Arc, time::Duration};

use clap::Args;
use parlour::{Server, ServerOptions, config::Settings, logs};
use parlour_benches::{plaza, server_process::ServerProcess};
use parlour_sim::SimConfig;

use crate::games;

/// The command line of the server.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    admin: SocketAddr,
    #[arg(long)]
    tick_threads: usize,
    /// Seconds of history.
    #[arg(long)]
    history: u64,
}

/// Starts the server in a new process.
///
/// # Errors
/// If it does not become ready.
pub(crate) fn start(tick_threads: usize, history: Duration) -> anyhow::Result<ServerProcess> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", "--tick-threads", &tick_threads.to_string()]);
    command.args(["--history", &history.as_secs().to_string()]);
    ServerProcess::start(command)
}

/// Runs the server until it is stopped.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let _logs = logs::start(&Settings {
        log: "warn".to_owned(),
        ..Settings::default()
    })?;
    let maps = games::connected_maps().into_iter().chain([plaza()]);
    let mut options = ServerOptions::new(SimConfig::new(maps.map(Arc::new).collect()));
    options.listen = args.listen;
    options.admin = args.admin;
    options.tick_threads = args.tick_threads;
    options.room_types = games::room_types();
    options.recording.history = Duration::from_secs(args.history);
    options.recording.history_directory = Some(std::env::temp_dir().join("parlour-world-report"));
    Server::start(options)?.run_until_signal()?;
    Ok(())
}

//! Shared by all measurements: their size, how to start a server, and the output.

use std::{path::PathBuf, process::Command, thread, time::Duration};

use anyhow::{Context as _, ensure};
use parlour_benches::{
    process::{pin_to, raise_file_limit},
    server_process::ServerProcess,
};
use serde_json::Value;

use crate::args::ReportCli;

/// Open files of a process besides its connections.
const OTHER_FILES: u64 = 200;

/// The size of the measurements.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    /// Idle connections, step by step.
    pub(crate) idle: Vec<usize>,
    /// Walking players, step by step.
    pub(crate) active: Vec<usize>,
    /// Standing players.
    pub(crate) standing: usize,
    /// Connections of the accept rate.
    pub(crate) accepted: usize,
    /// Players who walk during the storm.
    pub(crate) bystanders: usize,
    /// Players who join in the storm, within about a second.
    pub(crate) storm: usize,
    /// Length of a CPU measurement.
    pub(crate) watch: Duration,
    /// Time to settle before a measurement.
    pub(crate) rest: Duration,
}

impl Scale {
    fn full() -> Self {
        Self {
            idle: vec![1_000, 5_000, 15_000],
            active: vec![1_000, 5_000],
            standing: 5_000,
            accepted: 10_000,
            bystanders: 500,
            storm: 2_000,
            watch: Duration::from_secs(20),
            rest: Duration::from_secs(3),
        }
    }

    fn quick() -> Self {
        Self {
            idle: vec![1_000],
            active: vec![300],
            standing: 300,
            accepted: 1_000,
            bystanders: 100,
            storm: 300,
            watch: Duration::from_secs(3),
            rest: Duration::from_secs(1),
        }
    }

    /// The largest number of connections at once.
    fn largest(&self) -> usize {
        let steps = self.idle.iter().chain(&self.active).copied();
        let others = [self.standing, self.accepted, self.bystanders + self.storm];
        steps.chain(others).max().unwrap_or(0)
    }
}

pub(crate) struct Bench {
    pub(crate) scale: Scale,
    server: PathBuf,
    serve: Vec<String>,
    two_cores: bool,
}

impl Bench {
    /// Finds the server, and raises the limit of open files for both processes.
    ///
    /// # Errors
    /// If there is no server, or the hard limit of open files is too low.
    pub(crate) fn prepare(cli: ReportCli) -> anyhow::Result<Self> {
        let server = match cli.server {
            Some(server) => server,
            None => std::env::current_exe()?.with_file_name("parlour"),
        };
        ensure!(
            server.is_file(),
            "there is no server at {}: build it with cargo build --release --bin parlour, or pass its path with --server",
            server.display()
        );
        let scale = if cli.quick { Scale::quick() } else { Scale::full() };
        let (allowed, needed) = (raise_file_limit(), scale.largest() as u64 + OTHER_FILES);
        ensure!(
            allowed >= needed,
            "{needed} open files are needed, but only {allowed} allowed: raise the hard limit (ulimit -Hn), or use --quick"
        );
        Ok(Self {
            scale,
            server,
            serve: cli.serve,
            two_cores: thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2),
        })
    }

    /// Starts a server without connections. With two cores it runs on core 0 and this program on
    /// core 1. It keeps no history, because the memory of a history grows with time.
    ///
    /// # Errors
    /// If it does not become ready.
    pub(crate) fn start_server(&self) -> anyhow::Result<ServerProcess> {
        // The server inherits the core.
        self.pin(0)?;
        let mut command = Command::new(&self.server);
        command
            .args(["serve", "--history", "0s", "--log", "warn"])
            .args(&self.serve);
        let server = ServerProcess::start(command);
        self.pin(1)?;
        server
    }

    fn pin(&self, core: usize) -> anyhow::Result<()> {
        if self.two_cores {
            pin_to(core).with_context(|| format!("cannot run on core {core}"))?;
        }
        Ok(())
    }

    /// Prints the result of a measurement.
    pub(crate) fn report(&self, result: &Value) {
        println!("{result}");
    }

    /// Prints progress.
    pub(crate) fn log(&self, text: &str) {
        eprintln!("connection-report: {text}");
    }
}

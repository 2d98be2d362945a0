//! What all measurements share: how large they are, where the server is, and how results are told.

use std::{path::PathBuf, thread, time::Duration};

use anyhow::{Context as _, ensure};
use parlour_benches::process::{pin_to, raise_file_limit};
use serde_json::Value;

use crate::{args::Cli, server::Server};

/// Files that a process has open besides its connections.
const OTHER_FILES: u64 = 200;

/// How large the measurements are.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    /// Idle connections, step by step.
    pub(crate) idle: Vec<usize>,
    /// Players who walk, step by step.
    pub(crate) active: Vec<usize>,
    /// Players who stand.
    pub(crate) standing: usize,
    /// Connections whose rate is measured.
    pub(crate) accepted: usize,
    /// Players who walk while others storm in.
    pub(crate) bystanders: usize,
    /// How many storm in, within about a second.
    pub(crate) storm: usize,
    /// How long CPU is measured.
    pub(crate) watch: Duration,
    /// Time for things to come to rest before anything is measured.
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

    /// Most connections at once.
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
    /// Finds the server and lets both processes open enough files.
    ///
    /// # Errors
    /// If there is no server, or the system allows too few files.
    pub(crate) fn prepare(cli: Cli) -> anyhow::Result<Self> {
        let server = match cli.server {
            Some(server) => server,
            None => std::env::current_exe()?.with_file_name("parlour"),
        };
        ensure!(
            server.is_file(),
            "there is no server at {}: build it (cargo build --release --bin parlour), or name it with --server",
            server.display()
        );
        let scale = if cli.quick { Scale::quick() } else { Scale::full() };
        let (allowed, needed) = (raise_file_limit(), scale.largest() as u64 + OTHER_FILES);
        ensure!(
            allowed >= needed,
            "{needed} open files are needed and {allowed} allowed: raise the hard limit (ulimit -Hn), or use --quick"
        );
        Ok(Self {
            scale,
            server,
            serve: cli.serve,
            two_cores: thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2),
        })
    }

    /// A server that nobody is connected to yet: on core 0, and this program on core 1, if there
    /// are two.
    ///
    /// # Errors
    /// If it does not become ready.
    pub(crate) fn start_server(&self) -> anyhow::Result<Server> {
        // What is started inherits the core.
        self.pin(0)?;
        let server = Server::start(&self.server, &self.serve);
        self.pin(1)?;
        server
    }

    fn pin(&self, core: usize) -> anyhow::Result<()> {
        if self.two_cores {
            pin_to(core).with_context(|| format!("cannot run on core {core}"))?;
        }
        Ok(())
    }

    /// Tells what was measured.
    pub(crate) fn tell(&self, result: &Value) {
        println!("{result}");
    }

    /// Tells what is going on.
    pub(crate) fn say(&self, what: &str) {
        eprintln!("connection-report: {what}");
    }
}

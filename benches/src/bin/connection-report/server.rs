//! A server that runs for one measurement.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use parlour_benches::{
    process::{cpu_seconds_of, memory_of},
    sockets::Sockets,
};
use parlour_client::Address;
use rustix::process::{Pid, Signal, kill_process};

/// How long it may take to become ready, and to stop.
const PATIENCE: Duration = Duration::from_secs(25);
/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long an answer of the admin port may take, and how long it may be.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const LONGEST_ANSWER: u64 = 1024 * 1024;

/// Killed when it is dropped.
pub(crate) struct Server {
    process: Child,
    pid: Pid,
    listens: SocketAddr,
    admin: SocketAddr,
}

impl Server {
    /// Starts it on free ports and waits until it is ready. It keeps no history: that is memory
    /// which grows by itself.
    pub(crate) fn start(binary: &Path, further: &[String]) -> anyhow::Result<Self> {
        let [listens, admin] = free_addresses()?;
        let mut command = Command::new(binary);
        command.args([
            "serve",
            "--listen",
            &listens.to_string(),
            "--admin",
            &admin.to_string(),
        ]);
        command
            .args(["--history", "0s", "--log", "warn"])
            .args(further)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let process = command
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut server = Self {
            pid: Pid::from_child(&process),
            process,
            listens,
            admin,
        };
        server.wait_until("ready", |server| {
            if let Some(status) = server.process.try_wait()? {
                bail!("the server ended before it was ready: {status}");
            }
            Ok(server.get("/readyz").is_ok())
        })?;
        Ok(server)
    }

    /// Where clients connect.
    pub(crate) fn peer(&self) -> SocketAddr {
        self.listens
    }

    /// The same, as clients name it.
    pub(crate) fn address(&self) -> Address {
        Address {
            tls: false,
            host: self.listens.ip().to_string(),
            port: self.listens.port(),
            path: "/ws".to_owned(),
        }
    }

    /// CPU seconds so far.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        cpu_seconds_of(self.pid).context("the server is gone")
    }

    /// Bytes of memory in use.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        memory_of(self.pid).context("the server is gone")
    }

    /// The body of an answer of the admin port.
    ///
    /// # Errors
    /// If there is none, or its status is not 200.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.admin, ANSWER_WITHIN)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        let host = self.admin;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.take(LONGEST_ANSWER).read_to_string(&mut answer)?;
        ensure!(
            answer.starts_with("HTTP/1.1 200 "),
            "{path} on the admin port does not answer 200: {}",
            answer.lines().next().unwrap_or("no answer")
        );
        let (_, body) = answer
            .split_once("\r\n\r\n")
            .with_context(|| format!("{path} on the admin port is no whole answer"))?;
        Ok(body.to_owned())
    }

    /// Asks it to stop and waits for that.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        kill_process(self.pid, Signal::TERM).context("the server was gone before its time")?;
        self.wait_until("stopped", |server| Ok(server.process.try_wait()?.is_some()))
    }

    fn wait_until(
        &mut self,
        what: &str,
        mut reached: impl FnMut(&mut Self) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let start = Instant::now();
        let mut clock = Sockets::new(LOOK_EVERY)?;
        let mut ready = Vec::new();
        while !reached(self)? {
            ensure!(
                start.elapsed() < PATIENCE,
                "the server was not {what} after {} s",
                PATIENCE.as_secs()
            );
            clock.wait(&mut ready)?;
            ready.clear();
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing is left to be done about either.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Two addresses that nobody listens at; held both at once, so that they differ.
fn free_addresses() -> anyhow::Result<[SocketAddr; 2]> {
    let any = (Ipv4Addr::LOCALHOST, 0);
    let (one, other) = (TcpListener::bind(any)?, TcpListener::bind(any)?);
    Ok([one.local_addr()?, other.local_addr()?])
}

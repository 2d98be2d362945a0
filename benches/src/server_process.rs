//! A server process that runs for one measurement.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use parlour_client::Address;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    process::{cpu_seconds_of, memory_of},
    sockets::Sockets,
};

/// Time in which the server must become ready, and must stop.
const PATIENCE: Duration = Duration::from_secs(25);
/// Interval between two polls.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Limits of an answer of the admin port, in time and bytes.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const LONGEST_ANSWER: u64 = 16 * 1024 * 1024;

/// A server process, killed on drop.
pub struct ServerProcess {
    process: Child,
    pid: Pid,
    listens: SocketAddr,
    admin: SocketAddr,
}

impl ServerProcess {
    /// Starts a server on free ports, which are added to its arguments, and waits until it is
    /// ready.
    ///
    /// # Errors
    /// If it cannot be started, or does not become ready.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        let [listens, admin] = free_addresses()?;
        command
            .args(["--listen", &listens.to_string(), "--admin", &admin.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let process = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
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

    /// Returns the address that clients connect to.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.listens
    }

    /// Returns the same address, in the form that the client library takes.
    #[must_use]
    pub fn address(&self) -> Address {
        Address {
            tls: false,
            host: self.listens.ip().to_string(),
            port: self.listens.port(),
            path: "/ws".to_owned(),
        }
    }

    /// Returns the server's CPU seconds so far.
    ///
    /// # Errors
    /// If the process is gone.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        cpu_seconds_of(self.pid).context("the server is gone")
    }

    /// Returns the server's resident memory in bytes.
    ///
    /// # Errors
    /// If the process is gone.
    pub fn memory(&self) -> anyhow::Result<u64> {
        memory_of(self.pid).context("the server is gone")
    }

    /// Gets a path from the admin port and returns the body.
    ///
    /// # Errors
    /// If there is no answer, or its status is not 200.
    pub fn get(&self, path: &str) -> anyhow::Result<String> {
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
            .with_context(|| format!("{path} on the admin port: the answer is incomplete"))?;
        Ok(body.to_owned())
    }

    /// Returns the worlds that the server lists.
    ///
    /// # Errors
    /// If there is no answer, or it is not the list.
    pub fn worlds(&self) -> anyhow::Result<Vec<Value>> {
        let node: Value = serde_json::from_str(&self.get("/worlds")?)?;
        let worlds = node.get("worlds").and_then(Value::as_array);
        worlds.cloned().context("/worlds has no worlds")
    }

    /// Sends SIGTERM and waits until the server has stopped.
    ///
    /// # Errors
    /// If it does not stop.
    pub fn stop(mut self) -> anyhow::Result<()> {
        kill_process(self.pid, Signal::TERM).context("the server ended before it was stopped")?;
        self.wait_until("stopped", |server| Ok(server.process.try_wait()?.is_some()))
    }

    fn wait_until(
        &mut self,
        what: &str,
        mut reached: impl FnMut(&mut Self) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let start = Instant::now();
        let mut clock = Sockets::new(POLL_INTERVAL)?;
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

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // If the process has ended already, both fail, which is fine.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Finds two free addresses. Both are bound at the same time, so that they differ.
fn free_addresses() -> anyhow::Result<[SocketAddr; 2]> {
    let any = (Ipv4Addr::LOCALHOST, 0);
    let (one, other) = (TcpListener::bind(any)?, TcpListener::bind(any)?);
    Ok([one.local_addr()?, other.local_addr()?])
}

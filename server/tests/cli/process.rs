//! Runs the command `parlour`.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

/// No wait takes this long, even on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Flags that take free ports of loopback.
pub(crate) const FREE_PORTS: [&str; 4] = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

/// Returns the command with an empty environment.
pub(crate) fn parlour(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
    set_up(&mut command, args);
    command
}

/// Returns an example of this package, which has game logic of its own, with an empty environment.
/// `cargo nextest run` builds examples unless it is asked for some test programs only. In that case
/// this builds it.
pub(crate) fn example(name: &str, args: &[&str]) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_parlour"));
    let profile = program.parent().unwrap();
    let path = profile.join("examples").join(name);
    if !path.exists() {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args([
            "build",
            "--quiet",
            "-p",
            env!("CARGO_PKG_NAME"),
            "--example",
            name,
        ]);
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "{name} does not build");
    }
    let mut command = Command::new(path);
    set_up(&mut command, args);
    command
}

/// Adds arguments, and empties the environment.
fn set_up(command: &mut Command, args: &[&str]) {
    // An overrun on a slow machine writes a history: keep it out of the source tree.
    let histories = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-histories");
    command
        .env_clear()
        .env("PARLOUR_HISTORY_DIR", histories)
        .args(args)
        .stdin(Stdio::null());
}

/// Returns the command with soft and hard limits of open files.
pub(crate) fn parlour_with_limits(soft: u32, hard: u32, args: &[&str]) -> Command {
    let mut command = Command::new("prlimit");
    command.arg(format!("--nofile={soft}:{hard}"));
    command.arg(env!("CARGO_BIN_EXE_parlour"));
    set_up(&mut command, args);
    command
}

/// Runs a command to its end. Returns exit code, standard output and standard error.
pub(crate) fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// A server in its own process. Dropping it kills the process.
pub(crate) struct ServerProcess {
    child: Child,
    lines: Receiver<String>,
}

impl ServerProcess {
    /// Starts a server on free ports.
    pub(crate) fn start(args: &[&str]) -> Self {
        let args = [args, &FREE_PORTS].concat();
        Self::start_command(parlour(&args).stderr(Stdio::piped()))
    }

    /// Starts an example on free ports.
    pub(crate) fn start_example(name: &str, args: &[&str]) -> Self {
        let args = [args, &FREE_PORTS].concat();
        Self::start_command(example(name, &args).stderr(Stdio::piped()))
    }

    /// Starts a command whose standard error is set.
    pub(crate) fn start_command(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = sync_channel(100);
        thread::spawn(move || {
            out.lines()
                .map_while(Result::ok)
                .try_for_each(|line| send.send(line))
        });
        Self { child, lines }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line of standard output that contains a text.
    pub(crate) fn wait_for_line(&self, text: &str) -> String {
        loop {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(error) => panic!("no line with {text:?}: {error}"),
            }
        }
    }

    /// Waits until all bots of a demo are connected. Returns the lines about the two groups of
    /// bots.
    pub(crate) fn wait_for_bots(&self) -> [String; 2] {
        [(), ()].map(|()| self.wait_for_line("bots are walking around"))
    }

    /// Waits for the line with the address of the world.
    pub(crate) fn wait_for_address(&self) -> SocketAddr {
        address_in(&self.wait_for_line("world    ws://"), "/ws")
    }

    /// Waits for the line with the address of the admin port.
    pub(crate) fn wait_for_admin_address(&self) -> SocketAddr {
        address_in(&self.wait_for_line("metrics "), "/metrics")
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until the process ends. Returns exit code and standard error.
    pub(crate) fn wait_for_end(mut self) -> (Option<i32>, String) {
        loop {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the process does not end"),
            }
        }
        let mut log = String::new();
        if let Some(mut pipe) = self.child.stderr.take() {
            pipe.read_to_string(&mut log).unwrap();
        }
        (self.child.wait().unwrap().code(), log)
    }

    /// Stops the server with a signal. Checks the exit code 0, and returns standard error.
    pub(crate) fn stop_with(self, signal: Signal) -> String {
        self.signal(signal);
        let (code, log) = self.wait_for_end();
        assert_eq!(code, Some(0), "{log}");
        log
    }

    /// Stops the server with SIGTERM. Checks the exit code 0, and returns standard error.
    pub(crate) fn stop(self) -> String {
        self.stop_with(Signal::TERM)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the address in a line such as `world ws://127.0.0.1:7373/ws`.
fn address_in(line: &str, path: &str) -> SocketAddr {
    let (_, address) = line.split_once("://").unwrap();
    address.strip_suffix(path).unwrap().parse().unwrap()
}

//! Starts the command, in a separate environment.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

/// The time limit of all waits, far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Flags that take any free port for both ports.
pub(crate) const FREE_PORTS: [&str; 4] = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

pub(crate) fn parlour(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
    in_the_test(&mut command, words);
    command
}

pub(crate) fn in_the_test<'a>(command: &'a mut Command, words: &[&str]) -> &'a mut Command {
    // On a slow machine it may write a history by itself: keep that out of the source tree.
    let histories = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-histories");
    command
        .env_clear()
        .env("PARLOUR_HISTORY_DIR", histories)
        .args(words)
        .stdin(Stdio::null())
}

/// Runs it to its end. Returns exit code, standard output and standard error.
pub(crate) fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// A file that is deleted after the test.
pub(crate) struct Temporary(pub(crate) PathBuf);

impl Temporary {
    pub(crate) fn file(name: &str, text: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A running server. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    pub(crate) fn start(words: &[&str]) -> Self {
        Self::start_logging_to(Stdio::piped(), words)
    }

    pub(crate) fn start_logging_to(log: impl Into<Stdio>, words: &[&str]) -> Self {
        Self::start_command(parlour(words).stderr(log))
    }

    /// Starts it through a different command, which gets the command line as its last arguments.
    pub(crate) fn start_by(mut starter: Command, log: impl Into<Stdio>, words: &[&str]) -> Self {
        starter.arg(env!("CARGO_BIN_EXE_parlour"));
        Self::start_command(in_the_test(&mut starter, words).stderr(log))
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

    /// Waits for a line of standard output with these words.
    pub(crate) fn line(&self, words: &str) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(words) => return line,
                Ok(_) => {}
                Err(error) => panic!("no line with {words:?}: {error}"),
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it ends. Returns exit code and standard error.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("does not end"),
            }
        }
        let mut log = String::new();
        if let Some(mut pipe) = self.child.stderr.take() {
            pipe.read_to_string(&mut log).unwrap();
        }
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Log lines: from any thread to standard error, without making it wait.
//!
//! Lines go through a bounded queue to a separate thread. When standard error takes nothing and the
//! queue is full, lines are dropped and counted, because the tick thread also logs.

use std::io::{self, IsTerminal};

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt};

use crate::config::{LogFormat, Settings};

/// The maximum number of waiting lines. A line is rarely longer than 500 bytes, so this is about 2
/// MiB.
const MAX_WAITING: usize = 4096;

/// Logging that was set up. Dropping it writes waiting lines, for at most a second.
#[must_use = "log lines that wait are lost without it"]
pub struct Logs {
    dropped: ErrorCounter,
    _guard: WorkerGuard,
}

impl Logs {
    /// Lines that were dropped because standard error did not take them.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped.dropped_lines()
    }
}

/// Sets up logging for the whole process, with the settings `log` and `log_format`.
///
/// # Errors
/// If it was set up before.
pub fn start(settings: &Settings) -> Result<Logs, LogError> {
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(MAX_WAITING)
        .thread_name("log")
        .finish(io::stderr());
    let dropped = writer.error_counter();
    // Checked when the setting was read.
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // Its own errors would go to standard error directly, and wait for it.
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .log_internal_errors(false);
    let started = match settings.log_format {
        LogFormat::Json => lines.json().finish().try_init(),
        LogFormat::Text => lines.with_ansi(colour()).finish().try_init(),
    };
    started.map_err(|_| LogError)?;
    Ok(Logs {
        dropped,
        _guard: guard,
    })
}

/// Returns whether a person would see colours, and wants them.
fn colour() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !refused
}

/// Logging was already set up.
#[derive(Debug, thiserror::Error)]
#[error("logging was started twice in one process")]
pub struct LogError;

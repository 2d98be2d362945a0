//! Writes log lines to standard error, without blocking the thread that logs.
//!
//! Lines pass through a bounded queue to a separate thread. If standard error accepts no data and
//! the queue is full, lines are dropped and counted: the tick thread also logs, and must not wait.

use std::io::{self, IsTerminal};

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt};

use crate::config::{LogFormat, Settings};

/// The maximum number of waiting lines. A line is rarely longer than 500 bytes, so they take about
/// 2 MiB.
const MAX_WAITING: usize = 4096;

/// The logging of this process. Dropping it writes the waiting lines, for at most a second.
#[must_use = "log lines that wait are lost without it"]
pub struct Logs {
    dropped: ErrorCounter,
    _guard: WorkerGuard,
}

impl Logs {
    /// Returns the number of lines that were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped.dropped_lines()
    }
}

/// Starts logging for the whole process, with the settings `log` and `log_format`.
///
/// # Errors
/// [`LogError`] if logging was already started.
pub fn start(settings: &Settings) -> Result<Logs, LogError> {
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(MAX_WAITING)
        .thread_name("log")
        .finish(io::stderr());
    let dropped = writer.error_counter();
    // The filter was checked when the setting was read.
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // Errors of the subscriber itself would be written to standard error directly, which may block.
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .log_internal_errors(false);
    let started = match settings.log_format {
        LogFormat::Json => lines.json().finish().try_init(),
        LogFormat::Text => lines.with_ansi(has_colours()).finish().try_init(),
    };
    started.map_err(|_| LogError)?;
    Ok(Logs {
        dropped,
        _guard: guard,
    })
}

/// Returns whether lines have colours: only on a terminal, and not if `NO_COLOR` is set.
fn has_colours() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !refused
}

/// Logging was already started.
#[derive(Debug, thiserror::Error)]
#[error("logging was already started in this process")]
pub struct LogError;

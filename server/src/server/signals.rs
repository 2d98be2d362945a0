//! Signals: SIGINT and SIGTERM stop the server, and SIGUSR1 writes the history.

use std::{fmt, io, process, thread};

use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

use super::{Server, StopReport};
use crate::{failure::ServerFailure, freeze_order::UnsavedWorld};

/// The exit code after a second Ctrl-C: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// Signals that are caught from its creation on. Create it before the server starts, so that a
/// signal during the start is not lost, and does not end the process.
///
/// Only programs with more work before a stop than [`Server::run_until_signal`] need it. Its
/// methods block, and panic inside an async runtime.
#[derive(Debug)]
pub struct Signals {
    runtime: Runtime,
    interrupt: Signal,
    terminate: Signal,
    history: Signal,
}

/// Why [`Server::run_until_signal`] returned an error.
#[derive(thiserror::Error)]
pub enum RunError {
    /// The server failed, and is stopped.
    #[error("the server failed: {0}")]
    Failed(#[from] ServerFailure),
    /// Durable worlds could not be saved. The server is stopped.
    #[error("{}", unsaved(.0))]
    Unsaved(Vec<UnsavedWorld>),
    /// The system does not report signals. The server continues.
    #[error("cannot wait for signals: {0}")]
    Signals(#[from] io::Error),
}

/// The text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Signals {
    /// Catches SIGINT, SIGTERM and SIGUSR1 from now on, for the rest of the process.
    ///
    /// # Errors
    /// If the system refuses to report signals.
    pub fn listen() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listening = runtime.enter();
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let history = signal(SignalKind::user_defined1())?;
        drop(listening);
        Ok(Self {
            runtime,
            interrupt,
            terminate,
            history,
        })
    }

    /// Blocks until the process is asked to stop, and returns the name of the signal. Meanwhile
    /// SIGUSR1 calls [`Server::write_history`].
    ///
    /// # Errors
    /// The failure, if the server fails first.
    pub fn wait(&mut self, server: &Server) -> Result<&'static str, ServerFailure> {
        let Self {
            runtime,
            interrupt,
            terminate,
            history,
        } = self;
        runtime.block_on(async {
            let mut over = std::pin::pin!(server.failure.over());
            loop {
                tokio::select! {
                    over = &mut over => return over.map(|()| "another thread"),
                    _ = interrupt.recv() => return Ok("Ctrl-C"),
                    _ = terminate.recv() => return Ok("SIGTERM"),
                    _ = history.recv() => server.write_history(),
                }
            }
        })
    }

    /// Calls `stop`, which stops the server. A Ctrl-C before it returns ends the process
    /// immediately, with this exit code.
    pub fn stop<T>(&mut self, exit_code: i32, stop: impl FnOnce() -> T) -> T {
        thread::scope(|scope| {
            let (done, stopped) = oneshot::channel::<()>();
            let watch = thread::Builder::new().name("signals".to_owned());
            let watching = watch.spawn_scoped(scope, || {
                self.runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        _ = self.interrupt.recv() => process::exit(exit_code),
                    }
                });
            });
            if let Err(error) = watching {
                tracing::warn!(%error, "Ctrl-C is ignored while the server stops");
            }
            let stopped = stop();
            // This ends the thread. If `stop` panics, `done` is dropped as well.
            drop(done);
            stopped
        })
    }
}

fn unsaved(worlds: &[UnsavedWorld]) -> String {
    let worlds: Vec<String> = worlds.iter().map(ToString::to_string).collect();
    format!("these worlds could not be saved: {}", worlds.join(", "))
}

/// Waits for signals on a separate thread, because the caller may be inside an async runtime.
pub(super) fn run(server: &Server) -> Result<StopReport, RunError> {
    thread::scope(|scope| {
        let runner = thread::Builder::new().name("signals".to_owned());
        let running = runner.spawn_scoped(scope, || {
            let mut signals = Signals::listen()?;
            match signals.wait(server) {
                Ok(reason) => tracing::info!(reason, "stopping; Ctrl-C again ends the process immediately"),
                Err(failure) => tracing::error!(%failure, "stopping because the server failed"),
            }
            let report = signals.stop(INTERRUPTED, || server.stop());
            match &report {
                StopReport {
                    failure: Some(failure),
                    ..
                } => Err(failure.clone().into()),
                StopReport { unsaved, .. } if !unsaved.is_empty() => Err(RunError::Unsaved(unsaved.clone())),
                _ => Ok(report),
            }
        })?;
        running
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

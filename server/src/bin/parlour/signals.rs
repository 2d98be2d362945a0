//! What asks the server to stop, or to write down what just happened.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals, held from before the first thread starts: none is lost, none ends the process on its own.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    history: Signal,
}

impl Signals {
    /// Must be called within a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            history: signal(SignalKind::user_defined1())?,
        })
    }

    /// Waits until somebody asks to stop; returns how. Whenever somebody asks for the history (SIGUSR1), calls that.
    pub(crate) async fn stop(&mut self, history: impl Fn()) -> &'static str {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return "Ctrl-C",
                _ = self.terminate.recv() => return "SIGTERM",
                _ = self.history.recv() => history(),
            }
        }
    }

    /// Waits for Ctrl-C alone.
    pub(crate) async fn interrupt(&mut self) {
        self.interrupt.recv().await;
    }
}

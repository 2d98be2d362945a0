//! What asks the server to stop.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals, held from before the first thread starts: none is lost, none ends the process on its own.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Must be called within a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits until somebody asks to stop; returns how.
    pub(crate) async fn stop(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }

    /// Waits for Ctrl-C alone.
    pub(crate) async fn interrupt(&mut self) {
        self.interrupt.recv().await;
    }
}

//! A running server: its threads, from start to stop.
//!
//! One thread ticks, some hold sockets, one answers on the admin port; a few record.

mod failure;
mod options;
mod start;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use parlour_shared::ids::Tick;

use crate::{
    bridge::wake::WakeSender,
    edge::EdgeShared,
    recording::live::{Door, Live, Reason},
    replay::Past,
};
pub(crate) use failure::Failure;
pub use options::{ServerOptions, StartError};

/// A running server. Stops when dropped.
pub struct Server {
    listen: SocketAddr,
    admin: SocketAddr,
    failure: Arc<Failure>,
    edge: Arc<EdgeShared>,
    io: Vec<Io>,
    admin_thread: Option<Io>,
    tick_stop: Arc<AtomicBool>,
    tick_thread: Option<JoinHandle<Tick>>,
    live: Option<Live>,
    history: Door,
    /// Reads ahead, if the past is served. Ends by itself after the tick thread.
    past_thread: Option<JoinHandle<()>>,
}

/// An I/O thread and what wakes it.
struct Io {
    wake: WakeSender,
    thread: JoinHandle<Closed>,
}

/// How connections ended when an I/O thread stopped.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Closed {
    pub(crate) answered: u32,
    pub(crate) aborted: u32,
}

/// How a server stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StopReport {
    /// The last tick.
    pub tick: Tick,
    /// Connections that were told, and ended in good order.
    pub closed: u32,
    /// Connections that were told, and did not answer in time.
    pub aborted: u32,
    /// Whether the server had failed before.
    pub failed: bool,
}

impl Server {
    /// Binds both ports and starts all threads. When it returns, connections are taken.
    ///
    /// # Errors
    /// [`StartError`] says what is in the way, and what to do.
    pub fn start(options: ServerOptions) -> Result<Server, StartError> {
        start::start(options)
    }

    /// As [`Self::start`], but what is served is a recording: clients watch it and cannot change it, and the admin port
    /// has `/playback`. The world and the logic of the options are not used.
    ///
    /// # Errors
    /// As [`Self::start`]. What is wrong with the recording later on is told on the admin port.
    pub fn serve_past(options: ServerOptions, past: Past) -> Result<Server, StartError> {
        start::serve_past(options, past)
    }

    /// The public address; with the true port if port 0 was asked for.
    #[must_use]
    pub fn listen_addr(&self) -> SocketAddr {
        self.listen
    }

    /// The admin address; with the true port if port 0 was asked for.
    #[must_use]
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin
    }

    /// Whether a thread of the server failed. It does not serve any more then, and shall be stopped.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.failure.reason().is_some()
    }

    /// What failed, in one line.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.failure.reason()
    }

    /// Has the last minutes written to a file, and does not wait for it: the log tells where.
    pub fn write_history(&self) {
        if let Err(refused) = self.history.write_soon(Reason::Asked) {
            tracing::warn!(why = %refused, "the history was not written");
        }
    }

    /// Tells everyone, closes all connections (1012), and ends all threads. Takes at most a few seconds.
    #[must_use]
    pub fn stop(mut self) -> StopReport {
        self.shut_down()
    }

    fn shut_down(&mut self) -> StopReport {
        let mut report = StopReport {
            failed: self.failed(),
            ..StopReport::default()
        };
        // The tick goes on while connections end, so that the world hears of it.
        self.edge.begin_stop();
        for io in &self.io {
            io.wake.wake();
        }
        for io in self.io.drain(..) {
            let closed = io.thread.join().unwrap_or_default();
            report.closed += closed.answered;
            report.aborted += closed.aborted;
        }
        self.tick_stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.tick_thread.take() {
            report.tick = thread.join().unwrap_or_default();
        }
        if let Some(past) = self.past_thread.take() {
            let _ = past.join();
        }
        if let Some(admin) = self.admin_thread.take() {
            admin.wake.wake();
            let _ = admin.thread.join();
        }
        // Last: what happened until now is written.
        if let Some(live) = self.live.take() {
            live.stop();
        }
        report
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shut_down();
    }
}

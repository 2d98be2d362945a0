//! A running server and its threads, from start to stop.
//!
//! One thread ticks, some serve connections, one answers on the admin port, and a few record.

mod options;
mod ports;
mod signals;
mod start;
mod threads;
mod wiring;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use parlour_recording::recorder::HistoryHandle;
use parlour_shared::ids::Tick;

use crate::{
    failure::{Failure, ServerFailure},
    metrics::MetricsRecorder,
    playback::Playback,
};
pub use options::{ServerOptions, StartError};
pub use signals::{RunError, Signals};
use threads::Threads;

/// A running server. Dropping it stops it.
///
/// A program whose only work is the server calls [`Self::run_until_signal`]:
///
/// ```no_run
/// use std::sync::Arc;
///
/// use parlour_server::{Server, ServerOptions};
/// use parlour_sim::{Logic, SimConfig};
/// # use parlour_shared::map::Map;
/// # fn maps() -> Vec<Arc<Map>> { unimplemented!() }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let options = ServerOptions {
///         logic: Logic::new(|app| {
///             // app.add_plugins(Tag);
///         }),
///         ..ServerOptions::new(SimConfig::new(maps()))
///     };
///     let report = Server::start(options)?.run_until_signal()?;
///     println!("stopped after tick {}", report.tick.0);
///     Ok(())
/// }
/// ```
///
/// Other programs call [`Self::wait`] on a separate thread, and [`Self::stop`] when they end.
///
/// # Failure
///
/// A server fails when one of its threads fails: usually the thread `tick`, because game logic
/// panics. It then closes every connection with 1011, and answers new ones, `/readyz` and `/livez`
/// with 503 and the reason. It does not restart: [`Self::wait`] and [`Self::run_until_signal`]
/// return the failure.
pub struct Server {
    listen: SocketAddr,
    admin: SocketAddr,
    failure: Arc<Failure>,
    history: HistoryHandle,
    recorder: MetricsRecorder,
    threads: Mutex<Threads>,
}

/// How a server stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopReport {
    /// The last finished tick. After a panic of game logic in tick 301 it is 300.
    pub tick: Tick,
    /// Connections that were sent a close frame, and answered it.
    pub closed: u32,
    /// Connections that were sent a close frame, and did not answer in time.
    pub aborted: u32,
    /// The failure, if the server failed.
    pub failure: Option<ServerFailure>,
}

impl Server {
    /// Binds both ports and starts all threads. When it returns, the server accepts connections.
    ///
    /// # Errors
    /// [`StartError`] contains the cause and what to do.
    pub fn start(options: ServerOptions) -> Result<Server, StartError> {
        start::start(options)
    }

    /// Like [`Self::start`], but serves a recording: clients watch it and cannot change it, and the
    /// admin port has `/playback`. The world and the logic of the options are not used.
    ///
    /// # Errors
    /// As [`Self::start`]. Later faults of the recording are reported on the admin port.
    pub fn start_playback(options: ServerOptions, playback: Playback) -> Result<Server, StartError> {
        start::start_playback(options, playback)
    }

    /// Returns the public address, with the real port if port 0 was requested.
    #[must_use]
    pub fn listen_addr(&self) -> SocketAddr {
        self.listen
    }

    /// Returns the admin address, with the real port if port 0 was requested.
    #[must_use]
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin
    }

    /// Returns the metrics of this server, for other threads of the program. [`MetricsRecorder`] describes
    /// how to count.
    #[must_use]
    pub fn recorder(&self) -> &MetricsRecorder {
        &self.recorder
    }

    /// Returns the failure of the server, if it has failed, without waiting: for a status page or a
    /// test. [`Self::wait`] waits.
    #[must_use]
    pub fn failure(&self) -> Option<ServerFailure> {
        self.failure.get().cloned()
    }

    /// Blocks until the server fails, or until a different thread has stopped it.
    ///
    /// ```no_run
    /// # use std::{sync::Arc, thread};
    /// # use parlour_server::Server;
    /// # fn with(server: Server) {
    /// let server = Arc::new(server);
    /// let watched = Arc::clone(&server);
    /// let watcher = thread::spawn(move || {
    ///     if let Err(failure) = watched.wait() {
    ///         eprintln!("the server failed: {failure}");
    ///         // Tell the rest of the program that it has to end.
    ///     }
    /// });
    /// // When the program ends:
    /// let report = server.stop();
    /// let _ = watcher.join();
    /// # }
    /// ```
    ///
    /// In async code call it on a thread that may block, such as with
    /// `tokio::task::spawn_blocking`.
    ///
    /// # Errors
    /// The failure; immediately if the server has already failed. `Ok` means that [`Self::stop`]
    /// has finished and nothing failed.
    pub fn wait(&self) -> Result<(), ServerFailure> {
        self.failure.wait()
    }

    /// Blocks until the process is asked to stop (Ctrl-C, SIGTERM) or the server fails, and then
    /// stops the server. Meanwhile SIGUSR1 writes the history ([`Self::write_history`]).
    ///
    /// A Ctrl-C while the server stops ends the process immediately, with exit code 130. The
    /// signals are caught from this call on, also after it returns: Ctrl-C no longer ends the
    /// process then. Call it at the end of `main`.
    ///
    /// # Errors
    /// [`RunError::Failed`] contains the failure; [`Self::stop`] then still returns the report.
    /// [`RunError::Signals`] if the system refuses to report signals; the server is not stopped
    /// then.
    pub fn run_until_signal(&self) -> Result<StopReport, RunError> {
        signals::run(self)
    }

    /// Has the last minutes written to a file, without waiting for it. The log contains the path.
    pub fn write_history(&self) {
        if let Err(refused) = self.history.write(None) {
            tracing::warn!(why = %refused, "the history was not written");
        }
    }

    /// Closes all connections (1012, or 1011 after a failure), and ends all threads. It takes at
    /// most a few seconds. A second call returns the report of the first.
    pub fn stop(&self) -> StopReport {
        let threads = self.threads.lock();
        threads.unwrap_or_else(PoisonError::into_inner).stop()
    }
}

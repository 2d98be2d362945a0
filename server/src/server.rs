//! Starts, runs and stops a server: threads that tick, threads that serve connections, the desk
//! between them, a thread for the admin port, and threads that record.

mod admin_token;
mod builder;
mod options;
mod ports;
mod saving;
mod signals;
mod start;
mod start_error;
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
    freeze_order::UnsavedWorld,
    history_requests::with_advice,
    metrics::MetricsRecorder,
    playback::Playback,
};
pub use admin_token::{AdminToken, AdminTokenError};
pub use builder::ServerBuilder;
pub use options::ServerOptions;
pub use signals::{RunError, Signals};
pub use start_error::StartError;
use threads::Threads;

/// A running server. Dropping it stops it.
///
/// A program whose only work is the server calls [`Self::run_until_signal`]:
///
/// ```no_run
/// use std::sync::Arc;
///
/// use parlour::{Server, ServerOptions};
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
/// A program with other work calls [`Self::wait`] on a separate thread, and [`Self::stop`] when it
/// ends.
///
/// # Failure
///
/// Game logic that panics in a tick does not fail the server: its world is rebuilt as it was before
/// that tick, or ends if it panics again within ten seconds. A server fails when one of its threads
/// fails, or when its main world cannot be made, because game logic panicked when it was added. The
/// server then closes every connection with 1011. It answers new connections, `/readyz` and
/// `/livez` with 503 and the reason. It does not restart: [`Self::wait`] and
/// [`Self::run_until_signal`] return the failure.
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
    /// The last finished tick of the main world.
    pub tick: Tick,
    /// The number of connections that answered their close frame in time.
    pub closed: u32,
    /// The number of connections that did not answer their close frame in time.
    pub aborted: u32,
    /// The failure, if the server failed.
    pub failure: Option<ServerFailure>,
    /// The durable worlds that could not be saved ([`ServerOptions::state`]).
    pub unsaved: Vec<UnsavedWorld>,
}

impl Server {
    /// Checks the room types, tries their game logic, binds both ports, and starts all threads.
    /// When it returns, the server accepts connections.
    ///
    /// A trial builds a world for each game logic, and runs three ticks with a player in a room.
    /// That takes a few milliseconds for each type. The world is dropped, and what its game logic
    /// counts is discarded.
    ///
    /// # Errors
    /// [`StartError`]. Its text contains the cause and advice.
    pub fn start(options: ServerOptions) -> Result<Server, StartError> {
        start::start(options)
    }

    /// Like [`Self::start`], but serves a recording. Clients watch it, and cannot change it. The
    /// admin port has `/playback`. The world and the game logic of the options are not used.
    ///
    /// # Errors
    /// Those of [`Self::start`]. Later faults of the recording are reported on the admin port.
    pub fn start_playback(options: ServerOptions, playback: Playback) -> Result<Server, StartError> {
        start::start_playback(options, playback)
    }

    /// Returns the address for clients, with the real port if port 0 was requested.
    #[must_use]
    pub fn listen_addr(&self) -> SocketAddr {
        self.listen
    }

    /// Returns the admin address, with the real port if port 0 was requested.
    #[must_use]
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin
    }

    /// Returns the metrics of this server, for other threads of the program. [`MetricsRecorder`]
    /// describes how to count.
    #[must_use]
    pub fn metrics_recorder(&self) -> &MetricsRecorder {
        &self.recorder
    }

    /// Returns the failure if the server has failed, without waiting, such as for a status page or
    /// a test.
    #[must_use]
    pub fn failure(&self) -> Option<ServerFailure> {
        self.failure.get().cloned()
    }

    /// Blocks until the server fails, or until a different thread has stopped it.
    ///
    /// ```no_run
    /// # use std::{sync::Arc, thread};
    /// # use parlour::Server;
    /// # fn with(server: Server) {
    /// let server = Arc::new(server);
    /// let watched = Arc::clone(&server);
    /// let watcher = thread::spawn(move || {
    ///     if let Err(failure) = watched.wait() {
    ///         eprintln!("the server failed: {failure}");
    ///         // End the rest of the program.
    ///     }
    /// });
    /// // When the program ends:
    /// let report = server.stop();
    /// let _ = watcher.join();
    /// # }
    /// ```
    ///
    /// Async code calls it on a thread that may block, such as with `tokio::task::spawn_blocking`.
    ///
    /// # Errors
    /// The failure. If the server has already failed, it is returned immediately. `Ok` means that
    /// [`Self::stop`] has finished, and nothing failed.
    pub fn wait(&self) -> Result<(), ServerFailure> {
        self.failure.wait()
    }

    /// Blocks until the process is asked to stop (Ctrl-C, SIGTERM) or the server fails, and then
    /// stops the server. Meanwhile SIGUSR1 writes the history ([`Self::write_history`]).
    ///
    /// A second Ctrl-C, while the server stops, ends the process immediately with exit code 130.
    /// Call this method at the end of `main`: it catches the signals for the rest of the process,
    /// so after it returns, Ctrl-C has no effect.
    ///
    /// # Errors
    /// [`RunError::Failed`] if the server failed, and [`RunError::Unsaved`] if a durable world
    /// could not be saved. The server is stopped then, and [`Self::stop`] returns the report.
    /// [`RunError::Signals`] if the system refuses to report signals. The server continues.
    pub fn run_until_signal(&self) -> Result<StopReport, RunError> {
        signals::run(self)
    }

    /// Requests that the histories of all worlds are written to files. Does not wait for it. The
    /// log contains the paths.
    pub fn write_history(&self) {
        if let Err(error) = self.history.write(None, None) {
            tracing::warn!(why = with_advice(&error), "the history was not written");
        }
    }

    /// Saves the worlds with rooms of durable types, if [`ServerOptions::state`] is set. Then
    /// closes all connections (with 1012, or with 1011 after a failure), and ends all threads. It
    /// usually takes less than a few seconds; saving takes at most 10 s. A second call returns the
    /// report of the first.
    pub fn stop(&self) -> StopReport {
        let threads = self.threads.lock();
        threads.unwrap_or_else(PoisonError::into_inner).stop()
    }
}

//! The admin port: health and metrics, for operators and their tools.

mod access;
mod history;
mod playback;
mod routes;
mod types;
mod watch;
mod worlds;

use std::{
    convert::Infallible,
    io,
    net::TcpListener as StdTcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use history::HistoryRoutes;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use parlour_recording::recorder::HistoryHandle;
use tokio::net::TcpListener;

use crate::{
    bridge::{tick_status::TickThreads, wake::WakeEnd},
    declarations::DeclaredTypes,
    descriptors::{AcceptedConnection, Acceptor, Descriptors, Headroom},
    desk::DeskView,
    edge::EdgeShared,
    failure::Failure,
    http::accepted_at,
    metrics::Metrics,
    node_status::NodeStatus,
    playback::PlaybackControl,
    secret::Secret,
};
use routes::answer;

/// The maximum number of connections. Further ones are closed immediately. 64 connections with
/// 16 KiB of buffers each take 1 MiB.
const MAX_CONNECTIONS: u32 = 64;
/// The maximum life of a connection. Scrapers that keep one open reconnect.
const MAX_AGE: Duration = Duration::from_secs(300);
/// The time limit for the head of a request, also between two requests.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);

/// What the admin thread needs to start.
pub(crate) struct Admin {
    pub(crate) listener: StdTcpListener,
    /// The token that requests must have. `None`: only this machine can reach the port.
    pub(crate) token: Option<Secret>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) status: Arc<TickThreads>,
    pub(crate) failure: Arc<Failure>,
    pub(crate) descriptors: Arc<Descriptors>,
    pub(crate) edge: Arc<EdgeShared>,
    pub(crate) node: Arc<NodeStatus>,
    /// What the desk knows.
    pub(crate) view: Arc<Mutex<DeskView>>,
    pub(crate) history: HistoryHandle,
    /// The control of the playback, if a recording is served.
    pub(crate) playback: Option<PlaybackControl>,
    /// The game logic of the room types. Empty: a recording is served.
    pub(crate) types: DeclaredTypes,
    /// The time without a tick after which `/livez` fails.
    pub(crate) livez_timeout: Duration,
    pub(crate) wake: WakeEnd,
}

/// The state from which handlers produce their answers.
struct Sources {
    token: Option<Secret>,
    metrics: Arc<Metrics>,
    status: Arc<TickThreads>,
    failure: Arc<Failure>,
    edge: Arc<EdgeShared>,
    node: Arc<NodeStatus>,
    view: Arc<Mutex<DeskView>>,
    history: HistoryRoutes,
    playback: Option<PlaybackControl>,
    types: DeclaredTypes,
    livez_timeout: Duration,
    connections: AtomicU32,
}

impl Admin {
    /// Answers requests until it is woken.
    pub(crate) fn run(self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let sources = Arc::new(Sources {
            token: self.token,
            metrics: self.metrics,
            status: self.status,
            failure: self.failure,
            edge: self.edge,
            node: self.node,
            view: self.view,
            history: HistoryRoutes::new(self.history),
            playback: self.playback,
            types: self.types,
            livez_timeout: self.livez_timeout,
            connections: AtomicU32::new(0),
        });
        runtime.block_on(async move {
            let listener = TcpListener::from_std(self.listener)?;
            let errors = sources.metrics.edge.accept_errors.clone();
            let acceptor = Acceptor::new(listener, self.descriptors, errors);
            let wake = self.wake.attach()?;
            tokio::select! {
                () = accept(acceptor, Arc::clone(&sources)) => {}
                () = watch::run(&sources) => {}
                _ = wake.woken() => {}
            }
            Ok(())
        })
    }
}

async fn accept(mut acceptor: Acceptor, sources: Arc<Sources>) {
    loop {
        let AcceptedConnection {
            stream,
            peer,
            headroom,
        } = acceptor.next().await;
        // One connection is always answered, even if it takes a descriptor reserved for files.
        let most = if headroom == Headroom::Files {
            1
        } else {
            MAX_CONNECTIONS
        };
        if sources.connections.load(Ordering::Relaxed) >= most {
            continue;
        }
        let open = OpenConnection::new(Arc::clone(&sources));
        let sources = Arc::clone(&sources);
        let local = accepted_at(&stream);
        tokio::spawn(async move {
            // Dropped also if an answer panics: it may run code of game logic.
            let _open = open;
            let service = service_fn(|request| {
                let sources = Arc::clone(&sources);
                async move { Ok::<_, Infallible>(answer(request, local, peer, &sources).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .max_buf_size(8 * 1024)
                .serve_connection(TokioIo::new(stream), service);
            // A broken or slow connection of an operator does not matter.
            let _ = tokio::time::timeout(MAX_AGE, connection).await;
        });
    }
}

/// Counts a connection while it exists.
struct OpenConnection(Arc<Sources>);

impl OpenConnection {
    fn new(sources: Arc<Sources>) -> Self {
        sources.connections.fetch_add(1, Ordering::Relaxed);
        Self(sources)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

//! The admin port: health and metrics, for operators and their tools.

mod history;
mod playback;
mod watch;

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr, TcpListener as StdTcpListener},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use history::History;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use parlour_recording::recorder::HistoryHandle;
use tokio::net::TcpListener;

use crate::{
    bridge::{tick_status::TickStatus, wake::WakeEnd},
    descriptors::{Accepted, Acceptor, Descriptors, Left},
    edge::EdgeShared,
    failure::Failure,
    metrics::Metrics,
    playback::PlaybackControl,
    reject::Reject,
    web,
};

/// Without a tick for this long the server is not ready.
const READY: Duration = Duration::from_millis(100);
/// Connections at once; more are closed at once. 64 of 16 KiB are 1 MiB.
const MAX_CONNECTIONS: u32 = 64;
/// A connection lives this long at most: scrapers that keep theirs open connect again.
const MAX_AGE: Duration = Duration::from_secs(300);
/// For the head of a request, also between two requests.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);

/// Paths that are only read.
const PAGES: [&str; 4] = ["/", "/livez", "/readyz", "/metrics"];

const INDEX: &str = "Parlour, admin port

/livez    200; 503 if the server failed, or the tick has not advanced for long (livez_timeout)
/readyz   200 if the tick advanced within the last 100 ms, else 503 and why
/metrics  all metrics, in the text format of Prometheus
POST /history           write the last minutes to a file
POST /history/download  answer with them: curl -X POST -OJ
";

/// What the admin thread is made with.
pub(crate) struct Admin {
    pub(crate) listener: StdTcpListener,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) status: Arc<TickStatus>,
    pub(crate) failure: Arc<Failure>,
    pub(crate) descriptors: Arc<Descriptors>,
    pub(crate) edge: Arc<EdgeShared>,
    pub(crate) history: HistoryHandle,
    /// The recording that is served, if one is.
    pub(crate) playback: Option<PlaybackControl>,
    /// Without a tick for this long the server is not alive.
    pub(crate) livez_timeout: Duration,
    pub(crate) wake: WakeEnd,
}

/// What answers are made from.
struct Sources {
    metrics: Arc<Metrics>,
    status: Arc<TickStatus>,
    failure: Arc<Failure>,
    edge: Arc<EdgeShared>,
    history: History,
    playback: Option<PlaybackControl>,
    livez_timeout: Duration,
    connections: AtomicU32,
}

impl Admin {
    /// Answers until woken.
    pub(crate) fn run(self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let sources = Arc::new(Sources {
            metrics: self.metrics,
            status: self.status,
            failure: self.failure,
            edge: self.edge,
            history: History::new(self.history),
            playback: self.playback,
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
        let Accepted { stream, peer, left } = acceptor.next().await;
        // One is always answered, also with a descriptor that is for files.
        let most = if left == Left::Files { 1 } else { MAX_CONNECTIONS };
        if sources.connections.load(Ordering::Relaxed) >= most {
            continue;
        }
        sources.connections.fetch_add(1, Ordering::Relaxed);
        let sources = Arc::clone(&sources);
        let local = web::accepted_at(&stream);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let sources = Arc::clone(&sources);
                async move { Ok::<_, Infallible>(answer(request, local, peer, &sources).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .max_buf_size(8 * 1024)
                .serve_connection(TokioIo::new(stream), service);
            // A broken or slow operator's connection is of no interest.
            let _ = tokio::time::timeout(MAX_AGE, connection).await;
            sources.connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Answers a request from `peer`, on a connection that was accepted at `local`, if the policy allows it.
async fn answer(
    request: Request<Incoming>,
    local: IpAddr,
    peer: SocketAddr,
    sources: &Sources,
) -> Response<Full<Bytes>> {
    let private = is_private(request.uri().path());
    let mut response = match sources.edge.web().admin(&request, local, private) {
        Ok(()) => route(request, sources).await,
        Err(refusal) => {
            let detail = format!("admin port: {}", web::describe(&request));
            sources.edge.reject(Reject::from(&refusal), peer, &detail);
            text(refusal.status(), format!("{refusal}\n"))
        }
    };
    web::seal(response.headers_mut());
    response
}

/// Whether a path gives names or chat away, or changes something.
fn is_private(path: &str) -> bool {
    ["/history", "/playback"]
        .iter()
        .any(|begin| path.starts_with(begin))
}

async fn route(request: Request<Incoming>, sources: &Sources) -> Response<Full<Bytes>> {
    let (request, _) = request.into_parts();
    if let Some(control) = &sources.playback
        && let Some(response) = playback::answer(control, &request.method, &request.uri).await
    {
        return response;
    }
    if let Some(response) = sources.history.answer(&request.method, request.uri.path()).await {
        return response;
    }
    let path = request.uri.path();
    if PAGES.contains(&path) && !matches!(request.method, Method::GET | Method::HEAD) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n");
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match path {
        "/" => text(StatusCode::OK, sources.index()),
        "/livez" => match sources.not_alive() {
            None => text(StatusCode::OK, "alive\n"),
            Some(reason) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
        },
        "/readyz" => match sources.not_ready() {
            None => text(StatusCode::OK, "ready\n"),
            Some(reason) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
        },
        "/metrics" => {
            let mut response = text(StatusCode::OK, sources.metrics.recorder().render());
            response.headers_mut().insert(
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
            );
            response
        }
        _ => text(StatusCode::NOT_FOUND, sources.index()),
    }
}

impl Sources {
    /// What there is on this port.
    fn index(&self) -> String {
        let playback = self.playback.as_ref().map_or("", |_| playback::INDEX);
        format!("{INDEX}{playback}")
    }

    /// Why the server should be started again, if there is a reason. Load and stopping are none.
    fn not_alive(&self) -> Option<String> {
        if let Some(failure) = self.failure.get() {
            return Some(failure.to_string());
        }
        let frozen = self.status.frozen().filter(|time| *time >= self.livez_timeout)?;
        Some(format!("the tick has not advanced for {} ms", frozen.as_millis()))
    }

    /// Why the server should not be given clients, if there is a reason.
    fn not_ready(&self) -> Option<String> {
        if let Some(failure) = self.failure.get() {
            return Some(failure.to_string());
        }
        if self.edge.is_stopping() {
            return Some("stopping".into());
        }
        if self.status.tick().0 == 0 {
            return Some("the first tick is not over yet".into());
        }
        let age = self.status.age();
        (age > READY).then(|| format!("the tick has not advanced for {} ms", age.as_millis()))
    }
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

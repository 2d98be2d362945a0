//! The admin port: health and metrics, for operators and their tools.

mod history;
mod playback;
mod watch;

use std::{
    convert::Infallible,
    future::{self, Future},
    io,
    net::{IpAddr, SocketAddr, TcpListener as StdTcpListener},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use history::History;
use hyper::{
    Request, Uri,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::{
    bridge::wake::WakeEnd,
    descriptors::{Accepted, Acceptor, Descriptors, Left},
    edge::EdgeShared,
    http::{Access, Answer, HttpProblem, ProblemKind, Route, Routes, accepted_at, describe, text},
    metrics::Metrics,
    recording::live::HistoryHandle,
    replay::Console,
    server::Failure,
    tick_loop::TickStatus,
};

/// Without a tick for this long the server is not ready.
const READY: Duration = Duration::from_millis(100);
/// Connections at once; more are closed at once. 64 of 16 KiB are 1 MiB.
const MAX_CONNECTIONS: u32 = 64;
/// A connection lives this long at most: scrapers that keep theirs open connect again.
const MAX_AGE: Duration = Duration::from_secs(300);
/// For the head of a request, also between two requests.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);

/// The routes of the admin port. [`INDEX`] describes them to people.
static ROUTES: Routes<Handler> = Routes::new(
    &[
        Route::get("/", Access::Operators, |sources, _| ready(index(sources))),
        Route::get("/livez", Access::Operators, |sources, _| ready(livez(sources))),
        Route::get("/readyz", Access::Operators, |sources, _| ready(readyz(sources))),
        Route::get("/metrics", Access::Operators, |sources, _| {
            ready(metrics(sources))
        }),
        Route::post("/history", Access::Private, |sources, _| {
            Box::pin(sources.history.write())
        }),
        Route::post("/history/download", Access::Private, |sources, _| {
            Box::pin(sources.history.download())
        }),
        Route::get("/playback", Access::Private, |sources, _| {
            Box::pin(playback::look(sources))
        }),
        Route::post("/playback/pause", Access::Private, |sources, _| {
            Box::pin(playback::pause(sources))
        }),
        Route::post("/playback/play", Access::Private, |sources, _| {
            Box::pin(playback::play(sources))
        }),
        Route::post("/playback/seek", Access::Private, |sources, uri| {
            Box::pin(playback::seek(sources, uri))
        }),
        Route::post("/playback/speed", Access::Private, |sources, uri| {
            Box::pin(playback::speed(sources, uri))
        }),
        Route::post("/playback/follow", Access::Private, |sources, uri| {
            Box::pin(playback::follow(sources, uri))
        }),
    ],
    Access::Operators,
    "nothing here; the page at / lists what there is",
);

/// Answers a request that the policy allows. No handler needs a body.
type Handler = for<'a> fn(&'a Sources, &'a Uri) -> Answering<'a>;
type Answering<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
type Outcome = Result<Answer, HttpProblem>;

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
    /// The past that is served, if it is one.
    pub(crate) past: Option<Console>,
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
    past: Option<Console>,
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
            past: self.past,
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
        let local = accepted_at(&stream);
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

/// Answers a request from `peer`, on a connection that was accepted at `local`.
async fn answer(request: Request<Incoming>, local: IpAddr, peer: SocketAddr, sources: &Sources) -> Answer {
    let outcome = match ROUTES.find(&request, sources.edge.web(), local) {
        Ok((handler, _)) => handler(sources, request.uri()).await,
        Err(problem) => Err(problem),
    };
    outcome.unwrap_or_else(|problem| {
        if let Some(class) = problem.class() {
            let detail = format!("admin port: {}", describe(&request));
            sources.edge.reject(class, peer, &detail);
        }
        problem.into_answer()
    })
}

fn ready<'a>(outcome: Outcome) -> Answering<'a> {
    Box::pin(future::ready(outcome))
}

fn index(sources: &Sources) -> Outcome {
    let past = sources.past.as_ref().map_or("", |_| playback::INDEX);
    Ok(text(format!("{INDEX}{past}")))
}

fn livez(sources: &Sources) -> Outcome {
    match sources.not_alive() {
        None => Ok(text("alive\n")),
        Some(reason) => Err(HttpProblem::new(ProblemKind::NotAlive, reason)),
    }
}

fn readyz(sources: &Sources) -> Outcome {
    match sources.not_ready() {
        None => Ok(text("ready\n")),
        Some(reason) => Err(HttpProblem::new(ProblemKind::NotReady, reason)),
    }
}

fn metrics(sources: &Sources) -> Outcome {
    let mut answer = text(sources.metrics.recorder().render());
    let version = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, version);
    Ok(answer)
}

impl Sources {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_names_every_route() {
        let index = format!("{INDEX}{}", playback::INDEX);
        for path in ROUTES.paths() {
            assert!(index.contains(path), "{path}");
        }
    }
}

//! The routes of the admin port.

use std::{
    future::{self, Future},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    time::Duration,
};

use hyper::{
    Request, Uri,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
};

use super::{Sources, access, playback, types, worlds};
use crate::http::{
    Access::{Operators, Private},
    Answer, HttpProblem, ProblemKind, Route, Routes, add_response_headers, describe, text,
};

/// The routes of the admin port. [`INDEX`] describes them for people.
static ROUTES: Routes<Handler> = Routes::new(
    &[
        Route::get("/", Operators, |sources, _| ready(index(sources))),
        Route::get("/livez", Operators, |sources, _| ready(livez(sources))),
        Route::get("/readyz", Operators, |sources, _| ready(readyz(sources))),
        Route::get("/metrics", Operators, |sources, _| ready(metrics(sources))),
        Route::get("/worlds", Private, |sources, _| ready(worlds::list(sources))),
        Route::post("/worlds/*/restart", Private, |sources, uri| {
            Box::pin(worlds::restart(sources, uri))
        }),
        Route::post("/worlds/*/move", Private, |sources, uri| {
            Box::pin(worlds::change_thread(sources, uri))
        }),
        Route::get("/types/*", Operators, |sources, uri| {
            ready(types::answer(sources, uri))
        }),
        Route::post("/history", Private, |sources, uri| {
            Box::pin(sources.history.write(&sources.view, uri))
        }),
        Route::post("/history/download", Private, |sources, uri| {
            Box::pin(sources.history.download(&sources.view, uri))
        }),
        Route::get("/playback", Private, |sources, _| {
            Box::pin(playback::status(sources))
        }),
        Route::post("/playback/pause", Private, |sources, _| {
            Box::pin(playback::pause(sources))
        }),
        Route::post("/playback/play", Private, |sources, _| {
            Box::pin(playback::play(sources))
        }),
        Route::post("/playback/seek", Private, |sources, uri| {
            Box::pin(playback::seek(sources, uri))
        }),
        Route::post("/playback/speed", Private, |sources, uri| {
            Box::pin(playback::speed(sources, uri))
        }),
        Route::post("/playback/follow", Private, |sources, uri| {
            Box::pin(playback::follow(sources, uri))
        }),
    ],
    Operators,
    "nothing here; the page at / lists the paths",
);

/// Answers a request that the policy allows. No handler needs the body of the request.
type Handler = for<'a> fn(&'a Sources, &'a Uri) -> AnswerFuture<'a>;
type AnswerFuture<'a> = Pin<Box<dyn Future<Output = Result<Answer, HttpProblem>> + Send + 'a>>;

/// The time without a tick of any thread after which `/readyz` fails.
const READY_TIMEOUT: Duration = Duration::from_millis(100);
/// The same for the desk, which looks for work every 100 ms.
const DESK_READY_TIMEOUT: Duration = Duration::from_millis(500);

const INDEX: &str = "Parlour, admin port

/livez    200; 503 if the server failed, or a tick thread has not advanced for livez_timeout
/readyz   200 if a tick thread advanced within the last 100 ms, otherwise 503 and the reason
/metrics  all metrics, in the text format of Prometheus
/worlds   the worlds and their rooms, as JSON; the command rooms prints them as a table
/types/NAME.d.ts  the messages and components of the game logic of a room type, as TypeScript
/types/NAME.json  the shapes of their binary forms, as JSON
POST /worlds/NAME/restart         rebuild a world from its last saved state and its inputs
POST /worlds/NAME/move?thread=N   move a world to a different tick thread
POST /history                     write the history to a file; of a different world than main: ?world=NAME
POST /history/download            download it: curl -X POST -OJ
";

/// Answers a request from `peer`, on a connection that was accepted at `local`.
pub(super) async fn answer(
    request: Request<Incoming>,
    local: IpAddr,
    peer: SocketAddr,
    sources: &Sources,
) -> Answer {
    let policy = sources.edge.web();
    let found = policy.host(&request, local).map_err(HttpProblem::from);
    // A request without the token does not learn which paths exist.
    let found = found.and_then(|to| {
        access::check(sources.token.as_ref(), request.uri().path(), request.headers())?;
        ROUTES.find(&request, policy, &to)
    });
    let result = match found {
        Ok(handler) => handler(sources, request.uri()).await,
        Err(problem) => Err(problem),
    };
    let mut answer = result.unwrap_or_else(|problem| {
        let problem = problem.without_route_class();
        if let Some(class) = problem.class() {
            let detail = format!("admin port: {}", describe(&request));
            sources.edge.reject(class, peer, &detail);
        }
        problem.into_answer()
    });
    add_response_headers(answer.headers_mut());
    answer
}

fn ready<'a>(result: Result<Answer, HttpProblem>) -> AnswerFuture<'a> {
    Box::pin(future::ready(result))
}

fn index(sources: &Sources) -> Result<Answer, HttpProblem> {
    let playback = sources.playback.as_ref().map_or("", |_| playback::INDEX);
    Ok(text(format!("{INDEX}{playback}")))
}

fn livez(sources: &Sources) -> Result<Answer, HttpProblem> {
    match sources.not_alive() {
        None => Ok(text("alive\n")),
        Some(reason) => Err(HttpProblem::new(ProblemKind::NotAlive, reason)),
    }
}

fn readyz(sources: &Sources) -> Result<Answer, HttpProblem> {
    match sources.not_ready() {
        None => Ok(text("ready\n")),
        Some(reason) => Err(HttpProblem::new(ProblemKind::NotReady, reason)),
    }
}

fn metrics(sources: &Sources) -> Result<Answer, HttpProblem> {
    let mut answer = text(sources.metrics.recorder().render());
    let version = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, version);
    Ok(answer)
}

impl Sources {
    /// Returns why the server should be restarted, or `None`. High load and a stop are not reasons.
    fn not_alive(&self) -> Option<String> {
        if let Some(failure) = self.failure.get() {
            return Some(failure.to_string());
        }
        let frozen = self.status.frozen().filter(|time| *time >= self.livez_timeout)?;
        Some(format!("the tick has not advanced for {} ms", frozen.as_millis()))
    }

    /// Returns why the server should not get new clients, or `None`.
    fn not_ready(&self) -> Option<String> {
        if let Some(failure) = self.failure.get() {
            return Some(failure.to_string());
        }
        if self.edge.is_stopping() {
            return Some("stopping".into());
        }
        if self.status.tick().0 == 0 {
            return Some("the first tick has not finished".into());
        }
        let (tick, desk) = (self.status.age(), self.status.desk().age());
        if tick > READY_TIMEOUT {
            return Some(format!("the tick has not advanced for {} ms", tick.as_millis()));
        }
        (desk > DESK_READY_TIMEOUT).then(|| format!("the desk has not advanced for {} ms", desk.as_millis()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_lists_every_route() {
        let index = format!("{INDEX}{}", playback::INDEX);
        for path in ROUTES.paths() {
            let path = path.replace('*', "NAME");
            assert!(index.contains(&path), "{path}");
        }
    }
}

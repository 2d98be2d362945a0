//! The routes of the public port.

use std::{net::IpAddr, pin::Pin, time::Duration};

use hyper::{
    Request,
    body::Incoming,
    header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
};

use crate::{
    auth::{AuthFault, Credential, TICKET_LIFE, TicketAnswer},
    edge::{
        Rejection, Wire,
        connection::IoThread,
        newcomer::Excess,
        presented::{bearer, presented},
        upgrade,
    },
    http::{self, Access, Answer, Destination, HttpProblem, ProblemKind, Route, Routes, Sharing},
    proxies::is_trusted,
};

static ROUTES: Routes<Handler> = Routes::new(
    &[
        Route::get("/", Access::Anyone, index),
        Route::upgrade("/ws", Access::Players, enter),
        Route::post("/api/tickets", Access::Players, ticket),
    ],
    Access::Anyone,
    "nothing here; connect at /ws",
);

/// Handles a request that the policy allows.
type Handler = fn(&IoThread, &Request<Incoming>, &Destination) -> Result<Reply, HttpProblem>;

/// A response that is not an error.
pub(super) enum Reply {
    /// The response, after which the connection ends.
    Answer(Answer),
    /// The response, after which the connection becomes a WebSocket.
    Upgrade(Answer, Agreement),
    /// The response follows later, and the connection ends after it.
    Later(LaterReply),
}

/// A response that the server must wait for.
pub(super) type LaterReply = Pin<Box<dyn Future<Output = Result<Answer, HttpProblem>>>>;

/// The kind of WebSocket that client and server agreed on, and the token or ticket of the client.
pub(super) struct Agreement {
    pub(super) wire: Wire,
    pub(super) may_be_typed: bool,
    pub(super) presented: Option<Credential>,
}

const INDEX: &str = "This is Parlour, a world server: a room to walk in, with everyone else who is there.

Connect with WebSocket at /ws on this address, with the subprotocol parlour.v1 (binary)
or parlour.v1.json (the same messages as JSON text). POST /api/tickets exchanges a token for a
one-time ticket. By hand, with the hello within TIME s:

  npx wscat -c ws://THIS-ADDRESS/ws -s parlour.v1.json
  > {\"hello\":{\"protocol\":1,\"name\":\"you\"}}
  > {\"join\":{\"room\":\"plaza\"}}
  > {\"move\":{\"direction\":\"east\"}}
";

const FULL: &str = "the server is full, try again later";

/// Handles a request on a connection that was accepted at the address `local`.
pub(super) fn reply(io: &IoThread, request: &Request<Incoming>, local: IpAddr) -> Result<Reply, HttpProblem> {
    let to = io.shared.web.host(request, local)?;
    if let Some(failure) = io.shared.failure.get() {
        // A 503 instead of a 101 and a close frame with 1011: proxies and tools understand it, and
        // the server needs no state for the connection.
        let detail = format!("{}, try again later", failure.for_clients());
        return Err(HttpProblem::new(ProblemKind::ServerFailed, detail));
    }
    let methods = ROUTES.methods(request.uri().path());
    if let Some(answer) = http::preflight(request, &io.shared.web, &to, &methods) {
        return answer.map(Reply::Answer);
    }
    let handler = ROUTES.find(request, &io.shared.web, &to)?;
    handler(io, request, &to)
}

/// Returns which pages of other origins may read the answer to a request.
pub(super) fn sharing(io: &IoThread, request: &Request<Incoming>, local: IpAddr) -> Sharing {
    let to = io.shared.web.host(request, local).ok();
    Sharing::of(request, &io.shared.web, to.as_ref())
}

/// Returns the error for a connection over a limit. It says when to try again: for a full server,
/// at a random time, as after a close.
pub(super) fn full(io: &IoThread, excess: Excess) -> HttpProblem {
    let problem = match excess.rejection {
        Rejection::TooManyFromAddress => HttpProblem::new(
            ProblemKind::TooManyFromAddress,
            "too many connections from this address have not sent a hello yet",
        ),
        Rejection::HandshakeRate => HttpProblem::new(
            ProblemKind::HandshakeRate,
            "this address connects too often: wait as long as Retry-After says",
        ),
        Rejection::TooFewDescriptors => HttpProblem::new(ProblemKind::TooFewDescriptors, FULL),
        _ => HttpProblem::new(ProblemKind::ServerFull, FULL),
    };
    let after_ms = || Duration::from_millis(io.shared.spread.after_ms(&io.random).into());
    let wait = excess.retry_after.unwrap_or_else(after_ms);
    let seconds = wait.as_millis().div_ceil(1000).max(1) as u64;
    problem.with(RETRY_AFTER, HeaderValue::from(seconds))
}

/// `GET /`: a page for people. It states the time limit for a hello from this address.
fn index(io: &IoThread, request: &Request<Incoming>, to: &Destination) -> Result<Reply, HttpProblem> {
    let options = &io.shared.options;
    // A proxy on this machine has clients elsewhere.
    let is_proxied =
        http::is_forwarded(request.headers()) || is_trusted(&options.trusted_proxies, to.local());
    let time = match is_proxied {
        true => options.handshake_timeout,
        false => options.time_to_type_hello(to.local()),
    };
    let time = time.as_secs_f64();
    let text = INDEX.replace("TIME", &time.to_string());
    Ok(Reply::Answer(http::text(text)))
}

/// `GET /ws`: accepts or rejects a WebSocket.
fn enter(io: &IoThread, request: &Request<Incoming>, to: &Destination) -> Result<Reply, HttpProblem> {
    let status = &io.shared.status;
    // A desk that stands still also fills its ring. Clients then get the close code 1013 after the
    // upgrade.
    let is_choked = io.rings.is_choked(status) && !status.is_frozen();
    if is_choked || io.shared.is_stopping() {
        return Err(full(io, Excess::of(Rejection::TooManyConnections)));
    }
    let upgrade = upgrade::judge(request, to)?;
    let agreement = Agreement {
        wire: upgrade.wire,
        may_be_typed: upgrade.may_be_typed,
        presented: presented(request, io.shared.token_in_query)?,
    };
    Ok(Reply::Upgrade(upgrade.answer(), agreement))
}

/// `POST /api/tickets`: a one-time ticket for the user of the token in the header `Authorization`.
fn ticket(io: &IoThread, request: &Request<Incoming>, _: &Destination) -> Result<Reply, HttpProblem> {
    let mut tokens = bearer(request.headers());
    let (Some(Credential::Token(token)), true) = (tokens.pop(), tokens.is_empty()) else {
        let detail = "send one header, Authorization: Bearer TOKEN";
        return Err(unauthorized(detail));
    };
    let queue = io.shared.auth.as_ref().ok_or(AuthFault::NoKeys);
    let answer = queue.and_then(|queue| queue.ticket(token));
    let shared = std::sync::Arc::clone(&io.shared);
    Ok(Reply::Later(Box::pin(async move {
        let issued: TicketAnswer = match answer {
            // An error means that the thread has panicked, which closes all connections.
            Ok(answer) => answer.await.unwrap_or(Err(AuthFault::Busy)),
            Err(fault) => Err(fault),
        };
        match issued {
            Ok(ticket) => {
                let body = serde_json::json!({ "ticket": ticket, "expires_in": TICKET_LIFE.as_secs() });
                Ok(http::json(body.to_string().into_bytes()))
            }
            Err(fault) => {
                shared.metrics.edge.auth_failures.add(fault, 1);
                // The response has one text for all faults of tokens.
                shared.log_reason(Rejection::from(fault), fault);
                Err(no_ticket(fault))
            }
        }
    })))
}

fn no_ticket(fault: AuthFault) -> HttpProblem {
    match Rejection::from(fault) {
        Rejection::Banned => HttpProblem::new(ProblemKind::Banned, "this user may not connect"),
        Rejection::AuthUnavailable => HttpProblem::new(
            ProblemKind::AuthUnavailable,
            "the token cannot be checked now, or there are too many tickets: try again in a second",
        )
        .with(RETRY_AFTER, HeaderValue::from_static("1")),
        _ => unauthorized("the token is not accepted"),
    }
}

fn unauthorized(detail: &'static str) -> HttpProblem {
    HttpProblem::new(ProblemKind::Unauthorized, detail)
        .with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

//! The HTTP part of a connection: one request. After it, the connection becomes a WebSocket or
//! ends.

mod routes;

use std::{cell::Cell, convert::Infallible, future::poll_fn, io, pin::Pin, rc::Rc, time::Duration};

use hyper::{
    Request, StatusCode,
    body::{Bytes, Incoming},
    header::{CONNECTION, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use rustix::net::RecvFlags;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::{
    connection::IoThread,
    newcomer::{Excess, Newcomer},
    reader,
    send::SEND_FLAGS,
    time_limit::TimeLimit,
};
use crate::{
    http::{
        Answer, HttpProblem, HyperAnswerFilter, ProblemKind, Sharing, accepted_at, add_response_headers,
        describe,
    },
    proxies::looks_like_proxy_header,
    rejection::Rejection,
};
use routes::{Agreement, Reply, full, reply, sharing};

/// The maximum size of the head of a request.
const MAX_HEAD: usize = 8 * 1024;
/// The maximum number of lines of the head of a request.
const MAX_HEADERS: usize = 100;
/// The time for a rejected client to read the response.
const LINGER: Duration = Duration::from_secs(1);
/// The maximum number of bytes that the server reads from a rejected client.
const LINGER_BYTES: usize = 64 * 1024;
/// The time to wait for the request of a client that is turned away. No other client is accepted
/// meanwhile: 100 silent clients take a second.
const TURNED_AWAY: Duration = Duration::from_millis(10);

/// The log line about a header of the PROXY protocol that the server does not expect.
const UNEXPECTED_PROXY_HEADER: &str =
    "a PROXY header: set proxy_protocol, and name this proxy in trusted_proxies, if it is yours";

/// An accepted connection.
pub(super) struct UpgradingConnection {
    pub(super) stream: TcpStream,
    /// The time limit for HTTP and hello together.
    pub(super) deadline: TimeLimit,
    pub(super) newcomer: Newcomer,
}

/// Serves a connection until it ends, or until the hello has arrived on the WebSocket.
pub(super) async fn serve(io: Rc<IoThread>, arrival: UpgradingConnection) {
    let (newcomer, deadline) = (arrival.newcomer, arrival.deadline);
    if !newcomer.read_proxy_header(&io, &arrival.stream, &deadline).await {
        return;
    }
    let agreement = Cell::new(None);
    let exchanged = exchange(&io, arrival.stream, &newcomer, deadline, &agreement).await;
    let Some(Exchanged {
        stream,
        leftover,
        until,
    }) = exchanged
    else {
        return;
    };
    match agreement.take() {
        Some(Agreement {
            wire,
            may_be_typed,
            presented,
        }) => {
            let (peer, is_local) = (newcomer.peer(), newcomer.is_on_this_machine(&io));
            let opening = reader::Opening {
                stream,
                peer,
                deadline,
                permit: newcomer.into_permit(),
                wire,
                may_be_typed: may_be_typed && is_local,
                presented,
                leftover,
            };
            reader::greet(io, opening).await;
        }
        None => linger(&io, &stream, until.shortened_to(LINGER, io.now())).await,
    }
}

/// A connection after its request.
struct Exchanged {
    stream: TcpStream,
    /// Bytes that the client sent after the request.
    leftover: Bytes,
    /// The time limit for reading more of the client, if it was rejected.
    until: TimeLimit,
}

/// Reads the request and sends the response. Sets `agreement` if the response accepts a WebSocket.
/// Returns `None` if the connection is over.
async fn exchange(
    io: &Rc<IoThread>,
    stream: TcpStream,
    newcomer: &Newcomer,
    deadline: TimeLimit,
    agreement: &Cell<Option<Agreement>>,
) -> Option<Exchanged> {
    let local = accepted_at(&stream);
    let refusal = Cell::new(None);
    let answered = Cell::new(false);
    let refuse = |problem: HttpProblem, described: String| {
        refusal.set(problem.class().map(|class| (class, described)));
        problem.into_answer()
    };
    let service = service_fn(|request: Request<Incoming>| -> AnswerFuture<'_> {
        answered.set(true);
        let identified = newcomer.identify(io, request.headers());
        let reply = match newcomer.over() {
            Some(excess) => Err(full(io, excess)),
            None => identified.and_then(|()| reply(io, &request, local)),
        };
        let sharing = sharing(io, &request, local);
        let answer = match reply {
            Ok(Reply::Answer(answer)) => answer,
            Ok(Reply::Upgrade(answer, agreed)) => {
                agreement.set(Some(agreed));
                answer
            }
            Ok(Reply::Later(later)) => {
                let (described, refuse) = (describe(&request), &refuse);
                return Box::pin(async move {
                    let answer = later.await;
                    let answer = answer.unwrap_or_else(|problem| refuse(problem, described));
                    Ok(complete(answer, sharing))
                });
            }
            Err(problem) => refuse(problem, describe(&request)),
        };
        Box::pin(std::future::ready(Ok(complete(answer, sharing))))
    });
    let mut connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(HyperAnswerFilter::new(stream, &answered), service);
    let request = poll_fn(|cx| connection.poll_without_shutdown(cx));
    let done = deadline.wait_for(io, request).await;
    let parts = connection.into_parts();
    let peer = newcomer.peer();
    if let Some((rejection, detail)) = refusal.take() {
        io.shared.reject(rejection, peer, &detail);
    }
    let (stream, leftover) = (parts.io.into_inner(), parts.read_buf);
    let mut until = deadline;
    match done {
        None => {
            io.shared.reject(Rejection::HandshakeTimeout, peer, "http");
            // Browsers connect in advance. They could mistake a response without a request for the
            // response to their next request.
            if answered.get() || leftover.is_empty() {
                return None;
            }
            write_problem(&stream, request_timeout(&deadline));
            until = TimeLimit::after(LINGER, io.now());
        }
        Some(Ok(())) => {}
        Some(Err(error)) if error.is_parse() => {
            let problem = parse_problem(&error);
            if looks_like_proxy_header(&leftover) {
                io.shared
                    .reject(Rejection::ProxyHeader, peer, UNEXPECTED_PROXY_HEADER);
            } else if let Some(class) = problem.class() {
                io.shared.reject(class, peer, &error.to_string());
            }
            if !answered.get() {
                write_problem(&stream, problem);
            }
        }
        Some(Err(_)) => return None,
    }
    Some(Exchanged {
        stream,
        leftover,
        until,
    })
}

/// The response to a request. It is boxed, because most connections need it only for a moment.
type AnswerFuture<'a> = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + 'a>>;

/// Adds the headers that every response has, and `Connection: close`. hyper has a setting for the
/// latter, but it would also add `close` to the header of the 101, where some clients, such as that
/// of Node.js, accept only `Upgrade`.
fn complete(mut answer: Answer, sharing: Sharing) -> Answer {
    // A 101 is not a document that a browser shows or keeps.
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        add_response_headers(answer.headers_mut());
        sharing.add_to(answer.headers_mut());
    }
    let connection = answer.headers_mut().entry(CONNECTION);
    connection.or_insert(HeaderValue::from_static("close"));
    answer
}

/// Returns the error for a request that does not arrive in time. hyper only ends the connection.
fn request_timeout(deadline: &TimeLimit) -> HttpProblem {
    let detail = format!("the request did not arrive {}", deadline.in_words());
    HttpProblem::new(ProblemKind::RequestTimeout, detail)
}

/// Returns the error for a request that hyper cannot parse. The response of hyper itself has no
/// body.
fn parse_problem(error: &hyper::Error) -> HttpProblem {
    if error.is_parse_too_large() {
        let kib = MAX_HEAD / 1024;
        let detail = format!("the head of the request has more than {kib} KiB or {MAX_HEADERS} lines");
        return HttpProblem::new(ProblemKind::HeadTooLarge, detail);
    }
    HttpProblem::new(ProblemKind::BadRequest, format!("this is not HTTP/1.1: {error}"))
}

/// Writes an error response without hyper.
fn write_problem(stream: &TcpStream, problem: HttpProblem) {
    // A socket that cannot take these few bytes belongs to a client that does not read.
    let _ = stream.try_write(&problem.into_bytes());
}

/// Responds with 503 and keeps the connection for [`TURNED_AWAY`] at most. It waits for the request
/// and reads it, because closing a socket with unread bytes resets the connection, and the response
/// is lost. A client whose request arrives later may still see a reset.
pub(super) async fn turn_away(io: &IoThread, stream: &TcpStream) {
    let _ = timeout_at(Instant::now() + TURNED_AWAY, stream.readable()).await;
    let _ = rustix::net::recv(stream, &mut [0; 4096], RecvFlags::DONTWAIT);
    let answer = full(io, Excess::of(Rejection::TooFewDescriptors)).into_bytes();
    // Sent without the runtime, which may not know yet that the socket is ready. The response fits
    // in the empty buffer of the socket.
    let _ = rustix::net::send(stream, &answer, SEND_FLAGS);
}

/// Reads what the client still sends. Closing with unread bytes would reset the connection, and the
/// client might never see the response.
async fn linger(io: &IoThread, stream: &TcpStream, until: TimeLimit) {
    if rustix::net::shutdown(stream, rustix::net::Shutdown::Write).is_err() {
        return;
    }
    let mut left = LINGER_BYTES;
    let mut scratch = [0; 1024];
    while left > 0 {
        let readable = poll_fn(|cx| stream.poll_read_ready(cx));
        if !matches!(until.wait_for(io, readable).await, Some(Ok(()))) {
            return;
        }
        match stream.try_read(&mut scratch) {
            Ok(0) => return,
            Ok(count) => left = left.saturating_sub(count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_task_of_a_new_connection_is_small() {
        fn size<A, B, R>(_: impl Fn(A, B) -> R) -> usize {
            size_of::<R>()
        }
        assert!(size(serve) <= 2048, "{}", size(serve));
    }
}

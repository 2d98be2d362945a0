//! The HTTP part of a connection: one request, then it is a WebSocket or over.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Ready, poll_fn, ready},
    io,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    time::Duration,
};

use hyper::{Method, Request, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rustix::net::RecvFlags;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::{
    EdgeOptions, Reject, Wire,
    admission::Admitted,
    answer::{Denied, Page, page},
    connection::IoThread,
    deadline::Deadline,
    send::SEND_FLAGS,
    upgrade, websocket,
};
use crate::web;

/// Bytes of a request's head.
const MAX_HEAD: usize = 8 * 1024;
/// Lines of a request's head.
const MAX_HEADERS: usize = 100;
/// For a client that was refused to read why.
const LINGER: Duration = Duration::from_secs(1);
/// Bytes that such a client may still send.
const LINGER_BYTES: usize = 64 * 1024;
/// For the request of a client that is turned away. Others wait behind it, so 100 silent clients take a second.
const TURNED_AWAY: Duration = Duration::from_millis(10);

const INDEX: &str = "This is Parlour, a world server: a room you can walk in, with whoever else is there.

Connect with WebSocket at /ws on this address, with the subprotocol parlour.v1 (binary)
or parlour.v1.json (the same messages as JSON text). By hand, with the hello within TIME s:

  npx wscat -c ws://THIS-ADDRESS/ws -s parlour.v1.json
  > {\"hello\":{\"protocol\":1,\"name\":\"you\"}}
  > {\"join\":{\"room\":\"plaza\"}}
  > {\"move\":{\"direction\":\"east\"}}
";

const FULL: &str = "the server is full, try again later\n";

/// A connection from accept on.
pub(super) struct Arrival {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    /// For HTTP and hello together.
    pub(super) deadline: Deadline,
    pub(super) admitted: Admitted,
    /// Whether it was over a limit and is only told so.
    pub(super) over: Option<Reject>,
}

/// Serves a connection to its end, or until it has greeted as a WebSocket.
pub(super) async fn serve(io: Rc<IoThread>, arrival: Arrival) {
    let Arrival {
        stream,
        peer,
        deadline,
        admitted,
        over,
    } = arrival;
    let local = web::accepted_at(&stream);
    let agreed = Cell::new(None::<Agreed>);
    let mut finished = None;
    let mut until = deadline;
    {
        let refusal = Cell::new(None);
        let answered = Cell::new(false);
        let service = service_fn(|request: Request<Incoming>| {
            answered.set(true);
            let answer = match over {
                Some(reject) => Err(full(reject)),
                None => route(&io, &request, local),
            };
            ok(match answer {
                Ok((page, upgrade)) => {
                    agreed.set(upgrade);
                    page
                }
                Err(denied) => {
                    refusal.set(Some((denied.reject, web::describe(&request))));
                    *denied.page
                }
            })
        });
        let mut connection = http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(MAX_HEAD)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let request = poll_fn(|cx| connection.poll_without_shutdown(cx));
        let done = deadline.wait_for(&io, request).await;
        let parts = connection.into_parts();
        if let Some((reject, detail)) = refusal.take() {
            io.shared.reject(reject, peer, &detail);
        }
        let stream = parts.io.into_inner();
        match done {
            None => {
                io.shared.reject(Reject::HandshakeTimeout, peer, "http");
                // Browsers connect in advance: an answer to no request at all could be taken for that to the next one.
                if !answered.get() && !parts.read_buf.is_empty() {
                    // If the socket does not take so little, the client does not read.
                    let _ = stream.try_write(request_timeout(&deadline).as_bytes());
                    until = Deadline::after(LINGER, io.now());
                    finished = Some((stream, parts.read_buf));
                }
            }
            Some(Ok(())) => finished = Some((stream, parts.read_buf)),
            Some(Err(error)) => {
                if error.is_parse() {
                    let reject = match error.is_parse_too_large() {
                        true => Reject::HeadersTooLarge,
                        false => Reject::BadRequest,
                    };
                    io.shared.reject(reject, peer, &error.to_string());
                    finished = Some((stream, parts.read_buf));
                }
            }
        }
    }
    let Some((stream, leftover)) = finished else {
        return;
    };
    match agreed.get() {
        Some(Agreed { wire, by_hand }) => {
            let opening = websocket::Opening {
                stream,
                peer,
                deadline,
                admitted,
                wire,
                by_hand: by_hand && peer.ip().to_canonical().is_loopback(),
                leftover,
            };
            websocket::greet(io, opening).await;
        }
        None => linger(&io, &stream, until.or_after(LINGER, io.now())).await,
    }
}

fn ok(page: Page) -> Ready<Result<Page, Infallible>> {
    ready(Ok(page))
}

/// What kind of WebSocket was agreed on.
#[derive(Clone, Copy)]
struct Agreed {
    wire: Wire,
    by_hand: bool,
}

fn route(
    io: &IoThread,
    request: &Request<Incoming>,
    local: IpAddr,
) -> Result<(Page, Option<Agreed>), Denied> {
    let to = io.shared.web.host(request, local)?;
    if let Some(failure) = io.shared.failure.get() {
        // Not 101 and 1011: proxies and tools understand it, and nothing is kept for the client.
        let text = format!("{}, try again later\n", failure.for_clients());
        return Err(Denied::new(
            Reject::ServerFailed,
            StatusCode::SERVICE_UNAVAILABLE,
            text,
        ));
    }
    match request.uri().path() {
        "/ws" => {
            // A tick that does not advance is not full: the client gets 1013 after the upgrade, and opens no session.
            let is_choked = io.inbound.is_choked() && !io.shared.status.is_frozen();
            if is_choked || io.shared.is_stopping() {
                return Err(full(Reject::TooManyConnections));
            }
            let upgrade = upgrade::judge(request, &io.shared.web, &to)?;
            let (wire, by_hand) = (upgrade.wire, upgrade.by_hand);
            Ok((upgrade.response(), Some(Agreed { wire, by_hand })))
        }
        "/" if matches!(*request.method(), Method::GET | Method::HEAD) => {
            Ok((page(StatusCode::OK, index(&io.shared.options, local)), None))
        }
        "/" => Err(Denied::method()),
        _ => Err(Denied::new(
            Reject::NotFound,
            StatusCode::NOT_FOUND,
            "nothing here; connect at /ws\n",
        )),
    }
}

/// The page for people, with the time that those have who come the way that they did.
fn index(options: &EdgeOptions, local: IpAddr) -> String {
    let time = options.time_to_type_hello(local).as_secs_f64();
    INDEX.replace("TIME", &time.to_string())
}

fn full(reject: Reject) -> Denied {
    match reject {
        Reject::TooManyFromAddress => Denied::new(
            reject,
            StatusCode::TOO_MANY_REQUESTS,
            "too many connections from this address are not past their hello\n",
        ),
        _ => Denied::new(reject, StatusCode::SERVICE_UNAVAILABLE, FULL),
    }
}

/// The answer to a request that does not arrive in time. hyper has none, and just ends the connection.
fn request_timeout(deadline: &Deadline) -> String {
    let text = format!("the request did not arrive {}\n", deadline.in_words());
    format!(
        "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\n\r\n{text}",
        text.len()
    )
}

/// Tells a client 503 and keeps its connection for [`TURNED_AWAY`] at most. The request is waited for and read, or closing
/// would take the answer back; a client whose request comes later may see a reset instead.
pub(super) async fn turn_away(stream: &TcpStream) {
    let _ = timeout_at(Instant::now() + TURNED_AWAY, stream.readable()).await;
    let _ = rustix::net::recv(stream, &mut [0; 4096], RecvFlags::DONTWAIT);
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{FULL}",
        FULL.len()
    );
    // Not through the runtime, which may not know yet that the socket is ready. The answer fits into its empty buffer.
    let _ = rustix::net::send(stream, answer.as_bytes(), SEND_FLAGS);
}

/// Reads what the client still sends: closing with unread bytes would reset the connection, and the client might
/// never see the answer.
async fn linger(io: &IoThread, stream: &TcpStream, until: Deadline) {
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
    fn the_task_of_an_arrival_is_bounded() {
        fn size<A, B, R>(_: impl Fn(A, B) -> R) -> usize {
            size_of::<R>()
        }
        assert!(size(serve) <= 2048, "{}", size(serve));
    }
}

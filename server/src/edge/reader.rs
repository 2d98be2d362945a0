//! Reads the messages of a client: the first step in the path of a command through the server.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Instant,
};

use hyper::body::Bytes;
use parlour_shared::{
    close::CloseCode,
    limits::{MAX_CLIENT_MESSAGE, MAX_FRAGMENTS},
    websocket::{Decoder, Limits, Role, WebSocketError, WebSocketEvent},
};
use rustix::net::RecvFlags;
use tokio::{io::Interest, net::TcpStream, task::spawn_local};

use super::{
    MAX_HELLO, Rejection, Wire,
    admission::AdmissionPermit,
    admit::FROZEN,
    authenticating,
    connection::{Connection, IoThread, Phase},
    hand_over::{self, HandedOver},
    message,
    peer::Peer,
    resume,
    time_limit::TimeLimit,
};
use crate::auth::Credential;

/// After this many reads (of up to 16 KiB each), a connection yields to the others, even if it has
/// sent more.
const READS_PER_POLL: u32 = 16;

/// A connection that becomes a WebSocket.
pub(super) struct Opening {
    pub(super) stream: TcpStream,
    pub(super) peer: Peer,
    pub(super) deadline: TimeLimit,
    pub(super) permit: AdmissionPermit,
    pub(super) wire: Wire,
    /// Whether a person at this machine may type the hello.
    pub(super) may_be_typed: bool,
    /// The token or ticket of the request.
    pub(super) presented: Option<Credential>,
    /// Bytes that the client sent directly after its request.
    pub(super) leftover: Bytes,
}

/// Reads until the hello, then moves the connection to a separate, small task, because this future
/// is large: it still contains the HTTP state.
pub(super) async fn greet(io: Rc<IoThread>, opening: Opening) {
    let connection = Rc::new(Connection::new(
        Rc::clone(&io),
        opening.stream,
        opening.peer,
        opening.wire,
        opening.permit,
    ));
    if !connection.enter_table() {
        return;
    }
    io.shared.spread.entered();
    // A hello that follows a token is shorter by as much.
    let presented = opening.presented.as_ref().map_or(0, Credential::len);
    connection.present(opening.presented);
    let mut reader = Reader {
        decoder: Decoder::new(Role::Server, limits(MAX_HELLO.saturating_sub(presented))),
        greeting: true,
        connection: Rc::clone(&connection),
    };
    refuse_all(&connection);
    let mut deadline = opening.deadline;
    if opening.may_be_typed && connection.extend_deadline() {
        deadline = deadline.at_least(io.shared.options.typed_hello_timeout);
    }
    let more = opening.leftover.is_empty() || reader.feed(&mut opening.leftover.to_vec());
    // `leftover` keeps the whole 8 KiB request buffer alive.
    drop(opening.leftover);
    drop(connection);
    read_hello(reader, deadline, more).await;
}

/// Goes on with a connection from a different I/O thread, whose client resumes a session of this
/// thread.
pub(super) async fn go_on(io: Rc<IoThread>, handed_over: HandedOver) {
    let HandedOver {
        stream,
        peer,
        wire,
        permit,
        deadline,
        target,
        mut rest,
    } = handed_over;
    let Ok(stream) = TcpStream::from_std(stream) else {
        return;
    };
    let connection = Rc::new(Connection::new(Rc::clone(&io), stream, peer, wire, permit));
    if !connection.enter_table() {
        return;
    }
    io.shared.spread.entered();
    let mut reader = Reader {
        decoder: Decoder::new(Role::Server, limits(MAX_HELLO)),
        greeting: true,
        connection: Rc::clone(&connection),
    };
    refuse_all(&connection);
    if connection.phase.get() == Phase::Greeting {
        resume::resume(&connection, &target.hello, target.user);
    }
    let more = reader.feed(&mut rest);
    drop(connection);
    read_hello(reader, deadline, more).await;
}

/// Closes a new connection if the server stops, failed, or does not advance.
fn refuse_all(connection: &Rc<Connection>) {
    let shared = &connection.io.shared;
    if shared.is_stopping() {
        // All other connections are already closed.
        connection.close(CloseCode::ServiceRestart);
    } else if let Some(failure) = shared.failure.get() {
        // The server failed after this upgrade was accepted. All other connections are already
        // closed.
        connection.close_with_reason(CloseCode::Internal, failure.for_clients());
    } else if shared.status.is_frozen() {
        connection.reject_with_reason(Rejection::TickFrozen, FROZEN);
    }
}

/// Reads until the hello is handled, and then to the end of the connection.
async fn read_hello(mut reader: Reader, deadline: TimeLimit, mut more: bool) {
    let connection = Rc::clone(&reader.connection);
    let io = Rc::clone(&connection.io);
    while more && connection.phase.get() == Phase::Greeting {
        if let Some(target) = connection.take_hand_over() {
            // The socket stays open.
            connection.phase.set(Phase::Over);
            drop(reader);
            hand_over::pass(connection, target, deadline);
            return;
        }
        if let Some(answer) = connection.take_auth_answer() {
            // Nothing is read meanwhile: what follows the hello waits in the socket.
            match deadline.wait_for(&io, answer).await {
                Some(answer) => authenticating::finish(&connection, answer),
                None => authenticating::time_out(&connection),
            }
            if !connection.is_waiting() {
                more = reader.feed(&mut connection.take_rest());
            }
            continue;
        }
        let read = poll_fn(|context| reader.poll_read(context));
        match deadline.wait_for(&io, read).await {
            Some(read) => more = read,
            None => {
                let sentence = format!("no hello {} of connecting", deadline.in_words());
                connection.reject_with_reason(Rejection::HandshakeTimeout, &sentence);
            }
        }
    }
    if more {
        spawn_local(reader);
    } else {
        reader.end();
    }
}

/// Reads a connection to its end. It is a separate future, so that a task that waits for a message
/// occupies only the memory of this struct. When it is dropped, the connection ends.
struct Reader {
    decoder: Decoder,
    greeting: bool,
    connection: Rc<Connection>,
}

impl Future for Reader {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        for _ in 0..READS_PER_POLL {
            if !ready!(self.poll_read(context)) {
                self.end();
                return Poll::Ready(());
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Reader {
    // This also runs after a panic in this task. The runtime catches the panic, so the connection
    // would otherwise stay open forever.
    fn drop(&mut self) {
        // Wakes the task that empties the outbox, if there is one, so that it ends as well.
        self.connection.hang_up();
        self.connection.forget_stall();
        self.connection.leave_table();
        self.connection.io.shared.spread.left();
    }
}

impl Reader {
    /// Reads once, and handles the bytes. Returns `false` if the connection is over.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        let connection = Rc::clone(&self.connection);
        loop {
            let readable = ready!(connection.stream.poll_read_ready(context));
            if readable.is_err() || connection.phase.get() == Phase::Over {
                return Poll::Ready(false);
            }
            // All connections of this thread share one buffer. Its bytes are handled before
            // anything else runs.
            let mut scratch = connection.io.scratch.borrow_mut();
            match receive(&connection.stream, &mut scratch) {
                Ok(0) => return Poll::Ready(false),
                Ok(count) => return Poll::Ready(self.feed(&mut scratch[..count])),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(false),
            }
        }
    }

    /// Handles bytes of the client. Returns `false` if the connection is over.
    fn feed(&mut self, mut bytes: &mut [u8]) -> bool {
        let connection = &self.connection;
        let now = connection.io.now();
        connection.note_activity(now);
        loop {
            if self.greeting && connection.session_id().is_some() {
                // A decoder keeps nothing between two messages, so a new one with different limits
                // can continue.
                self.decoder = Decoder::new(Role::Server, limits(MAX_CLIENT_MESSAGE));
                self.greeting = false;
            }
            match self.decoder.next(&mut bytes) {
                Ok(Some(WebSocketEvent::Close { code, .. })) => return !connection.answer_close(code),
                Ok(Some(event)) => handle(connection, now, event),
                Ok(None) => return true,
                Err(error) => {
                    let sentence = sentence(error, self.greeting);
                    connection.reject_with_reason(rejection_of(error), &sentence);
                    return true;
                }
            }
            if self.greeting && connection.is_waiting() {
                if !connection.keep_rest(bytes) {
                    let sentence = "more than 8 KiB followed the hello before it was answered";
                    connection.reject_with_reason(Rejection::Flood, sentence);
                }
                return true;
            }
        }
    }

    /// Handles the end of the client's side. If no close frame arrived, counts the connection as
    /// aborted.
    fn end(&self) {
        if matches!(self.connection.phase.get(), Phase::Greeting | Phase::Open) {
            self.connection.io.shared.metrics.edge.closes.add_aborted();
        }
    }
}

/// Receives once. If fewer bytes arrive than fit in the buffer, the socket is empty. Returning
/// `WouldBlock` from the closure then clears tokio's readiness, so that the next poll waits. This
/// saves a second read that finds nothing.
fn receive(stream: &TcpStream, scratch: &mut [u8]) -> io::Result<usize> {
    let mut partial = None;
    let received = stream.try_io(Interest::READABLE, || {
        let (count, _) = rustix::net::recv(stream, &mut *scratch, RecvFlags::DONTWAIT)?;
        if count == 0 || count == scratch.len() {
            return Ok(count);
        }
        partial = Some(count);
        Err(io::ErrorKind::WouldBlock.into())
    });
    partial.map_or(received, Ok)
}

fn handle(connection: &Rc<Connection>, now: Instant, event: WebSocketEvent<'_>) {
    // From a connection that is being closed, only a close frame is handled.
    if !matches!(connection.phase.get(), Phase::Greeting | Phase::Open) {
        return;
    }
    match event {
        WebSocketEvent::Binary(payload) => message::binary(connection, now, payload),
        WebSocketEvent::Text(text) => message::text(connection, now, text),
        WebSocketEvent::Ping(payload) if connection.flood.ping(now, &connection.io.gaps) => {
            connection.pong(payload);
        }
        WebSocketEvent::Ping(_) => {
            connection.reject_with_reason(Rejection::PingFlood, "more than 50 WebSocket pings a second")
        }
        // A pong may arrive without a ping (RFC 6455, 5.5.3), and needs no answer. It costs as
        // much as a message.
        WebSocketEvent::Pong(_) if connection.flood.message(now, &connection.io.gaps) => {}
        WebSocketEvent::Pong(_) => connection.reject_with_reason(
            Rejection::Flood,
            "more than 1000 messages and WebSocket pongs a second",
        ),
        WebSocketEvent::Close { .. } => {}
    }
}

fn limits(max_message: usize) -> Limits {
    Limits {
        max_message,
        max_fragments: MAX_FRAGMENTS,
    }
}

/// Describes an error for the developer of the client.
fn sentence(error: WebSocketError, greeting: bool) -> String {
    match error {
        WebSocketError::MessageTooLong if greeting => format!("the hello is longer than {MAX_HELLO} bytes"),
        WebSocketError::MessageTooLong => format!("the message is longer than {MAX_CLIENT_MESSAGE} bytes"),
        WebSocketError::TooManyFragments => format!("the message has more than {MAX_FRAGMENTS} fragments"),
        error => error.to_string(),
    }
}

fn rejection_of(error: WebSocketError) -> Rejection {
    match error.close_code() {
        1007 => Rejection::BadUtf8,
        1009 => Rejection::TooBig,
        _ => Rejection::Protocol,
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn the_task_of_a_connection_is_small() {
        assert!(size_of::<Reader>() <= 160, "{}", size_of::<Reader>());
        assert!(size_of::<Connection>() <= 424, "{}", size_of::<Connection>());
    }

    #[tokio::test]
    async fn one_message_takes_one_read() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let ready = || poll_fn(|context| Poll::Ready(server.poll_read_ready(context).is_ready()));
        for message in ["a", "another"] {
            assert_eq!(client.try_write(message.as_bytes()).unwrap(), message.len());
            server.readable().await.unwrap();
            let mut scratch = [0; 100];
            assert_eq!(receive(&server, &mut scratch).unwrap(), message.len());
            assert!(!ready().await, "a second read would find nothing");
        }
        drop(client);
        server.readable().await.unwrap();
        assert_eq!(receive(&server, &mut [0; 100]).unwrap(), 0);
    }

    #[tokio::test]
    async fn bytes_that_do_not_fit_are_returned_by_the_next_read() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        assert_eq!(client.try_write(b"12345").unwrap(), 5);
        for count in [2, 2, 1] {
            server.readable().await.unwrap();
            assert_eq!(receive(&server, &mut [0; 2]).unwrap(), count);
        }
    }
}

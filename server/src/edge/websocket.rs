//! One end of a key press: reading what a client sends.

use std::{io, net::SocketAddr, rc::Rc, time::Instant};

use hyper::body::Bytes;
use parlour_shared::{
    close::CloseCode,
    limits::{MAX_CLIENT_MESSAGE, MAX_FRAGMENTS},
    websocket::{Decoder, Event, Limits, Role, WebSocketError},
};
use tokio::{
    net::TcpStream,
    task::yield_now,
    time::{Instant as Deadline, timeout_at},
};

use super::{
    MAX_HELLO, Reject, Wire,
    admission::Admitted,
    connection::{Connection, Phase},
    message,
    thread::IoThread,
};

/// Reads after which other connections get a turn, however much one sends: 16 * 16 KiB.
const READS_PER_TURN: u32 = 16;

/// A connection whose upgrade was agreed on.
pub(super) struct Opening {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) deadline: Deadline,
    pub(super) admitted: Admitted,
    pub(super) wire: Wire,
    /// What the client sent right behind its request.
    pub(super) leftover: Bytes,
}

/// Serves a connection to its end.
pub(super) async fn serve(io: Rc<IoThread>, opening: Opening) {
    let metrics = &io.shared.metrics.edge;
    let connection = Rc::new(Connection::new(
        Rc::clone(&io),
        opening.stream,
        opening.peer,
        opening.wire,
        opening.admitted,
    ));
    if !connection.enter_table() {
        return;
    }
    metrics.websockets.inc();
    if io.shared.is_stopping() {
        // It came after everyone was told.
        connection.close(CloseCode::ServiceRestart);
    }
    // Also if something in here panics: the runtime would swallow that, and the connection stay for ever.
    let leaving = Leaving(&connection);
    read(&connection, &opening.leftover, opening.deadline).await;
    if matches!(connection.phase.get(), Phase::Greeting | Phase::Open) {
        metrics.closes.broke_off();
    }
    drop(leaving);
}

/// Takes leave of a connection when it goes.
struct Leaving<'a>(&'a Rc<Connection>);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        // Wakes the task that empties the outbox, if there is one, so that it ends too.
        self.0.hang_up();
        self.0.forget_blocked();
        self.0.leave_table();
        self.0.io.shared.metrics.edge.websockets.dec();
    }
}

/// Reads until the connection is over.
async fn read(connection: &Rc<Connection>, leftover: &Bytes, deadline: Deadline) {
    let mut decoder = Decoder::new(Role::Server, limits(MAX_HELLO));
    let mut greeting = true;
    if !leftover.is_empty() {
        let mut bytes = leftover.to_vec();
        if !feed(connection, &mut decoder, &mut greeting, &mut bytes) {
            return;
        }
    }
    for reads in 1_u32.. {
        if reads % READS_PER_TURN == 0 {
            yield_now().await;
        }
        let readable = if connection.phase.get() == Phase::Greeting {
            match timeout_at(deadline, connection.stream.readable()).await {
                Ok(readable) => readable,
                Err(_) => {
                    connection.refuse(Reject::HandshakeTimeout, "no hello");
                    continue;
                }
            }
        } else {
            connection.stream.readable().await
        };
        if readable.is_err() || connection.phase.get() == Phase::Over {
            return;
        }
        // One buffer for all connections of this thread: it is empty again before anything else runs.
        let mut scratch = connection.io.scratch.borrow_mut();
        match connection.stream.try_read(&mut scratch) {
            Ok(0) => return,
            Ok(count) => {
                if !feed(connection, &mut decoder, &mut greeting, &mut scratch[..count]) {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

/// Takes bytes that came. `false`: the connection is over.
fn feed(
    connection: &Rc<Connection>,
    decoder: &mut Decoder,
    greeting: &mut bool,
    mut bytes: &mut [u8],
) -> bool {
    let now = Instant::now();
    connection.hear(now);
    loop {
        match decoder.next(&mut bytes) {
            Ok(Some(Event::Close { code, .. })) => return !connection.answer_close(code),
            Ok(Some(event)) => handle(connection, now, event),
            Ok(None) => return true,
            Err(error) => {
                connection.refuse(reject(error), &error.to_string());
                return true;
            }
        }
        if *greeting && connection.session().is_some() {
            // Between two messages a decoder remembers nothing, so a new one with other limits can go on.
            *decoder = Decoder::new(Role::Server, limits(MAX_CLIENT_MESSAGE));
            *greeting = false;
        }
    }
}

fn handle(connection: &Rc<Connection>, now: Instant, event: Event<'_>) {
    // A connection that is being closed is only read for its close frame.
    if !matches!(connection.phase.get(), Phase::Greeting | Phase::Open) {
        return;
    }
    match event {
        Event::Binary(payload) => message::binary(connection, now, payload),
        Event::Text(text) => message::text(connection, now, text),
        Event::Ping(payload) if connection.flood.ping(now) => connection.pong(payload),
        // Pongs cost as much to read as pings.
        Event::Pong(_) if connection.flood.ping(now) => {}
        Event::Ping(_) | Event::Pong(_) => connection.refuse(Reject::PingFlood, ""),
        Event::Close { .. } => {}
    }
}

fn limits(max_message: usize) -> Limits {
    Limits {
        max_message,
        max_fragments: MAX_FRAGMENTS,
    }
}

fn reject(error: WebSocketError) -> Reject {
    match error.close_code() {
        1007 => Reject::BadUtf8,
        1009 => Reject::TooBig,
        _ => Reject::Protocol,
    }
}

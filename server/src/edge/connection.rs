//! The state of one WebSocket connection. Its reader and the delivery of ticks use it on the same
//! thread, and no `RefCell` is borrowed across an await.

mod io_thread;
mod table;

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::Instant,
};

use parlour_shared::ids::SessionId;
use parlour_tick::Arrival;
use tokio::net::TcpStream;

use super::{
    CLOSE_LIMIT, CLOSE_TIMEOUT, Wire, admission::AdmissionPermit, client::Client, flood::Flood,
    json::Transcoder, send_buffer::SendBuffer,
};
use crate::bridge::session_route::SessionRoute;
pub(super) use io_thread::IoThread;

/// The phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The hello has not arrived yet.
    Greeting,
    /// Its session is open.
    Open,
    /// The server's close frame is sent, or waits for the rest of a frame that was sent in part.
    Closing {
        begin: Instant,
        /// When the socket last took a byte.
        progress: Instant,
        /// The step to take when the outbox is empty.
        step: CloseStep,
    },
    /// The connection is over. Its tasks end when they next run.
    Over,
}

/// The step that a closing connection takes when its last byte is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CloseStep {
    /// Waits for the client's close frame.
    Await,
    /// Shuts down writing and reads to the end: the client's close frame could not be recognised.
    HalfClose,
    /// Hangs up, because the client's close frame has arrived.
    HangUp,
}

/// A connection after its upgrade.
pub(super) struct Connection {
    pub(super) io: Rc<IoThread>,
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) wire: Wire,
    pub(super) flood: Flood,
    pub(super) phase: Cell<Phase>,
    pub(super) outbox: RefCell<SendBuffer>,
    place: Cell<Option<usize>>,
    session: Cell<Option<SessionId>>,
    pub(super) route: SessionRoute,
    /// If the outbox is not empty: when the socket last took a byte, or if it has taken none since,
    /// when the first byte had to wait.
    pub(super) stalled_since: Cell<Option<Instant>>,
    heard: Cell<Instant>,
    pinged: Cell<bool>,
    /// Whether the kernel may keep [`unsent::MANY`](super::unsent::MANY) bytes.
    pub(super) many_unsent: Cell<bool>,
    /// The payload of the newest ping that arrived while the outbox was not empty.
    pub(super) pong: RefCell<Option<Box<[u8]>>>,
    pub(super) transcoder: RefCell<Option<Box<Transcoder>>>,
    permit: RefCell<AdmissionPermit>,
    /// `None`: a guest.
    pub(super) client: RefCell<Option<Box<Client>>>,
}

impl Connection {
    pub(super) fn new(
        io: Rc<IoThread>,
        stream: TcpStream,
        peer: SocketAddr,
        wire: Wire,
        permit: AdmissionPermit,
    ) -> Self {
        let now = io.now();
        let outbox = SendBuffer::new(io.shared.metrics.edge.outbox_bytes.clone());
        Self {
            io,
            stream,
            peer,
            wire,
            flood: Flood::new(now),
            phase: Cell::new(Phase::Greeting),
            outbox: RefCell::new(outbox),
            place: Cell::new(None),
            session: Cell::new(None),
            route: SessionRoute::default(),
            stalled_since: Cell::new(None),
            heard: Cell::new(now),
            pinged: Cell::new(false),
            many_unsent: Cell::new(false),
            pong: RefCell::new(None),
            transcoder: RefCell::new((wire == Wire::Json).then(Box::default)),
            permit: RefCell::new(permit),
            client: RefCell::default(),
        }
    }

    /// Adds the connection to the table. Returns `false` if no place is free.
    pub(super) fn enter_table(self: &Rc<Self>) -> bool {
        self.place.set(self.io.table.borrow_mut().insert(self));
        self.place.get().is_some()
    }

    /// Removes the connection from the table.
    pub(super) fn leave_table(&self) {
        if let Some(place) = self.place.take() {
            self.io.table.borrow_mut().remove(place);
        }
    }

    /// Returns the session of the connection, if one is open.
    pub(super) fn session(&self) -> Option<SessionId> {
        self.session.get()
    }

    /// Grants the connection the longer deadline for a typed hello. Returns `false` if too many
    /// connections already have it.
    pub(super) fn extend_deadline(&self) -> bool {
        self.permit.borrow_mut().extend_deadline()
    }

    /// Opens a session.
    pub(super) fn open(&self, player: Arrival) {
        let Some(place) = self.place.get() else {
            return;
        };
        self.permit.borrow_mut().greeted();
        let session = self.io.open_session(place);
        self.session.set(Some(session));
        self.phase.set(Phase::Open);
        self.schedule_check();
        self.route.open(&self.io.rings, session, player, self.grants());
        if self.stalled_since.get().is_some() {
            self.set_held(true);
        }
    }

    /// Notes whether the connection takes no data. If a session is open, its viewer is held.
    pub(super) fn set_held(&self, held: bool) {
        if let Some(session) = self.session() {
            self.route.set_held(&self.io.rings, session, held);
        }
    }

    /// Ends the session of the connection, if one is open. The desk is notified once.
    pub(super) fn end_session(&self) {
        if let Some(session) = self.session.take() {
            self.io.forget_session(session);
            self.route.close(&self.io.rings, session);
        }
    }

    /// Notes that bytes arrived.
    pub(super) fn note_activity(&self, now: Instant) {
        self.heard.set(now);
        self.pinged.set(false);
    }

    /// Returns when the client will have been silent for this many heartbeats.
    pub(super) fn silent_at(&self, heartbeats: u32) -> Instant {
        self.io.gaps.after_gap(self.heard.get()) + heartbeats * self.io.shared.options.heartbeat
    }

    /// Returns when the connection exceeds `stall_timeout`, if its socket accepts no data now.
    pub(super) fn stalled_at(&self) -> Option<Instant> {
        let since = self.stalled_since.get()?;
        Some(self.io.gaps.after_gap(since) + self.io.shared.options.stall_timeout)
    }

    /// Returns when the connection must be aborted, if it is closing.
    pub(super) fn abort_at(&self) -> Option<Instant> {
        let Phase::Closing { begin, progress, .. } = self.phase.get() else {
            return None;
        };
        let gaps = &self.io.gaps;
        let (last, first) = (gaps.after_gap(progress), gaps.after_gap(begin));
        Some((last + CLOSE_TIMEOUT).min(first + CLOSE_LIMIT))
    }

    /// Notes that a ping is sent. Returns `false` if one was already sent since bytes last arrived.
    pub(super) fn begin_ping(&self) -> bool {
        !self.pinged.replace(true)
    }

    /// Schedules the next check by the sweep.
    pub(super) fn schedule_check(&self) {
        let when = match self.phase.get() {
            Phase::Open => {
                let silent = self.silent_at(if self.pinged.get() { 2 } else { 1 });
                let others = [self.stalled_at(), self.expires_at()].into_iter().flatten();
                Some(others.fold(silent, Instant::min))
            }
            Phase::Closing { .. } => self.abort_at(),
            // The reader waits for the hello, with a separate deadline.
            Phase::Greeting | Phase::Over => None,
        };
        if let (Some(place), Some(when)) = (self.place.get(), when) {
            self.io.table.borrow().schedule(place, when);
        }
    }

    /// Notes that the socket took waiting bytes, so that the time limits for a stalled connection
    /// start again.
    pub(super) fn note_progress(&self) {
        let now = self.io.now();
        if self.stalled_since.get().is_some() {
            self.stalled_since.set(Some(now));
        }
        if let Phase::Closing { begin, step, .. } = self.phase.get() {
            let progress = now;
            self.phase.set(Phase::Closing {
                begin,
                progress,
                step,
            });
        }
    }

    /// Drops the answer to a ping that waits for an empty outbox.
    pub(super) fn forget_pong(&self) {
        self.pong.borrow_mut().take();
    }

    /// Notes that no more bytes wait for the socket.
    pub(super) fn forget_stall(&self) {
        if self.stalled_since.take().is_some() {
            self.io.shared.metrics.edge.stalled.decrement(1);
        }
    }
}

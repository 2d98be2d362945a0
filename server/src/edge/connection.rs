//! The state of one WebSocket connection. Its reader and the delivery of ticks use it on the same
//! thread, and no `RefCell` is borrowed across an await.

mod io_thread;
mod table;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Instant,
};

use parlour_shared::{ids::SessionId, message::Hello};
use parlour_tick::Arrival;
use tokio::net::TcpStream;

use super::{
    CLOSE_LIMIT, CLOSE_TIMEOUT, Wire,
    admission::AdmissionPermit,
    client::{Client, Target, User},
    flood::Flood,
    json::Transcoder,
    peer::Peer,
    send_buffer::SendBuffer,
    session::Session,
};
use crate::session::ResumeKey;
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

/// What becomes of a session whose connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parting {
    /// It may be resumed over a different connection.
    Drop,
    /// It ends.
    End,
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
    pub(super) peer: Peer,
    pub(super) wire: Wire,
    pub(super) flood: Flood,
    pub(super) phase: Cell<Phase>,
    pub(super) outbox: RefCell<SendBuffer>,
    place: Cell<Option<usize>>,
    session: RefCell<Option<Rc<Session>>>,
    /// The id of `session`.
    session_id: Cell<Option<SessionId>>,
    /// Whether the client can only apply a full snapshot: it has resumed, and the world may not
    /// know it yet.
    pub(super) needs_full: Cell<bool>,
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
        peer: Peer,
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
            session: RefCell::new(None),
            session_id: Cell::new(None),
            needs_full: Cell::new(false),
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

    /// Returns the id of the session of the connection, if one is open.
    pub(super) fn session_id(&self) -> Option<SessionId> {
        self.session_id.get()
    }

    /// Returns the session of the connection, if one is open.
    pub(super) fn session(&self) -> Option<Rc<Session>> {
        self.session.borrow().clone()
    }

    /// Grants the connection the longer deadline for a typed hello. Returns `false` if too many
    /// connections already have it.
    pub(super) fn extend_deadline(&self) -> bool {
        self.permit.borrow_mut().extend_deadline()
    }

    /// Returns whether the connection may open a session. If the server is full, only clients that
    /// resume one may.
    pub(super) fn may_open(&self, resumes: bool) -> bool {
        self.permit.borrow_mut().may_open(resumes)
    }

    /// Opens a session. Returns it, or `None` if the connection is over.
    pub(super) fn open(
        &self,
        player: Arrival,
        key: Option<ResumeKey>,
        user: Option<User>,
    ) -> Option<Rc<Session>> {
        let place = self.place.get()?;
        let session = self.io.open_session(place, &player, key);
        session.renew_user(user);
        self.attach(&session);
        session
            .route
            .open(&self.io.rings, session.id, player, session.grants());
        self.tell_stall();
        Some(session)
    }

    /// Lets a session that has resumed go on over this connection. Returns `false` if the
    /// connection is over.
    pub(super) fn take_over(&self, session: &Rc<Session>) -> bool {
        let Some(place) = self.place.get() else {
            return false;
        };
        self.io.link_session(session, place);
        self.attach(session);
        self.needs_full.set(true);
        true
    }

    /// Lets the reader pass the connection to a different I/O thread.
    pub(super) fn hand_over_to(&self, thread: usize, hello: Hello, user: Option<User>) {
        let target = Target { thread, hello, user };
        self.client.borrow_mut().get_or_insert_default().hand_over = Some(target);
    }

    /// Returns what is left of a connection that is passed on: its socket, the address of the
    /// client, the encoding and the permit.
    pub(super) fn into_parts(self) -> (TcpStream, Peer, Wire, AdmissionPermit) {
        (self.stream, self.peer, self.wire, self.permit.into_inner())
    }

    /// Detaches the session, which goes on over a different connection.
    pub(super) fn detach(&self) {
        self.session_id.set(None);
        self.session.borrow_mut().take();
    }

    fn attach(&self, session: &Rc<Session>) {
        self.permit.borrow_mut().greeted();
        self.session_id.set(Some(session.id));
        *self.session.borrow_mut() = Some(Rc::clone(session));
        self.phase.set(Phase::Open);
        self.schedule_check();
    }

    /// If the connection takes no data, holds the viewer of its session.
    pub(super) fn tell_stall(&self) {
        if self.stalled_since.get().is_some() {
            self.set_held(true);
        }
    }

    /// Notes whether the connection takes no data. If a session is open, its viewer is held.
    pub(super) fn set_held(&self, held: bool) {
        if let Some(session) = &*self.session.borrow() {
            session.route.set_held(&self.io.rings, session.id, held);
        }
    }

    /// Parts from the session of the connection, if one is open. The desk is notified once.
    pub(super) fn leave_session(&self, parting: Parting) {
        self.session_id.set(None);
        let Some(session) = self.session.borrow_mut().take() else {
            return;
        };
        match parting {
            Parting::Drop => self.io.drop_session(&session),
            Parting::End => self.io.end_session(&session),
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

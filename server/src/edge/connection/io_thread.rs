//! State that the connections of one I/O thread share.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use parlour_shared::{codec, ids::SessionId, json_forms::JsonForms, message::ServerMessage, rng::Stream};
use parlour_tick::{Arrival, OutFrame};

use super::{Connection, table::ConnectionTable};
use crate::{
    bridge::{route, session_map::SessionMap, session_route::IoRings},
    edge::{EdgeShared, dropped_sessions::DroppedSessions, session::Session},
    session::ResumeKey,
    suspension::{SuspensionDetector, machine_slept},
};

/// The size of a read from a socket. All connections of a thread share one buffer.
const SCRATCH: usize = 16 * 1024;

/// The place of a session without a connection.
pub(in crate::edge) const NO_PLACE: usize = usize::MAX;

/// A session and the place of its connection, or [`NO_PLACE`].
struct LinkedSession {
    place: usize,
    session: Rc<Session>,
}

/// State that the connections of one thread share.
pub(in crate::edge) struct IoThread {
    pub(in crate::edge) thread: usize,
    pub(in crate::edge) shared: Arc<EdgeShared>,
    pub(in crate::edge) rings: IoRings,
    pub(in crate::edge) table: RefCell<ConnectionTable>,
    /// The sessions of this thread. They are not part of the table, which is borrowed while
    /// sessions close.
    sessions: RefCell<SessionMap<LinkedSession>>,
    pub(in crate::edge) dropped: RefCell<DroppedSessions>,
    pub(in crate::edge) scratch: RefCell<Vec<u8>>,
    /// Scratch memory for the frames of one write, side by side.
    pub(in crate::edge) frames: RefCell<Vec<u8>>,
    pub(in crate::edge) gaps: SuspensionDetector,
    /// The random stream for the times at which closed clients may come back.
    pub(in crate::edge) random: RefCell<Stream>,
    /// The number of sessions opened so far.
    serial: Cell<u64>,
}

impl IoThread {
    /// Creates the state, without a connection.
    pub(in crate::edge) fn new(thread: usize, shared: Arc<EdgeShared>, rings: IoRings) -> Self {
        let dropped_gauge = shared.metrics.edge.dropped_sessions.clone();
        Self {
            thread,
            random: shared.spread.random(thread),
            shared,
            rings,
            table: RefCell::new(ConnectionTable::new()),
            sessions: RefCell::default(),
            dropped: RefCell::new(DroppedSessions::new(dropped_gauge)),
            scratch: RefCell::new(vec![0; SCRATCH]),
            frames: RefCell::default(),
            gaps: SuspensionDetector::new(Instant::now()),
            serial: Cell::new(0),
        }
    }

    /// Checks whether the machine has slept. Only the sweep closes clients because time has passed,
    /// so only the sweep calls this.
    pub(in crate::edge) fn notice_sleep(&self, now: Instant) {
        if let Some(gap) = self.gaps.beat_with_sleep(now, machine_slept()) {
            self.shared.log_gap(gap);
        }
    }

    /// Returns the time, and checks whether the thread did not run for a while.
    pub(in crate::edge) fn now(&self) -> Instant {
        let now = Instant::now();
        if let Some(gap) = self.gaps.beat(now) {
            self.shared.log_gap(gap);
        }
        now
    }

    /// Opens a session for the connection in this place.
    pub(in crate::edge) fn open_session(
        &self,
        place: usize,
        player: &Arrival,
        key: Option<ResumeKey>,
    ) -> Rc<Session> {
        let serial = self.serial.get() + 1;
        self.serial.set(serial);
        let id = route::session_id(self.shared.start, serial, self.thread);
        let session = Rc::new(Session::new(id, player, key));
        let linked = LinkedSession {
            place,
            session: Rc::clone(&session),
        };
        self.sessions.borrow_mut().insert(id, linked);
        session
    }

    /// Notes that the connection in this place is that of a session from now on.
    pub(in crate::edge) fn link_session(&self, session: &Session, place: usize) {
        if let Some(linked) = self.sessions.borrow_mut().get_mut(&session.id) {
            linked.place = place;
        }
    }

    /// Handles the loss of the connection of a session. If it cannot be resumed, it ends.
    pub(in crate::edge) fn drop_session(&self, session: &Session) {
        if !session.is_resumable() {
            self.end_session(session);
            return;
        }
        let now = Instant::now();
        session.drop_link(now);
        self.link_session(session, NO_PLACE);
        session.route.drop_link(&self.rings, session.id);
        self.dropped.borrow_mut().add(session, now);
        let threads = self.shared.hand_over.threads().max(1);
        let most = self.shared.options.max_dropped_sessions.div_ceil(threads);
        let too_many = self.dropped.borrow().len() > most;
        let oldest = self.dropped.borrow().oldest().filter(|_| too_many);
        if let Some(oldest) = oldest.and_then(|(_, id)| self.session(id)) {
            self.end_session(&oldest);
        }
    }

    /// Ends a session: its player leaves.
    pub(in crate::edge) fn end_session(&self, session: &Session) {
        if self.sessions.borrow_mut().remove(&session.id).is_some() {
            self.dropped.borrow_mut().remove(session);
            session.route.close(&self.rings, session.id);
        }
    }

    /// Ends the sessions that were not resumed in time.
    pub(in crate::edge) fn end_expired(&self, now: Instant) {
        loop {
            let oldest = self.dropped.borrow().oldest();
            let Some((since, id)) = oldest else { return };
            if now < self.gaps.after_gap(since) + self.shared.options.resume_timeout {
                return;
            }
            match self.session(id) {
                Some(session) => self.end_session(&session),
                None => self.dropped.borrow_mut().forget(since, id),
            }
        }
    }

    /// Ends all sessions without a connection.
    pub(in crate::edge) fn end_dropped(&self) {
        let all = self.dropped.borrow().ids();
        for session in all.into_iter().filter_map(|id| self.session(id)) {
            self.end_session(&session);
        }
    }

    /// Keeps a message for a session without a connection.
    pub(in crate::edge) fn keep_message(
        &self,
        session: &Session,
        payload: &[u8],
        forms: Option<&Arc<JsonForms>>,
    ) {
        let before = session.waiting_bytes();
        session.note_sent(payload, forms, self.shared.options.resume_bytes);
        self.dropped.borrow_mut().note_bytes(session, before);
    }

    /// Keeps a message for a session without a connection.
    pub(in crate::edge) fn keep_encoded(&self, session: SessionId, message: &ServerMessage) {
        if let Some(session) = self.session(session) {
            let mut payload = Vec::new();
            codec::encode(message, &mut payload);
            self.keep_message(&session, &payload, None);
        }
    }

    /// Returns a session of this thread.
    pub(in crate::edge) fn session(&self, id: SessionId) -> Option<Rc<Session>> {
        let sessions = self.sessions.borrow();
        Some(Rc::clone(&sessions.get(&id)?.session))
    }

    /// Returns the connection of an open session. `None`: it has none, or is not open.
    pub(in crate::edge) fn find(&self, session: SessionId) -> Option<Rc<Connection>> {
        self.find_in(&self.table.borrow(), session).cloned()
    }

    /// Like [`Self::find`], while the table is borrowed.
    pub(in crate::edge) fn find_in<'a>(
        &self,
        table: &'a ConnectionTable,
        session: SessionId,
    ) -> Option<&'a Rc<Connection>> {
        let place = self.sessions.borrow().get(&session)?.place;
        table.get_open(place, session)
    }

    /// Collects the frames for the sessions of this thread, each with the place of its connection.
    pub(in crate::edge) fn collect_mine(&self, frames: &[OutFrame], mine: &mut Vec<(usize, OutFrame)>) {
        let sessions = self.sessions.borrow();
        mine.clear();
        // The frames of a session are usually adjacent.
        let mut last: Option<(SessionId, Option<usize>)> = None;
        for frame in frames {
            let place = match last {
                Some((session, place)) if session == frame.session => place,
                _ => sessions.get(&frame.session).map(|linked| linked.place),
            };
            last = Some((frame.session, place));
            if let Some(place) = place {
                mine.push((place, *frame));
            }
        }
    }

    /// Returns the next connection, from this place on, that the sweep must check now, and its
    /// place.
    pub(in crate::edge) fn take_due(&self, from: usize, now: Instant) -> Option<(usize, Rc<Connection>)> {
        let table = self.table.borrow();
        let (place, connection) = table.take_due(from, now)?;
        Some((place, Rc::clone(connection)))
    }

    /// Calls a function with each connection. The function may remove connections.
    pub(in crate::edge) fn for_each(&self, mut visit: impl FnMut(&Rc<Connection>)) {
        let places = self.table.borrow().places();
        for place in 0..places {
            let connection = self.table.borrow().get(place).cloned();
            if let Some(connection) = connection {
                visit(&connection);
            }
        }
    }
}

//! State that the connections of one I/O thread share.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use parlour_shared::{ids::SessionId, rng::Stream};
use parlour_tick::OutFrame;

use super::{Connection, table::ConnectionTable};
use crate::{
    bridge::{route, session_map::SessionMap, session_route::IoRings},
    edge::EdgeShared,
    suspension::{SuspensionDetector, machine_slept},
};

/// The size of a read from a socket. All connections of a thread share one buffer.
const SCRATCH: usize = 16 * 1024;

/// State that the connections of one thread share.
pub(in crate::edge) struct IoThread {
    pub(in crate::edge) thread: usize,
    pub(in crate::edge) shared: Arc<EdgeShared>,
    pub(in crate::edge) rings: IoRings,
    pub(in crate::edge) table: RefCell<ConnectionTable>,
    /// The places of the open sessions. It is not part of the table, which is borrowed while
    /// sessions close.
    sessions: RefCell<SessionMap<usize>>,
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
        Self {
            thread,
            random: shared.spread.random(thread),
            shared,
            rings,
            table: RefCell::new(ConnectionTable::new()),
            sessions: RefCell::default(),
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

    /// Returns the id of a new session for the connection in this place.
    pub(in crate::edge) fn open_session(&self, place: usize) -> SessionId {
        let serial = self.serial.get() + 1;
        self.serial.set(serial);
        let session = route::session_id(self.shared.start, serial, self.thread);
        self.sessions.borrow_mut().insert(session, place);
        session
    }

    /// Forgets a session that ends.
    pub(in crate::edge) fn forget_session(&self, session: SessionId) {
        self.sessions.borrow_mut().remove(&session);
    }

    /// Returns the connection of an open session.
    pub(in crate::edge) fn find(&self, session: SessionId) -> Option<Rc<Connection>> {
        let place = *self.sessions.borrow().get(&session)?;
        self.table.borrow().get_open(place, session).cloned()
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
                _ => sessions.get(&frame.session).copied(),
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

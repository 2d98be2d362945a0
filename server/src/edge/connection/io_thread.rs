//! State that the connections of one I/O thread share.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use parlour_shared::{ids::SessionId, rng::Stream};

use super::{Connection, table::ConnectionTable};
use crate::{
    bridge::{inbound::InboundSender, route},
    edge::EdgeShared,
    suspension::{SuspensionDetector, machine_slept},
};

/// The size of a read from a socket. All connections of a thread share one buffer.
const SCRATCH: usize = 16 * 1024;

/// State that the connections of one thread share.
pub(in crate::edge) struct IoThread {
    pub(in crate::edge) thread: usize,
    pub(in crate::edge) shared: Arc<EdgeShared>,
    pub(in crate::edge) inbound: InboundSender,
    pub(in crate::edge) table: RefCell<ConnectionTable>,
    pub(in crate::edge) scratch: RefCell<Vec<u8>>,
    /// Scratch memory for the frames of one write, side by side.
    pub(in crate::edge) frames: RefCell<Vec<u8>>,
    pub(in crate::edge) gaps: SuspensionDetector,
    /// The random stream for the times at which closed clients may come back.
    pub(in crate::edge) random: RefCell<Stream>,
    serial: Cell<u32>,
}

impl IoThread {
    /// Creates the state, without a connection.
    pub(in crate::edge) fn new(thread: usize, shared: Arc<EdgeShared>, inbound: InboundSender) -> Self {
        Self {
            thread,
            random: shared.spread.random(thread),
            shared,
            inbound,
            table: RefCell::new(ConnectionTable::new()),
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

    /// Returns a session id for the connection in this place.
    pub(in crate::edge) fn new_session(&self, place: usize) -> SessionId {
        let serial = self.serial.get().wrapping_add(1);
        self.serial.set(serial);
        route::session_id(serial, place, self.thread)
    }

    /// Returns the connection of an open session.
    pub(in crate::edge) fn find(&self, session: SessionId) -> Option<Rc<Connection>> {
        self.table.borrow().find(session).cloned()
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

//! What the connections of one I/O thread share.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use parlour_shared::{ids::SessionId, rng::Stream};

use super::{Connection, table::Table};
use crate::{
    bridge::{inbound::InboundSender, route},
    edge::EdgeShared,
    running::{Running, machine_slept},
};

/// Bytes read from a socket at once; one buffer for all connections of a thread.
const SCRATCH: usize = 16 * 1024;

/// What the connections of one thread share.
pub(in crate::edge) struct IoThread {
    pub(in crate::edge) thread: usize,
    pub(in crate::edge) shared: Arc<EdgeShared>,
    pub(in crate::edge) inbound: InboundSender,
    pub(in crate::edge) table: RefCell<Table>,
    pub(in crate::edge) scratch: RefCell<Vec<u8>>,
    /// What is about to be sent, side by side.
    pub(in crate::edge) frames: RefCell<Vec<u8>>,
    pub(in crate::edge) running: Running,
    /// When clients that are closed come back.
    pub(in crate::edge) chance: RefCell<Stream>,
    serial: Cell<u32>,
}

impl IoThread {
    /// Without a connection.
    pub(in crate::edge) fn new(thread: usize, shared: Arc<EdgeShared>, inbound: InboundSender) -> Self {
        Self {
            thread,
            chance: shared.spread.chance(thread),
            shared,
            inbound,
            table: RefCell::new(Table::new()),
            scratch: RefCell::new(vec![0; SCRATCH]),
            frames: RefCell::default(),
            running: Running::new(Instant::now()),
            serial: Cell::new(0),
        }
    }

    /// Notices that the machine slept until now. Nothing punishes a client for that before the sweep, which asks.
    pub(in crate::edge) fn notice_sleep(&self, now: Instant) {
        if let Some(gap) = self.running.beat_awake(now, machine_slept()) {
            self.shared.log_gap(gap);
        }
    }

    /// The time now. Notices that the thread was not run until now.
    pub(in crate::edge) fn now(&self) -> Instant {
        let now = Instant::now();
        if let Some(gap) = self.running.beat(now) {
            self.shared.log_gap(gap);
        }
        now
    }

    /// A session id for the connection in this place.
    pub(in crate::edge) fn new_session(&self, place: usize) -> SessionId {
        let serial = self.serial.get().wrapping_add(1);
        self.serial.set(serial);
        route::session_id(serial, place, self.thread)
    }

    /// The connection of an open session.
    pub(in crate::edge) fn find(&self, session: SessionId) -> Option<Rc<Connection>> {
        self.table.borrow().find(session).cloned()
    }

    /// The next connection that the sweep has to look at now, from this place on, and its place.
    pub(in crate::edge) fn take_due(&self, from: usize, now: Instant) -> Option<(usize, Rc<Connection>)> {
        let table = self.table.borrow();
        let (place, connection) = table.take_due(from, now)?;
        Some((place, Rc::clone(connection)))
    }

    /// Does something with each connection, which may remove itself or others.
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

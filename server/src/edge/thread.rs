//! An I/O thread: a runtime of its own, its connections, and what the tick thread has for them.

use std::{
    cell::{Cell, RefCell},
    io,
    net::TcpListener as StdTcpListener,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant as StdInstant},
};

use parlour_shared::{close::CloseCode, ids::SessionId, rng::Stream};
use tokio::{
    net::TcpListener,
    runtime::{Builder, LocalOptions},
    task::{JoinError, spawn_local},
    time::{Instant, sleep},
};

use super::{EdgeShared, Reject, connection::Connection, deliver, listener, sweep, table::Table};
use crate::{
    bridge::{
        inbound::InboundSender,
        load::IoLoad,
        outbound::{Outbound, OutboundReceiver},
        route,
        wake::WakeEnd,
    },
    running::{Running, machine_slept},
    server::Closed,
};

/// For everyone to answer the close frame when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes read from a socket at once; one buffer for all connections of a thread.
const SCRATCH: usize = 16 * 1024;

/// What an I/O thread is started with.
pub(crate) struct IoStart {
    pub(crate) thread: usize,
    pub(crate) listener: StdTcpListener,
    pub(crate) shared: Arc<EdgeShared>,
    pub(crate) inbound: InboundSender,
    pub(crate) outbound: OutboundReceiver,
    pub(crate) wake: WakeEnd,
    pub(crate) load: Arc<IoLoad>,
}

/// What the connections of one thread share.
pub(super) struct IoThread {
    pub(super) thread: usize,
    pub(super) shared: Arc<EdgeShared>,
    pub(super) inbound: InboundSender,
    pub(super) table: RefCell<Table>,
    pub(super) scratch: RefCell<Vec<u8>>,
    /// What is about to be sent, side by side.
    pub(super) frames: RefCell<Vec<u8>>,
    pub(super) running: Running,
    /// When clients that are closed come back.
    pub(super) chance: RefCell<Stream>,
    serial: Cell<u32>,
}

/// Runs an I/O thread until the server stops.
pub(crate) fn run(start: IoStart) -> io::Result<Closed> {
    let (parking, going_on) = (Arc::clone(&start.load), Arc::clone(&start.load));
    let runtime = Builder::new_current_thread()
        .enable_all()
        .on_thread_park(move || parking.park())
        .on_thread_unpark(move || going_on.unpark())
        // Tasks between two looks at the sockets, and before a tick's output has its turn, in a rush of messages. With half
        // of it, the default, each look costs twice as much of a message.
        .event_interval(128)
        // All of 5,000 that speak at once in five looks. The events' memory, 12 KiB, stays in the cache.
        .max_io_events_per_tick(1024)
        .build_local(LocalOptions::default())?;
    runtime.block_on(serve(start))
}

async fn serve(start: IoStart) -> io::Result<Closed> {
    let mut outbound = start.outbound;
    let wake = start.wake.attach()?;
    let listener = TcpListener::from_std(start.listener)?;
    let mut frames = Vec::new();
    let chance = start.shared.spread.chance(start.thread);
    let io = Rc::new(IoThread {
        thread: start.thread,
        shared: start.shared,
        inbound: start.inbound,
        table: RefCell::new(Table::new()),
        scratch: RefCell::new(vec![0; SCRATCH]),
        frames: RefCell::default(),
        running: Running::new(StdInstant::now()),
        chance,
        serial: Cell::new(0),
    });
    let mut accepting = spawn_local(listener::accept(Rc::clone(&io), listener));
    let mut sweeping = spawn_local(sweep::run(Rc::clone(&io)));
    while !io.shared.is_stopping() {
        let woken = tokio::select! {
            woken = wake.woken() => woken,
            // Neither ends by itself: it panicked, and without it this thread would only look healthy.
            ended = &mut accepting => return Err(ended_early(ended)),
            ended = &mut sweeping => return Err(ended_early(ended)),
        };
        if !woken {
            break;
        }
        while let Ok(told) = outbound.pop() {
            match told {
                Outbound::Tick(output) => deliver::deliver(&io, &output, &mut frames).await,
                Outbound::Lost => io.lost(),
            }
        }
        io.inbound.flush();
    }
    accepting.abort();
    sweeping.abort();
    Ok(io.stop().await)
}

fn ended_early(ended: Result<(), JoinError>) -> io::Error {
    ended.map_or_else(io::Error::other, |()| {
        io::Error::other("a task ended that never does")
    })
}

impl IoThread {
    /// Notices that the machine slept until now. Nothing punishes a client for that before the sweep, which asks.
    pub(super) fn notice_sleep(&self, now: StdInstant) {
        if let Some(gap) = self.running.beat_awake(now, machine_slept()) {
            self.shared.log_gap(gap);
        }
    }

    /// The time now. Notices that the thread was not run until now.
    pub(super) fn now(&self) -> StdInstant {
        let now = StdInstant::now();
        if let Some(gap) = self.running.beat(now) {
            self.shared.log_gap(gap);
        }
        now
    }

    /// A session id for the connection in this place.
    pub(super) fn new_session(&self, place: usize) -> SessionId {
        let serial = self.serial.get().wrapping_add(1);
        self.serial.set(serial);
        route::session_id(serial, place, self.thread)
    }

    /// The connection of an open session.
    pub(super) fn find(&self, session: SessionId) -> Option<Rc<Connection>> {
        self.table.borrow().find(session).cloned()
    }

    /// The next connection that the sweep has to look at now, from this place on, and its place.
    pub(super) fn take_due(&self, from: usize, now: StdInstant) -> Option<(usize, Rc<Connection>)> {
        let table = self.table.borrow();
        let (place, connection) = table.take_due(from, now)?;
        Some((place, Rc::clone(connection)))
    }

    /// Does something with each connection, which may remove itself or others.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&Rc<Connection>)) {
        let places = self.table.borrow().places();
        for place in 0..places {
            let connection = self.table.borrow().get(place).cloned();
            if let Some(connection) = connection {
                visit(&connection);
            }
        }
    }

    /// This thread was so late that outputs of ticks were dropped: what its clients know cannot be continued.
    fn lost(&self) {
        tracing::error!(
            thread = self.thread,
            "I/O thread more than a second behind: closing its connections"
        );
        self.for_each(|connection| {
            if connection.session().is_some() {
                connection.refuse(Reject::SlowConsumer, "I/O thread behind");
            }
        });
    }

    async fn stop(self: Rc<Self>) -> Closed {
        let told = self.table.borrow().count();
        self.for_each(|connection| connection.close(CloseCode::ServiceRestart));
        let until = Instant::now() + STOP_TIMEOUT;
        while self.table.borrow().count() > 0 && Instant::now() < until {
            sleep(Duration::from_millis(5)).await;
            // In place of the sweep, which has ended.
            self.now();
            self.inbound.flush();
        }
        let left = self.table.borrow().count();
        self.for_each(|connection| connection.abort());
        // The tasks of aborted connections end when they are next polled.
        let until = Instant::now() + Duration::from_millis(100);
        while self.table.borrow().count() > 0 && Instant::now() < until {
            sleep(Duration::from_millis(1)).await;
        }
        self.inbound.flush();
        Closed {
            answered: told.saturating_sub(left) as u32,
            aborted: left as u32,
        }
    }
}

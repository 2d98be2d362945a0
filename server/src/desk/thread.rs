//! The thread of the desk: it passes what happens to the desk, and does what the desk wants.
//!
//! It is a plain thread that sleeps on its wake-up. It has nothing else to wait for, so a runtime
//! would only add a queue. It never waits for another thread: worlds are built, rebuilt and dropped
//! on separate threads, and every ring has a list for what does not fit. Its modules:
//!
//! * `desk_thread`: the state of the thread: the desk, and what carries out its actions
//! * `hearing`: what arrives becomes events of the desk
//! * `acting`: performs the actions of the desk
//! * `counting`: the metrics and the view
//! * `freezing`, `stopping`: save the durable worlds when the server stops
//! * `workers`: the threads on which worlds are built

mod acting;
mod counting;
mod desk_thread;
mod freezing;
mod hearing;
mod stopping;
#[cfg(test)]
mod tests;
mod workers;

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{Desk, DeskAction, DeskEvent, KnownWorld, RoomView, WorldEvent, WorldView};
use crate::{
    bridge::{
        forwarded::ForwardReceiver, outbound::DeskPublisher, route::WorldPlace, tick_status::TickThreads,
        wake::WakeEnd,
    },
    failure::Failure,
    freeze_order::FreezeOrder,
    metrics::{Metrics, RoomTypeMetrics},
    node_status::NodeStatus,
    ticker::{CommandSender, ReportReceiver, Ticker},
};
use desk_thread::DeskThread;
pub(crate) use workers::{MakeWorlds, Workers};

/// The maximum time between two looks at the rings and the timeouts.
const IDLE: Duration = Duration::from_millis(100);
/// The same, while something waits because a ring is full.
const BUSY: Duration = Duration::from_millis(1);
/// The time between two calls of [`Desk::tick`].
const TICK: Duration = Duration::from_secs(1);
/// The maximum time for which a desk that stops awaits room for commands, and worlds that are
/// between two tick threads.
const MAX_AWAIT: Duration = Duration::from_millis(500);
/// A tick thread that finished no tick for this long gets no new worlds and rooms: 15 ticks.
const STANDS_AFTER: Duration = Duration::from_millis(250);
/// The minimum time between two copies of the view.
const VIEW: Duration = Duration::from_millis(100);

/// What the desk knows, for the admin port: at most 0.2 s old.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeskView {
    /// By id.
    pub(crate) worlds: Vec<WorldView>,
    /// By name.
    pub(crate) rooms: Vec<RoomView>,
}

/// The desk's ends of the rings to and from one tick thread.
pub(crate) struct TickRings {
    pub(crate) commands: CommandSender,
    pub(crate) reports: ReportReceiver,
}

/// What the thread of the desk needs to start.
pub(crate) struct DeskStart {
    pub(crate) desk: Desk,
    /// What the desk wants at the start.
    pub(crate) actions: Vec<DeskAction>,
    /// A world that exists already: that of a playback.
    pub(crate) world: Option<(WorldPlace, Box<dyn Ticker>)>,
    /// By I/O thread.
    pub(crate) io: Vec<ForwardReceiver>,
    /// By tick thread.
    pub(crate) ticks: Vec<TickRings>,
    pub(crate) publisher: DeskPublisher,
    pub(crate) wake: WakeEnd,
    /// `None`: a playback, which makes no worlds.
    pub(crate) workers: Option<Workers>,
    pub(crate) view: Arc<Mutex<DeskView>>,
    pub(crate) types: RoomTypeMetrics,
    /// Has the requests of the admin port.
    pub(crate) node: Arc<NodeStatus>,
    /// Shows which tick threads advance, and receives the progress of the desk.
    pub(crate) status: Arc<TickThreads>,
    /// The order to save worlds. `None`: none are saved.
    pub(crate) freeze: Option<Arc<FreezeOrder>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) failure: Arc<Failure>,
    pub(crate) stop: Arc<AtomicBool>,
}

/// Runs the desk until the server stops. The I/O threads must have ended by then, so that the
/// worlds still see that their sessions close.
pub(crate) fn run(start: DeskStart) -> io::Result<()> {
    let (mut thread, mut rings, wake) = DeskThread::new(start);
    let now = Instant::now();
    thread.perform_all(now);
    let (mut next_tick, mut next_view) = (now + TICK, now);
    let mut await_until = None;
    loop {
        // Read before the rings, so that the last round sees everything that was sent before it.
        let stopping = thread.stop.load(Ordering::Acquire);
        thread.status.desk().advanced();
        thread.look_at_tick_threads();
        let mut more = thread.drain(&mut rings);
        let now = Instant::now();
        if now >= next_tick {
            thread.tick(now);
            next_tick = now + TICK;
        }
        if thread.is_changed && now >= next_view {
            thread.copy_view();
            next_view = now + VIEW;
        }
        let mut waiting = thread.flush();
        if stopping && !more {
            // The tick threads still run, so they take the commands that wait, and a world that
            // moves arrives within two ticks, unless a thread hangs.
            let until = *await_until.get_or_insert(now + MAX_AWAIT);
            if now >= until || !(waiting || thread.awaits_a_world()) {
                return Ok(());
            }
            waiting = true;
        }
        more |= !stopping && thread.stop.load(Ordering::Relaxed);
        let at_most = if waiting { BUSY } else { IDLE };
        if !more && !wake.wait(Some(at_most)) {
            return Err(io::Error::other("the desk cannot be woken"));
        }
    }
}

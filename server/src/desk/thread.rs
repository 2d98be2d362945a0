//! The thread of the desk: it passes what happens to the desk, and does what the desk wants.
//!
//! It is a plain thread that sleeps on its wake-up. It has nothing else to wait for, so a runtime
//! would only add a queue. It never waits for another thread: worlds are built, rebuilt and dropped
//! on separate threads, and every ring has a list for what does not fit.

mod freezing;
#[cfg(test)]
mod tests;
mod workers;

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parlour_shared::ids::Tick;
use parlour_tick::{WorldId, WorldKind};

use super::{Desk, DeskAction, DeskEvent, RoomView, WorldEvent, WorldView};
use crate::{
    bridge::{
        commands::SessionCommand,
        forwarded::{ForwardReceiver, Forwarded, ForwardedKind},
        outbound::{DeskOutput, DeskPublisher},
        route::WorldPlace,
        session_map::SessionMap,
        wake::WakeEnd,
    },
    failure::{Failure, ServerFailure, TICK as TICK_THREAD},
    freeze_order::FreezeOrder,
    metrics::{Metrics, RoomTypeMetrics},
    node_status::{NodeStatus, RestartRequest},
    system_random,
    ticker::{CommandSender, ReportReceiver, TickCommand, TickReport, Ticker},
};
use freezing::Freezing;
use workers::{BUILDER, Built};
pub(crate) use workers::{MakeWorlds, Workers};

/// The maximum time between two looks at the rings and the timeouts.
const IDLE: Duration = Duration::from_millis(100);
/// The same, while something waits because a ring is full.
const BUSY: Duration = Duration::from_millis(1);
/// The time between two calls of [`Desk::tick`].
const TICK: Duration = Duration::from_secs(1);
/// The minimum time between two copies of the view.
const VIEW: Duration = Duration::from_millis(100);
/// The events of one ring that are handled before the next ring is looked at.
const TURN: usize = 256;

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
    /// Has the requests for restarts.
    pub(crate) node: Arc<NodeStatus>,
    /// The order to save worlds. `None`: none are saved.
    pub(crate) freeze: Option<Arc<FreezeOrder>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) failure: Arc<Failure>,
    pub(crate) stop: Arc<AtomicBool>,
}

/// Runs the desk until the server stops. The I/O threads must have ended by then, so that the
/// worlds still see that their sessions close.
pub(crate) fn run(start: DeskStart) -> io::Result<()> {
    let DeskThread {
        wake,
        mut rings,
        mut thread,
    } = DeskThread::new(start);
    let now = Instant::now();
    thread.perform_all(now);
    let (mut next_tick, mut next_view) = (now + TICK, now);
    loop {
        // Read before the rings, so that the last round sees everything that was sent before it.
        let stopping = thread.stop.load(Ordering::Acquire);
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
        let waiting = thread.flush();
        if stopping && !more {
            return Ok(());
        }
        more |= thread.stop.load(Ordering::Relaxed);
        let at_most = if waiting { BUSY } else { IDLE };
        if !more && !wake.wait(Some(at_most)) {
            return Err(io::Error::other("the desk cannot be woken"));
        }
    }
}

/// The parts of the running thread. They are separate, because an event is handled while its ring
/// is borrowed.
struct DeskThread {
    wake: WakeEnd,
    rings: DeskRings,
    thread: Hands,
}

/// The rings that lead to the desk.
struct DeskRings {
    io: Vec<ForwardReceiver>,
    reports: Vec<ReportReceiver>,
}

/// The desk, and what it acts with.
struct Hands {
    desk: Desk,
    actions: Vec<DeskAction>,
    /// The I/O thread of each open session.
    sessions: SessionMap<usize>,
    /// The names and kinds of the worlds that are not over, for log lines.
    names: BTreeMap<WorldId, (String, WorldKind)>,
    /// The tick in which a world last panicked, or before which it was taken to be rebuilt.
    panicked: BTreeMap<WorldId, Tick>,
    commands: Vec<CommandSender>,
    publisher: DeskPublisher,
    workers: Option<Workers>,
    view: Arc<Mutex<DeskView>>,
    types: RoomTypeMetrics,
    node: Arc<NodeStatus>,
    freezing: Freezing,
    /// Whether something happened since the view was copied.
    is_changed: bool,
    /// [`Desk::dropped`], as it was last counted.
    dropped: u64,
    metrics: Arc<Metrics>,
    failure: Arc<Failure>,
    stop: Arc<AtomicBool>,
}

impl DeskThread {
    fn new(start: DeskStart) -> Self {
        let (commands, reports) = start
            .ticks
            .into_iter()
            .map(|ends| (ends.commands, ends.reports))
            .unzip();
        let mut thread = Hands {
            desk: start.desk,
            actions: start.actions,
            sessions: SessionMap::default(),
            names: BTreeMap::new(),
            panicked: BTreeMap::new(),
            commands,
            publisher: start.publisher,
            workers: start.workers,
            view: start.view,
            types: start.types,
            node: start.node,
            freezing: Freezing::new(start.freeze),
            is_changed: true,
            dropped: 0,
            metrics: start.metrics,
            failure: start.failure,
            stop: start.stop,
        };
        if let Some((place, ticker)) = start.world {
            thread.start_world(place, ticker);
        }
        Self {
            wake: start.wake,
            rings: DeskRings {
                io: start.io,
                reports,
            },
            thread,
        }
    }
}

impl Hands {
    /// Handles what waits in the rings. Returns whether more may wait.
    fn drain(&mut self, rings: &mut DeskRings) -> bool {
        let mut more = false;
        for (io_thread, ring) in rings.io.iter_mut().enumerate() {
            let count = ring.slots();
            more |= count > TURN;
            for _ in 0..count.min(TURN) {
                let Ok(event) = ring.pop() else { break };
                self.take_forwarded(io_thread, event);
            }
        }
        for (thread, ring) in rings.reports.iter_mut().enumerate() {
            let count = ring.slots();
            more |= count > TURN;
            for _ in 0..count.min(TURN) {
                let Ok(report) = ring.pop() else { break };
                self.take_report(thread, report);
            }
        }
        for request in self.node.take_restarts() {
            self.restart(request);
        }
        self.freeze();
        while let Some(built) = self.workers.as_mut().and_then(Workers::next) {
            self.take_built(built);
        }
        more
    }

    fn take_forwarded(&mut self, io_thread: usize, event: Forwarded) {
        let Forwarded {
            session,
            number,
            kind,
        } = event;
        let mut closed = false;
        let event = match kind {
            ForwardedKind::Opened(player) => {
                self.sessions.insert(session, io_thread);
                DeskEvent::Opened {
                    session,
                    io_thread,
                    player,
                }
            }
            ForwardedKind::Closed => {
                closed = true;
                DeskEvent::Closed { session, number }
            }
            ForwardedKind::Held(held) => DeskEvent::Held {
                session,
                number,
                held,
            },
            ForwardedKind::Recalled => DeskEvent::Recalled { session, number },
            ForwardedKind::Message { arrived, message } => DeskEvent::Message {
                session,
                number,
                arrived,
                message,
            },
        };
        self.handle(event);
        if closed {
            self.sessions.remove(&session);
        }
        self.metrics.desk.sessions.set(self.sessions.len() as f64);
    }

    fn take_report(&mut self, thread: usize, report: TickReport) {
        match report {
            TickReport::World {
                world,
                reports,
                closes,
            } => self.handle(DeskEvent::World {
                world,
                reports,
                closes,
            }),
            TickReport::Panicked {
                world,
                tick,
                why,
                lost,
                remains,
            } => {
                self.panicked.insert(world, tick);
                let name = self.name(world);
                tracing::error!(%world, name, thread, tick = tick.0, why, "a world panicked");
                if self.workers.is_none() {
                    // Nobody can rebuild the world of a playback, and there is nothing else.
                    self.failure.set(ServerFailure::Panicked {
                        thread: format!("{TICK_THREAD}{thread}"),
                        message: why.clone(),
                    });
                }
                self.types.of(self.room_type(world)).panics.increment(1);
                self.drop_elsewhere(remains);
                self.handle(DeskEvent::Panicked { world, tick, lost });
            }
            TickReport::Taken { world, tick, ticker } => {
                self.panicked.insert(world, tick);
                if let Some(ticker) = self.freezing.offer(world, ticker) {
                    self.drop_elsewhere(Some(ticker));
                    self.handle(DeskEvent::Taken { world });
                }
            }
            TickReport::Ended { world, lost, ticker } => {
                self.drop_elsewhere(ticker);
                if let Some((name, kind)) = self.names.remove(&world) {
                    tracing::info!(%world, name, thread, "a world ended");
                    self.types.of(kind.room_type()).ended.increment(1);
                }
                self.panicked.remove(&world);
                self.freezing.lost(world, "it has ended");
                // Before the desk gives its name to a new world.
                self.close(world);
                self.handle(DeskEvent::Ended { world, lost });
            }
            TickReport::Restored { world } => {
                let name = self.name(world);
                tracing::warn!(%world, name, thread, "a world was rebuilt, and continues");
                self.types.of(self.room_type(world)).restarts.increment(1);
                self.handle(DeskEvent::Rebuilt { world, ok: true });
            }
            TickReport::Load(load) => self.handle(DeskEvent::Load { thread, load }),
        }
    }

    /// Answers a request to restart a world.
    fn restart(&mut self, request: RestartRequest) {
        let now = Instant::now();
        let random = &mut system_random::random_bits;
        let result = self.desk.restart(&request.world, now, random, &mut self.actions);
        self.is_changed = true;
        request.answer(result);
        self.perform_all(now);
    }

    fn take_built(&mut self, built: Built) {
        match built {
            Built::Created(place, Ok(ticker)) => {
                self.start_world(place, ticker);
                self.handle(DeskEvent::Created {
                    world: place.world,
                    ok: Ok(()),
                });
            }
            Built::Created(place, Err(why)) => {
                let known = self.names.remove(&place.world);
                let (name, kind) = known.unzip();
                tracing::error!(world = %place.world, name, why, "a world cannot be made");
                if kind == Some(WorldKind::Main) {
                    // Without it, nobody can join anything.
                    self.failure.set(ServerFailure::Panicked {
                        thread: BUILDER.to_owned(),
                        message: why.clone(),
                    });
                }
                self.handle(DeskEvent::Created {
                    world: place.world,
                    ok: Err(why),
                });
            }
            Built::Rebuilt(place, Ok(ticker)) => {
                let world = place.world;
                if let Some(ticker) = self.freezing.offer(world, ticker) {
                    self.command(place.thread, TickCommand::Restore { world, ticker });
                }
            }
            Built::Rebuilt(place, Err(why)) => {
                let name = self.name(place.world);
                tracing::error!(world = %place.world, name, why, "a world cannot be rebuilt");
                self.freezing.lost(place.world, &why);
                self.handle(DeskEvent::Rebuilt {
                    world: place.world,
                    ok: false,
                });
            }
        }
    }

    fn handle(&mut self, event: DeskEvent) {
        let now = Instant::now();
        let random = &mut system_random::random_bits;
        self.desk.handle(event, now, random, &mut self.actions);
        self.is_changed = true;
        self.perform_all(now);
    }

    fn tick(&mut self, now: Instant) {
        let random = &mut system_random::random_bits;
        self.desk.tick(now, random, &mut self.actions);
        self.perform_all(now);
        let dropped = self.desk.dropped();
        let more = dropped.saturating_sub(self.dropped);
        self.metrics.edge.dropped_per_session.increment(more);
        self.dropped = dropped;
        self.count_types();
    }

    /// Does what the desk wants, which may lead to more events.
    fn perform_all(&mut self, now: Instant) {
        while !self.actions.is_empty() {
            let mut actions = std::mem::take(&mut self.actions);
            let mut events = Vec::new();
            for action in actions.drain(..) {
                events.extend(self.perform(action));
            }
            // The memory is used again.
            self.actions = actions;
            let random = &mut system_random::random_bits;
            for event in events {
                self.desk.handle(event, now, random, &mut self.actions);
            }
        }
    }

    /// Performs an action. Returns its result if it is known immediately.
    fn perform(&mut self, action: DeskAction) -> Option<DeskEvent> {
        match action {
            DeskAction::ToWorld {
                place,
                session,
                io_thread,
                event,
                ..
            } => {
                let command = TickCommand::Event {
                    world: place.world,
                    session,
                    io_thread,
                    kind: session_command(event),
                };
                self.command(place.thread, command);
            }
            DeskAction::Place {
                session,
                place,
                number,
            } => {
                let io_thread = *self.sessions.get(&session)?;
                // The world first, so that it usually knows the placement before direct events
                // arrive.
                let command = TickCommand::Event {
                    world: place.world,
                    session,
                    io_thread,
                    kind: SessionCommand::Placed { number },
                };
                self.command(place.thread, command);
                let output = DeskOutput::Placed {
                    session,
                    place,
                    number,
                };
                self.publisher.send(io_thread, output);
            }
            DeskAction::Recall { session } => {
                let io_thread = *self.sessions.get(&session)?;
                self.publisher.send(io_thread, DeskOutput::Recall { session });
            }
            DeskAction::Send { session, message } => {
                let io_thread = *self.sessions.get(&session)?;
                let message = Box::new(message);
                self.publisher
                    .send(io_thread, DeskOutput::Send { session, message });
            }
            DeskAction::Close { session, code } => {
                let io_thread = *self.sessions.get(&session)?;
                self.publisher
                    .send(io_thread, DeskOutput::Close { session, code });
            }
            DeskAction::Create { place, name, kind } => {
                self.names.insert(place.world, (name.clone(), kind.clone()));
                let accepted = self
                    .workers
                    .as_mut()
                    .is_some_and(|workers| workers.create(place, name, kind));
                if !accepted {
                    self.names.remove(&place.world);
                    return Some(DeskEvent::Created {
                        world: place.world,
                        ok: Err("too many worlds wait to be made".to_owned()),
                    });
                }
            }
            DeskAction::Rebuild { place } => {
                let panicked = self.panicked.get(&place.world);
                match panicked.zip(self.workers.as_mut()) {
                    Some((tick, workers)) => workers.rebuild(place, *tick),
                    None => {
                        return Some(DeskEvent::Rebuilt {
                            world: place.world,
                            ok: false,
                        });
                    }
                }
            }
            DeskAction::Take { place } => {
                self.command(place.thread, TickCommand::Take { world: place.world });
            }
            DeskAction::End { place } => {
                self.command(place.thread, TickCommand::End { world: place.world });
            }
        }
        None
    }

    fn start_world(&mut self, place: WorldPlace, ticker: Box<dyn Ticker>) {
        let world = place.world;
        if let Some((name, _)) = self.names.get(&world) {
            tracing::debug!(%world, name, thread = place.thread, "a world starts");
        }
        self.types.of(self.room_type(world)).created.increment(1);
        self.command(place.thread, TickCommand::Start { world, ticker });
    }

    fn command(&mut self, thread: usize, command: TickCommand) {
        if let Some(commands) = self.commands.get_mut(thread) {
            commands.send(command);
        }
    }

    /// Lets the recorder forget a world that is over.
    fn close(&mut self, world: WorldId) {
        if let Some(workers) = &mut self.workers {
            workers.close(world);
        }
    }

    /// Drops a world on a separate thread, because that may take a while.
    fn drop_elsewhere(&mut self, world: Option<Box<dyn Ticker>>) {
        if let (Some(world), Some(workers)) = (world, &mut self.workers) {
            workers.discard(world);
        }
    }

    /// Returns the type of a world that is only for one type.
    fn room_type(&self, world: WorldId) -> Option<&str> {
        self.names.get(&world).and_then(|(_, kind)| kind.room_type())
    }

    /// Sets the gauges of the room types.
    fn count_types(&self) {
        let (worlds, rooms) = (self.desk.worlds(), self.desk.rooms());
        let mut counts: BTreeMap<Option<&str>, (u32, u32, u32)> = BTreeMap::new();
        for world in &worlds {
            counts.entry(world.kind.room_type()).or_default().0 += 1;
        }
        for room in &rooms {
            let (_, count, players) = counts.entry(Some(room.status.room_type.as_str())).or_default();
            *count += 1;
            *players += room.status.players;
        }
        for (name, metrics) in self.types.all() {
            let (worlds, rooms, players) = counts.get(&name).copied().unwrap_or_default();
            metrics.worlds.set(worlds);
            metrics.rooms.set(rooms);
            metrics.players.set(players);
        }
    }

    fn name(&self, world: WorldId) -> &str {
        self.names.get(&world).map_or("", |(name, _)| name)
    }

    /// Sends what waits because a ring was full, and wakes the I/O threads. Returns whether
    /// something still waits.
    fn flush(&mut self) -> bool {
        self.publisher.flush();
        for commands in &mut self.commands {
            commands.flush();
        }
        self.commands.iter().any(CommandSender::is_waiting)
    }

    fn copy_view(&mut self) {
        let view = DeskView {
            worlds: self.desk.worlds(),
            rooms: self.desk.rooms(),
        };
        self.is_changed = false;
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
    }
}

fn session_command(event: WorldEvent) -> SessionCommand {
    match event {
        WorldEvent::Arrive { player, held } => SessionCommand::Arrive { player, held },
        WorldEvent::Depart => SessionCommand::Depart,
        WorldEvent::Hold => SessionCommand::Held(true),
        WorldEvent::Release => SessionCommand::Held(false),
        WorldEvent::Message { arrived, message } => SessionCommand::Message { arrived, message },
        WorldEvent::Reserve(reservation) => SessionCommand::Reserve(reservation),
    }
}

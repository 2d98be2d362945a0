//! The state of the desk's thread: the desk, and the sending ends of the rings and the workers that
//! carry out its actions.

use std::{
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Instant,
};

use super::{
    CommandSender, Desk, DeskAction, DeskEvent, DeskStart, DeskView, KnownWorld, ReportReceiver, Workers,
    freezing::Freezing,
};
use crate::{
    bridge::{forwarded::ForwardReceiver, outbound::DeskPublisher, tick_status::TickThreads, wake::WakeEnd},
    failure::Failure,
    metrics::{Metrics, RoomTypeMetrics, SystemPanics},
    node_status::NodeStatus,
    system_random,
    ticker::{TickCommand, WorldSlot},
};
use parlour_tick::WorldId;

/// The rings that lead to the desk. They are separate, because an event is handled while its ring
/// is borrowed.
pub(super) struct DeskRings {
    pub(super) io: Vec<ForwardReceiver>,
    pub(super) reports: Vec<ReportReceiver>,
}

/// The state of the desk's thread, except the rings that lead to it: the desk, and the sending ends
/// of the rings and the workers that carry out its actions.
pub(super) struct DeskThread {
    pub(super) desk: Desk,
    pub(super) actions: Vec<DeskAction>,
    pub(super) commands: Vec<CommandSender>,
    pub(super) publisher: DeskPublisher,
    pub(super) workers: Option<Workers>,
    /// A world that left this tick thread, while the desk handles that.
    pub(super) left: Option<(usize, Box<WorldSlot>)>,
    pub(super) view: Arc<Mutex<DeskView>>,
    pub(super) types: RoomTypeMetrics,
    pub(super) system_panics: SystemPanics,
    pub(super) node: Arc<NodeStatus>,
    pub(super) status: Arc<TickThreads>,
    /// By tick thread: whether it finished no tick lately, as the desk knows it.
    pub(super) standing: Vec<bool>,
    pub(super) freezing: Freezing,
    /// Whether something happened since the view was copied.
    pub(super) is_changed: bool,
    /// [`Desk::dropped`], as it was last counted.
    pub(super) dropped: u64,
    pub(super) metrics: Arc<Metrics>,
    pub(super) failure: Arc<Failure>,
    pub(super) stop: Arc<AtomicBool>,
}

impl DeskThread {
    /// Returns the desk, the rings that lead to it, and what wakes it.
    pub(super) fn new(start: DeskStart) -> (Self, DeskRings, WakeEnd) {
        let (commands, reports) = start
            .ticks
            .into_iter()
            .map(|ends| (ends.commands, ends.reports))
            .unzip();
        let mut thread = Self {
            desk: start.desk,
            actions: start.actions,
            commands,
            publisher: start.publisher,
            workers: start.workers,
            left: None,
            view: start.view,
            types: start.types,
            system_panics: start.metrics.system_panics(),
            node: start.node,
            standing: start.status.iter().map(|_| false).collect(),
            status: start.status,
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
        let rings = DeskRings {
            io: start.io,
            reports,
        };
        (thread, rings, start.wake)
    }

    pub(super) fn handle(&mut self, event: DeskEvent) {
        let now = Instant::now();
        let random = &mut system_random::random_bits;
        self.desk.handle(event, now, random, &mut self.actions);
        self.is_changed = true;
        self.perform_all(now);
    }

    /// Does what the desk wants, which may lead to more events.
    pub(super) fn perform_all(&mut self, now: Instant) {
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

    pub(super) fn command(&mut self, thread: usize, command: TickCommand) {
        if let Some(commands) = self.commands.get_mut(thread) {
            commands.send(command);
        }
    }

    /// Sends what waits because a ring was full, and wakes the I/O threads. Returns whether
    /// something still waits.
    pub(super) fn flush(&mut self) -> bool {
        self.publisher.flush();
        for commands in &mut self.commands {
            commands.flush();
        }
        self.commands.iter().any(CommandSender::is_waiting)
    }

    /// Returns whether a world is between two tick threads, and will enter the new one. A world
    /// that was saved will not.
    pub(super) fn awaits_a_world(&self) -> bool {
        // A thread that failed does not answer.
        let mut between = self.desk.worlds_between_threads().into_iter();
        self.failure.get().is_none() && between.any(|world| !self.freezing.has_taken(world))
    }

    /// Returns a world that is not over.
    pub(super) fn known(&self, world: WorldId) -> Option<&KnownWorld> {
        self.desk.world(world)
    }

    /// Returns the name of a world, for log lines.
    pub(super) fn name(&self, world: WorldId) -> &str {
        self.known(world).map_or("", |known| &known.name)
    }

    /// Returns the type of a world that is only for one type.
    pub(super) fn room_type(&self, world: WorldId) -> Option<&str> {
        self.known(world).and_then(|known| known.kind.room_type())
    }
}

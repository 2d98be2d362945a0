//! The worlds of the node, and which thread a new one gets.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use parlour_shared::{
    ids::{SessionId, Tick},
    message::Request,
};
use parlour_tick::{WorldId, WorldKind};

use crate::bridge::route::WorldPlace;

/// The load that a new world is assumed to add to a thread until the thread reports its load again.
const NEW_WORLD: f32 = 0.002;

/// All worlds.
#[derive(Debug)]
pub(super) struct KnownWorlds {
    by_id: BTreeMap<WorldId, KnownWorld>,
    next_id: u32,
    names: BTreeSet<String>,
    threads: Vec<TickThread>,
}

/// A tick thread.
#[derive(Clone, Copy, Debug, Default)]
struct TickThread {
    guests: usize,
    worlds: usize,
    load: f32,
}

/// A world.
#[derive(Debug)]
pub(super) struct KnownWorld {
    pub(super) name: String,
    pub(super) kind: WorldKind,
    /// The only place that says on which thread a world is.
    pub(super) thread: usize,
    pub(super) state: WorldState,
    /// When it was asked for.
    pub(super) created: Instant,
    /// The sessions that have been sent here and have not departed. A session that has closed stays
    /// until the world has reported its departure.
    guests: BTreeSet<SessionId>,
    /// The sessions that wait for an answer of this world.
    pub(super) asks: BTreeMap<SessionId, Ask>,
    /// The sessions that wait for the world to be built, in order.
    pub(super) waiting: Vec<SessionId>,
    pub(super) panics: u32,
    pub(super) restarts: u32,
    /// The tick of the last panic.
    pub(super) panicked_at: Option<Tick>,
    /// Whether its thread was asked to drop it.
    pub(super) end_sent: bool,
    /// Whether its thread has dropped it.
    pub(super) dropped: bool,
}

/// The state of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorldState {
    /// It is being built.
    Creating,
    Running,
    /// It panicked, and is being rebuilt.
    Rebuilding,
    /// It panicked too often, and its sessions are leaving; or it is no longer needed.
    Ending,
}

/// A question to a world: a session has at most one in each world.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) kind: AskKind,
    pub(super) request: Request,
    pub(super) room: String,
    pub(super) seats: u32,
    /// `false`: the world is still being built.
    pub(super) sent: bool,
}

/// The kinds of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AskKind {
    /// A join of a session in this world.
    Join,
    /// A seat for a session that is not here.
    Seat,
    /// Seats for a group.
    Group,
}

impl KnownWorld {
    /// Whether sessions can be sent here.
    pub(super) fn takes_events(&self) -> bool {
        matches!(self.state, WorldState::Running | WorldState::Rebuilding)
    }

    pub(super) fn is_ending(&self) -> bool {
        self.state == WorldState::Ending
    }

    pub(super) fn guests(&self) -> &BTreeSet<SessionId> {
        &self.guests
    }
}

impl KnownWorlds {
    pub(super) fn new(threads: usize) -> Self {
        Self {
            by_id: BTreeMap::new(),
            next_id: 1,
            names: BTreeSet::new(),
            threads: vec![TickThread::default(); threads.max(1)],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn get(&self, world: WorldId) -> Option<&KnownWorld> {
        self.by_id.get(&world)
    }

    pub(super) fn get_mut(&mut self, world: WorldId) -> Option<&mut KnownWorld> {
        self.by_id.get_mut(&world)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (WorldId, &KnownWorld)> {
        self.by_id.iter().map(|(id, world)| (*id, world))
    }

    pub(super) fn threads(&self) -> usize {
        self.threads.len()
    }

    /// Returns where events for this world go. `None`: it is not known, or is gone.
    pub(super) fn place(&self, world: WorldId) -> Option<WorldPlace> {
        let thread = self.get(world)?.thread;
        Some(WorldPlace { thread, world })
    }

    /// Adds a world that is about to be built.
    pub(super) fn add(&mut self, kind: WorldKind, thread: usize, now: Instant) -> WorldId {
        let id = WorldId(self.next_id);
        self.next_id += 1;
        let name = self.free_name(id, &kind);
        self.names.insert(name.clone());
        self.threads[thread].worlds += 1;
        self.threads[thread].load += NEW_WORLD;
        let world = KnownWorld {
            name,
            kind,
            thread,
            state: WorldState::Creating,
            created: now,
            guests: BTreeSet::new(),
            asks: BTreeMap::new(),
            waiting: Vec::new(),
            panics: 0,
            restarts: 0,
            panicked_at: None,
            end_sent: false,
            dropped: false,
        };
        self.by_id.insert(id, world);
        id
    }

    /// Forgets a world.
    pub(super) fn remove(&mut self, world: WorldId) {
        if let Some(gone) = self.by_id.remove(&world) {
            self.names.remove(&gone.name);
            let thread = &mut self.threads[gone.thread];
            thread.worlds -= 1;
            thread.guests -= gone.guests.len();
        }
    }

    /// Counts a session that is sent to a world.
    pub(super) fn enter(&mut self, world: WorldId, session: SessionId) {
        if let Some(entered) = self.by_id.get_mut(&world)
            && entered.guests.insert(session)
        {
            self.threads[entered.thread].guests += 1;
        }
    }

    /// Forgets a session that has departed.
    pub(super) fn leave(&mut self, world: WorldId, session: SessionId) {
        if let Some(left) = self.by_id.get_mut(&world)
            && left.guests.remove(&session)
        {
            self.threads[left.thread].guests -= 1;
        }
    }

    pub(super) fn set_load(&mut self, thread: usize, load: f32) {
        if let Some(thread) = self.threads.get_mut(thread)
            && load.is_finite()
        {
            thread.load = load;
        }
    }

    /// Returns the thread with the fewest sessions in its worlds.
    pub(super) fn emptiest_thread(&self) -> usize {
        let threads = self.threads.iter().enumerate();
        threads
            .min_by_key(|(at, thread)| (thread.guests, *at))
            .map_or(0, |(at, _)| at)
    }

    /// Returns the thread with the least load, and of several the one with the fewest worlds.
    pub(super) fn idlest_thread(&self) -> usize {
        let threads = self.threads.iter().enumerate();
        let load = |thread: &TickThread| (thread.load, thread.worlds);
        threads
            .min_by(|(_, one), (_, other)| {
                let ((one, worlds), (other, others)) = (load(one), load(other));
                one.total_cmp(&other).then(worlds.cmp(&others))
            })
            .map_or(0, |(at, _)| at)
    }

    /// Returns the shared world of this kind on a thread, or on any if `thread` is `None`.
    pub(super) fn shared(&self, kind: &WorldKind, thread: Option<usize>) -> Option<WorldId> {
        // Shared worlds are the oldest, so this looks at few.
        self.iter()
            .find(|(_, world)| {
                world.kind == *kind && !world.is_ending() && thread.is_none_or(|at| world.thread == at)
            })
            .map(|(id, _)| id)
    }

    /// Returns a name that no world has: that of the kind, or with a number. Logs and directories
    /// of recordings contain it, so it does not contain the name of a private room.
    fn free_name(&self, id: WorldId, kind: &WorldKind) -> String {
        let name = match kind {
            WorldKind::Main => "main".to_owned(),
            WorldKind::Shared { room_type } => room_type.clone(),
            WorldKind::Own { room: Some(room), .. } => room.replace('/', "."),
            WorldKind::Own {
                room_type,
                room: None,
            } => format!("{room_type}.private-{}", id.0),
        };
        if !self.names.contains(&name) {
            return name;
        }
        (2..=u32::MAX)
            .map(|number| format!("{name}-{number}"))
            .find(|name| !self.names.contains(name))
            .unwrap_or(name)
    }
}

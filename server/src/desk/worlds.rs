//! The worlds of the node.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use parlour_shared::{
    ids::{SessionId, Tick},
    message::Request,
};
use parlour_tick::{WorldId, WorldKind};

use super::{
    thread_loads::ThreadLoads,
    world_move::{KeptEvents, WorldMove},
};
use crate::{
    bridge::{fault::Fault, route::WorldPlace},
    node_status::WorldRequestError,
};

/// All worlds.
#[derive(Debug)]
pub(super) struct KnownWorlds {
    by_id: BTreeMap<WorldId, KnownWorld>,
    next_id: u32,
    names: BTreeSet<String>,
    /// The names of saved worlds that could not be made. No other world gets them, because their
    /// files stay.
    unmade: Vec<String>,
    pub(super) threads: ThreadLoads,
}

/// A world.
#[derive(Debug)]
pub(super) struct KnownWorld {
    pub(super) name: String,
    pub(super) kind: WorldKind,
    /// The only place that says on which thread a world is.
    pub(super) thread: usize,
    pub(super) state: WorldState,
    /// Whether an earlier process saved it.
    pub(super) is_thawed: bool,
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
    pub(super) last_panic: Option<WorldPanic>,
    /// While its state is [`WorldState::Moving`].
    pub(super) moving: Option<WorldMove>,
    /// When it last entered a different thread.
    pub(super) moved_at: Option<Instant>,
    /// Whether an operator was warned that it makes its thread late.
    pub(super) warned: bool,
    /// Whether its thread was asked to drop it.
    pub(super) end_sent: bool,
    /// Whether its thread has dropped it.
    pub(super) dropped: bool,
}

/// A panic of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorldPanic {
    /// The tick, which has not happened.
    pub(crate) tick: Tick,
    pub(crate) fault: Fault,
}

/// The state of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorldState {
    /// It is being built.
    Creating,
    Running,
    /// It runs, and is about to leave its tick thread for a different one.
    Moving,
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
        matches!(
            self.state,
            WorldState::Running | WorldState::Moving | WorldState::Rebuilding
        )
    }

    /// Returns what is kept for the world while it is between two tick threads.
    pub(super) fn kept(&mut self) -> Option<&mut KeptEvents> {
        self.moving.as_mut()?.kept.as_mut()
    }

    pub(super) fn is_between_threads(&self) -> bool {
        self.moving.as_ref().is_some_and(|moving| moving.kept.is_some())
    }

    pub(super) fn is_ending(&self) -> bool {
        self.state == WorldState::Ending
    }

    pub(super) fn guests(&self) -> &BTreeSet<SessionId> {
        &self.guests
    }
}

impl KnownWorlds {
    /// `first_id` is the id of the first world, at least 1.
    pub(super) fn new(threads: usize, first_id: u32) -> Self {
        Self {
            by_id: BTreeMap::new(),
            next_id: first_id.max(1),
            names: BTreeSet::new(),
            unmade: Vec::new(),
            threads: ThreadLoads::new(threads),
        }
    }

    /// Keeps these names from new worlds: saved worlds that are added later have them.
    pub(super) fn reserve_names(&mut self, names: impl Iterator<Item = String>) {
        self.names.extend(names);
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

    /// Returns the world with this name, if it runs and is left alone.
    pub(super) fn running(&self, name: &str) -> Result<(WorldId, &KnownWorld), WorldRequestError> {
        let found = self.iter().find(|(_, world)| world.name == name);
        let (id, world) = found.ok_or(WorldRequestError::NoSuchWorld)?;
        let instead = match world.state {
            WorldState::Running => return Ok((id, world)),
            WorldState::Creating => "being created",
            WorldState::Moving => "being moved to a different tick thread",
            WorldState::Rebuilding => "being rebuilt",
            WorldState::Ending => "ending",
        };
        Err(WorldRequestError::NotNow(instead))
    }

    /// Returns where events for this world go. `None`: it is not known, or is gone.
    pub(super) fn place(&self, world: WorldId) -> Option<WorldPlace> {
        let thread = self.get(world)?.thread;
        Some(WorldPlace { thread, world })
    }

    /// Adds a world that is about to be built. `name`: the name that it has already, which no other
    /// world has.
    pub(super) fn add(
        &mut self,
        kind: WorldKind,
        thread: usize,
        now: Instant,
        name: Option<String>,
    ) -> WorldId {
        let id = WorldId(self.next_id);
        self.next_id += 1;
        let is_thawed = name.is_some();
        let name = name.unwrap_or_else(|| self.free_name(id, &kind));
        self.names.insert(name.clone());
        self.threads.add_new_world(thread);
        let world = KnownWorld {
            name,
            kind,
            thread,
            state: WorldState::Creating,
            is_thawed,
            created: now,
            guests: BTreeSet::new(),
            asks: BTreeMap::new(),
            waiting: Vec::new(),
            panics: 0,
            restarts: 0,
            last_panic: None,
            moving: None,
            moved_at: None,
            warned: false,
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
            self.threads.remove_world(gone.thread, gone.guests.len());
        }
    }

    /// Forgets a world that cannot be made.
    pub(super) fn remove_unmade(&mut self, world: WorldId) {
        let saved = self.get(world).filter(|world| world.is_thawed);
        let saved = saved.map(|world| world.name.clone());
        self.remove(world);
        if let Some(name) = saved {
            self.names.insert(name.clone());
            self.unmade.push(name);
        }
    }

    /// Returns the names of saved worlds that could not be made.
    pub(super) fn unmade(&self) -> &[String] {
        &self.unmade
    }

    /// Counts a session that is sent to a world.
    pub(super) fn enter(&mut self, world: WorldId, session: SessionId) {
        if let Some(entered) = self.by_id.get_mut(&world)
            && entered.guests.insert(session)
        {
            self.threads.add_guest(entered.thread);
        }
    }

    /// Forgets a session that has departed.
    pub(super) fn leave(&mut self, world: WorldId, session: SessionId) {
        if let Some(left) = self.by_id.get_mut(&world)
            && left.guests.remove(&session)
        {
            self.threads.remove_guest(left.thread);
        }
    }

    /// Notes that a world that needs this share of a thread has moved to this one.
    pub(super) fn change_thread(&mut self, world: WorldId, to: usize, share: f32) {
        let Some(moved) = self.by_id.get_mut(&world) else {
            return;
        };
        let from = std::mem::replace(&mut moved.thread, to);
        self.threads.remove_world(from, moved.guests.len());
        self.threads.add_busy_world(to, moved.guests.len(), share);
    }

    /// Whether other worlds on the thread of this one have guests.
    pub(super) fn has_guests_beside(&self, world: WorldId) -> bool {
        let world = self.get(world);
        world.is_some_and(|world| self.threads.guests(world.thread) > world.guests.len())
    }

    /// Returns a thread on which a world that makes its thread late delays nobody. It needs this
    /// share of a thread.
    pub(super) fn thread_with_room(&self, world: WorldId, share: f32) -> Option<usize> {
        let present = self.get(world)?.thread;
        // The loads do not show yet what is on its way.
        let moves = self.by_id.values().filter_map(|world| world.moving.as_ref());
        let except = moves.map(|moving| moving.to).chain([present]).collect();
        self.threads.with_room(share, &except)
    }

    /// Whether a world is on a tick thread that ticks, or no thread does.
    pub(super) fn ticks(&self, world: WorldId) -> bool {
        let thread = self.get(world).map(|world| world.thread);
        thread.is_some_and(|thread| !self.threads.is_avoided(thread))
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

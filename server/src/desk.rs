//! The desk: knows in which world each session is, and takes sessions from one world into another.
//!
//! At every moment a session is in exactly one world, or in the lobby. The desk is a state machine
//! without a clock, thread or socket: [`Desk::handle`] turns an event into actions. Its modules, in
//! the order in which they build on each other:
//!
//! 1. [`event`], [`action`], [`config`], [`view`]: what comes in, and what goes out
//! 2. `limits`, `random_name`, `tickets`, `rooms`, `thread_loads`, `world_move`, `worlds`,
//!    `sessions`: what the desk knows
//! 3. `turn`: one call of the desk; `durable`: the worlds that are saved, and that go on
//! 4. `resolving`: the room and the world that a join means
//! 5. `travelling`: reserve a seat there, depart here, arrive there
//! 6. `joining`, `lobby`: what starts a journey, and how it ends
//! 7. `endings`, `moving`, `reports`: what worlds do
//! 8. `settling`: what a session does next
//!
//! `thread` is the thread around it.
//!
//! [`event`]: DeskEvent
//! [`action`]: DeskAction
//! [`config`]: DeskConfig
//! [`view`]: WorldView

mod action;
mod config;
mod durable;
mod endings;
mod event;
mod joining;
mod limits;
mod lobby;
mod moving;
mod playback;
mod random_name;
mod reports;
mod resolving;
mod rooms;
mod sessions;
mod settling;
#[cfg(test)]
mod tests;
mod thread;
mod thread_loads;
mod tickets;
mod travelling;
mod turn;
mod view;
mod world_move;
mod worlds;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use parlour_shared::ids::SessionId;
use parlour_tick::{WorldId, WorldKind};

pub(crate) use action::{DeskAction, WorldEvent};
pub(crate) use config::{DeskConfig, DeskRoomType, JoinRate, WorldSharing};
pub(crate) use durable::{ThawedWorld, ThawedWorlds};
pub(crate) use event::DeskEvent;
pub(crate) use thread::{DeskStart, DeskView, MakeWorlds, TickRings, Workers, run};
pub(crate) use view::{RoomView, WorldView};
use worlds::KnownWorld;
pub(crate) use worlds::{WorldPanic, WorldState};

use crate::{
    bridge::route::WorldPlace,
    freeze_order::DurableWorld,
    node_status::{WorldOrder, WorldRequestError},
};
use playback::PlaybackDesk;
use sessions::{Session, Sessions};
use turn::{State, Turn};

/// A world that takes longer to build than this refuses the sessions that wait for it.
const MAX_BUILDING: Duration = Duration::from_secs(10);

/// The desk of a node.
#[derive(Debug)]
pub(crate) struct Desk(Kind);

#[derive(Debug)]
enum Kind {
    Live(Box<State>),
    Playback(PlaybackDesk),
}

impl Desk {
    /// Returns a desk without sessions, and creates the shared worlds on all threads. A thread gets
    /// a shared world of `thawed` instead, if there is one.
    pub(crate) fn new(
        config: DeskConfig,
        thawed: ThawedWorlds,
        now: Instant,
        actions: &mut Vec<DeskAction>,
    ) -> Self {
        let kinds = shared_kinds(&config);
        let mut state = Box::new(State {
            sessions: Sessions::new(),
            rooms: rooms::KnownRooms::default(),
            worlds: worlds::KnownWorlds::new(config.tick_threads, thawed.first_id),
            tickets: tickets::Tickets::default(),
            is_stopping: false,
            dropped: 0,
            config,
        });
        let threads = state.worlds.threads.len();
        let is_own = |world: &ThawedWorld| matches!(world.kind, WorldKind::Own { .. });
        let (own, shared): (Vec<_>, Vec<_>) = thawed.worlds.into_iter().partition(is_own);
        // Before a new world can get one of them, and then its file.
        let names = own.iter().chain(&shared).map(|world| world.name.clone());
        state.worlds.reserve_names(names);
        with_turn(&mut state, now, &mut || 0, actions, |turn| {
            durable::add(turn, shared);
            for kind in kinds {
                for thread in 0..threads {
                    if turn.state.worlds.shared(&kind, Some(thread)).is_none() {
                        turn.create_world(kind.clone(), thread);
                    }
                }
            }
            durable::add(turn, own);
        });
        Self(Kind::Live(state))
    }

    /// Returns a desk that places every session in one world, for a playback. Joins and leaves are
    /// messages to that world.
    pub(crate) fn playback(place: WorldPlace) -> Self {
        Self(Kind::Playback(PlaybackDesk::new(place)))
    }

    /// Handles an event. `random` returns 64 bits from the system's random source.
    pub(crate) fn handle(
        &mut self,
        event: DeskEvent,
        now: Instant,
        random: &mut dyn FnMut() -> u64,
        actions: &mut Vec<DeskAction>,
    ) {
        match &mut self.0 {
            Kind::Live(state) => with_turn(state, now, random, actions, |turn| handle(turn, event)),
            Kind::Playback(playback) => playback.handle(event, actions),
        }
    }

    /// Begins to rebuild or to move the world with this name.
    ///
    /// # Errors
    /// The reason why that is not done.
    pub(crate) fn request(
        &mut self,
        name: &str,
        order: WorldOrder,
        now: Instant,
        random: &mut dyn FnMut() -> u64,
        actions: &mut Vec<DeskAction>,
    ) -> Result<(), WorldRequestError> {
        let mut result = Err(WorldRequestError::NoSuchWorld);
        if let Kind::Live(state) = &mut self.0 {
            with_turn(state, now, random, actions, |turn| {
                if turn.state.is_stopping {
                    result = Err(WorldRequestError::Stopping);
                    return;
                }
                result = match order {
                    WorldOrder::Restart => endings::restart(turn, name),
                    WorldOrder::Move { thread } => moving::request(turn, name, thread),
                };
            });
        }
        result
    }

    /// Handles timeouts. To be called about once per second.
    pub(crate) fn tick(
        &mut self,
        now: Instant,
        random: &mut dyn FnMut() -> u64,
        actions: &mut Vec<DeskAction>,
    ) {
        let Kind::Live(state) = &mut self.0 else { return };
        with_turn(state, now, random, actions, |turn| {
            turn.state.tickets.expire(now);
            let late = turn.state.worlds.iter().filter(|(_, world)| {
                let age = now.saturating_duration_since(world.created);
                world.state == WorldState::Creating && !world.asks.is_empty() && age > MAX_BUILDING
            });
            let late: Vec<_> = late.map(|(id, _)| id).collect();
            for world in late {
                endings::give_up(turn, world);
            }
        });
    }

    /// Returns the worlds, by id.
    pub(crate) fn worlds(&self) -> Vec<WorldView> {
        match &self.0 {
            Kind::Live(state) => view::worlds(&state.worlds, &state.rooms),
            Kind::Playback(_) => Vec::new(),
        }
    }

    /// Returns the rooms that exist, by name.
    pub(crate) fn rooms(&self) -> Vec<RoomView> {
        match &self.0 {
            Kind::Live(state) => view::rooms(&state.rooms),
            Kind::Playback(_) => Vec::new(),
        }
    }

    /// Returns the number of open sessions.
    pub(crate) fn sessions(&self) -> usize {
        match &self.0 {
            Kind::Live(state) => state.sessions.len(),
            Kind::Playback(playback) => playback.sessions(),
        }
    }

    /// Returns a world that is not over.
    fn world(&self, world: WorldId) -> Option<&KnownWorld> {
        match &self.0 {
            Kind::Live(state) => state.worlds.get(world),
            Kind::Playback(_) => None,
        }
    }

    /// Returns the worlds that left their tick threads, or were asked to, and have not entered the
    /// new ones.
    fn worlds_between_threads(&self) -> Vec<WorldId> {
        let Kind::Live(state) = &self.0 else {
            return Vec::new();
        };
        let between = state.worlds.iter();
        let between = between.filter(|(_, world)| world.is_between_threads());
        between.map(|(id, _)| id).collect()
    }

    /// Returns whether a world has a room, or is about to have one.
    fn has_rooms(&self, world: WorldId) -> bool {
        match &self.0 {
            Kind::Live(state) => state.rooms.count_in(world) > 0,
            Kind::Playback(_) => false,
        }
    }

    /// Returns the worlds with a room of a durable type, by id, and their states.
    pub(crate) fn durable_worlds(&self) -> Vec<(DurableWorld, WorldState)> {
        match &self.0 {
            Kind::Live(state) => durable::list(state),
            Kind::Playback(_) => Vec::new(),
        }
    }

    /// Returns the names of the worlds of an earlier process that could not be made here. Their
    /// files stay.
    pub(crate) fn unmade_worlds(&self) -> &[String] {
        match &self.0 {
            Kind::Live(state) => state.worlds.unmade(),
            Kind::Playback(_) => &[],
        }
    }

    /// Returns the number of messages dropped so far because a session waited for too long.
    pub(crate) fn dropped(&self) -> u64 {
        match &self.0 {
            Kind::Live(state) => state.dropped,
            Kind::Playback(_) => 0,
        }
    }
}

/// Returns the kinds of shared worlds that the types need.
fn shared_kinds(config: &DeskConfig) -> Vec<WorldKind> {
    let has_main = config
        .types
        .iter()
        .any(|known| known.worlds == WorldSharing::Main);
    let shared = config
        .types
        .iter()
        .filter(|known| known.worlds == WorldSharing::Shared);
    let shared = shared.map(|known| WorldKind::Shared {
        room_type: known.config.name.clone(),
    });
    has_main
        .then_some(WorldKind::Main)
        .into_iter()
        .chain(shared)
        .collect()
}

/// Does something, and then everything that follows from it.
fn with_turn(
    state: &mut State,
    now: Instant,
    random: &mut dyn FnMut() -> u64,
    actions: &mut Vec<DeskAction>,
    work: impl FnOnce(&mut Turn),
) {
    let mut turn = Turn {
        state,
        now,
        random,
        actions,
        unsettled: VecDeque::new(),
        unneeded: VecDeque::new(),
        leaving: VecDeque::new(),
    };
    work(&mut turn);
    loop {
        if let Some(id) = turn.unsettled.pop_front() {
            settling::settle(&mut turn, id);
        } else if let Some(world) = turn.unneeded.pop_front() {
            endings::end_if_unneeded(&mut turn, world);
        } else if let Some(world) = turn.leaving.pop_front() {
            moving::leave_if_ready(&mut turn, world);
        } else {
            return;
        }
    }
}

fn handle(turn: &mut Turn, event: DeskEvent) {
    match event {
        DeskEvent::Opened {
            session,
            io_thread,
            player,
            grants,
        } => {
            let sessions = &mut turn.state.sessions;
            sessions
                .entry(session)
                .or_insert_with(|| Session::new(io_thread, player, grants));
        }
        DeskEvent::Closed { session, number } => {
            if let Some(closed) = turn.session(session) {
                closed.number = number;
            }
            turn.remove(session);
        }
        DeskEvent::Link {
            session,
            number,
            link,
        } => {
            contact(turn, session, number);
            travelling::set_link(turn, session, link);
        }
        DeskEvent::Message {
            session,
            number,
            arrived,
            message,
        } => {
            contact(turn, session, number);
            settling::message(turn, session, arrived, message);
        }
        DeskEvent::Recalled { session, number } => {
            if let Some(recalled) = turn.session(session) {
                recalled.recalled = false;
            }
            contact(turn, session, number);
        }
        DeskEvent::World {
            world,
            reports,
            closes,
        } => {
            let closed: Vec<SessionId> = closes.into_iter().map(|(session, _)| session).collect();
            reports::handle(turn, world, reports, &closed);
        }
        DeskEvent::Panicked {
            world,
            tick,
            fault,
            lost,
        } => endings::panicked(turn, world, WorldPanic { tick, fault }, &lost),
        DeskEvent::Ended { world, lost } => endings::ended(turn, world, &lost),
        DeskEvent::Taken { world, tick } => endings::taken(turn, world, tick),
        DeskEvent::Left { world } => moving::left(turn, world),
        DeskEvent::Overran { world, share } => moving::overran(turn, world, share),
        DeskEvent::Rebuilt { world, ok } => endings::rebuilt(turn, world, ok),
        DeskEvent::Created { world, ok } => endings::created(turn, world, ok.is_ok()),
        DeskEvent::Stopping => endings::stopping(turn),
        DeskEvent::Standing { thread, stands } => turn.state.worlds.threads.set_standing(thread, stands),
        DeskEvent::Load { thread, load } => turn.state.worlds.threads.set_load(thread, load),
    }
}

/// An event of a session arrived, so its I/O thread sends its events here.
fn contact(turn: &mut Turn, id: SessionId, number: u32) {
    let Some(session) = turn.session(id) else { return };
    session.number = number;
    session.direct = false;
    let world = session.world();
    turn.unsettled.push_back(id);
    if let Some(world) = world {
        turn.no_longer_direct(world, id);
    }
    endings::no_longer_direct(turn, id);
}

//! One call of the desk: its state, the time, and what is to be done.

use std::{collections::VecDeque, time::Instant};

use parlour_shared::{
    close::CloseCode,
    ids::SessionId,
    message::{ClientMessage, Refusal, Refused, Request, ServerMessage},
};
use parlour_tick::{WorldId, WorldKind};

use super::{
    action::{DeskAction, WorldEvent},
    config::{DeskConfig, DeskRoomType},
    rooms::KnownRooms,
    sessions::{Queued, Session, SessionPlace, Sessions, Step},
    tickets::Tickets,
    worlds::{Ask, KnownWorld, KnownWorlds},
};
use crate::bridge::route::WorldPlace;

/// Everything that the desk knows.
#[derive(Debug)]
pub(super) struct State {
    pub(super) config: DeskConfig,
    pub(super) sessions: Sessions,
    pub(super) rooms: KnownRooms,
    pub(super) worlds: KnownWorlds,
    pub(super) tickets: Tickets,
    /// Whether the server stops, and saves its durable worlds. What is new now could not be saved.
    pub(super) is_stopping: bool,
    /// Messages dropped because a session's queue was full.
    pub(super) dropped: u64,
}

/// The desk at work.
pub(super) struct Turn<'a> {
    pub(super) state: &'a mut State,
    pub(super) now: Instant,
    pub(super) random: &'a mut dyn FnMut() -> u64,
    pub(super) actions: &'a mut Vec<DeskAction>,
    /// Sessions that may have something to do next.
    pub(super) unsettled: VecDeque<SessionId>,
    /// Worlds that may no longer be needed.
    pub(super) unneeded: VecDeque<WorldId>,
    /// Worlds that may be ready to leave their tick thread.
    pub(super) leaving: VecDeque<WorldId>,
}

impl Turn<'_> {
    pub(super) fn session(&mut self, id: SessionId) -> Option<&mut Session> {
        self.state.sessions.get_mut(&id)
    }

    /// Returns the type of a room by the room's name.
    pub(super) fn type_of(&self, room: &str) -> Option<&DeskRoomType> {
        let name = room.split('/').next()?;
        self.state
            .config
            .types
            .iter()
            .find(|known| known.config.name == name)
    }

    /// Returns the room to which the players of a room go when it ends.
    pub(super) fn fallback_of(&self, room: &str) -> Option<String> {
        self.type_of(room)?.fallback.clone()
    }

    /// Sends an event of an open session to a world, or keeps it while the world is between two
    /// tick threads.
    pub(super) fn forward(&mut self, world: WorldId, id: SessionId, event: WorldEvent) {
        let Some(io_thread) = self.io_thread(id) else {
            return;
        };
        let worlds = &mut self.state.worlds;
        if let Some(kept) = worlds.get_mut(world).and_then(KnownWorld::kept) {
            kept.push(id, io_thread, event);
        } else if let Some(place) = worlds.place(world) {
            self.actions.push(DeskAction::ToWorld {
                place,
                session: id,
                io_thread,
                event,
            });
        }
    }

    /// Sends a message to the client of an open session.
    pub(super) fn send(&mut self, session: SessionId, message: ServerMessage) {
        if let Some(io_thread) = self.io_thread(session) {
            self.actions.push(DeskAction::Send {
                session,
                io_thread,
                message,
            });
        }
    }

    /// Returns the I/O thread of an open session.
    pub(super) fn io_thread(&self, id: SessionId) -> Option<usize> {
        self.state.sessions.get(&id).map(|session| session.io_thread)
    }

    /// The I/O thread of a session no longer sends directly to its world, which may wait for that.
    pub(super) fn no_longer_direct(&mut self, world: WorldId, id: SessionId) {
        let moving = self
            .state
            .worlds
            .get_mut(world)
            .and_then(|world| world.moving.as_mut());
        if moving.is_some_and(|moving| moving.no_longer_direct(id)) {
            self.leaving.push_back(world);
        }
    }

    /// Refuses something that is not the client's fault.
    pub(super) fn refuse(&mut self, session: SessionId, request: Request, refusal: Refusal) {
        self.send(session, ServerMessage::Refused(Refused { request, refusal }));
    }

    /// Refuses a request. Counts requests that make no sense or come too often, and closes the
    /// session after too many.
    pub(super) fn refuse_request(&mut self, id: SessionId, request: Request, refusal: Refusal) {
        let now = self.now;
        let code = self
            .session(id)
            .and_then(|session| session.limits.strike(&refusal, now));
        self.refuse(id, request, refusal);
        if let Some(code) = code {
            self.close(id, code);
        }
    }

    /// Adds a world and asks for it to be built.
    pub(super) fn create_world(&mut self, kind: WorldKind, thread: usize) -> WorldId {
        self.create_named_world(kind, thread, None)
    }

    /// The same for a world that has this name already.
    pub(super) fn create_named_world(
        &mut self,
        kind: WorldKind,
        thread: usize,
        name: Option<String>,
    ) -> WorldId {
        let world = self.state.worlds.add(kind.clone(), thread, self.now, name);
        let name = self
            .state
            .worlds
            .get(world)
            .map_or_else(String::new, |new| new.name.clone());
        self.actions.push(DeskAction::Create {
            place: WorldPlace { thread, world },
            name,
            kind,
        });
        world
    }

    /// Notes what a session wants from a world, and claims the seats.
    pub(super) fn ask(&mut self, world: WorldId, id: SessionId, ask: Ask) {
        // The new claim comes first, so that the room is still expected in between.
        self.state.rooms.claim(&ask.room, ask.seats);
        let asked = self.state.worlds.get_mut(world);
        if let Some(earlier) = asked.and_then(|asked| asked.asks.insert(id, ask)) {
            self.state.rooms.release(&earlier.room, world, earlier.seats);
        }
    }

    /// Removes what a session wanted from a world, and releases the seats.
    pub(super) fn take_ask(&mut self, world: WorldId, id: SessionId) -> Option<Ask> {
        let ask = self.state.worlds.get_mut(world)?.asks.remove(&id)?;
        self.state.rooms.release(&ask.room, world, ask.seats);
        self.unneeded.push_back(world);
        Some(ask)
    }

    /// Removes what a session wanted from a world, unless the world has already been asked.
    fn withdraw(&mut self, world: WorldId, id: SessionId) {
        let asked = self.state.worlds.get(world).and_then(|asked| asked.asks.get(&id));
        if asked.is_some_and(|ask| !ask.sent) {
            self.take_ask(world, id);
        }
    }

    /// Forgets that a session is in a world, because the world has said so or is gone.
    pub(super) fn leave_world(&mut self, world: WorldId, id: SessionId) {
        self.state.worlds.leave(world, id);
        self.unneeded.push_back(world);
    }

    /// Closes a connection and forgets its session.
    pub(super) fn close(&mut self, id: SessionId, code: CloseCode) {
        if let Some(io_thread) = self.io_thread(id) {
            self.actions.push(DeskAction::Close {
                session: id,
                io_thread,
                code,
            });
        }
        self.remove(id);
    }

    /// Forgets a session, and makes it leave its world. A question to a world stays until it is
    /// answered, because the world may create a room by it.
    pub(super) fn remove(&mut self, id: SessionId) {
        let Some(session) = self.state.sessions.get(&id) else {
            return;
        };
        let group = session.group.as_ref().map(|group| group.world);
        let (goal, departing) = match &session.step {
            Step::Building(goal) => (Some(goal.world), false),
            Step::Departing(_) => (None, true),
            _ => (None, false),
        };
        if let SessionPlace::In { world, .. } = session.place {
            self.no_longer_direct(world, id);
            let ending = self.state.worlds.get(world).is_none_or(KnownWorld::is_ending);
            if ending {
                self.leave_world(world, id);
            } else if !departing {
                self.forward_last_messages(world, id);
                self.forward(world, id, WorldEvent::Depart);
            }
        }
        for world in goal.into_iter().chain(group) {
            self.withdraw(world, id);
        }
        self.state.sessions.remove(&id);
    }

    /// Sends a world the messages of a session that waited only because the world is between two
    /// tick threads.
    fn forward_last_messages(&mut self, world: WorldId, id: SessionId) {
        let between = self
            .state
            .worlds
            .get(world)
            .is_some_and(KnownWorld::is_between_threads);
        let Some(session) = self.session(id) else { return };
        if !between || !session.is_idle() || session.errand.is_some() {
            return;
        }
        for Queued { arrived, message } in std::mem::take(&mut session.queue) {
            if matches!(message, ClientMessage::Join(_) | ClientMessage::Reserve(_)) {
                return;
            }
            self.forward(world, id, WorldEvent::Message { arrived, message });
        }
    }
}

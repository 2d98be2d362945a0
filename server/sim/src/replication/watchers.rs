//! Watchers: viewers that are not in the room.

use bevy_ecs::prelude::*;
use parlour_shared::ids::{SessionId, Slot};

use super::viewer::Viewer;

/// All watchers, by session. They are beside the world: no entities, and not part of the state.
/// There are as many as the caller admits, at most one per session. Each costs two bits per slot of
/// its room, and a comparison per message to players.
#[derive(Resource, Debug, Default)]
pub(crate) struct Watchers {
    list: Vec<Watcher>,
}

/// A viewer without a seat.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(super) room: Entity,
    /// The player whose view it has. `None`: it sees all in the room.
    pub(super) followed: Option<FollowTarget>,
    /// The number of near-me chats that it heard: the stream has no gaps, whenever the watching
    /// began.
    near_seq: u32,
    pub(super) viewer: Viewer,
}

/// A player, while it keeps its seat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FollowTarget {
    pub(crate) session: SessionId,
    pub(crate) slot: Slot,
}

impl Watchers {
    /// Starts to watch, or watches something else.
    pub(crate) fn place(
        &mut self,
        session: SessionId,
        room: Entity,
        followed: Option<FollowTarget>,
        view: u8,
    ) {
        let watcher = Watcher {
            room,
            followed,
            near_seq: 0,
            viewer: Viewer::new(session, view, 0),
        };
        match self.find(session) {
            Ok(at) => self.list[at] = watcher,
            Err(at) => self.list.insert(at, watcher),
        }
    }

    /// Stops watching. Does nothing if the session does not watch.
    pub(crate) fn remove(&mut self, session: SessionId) {
        if let Ok(at) = self.find(session) {
            self.list.remove(at);
        }
    }

    /// Returns the watcher of a session.
    pub(super) fn get_mut(&mut self, session: SessionId) -> Option<&mut Watcher> {
        let at = self.find(session).ok()?;
        self.list.get_mut(at)
    }

    /// Returns whether a session watches.
    pub(crate) fn contains(&self, session: SessionId) -> bool {
        self.find(session).is_ok()
    }

    /// Sets whether a watcher can take snapshots. Does nothing if there is none.
    pub(crate) fn set_held(&mut self, session: SessionId, held: bool) {
        if let Ok(at) = self.find(session) {
            self.list[at].viewer.held = held;
        }
    }

    /// Ends the watching of all watchers with the view of this player, which left its seat.
    pub(crate) fn leave(&mut self, room: Entity, slot: Slot) {
        self.list.retain_mut(|watcher| {
            if watcher.room != room {
                return true;
            }
            watcher.viewer.lose(slot);
            watcher.followed.is_none_or(|followed| followed.slot != slot)
        });
    }

    /// Returns whether there is no watcher.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the watchers of a room, with or without the view of a player.
    pub(crate) fn of_room(&self, room: Entity) -> impl Iterator<Item = SessionId> {
        let watchers = self.list.iter().filter(move |watcher| watcher.room == room);
        watchers.map(|watcher| watcher.viewer.session)
    }

    /// Returns the watchers with the view of a session's player.
    pub(crate) fn following(&self, session: SessionId) -> impl Iterator<Item = SessionId> {
        let follows = move |watcher: &&Watcher| {
            watcher
                .followed
                .is_some_and(|followed| followed.session == session)
        };
        self.list
            .iter()
            .filter(follows)
            .map(|watcher| watcher.viewer.session)
    }

    /// Numbers the next near-me chat of each watcher that follows this listener.
    pub(crate) fn hearing_near(&mut self, listener: SessionId) -> impl Iterator<Item = (SessionId, u32)> {
        let follows = move |watcher: &&mut Watcher| {
            watcher
                .followed
                .is_some_and(|followed| followed.session == listener)
        };
        self.list.iter_mut().filter(follows).map(|watcher| {
            watcher.near_seq += 1;
            (watcher.viewer.session, watcher.near_seq)
        })
    }

    /// Serves each watcher. One whose room is gone cannot be served, and is dropped.
    pub(super) fn serve(&mut self, serve: impl FnMut(&mut Watcher) -> bool) {
        self.list.retain_mut(serve);
    }

    fn find(&self, session: SessionId) -> Result<usize, usize> {
        self.list
            .binary_search_by_key(&session, |watcher| watcher.viewer.session)
    }
}

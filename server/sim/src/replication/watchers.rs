//! Watchers: viewers without a player in the room.

use bevy_ecs::prelude::*;
use parlour_shared::ids::{SessionId, Slot};

use super::viewer::Viewer;

/// All watchers, by session. They are not entities, and not part of the state. The caller limits
/// their number; there is at most one per session. Each watcher costs three bits per slot of its
/// room, two bytes per object that it knows, and a comparison per message to players.
#[derive(Resource, Debug, Default)]
pub(crate) struct Watchers {
    list: Vec<Watcher>,
}

/// A viewer without a seat.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(super) room: Entity,
    /// The player whose view the watcher has, or `None` if it sees all players in the room.
    pub(super) followed: Option<FollowTarget>,
    /// The number of near-me chats that the watcher was sent. It starts at 0, so that the stream of
    /// the watcher has no gap, even if the player has received chats before.
    near_seq: u32,
    pub(super) viewer: Viewer,
}

/// The player whose view a watcher has, as long as the player keeps its seat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FollowTarget {
    pub(crate) session: SessionId,
    pub(crate) slot: Slot,
}

impl Watchers {
    /// Adds a watcher, or replaces the watcher of the same session.
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

    /// Removes a watcher. Does nothing if the session does not watch.
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

    /// Holds or releases a watcher. Does nothing if the session does not watch.
    pub(crate) fn set_held(&mut self, session: SessionId, held: bool) {
        if let Ok(at) = self.find(session) {
            self.list[at].viewer.held = held;
        }
    }

    /// Notes that a player left its seat, and removes all watchers with its view.
    pub(crate) fn leave(&mut self, room: Entity, slot: Slot) {
        self.list.retain_mut(|watcher| {
            if watcher.room != room {
                return true;
            }
            watcher.viewer.players.lose(slot);
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

    /// Returns all watchers as viewers.
    pub(super) fn viewers(&self) -> impl Iterator<Item = &Viewer> {
        self.list.iter().map(|watcher| &watcher.viewer)
    }

    /// Like [`Self::viewers`], but mutable.
    pub(super) fn viewers_mut(&mut self) -> impl Iterator<Item = &mut Viewer> {
        self.list.iter_mut().map(|watcher| &mut watcher.viewer)
    }

    /// Calls `serve` for each watcher, and removes a watcher if it returns `false`.
    pub(super) fn serve(&mut self, serve: impl FnMut(&mut Watcher) -> bool) {
        self.list.retain_mut(serve);
    }

    fn find(&self, session: SessionId) -> Result<usize, usize> {
        self.list
            .binary_search_by_key(&session, |watcher| watcher.viewer.session)
    }
}

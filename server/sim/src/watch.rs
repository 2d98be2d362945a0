//! Watching: sessions that see and hear a room without a player in it. Playback uses it, because
//! the recorded sessions are over.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{PlayerId, SessionId, Slot},
    message::{Refusal, RoomEntered},
};
use parlour_tick::TickOutput;

use crate::{
    player::Player,
    replication::{self, FollowTarget, Watchers},
    rooms::{self, Room, Rooms, Seats},
    simulation::Simulation,
};

/// What a watcher sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Perspective {
    /// All players in the room, whatever the interest of the room is.
    Everyone,
    /// The same as this player, including the player itself.
    Player(PlayerId),
}

/// Watchers are not part of the world. They have no player, seat or slot, and no player sees them.
/// The state hash and everything that players are sent are the same with and without them. Their
/// frames are in [`TickOutput::watched`]. They are not part of the input either: a new or loaded
/// world has no watchers.
impl Simulation {
    /// Starts to watch a room, or a different one than before, from the next tick on. Returns the
    /// first message for the watcher, as an answer to request 0: the room as it is now. `view`
    /// numbers its views, and must differ each time. A watcher is not held at first. Its slot is
    /// that of the player whose view it has, or [`Slot::NOBODY`].
    ///
    /// Like a player, it is sent at most one snapshot per tick, and the first one is full. It is
    /// sent these reliable messages:
    ///
    /// * chats to the room, and changes of the room state;
    /// * with the view of a player, also near-me chats and messages of plugins to that player.
    ///   Near-me chats are numbered from 1, because the watcher came later than the player.
    ///
    /// It is not sent answers to requests, refusals, or that the player enters or leaves.
    ///
    /// The watching ends with [`Self::unwatch`], when the room is removed, and when the player
    /// leaves its seat. Then [`Self::is_watching`] returns `false`, and [`Self::followed_room`]
    /// returns where to watch next.
    ///
    /// # Errors
    /// [`Refusal::NoSuchRoom`] if the room does not exist now: watching creates no room.
    /// [`Refusal::NotInRoom`] if the player is not in it. An earlier watching continues.
    pub fn watch(
        &mut self,
        session: SessionId,
        room: &str,
        perspective: Perspective,
        view: u8,
    ) -> Result<RoomEntered, Refusal> {
        let room = self
            .world
            .resource::<Rooms>()
            .get(room)
            .ok_or(Refusal::NoSuchRoom)?;
        let followed = match perspective {
            Perspective::Everyone => None,
            Perspective::Player(player) => Some(self.seat_of(room, player).ok_or(Refusal::NotInRoom)?),
        };
        let slot = followed.map_or(Slot::NOBODY, |followed| followed.slot);
        let mut entered = rooms::room_entered(&self.world, room, slot, view).ok_or(Refusal::NoSuchRoom)?;
        if perspective == Perspective::Everyone {
            entered.interest_px = None;
        }
        self.wake();
        self.world
            .resource_mut::<Watchers>()
            .place(session, room, followed, view);
        Ok(entered)
    }

    /// Stops watching. Does nothing if the session does not watch.
    pub fn unwatch(&mut self, session: SessionId) {
        self.wake();
        self.world.resource_mut::<Watchers>().remove(session);
    }

    /// Returns whether a session watches. Its watching may have ended.
    #[must_use]
    pub fn is_watching(&self, session: SessionId) -> bool {
        self.world.resource::<Watchers>().contains(session)
    }

    /// Holds the snapshots of a watcher, or releases them: the next one is a single delta over
    /// everything that it missed. A hold does not affect reliable messages.
    pub fn set_watcher_held(&mut self, session: SessionId, held: bool) {
        self.wake();
        self.world.resource_mut::<Watchers>().set_held(session, held);
    }

    /// Between two ticks: appends the first snapshot of a watcher, as of the last tick. So a
    /// watcher need not wait for a tick while the world is paused. Returns `false` and appends
    /// nothing if it was already sent a snapshot, is held, or does not watch.
    ///
    /// The world must have run a tick since it was made or loaded: the tick computes what to send.
    pub fn show_watcher(&mut self, session: SessionId, output: &mut TickOutput) -> bool {
        self.wake();
        replication::show(&mut self.world, session, output)
    }

    /// Returns the room that a player is in, or `None` if it is in no room or its session is
    /// closed. Searches all players.
    #[must_use]
    pub fn followed_room(&self, player: PlayerId) -> Option<String> {
        let room = self
            .world
            .resource::<Rooms>()
            .occupied()
            .find(|&room| self.seat_of(room, player).is_some())?;
        self.world.get::<Room>(room).map(|room| room.name.clone())
    }

    fn seat_of(&self, room: Entity, player: PlayerId) -> Option<FollowTarget> {
        let mut seats = self.world.get::<Seats>(room)?.iter();
        seats.find_map(|(slot, entity)| {
            let identity = self.world.get::<Player>(entity)?;
            (identity.id == player).then_some(FollowTarget {
                session: identity.session,
                slot,
            })
        })
    }
}

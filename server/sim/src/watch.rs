//! Watching: who sees and hears a room without being in it. The past is shown this way, whose sessions are over.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{PlayerId, SessionId, Slot},
    message::{Refusal, RoomEntered},
};
use parlour_tick::TickOutput;

use crate::{
    player::Player,
    replication::{self, Followed, Watchers},
    rooms::{self, Room, Rooms, Seats},
    simulation::Simulation,
};

/// Through whose eyes a room is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eyes {
    /// All in the room are seen, whatever the rules of interest say.
    Everyone,
    /// What this player sees, itself included.
    Of(PlayerId),
}

/// Watchers are no part of the world: they have no player, no seat and no slot, nobody sees them, and the state hash and all
/// that players are sent is the same with and without them. What they are sent is in [`TickOutput::watched`].
/// They are none of the input either: a world that is made anew has none.
impl Simulation {
    /// Begins to watch a room, or another one than before, from the next tick on. Gives what the watcher is to be told
    /// first, as an answer to request 0: the room as it is now. `view` numbers its views, and must be another one each
    /// time; a watcher begins not held. Its slot is that of the player whose eyes it has, or [`Slot::NOBODY`].
    ///
    /// It is sent, as players are, at most one snapshot per tick, the first of them full, and of the reliable messages
    ///
    /// * what all in the room are told: chats to the room, and changes of its state;
    /// * through a player's eyes also the chats near it and the messages of plugins to it. Near-me chats are numbered anew
    ///   from 1, for the watcher came later than the player.
    ///
    /// Answers to requests, refusals, and that the player enters or leaves are not for it.
    ///
    /// The watching ends with [`Self::unwatch`], when the room is cleaned up, and when the player leaves its seat: then
    /// [`Self::is_watching`] is false, and [`Self::followed_room`] says where to look next.
    ///
    /// # Errors
    /// [`Refusal::NoSuchRoom`] if the room does not exist now: watching creates none. [`Refusal::NotInRoom`] if the
    /// player is not in it. A watching that was before goes on.
    pub fn watch(
        &mut self,
        session: SessionId,
        room: &str,
        eyes: Eyes,
        view: u8,
    ) -> Result<RoomEntered, Refusal> {
        let room = self
            .world
            .resource::<Rooms>()
            .get(room)
            .ok_or(Refusal::NoSuchRoom)?;
        let followed = match eyes {
            Eyes::Everyone => None,
            Eyes::Of(player) => Some(self.seat_of(room, player).ok_or(Refusal::NotInRoom)?),
        };
        let slot = followed.map_or(Slot::NOBODY, |followed| followed.slot);
        let mut entered = rooms::entered(&self.world, room, slot, view).ok_or(Refusal::NoSuchRoom)?;
        if eyes == Eyes::Everyone {
            entered.interest_px = None;
        }
        self.world
            .resource_mut::<Watchers>()
            .place(session, room, followed, view);
        Ok(entered)
    }

    /// Watches no more; nothing happens if it did not.
    pub fn unwatch(&mut self, session: SessionId) {
        self.world.resource_mut::<Watchers>().remove(session);
    }

    /// Whether a session watches: what it watched may be over.
    #[must_use]
    pub fn is_watching(&self, session: SessionId) -> bool {
        self.world.resource::<Watchers>().contains(session)
    }

    /// Holds a watcher's snapshots back, or no more: the next one is then a single delta over all that was missed. What
    /// is reliable is sent all the same.
    pub fn set_watcher_held(&mut self, session: SessionId, held: bool) {
        self.world.resource_mut::<Watchers>().set_held(session, held);
    }

    /// Between two ticks: appends what a watcher sees at the last tick, as its first snapshot, so that who begins to
    /// watch a world that stands still does not wait for a tick. False, and nothing is appended, if it was sent one
    /// already, is held, or does not watch.
    ///
    /// The world must have been stepped since it was made or loaded: what is told is worked out in a tick.
    pub fn show_watcher(&mut self, session: SessionId, output: &mut TickOutput) -> bool {
        replication::show(&mut self.world, session, output)
    }

    /// The room that a player is in now; none if it is in none, or its session is over. Looks through all players.
    #[must_use]
    pub fn followed_room(&self, player: PlayerId) -> Option<String> {
        let room = self
            .world
            .resource::<Rooms>()
            .occupied()
            .find(|&room| self.seat_of(room, player).is_some())?;
        self.world.get::<Room>(room).map(|room| room.name.clone())
    }

    fn seat_of(&self, room: Entity, player: PlayerId) -> Option<Followed> {
        let mut seats = self.world.get::<Seats>(room)?.iter();
        seats.find_map(|(slot, entity)| {
            let who = self.world.get::<Player>(entity)?;
            (who.id == player).then_some(Followed {
                session: who.session,
                slot,
            })
        })
    }
}

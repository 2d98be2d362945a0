//! The players of a replayed world, by session, including those that close in the current tick.

use std::collections::BTreeMap;

use parlour_shared::{
    ids::{PlayerId, SessionId},
    message::ServerKind,
};
use parlour_sim::{Dropped, InRoom, Player, PlayerInfo, Room, Simulation};
use parlour_tick::{EventKind, Lane};

use super::{Run, display};

/// A player before and after a tick that changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerChange {
    /// The player before the tick, or `None` if the session opened in it.
    pub before: Option<PlayerInfo>,
    /// The player after the tick, or `None` if the session closed in it.
    pub after: Option<PlayerInfo>,
}

/// The players of a world.
#[derive(Clone, Debug, Default)]
pub struct PlayerRoster {
    players: BTreeMap<SessionId, PlayerInfo>,
    /// Sessions that closed in the last tick. They are removed in the next one.
    closed: Vec<SessionId>,
    /// The player with each name, or `None` if several players have or had the name. Players whose
    /// session closed stay, because a report may mention them later.
    names: BTreeMap<String, Option<PlayerId>>,
}

impl PlayerRoster {
    /// Returns the players of a world.
    #[must_use]
    pub fn of(simulation: &Simulation) -> Self {
        let mut roster = Self::default();
        for session in simulation.sessions() {
            roster.refresh(simulation, session);
        }
        roster
    }

    /// Applies the changes of the last tick. Returns the players that opened, closed, changed
    /// rooms, dropped or resumed in it. Must not be called after a tick that panicked.
    pub fn follow(&mut self, run: &Run<'_>) -> Vec<PlayerChange> {
        for session in std::mem::take(&mut self.closed) {
            self.players.remove(&session);
        }
        let mut changed = Vec::new();
        for event in &run.input().events {
            match event.kind {
                EventKind::Arrive(_) | EventKind::Drop | EventKind::Resume { .. } => {
                    changed.push(event.session)
                }
                EventKind::Depart => self.closed.push(event.session),
                _ => {}
            }
        }
        for frame in &run.output().frames {
            if frame.lane == Lane::Reliable && moves(run.output().payload(frame)) {
                changed.push(frame.session);
            }
        }
        changed.extend_from_slice(&self.closed);
        changed.sort_unstable();
        changed.dedup();
        let change = |session| {
            let before = self.players.get(&session).cloned();
            self.refresh(run.simulation(), session);
            let open = run.simulation().player(session).is_some();
            let after = self.players.get(&session).filter(|_| open).cloned();
            PlayerChange { before, after }
        };
        changed.into_iter().map(change).collect()
    }

    /// Returns the player of a session.
    #[must_use]
    pub fn get(&self, session: SessionId) -> Option<&PlayerInfo> {
        self.players.get(&session)
    }

    /// Returns the player with this id.
    #[must_use]
    pub fn player(&self, id: PlayerId) -> Option<&PlayerInfo> {
        self.players.values().find(|who| who.id == id)
    }

    /// Returns all players, by session.
    pub fn iter(&self) -> impl Iterator<Item = &PlayerInfo> {
        self.players.values()
    }

    /// Adds the names of a whole window, so that [`Self::called`] names a player the same way
    /// throughout.
    pub(super) fn learn<'a>(&mut self, people: impl IntoIterator<Item = &'a PlayerInfo>) {
        for who in people {
            self.note(who.id, &who.name);
        }
    }

    /// Returns a player's name for display, with the id if several players have that name.
    pub(super) fn called(&self, id: PlayerId, name: &str) -> String {
        match self.names.get(name) == Some(&None) {
            true => format!("{} (id {})", display::plain(name), display::id(id)),
            false => display::plain(name),
        }
    }

    fn note(&mut self, id: PlayerId, name: &str) {
        let only = self.names.entry(name.to_owned()).or_insert(Some(id));
        *only = only.filter(|only| *only == id);
    }

    fn refresh(&mut self, simulation: &Simulation, session: SessionId) {
        let world = simulation.world();
        let Some(entity) = simulation.player(session) else {
            return;
        };
        let Some(player) = world.get::<Player>(entity) else {
            return;
        };
        let room = world
            .get::<InRoom>(entity)
            .and_then(|room| world.get::<Room>(room.0));
        let who = PlayerInfo {
            session,
            id: player.id,
            name: player.name.clone(),
            room: room.map(|room| room.name.clone()),
            dropped: world.get::<Dropped>(entity).is_some(),
        };
        self.note(who.id, &who.name);
        self.players.insert(session, who);
    }
}

/// Returns whether a message says that a player entered or left a room.
fn moves(payload: &[u8]) -> bool {
    matches!(
        ServerKind::of(payload),
        Some(ServerKind::RoomEntered | ServerKind::RoomLeft)
    )
}

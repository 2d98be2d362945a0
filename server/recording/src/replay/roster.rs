//! Who is who: the players of a world that is run again, by session, also in the tick in which they close.

use std::collections::BTreeMap;

use parlour_shared::{
    ids::{PlayerId, SessionId},
    message::ServerKind,
};
use parlour_sim::{InRoom, Player, PlayerInfo, Room, Simulation};
use parlour_tick::{EventKind, Lane};

use super::{Run, words};

/// What a tick changed for a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As it was; none: its session opened.
    pub before: Option<PlayerInfo>,
    /// As it is; none: its session closed.
    pub after: Option<PlayerInfo>,
}

/// The players there are.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    players: BTreeMap<SessionId, PlayerInfo>,
    /// Those that closed in the last tick: they are forgotten with the next one.
    closed: Vec<SessionId>,
    /// The player with each name; none if several have or had it. Players that closed stay in it: a story mentions
    /// them later.
    names: BTreeMap<String, Option<PlayerId>>,
}

impl Roster {
    /// The players of a world.
    #[must_use]
    pub fn of(simulation: &Simulation) -> Self {
        let mut roster = Self::default();
        for session in simulation.sessions() {
            roster.refresh(simulation, session);
        }
        roster
    }

    /// Takes in what the last tick changed, and gives who opened, closed, or went from room to room in it. Not after a
    /// tick that panicked.
    pub fn follow(&mut self, run: &Run<'_>) -> Vec<Change> {
        for session in std::mem::take(&mut self.closed) {
            self.players.remove(&session);
        }
        let mut changed = Vec::new();
        for event in &run.input().events {
            match event.kind {
                EventKind::Open { .. } => changed.push(event.session),
                EventKind::Close => self.closed.push(event.session),
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
            Change { before, after }
        };
        changed.into_iter().map(change).collect()
    }

    /// The player of a session.
    #[must_use]
    pub fn get(&self, session: SessionId) -> Option<&PlayerInfo> {
        self.players.get(&session)
    }

    /// The player with that id.
    #[must_use]
    pub fn player(&self, id: PlayerId) -> Option<&PlayerInfo> {
        self.players.values().find(|who| who.id == id)
    }

    /// Everyone, by session.
    pub fn iter(&self) -> impl Iterator<Item = &PlayerInfo> {
        self.players.values()
    }

    /// Learns the names of a whole window, so that [`Self::called`] names a player the same way in all of it.
    pub(super) fn learn<'a>(&mut self, people: impl IntoIterator<Item = &'a PlayerInfo>) {
        for who in people {
            self.note(who.id, &who.name);
        }
    }

    /// A player's name for a table or a story; with the id if several players have that name.
    pub(super) fn called(&self, id: PlayerId, name: &str) -> String {
        match self.names.get(name) == Some(&None) {
            true => format!("{} (id {})", words::plain(name), words::id(id)),
            false => words::plain(name),
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
        };
        self.note(who.id, &who.name);
        self.players.insert(session, who);
    }
}

/// Whether a message says that a player entered a room or left one.
fn moves(payload: &[u8]) -> bool {
    matches!(
        ServerKind::of(payload),
        Some(ServerKind::RoomEntered | ServerKind::RoomLeft)
    )
}

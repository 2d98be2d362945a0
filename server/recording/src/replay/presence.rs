//! When each player was present, from the events and saved worlds of a recording. Nothing is run.

use std::collections::{BTreeMap, BTreeSet};

use parlour_shared::ids::{SessionId, Tick};
use parlour_sim::{PlayerInfo, SavedState, Simulation};
use parlour_tick::{Arrival, EventKind};

use super::{PlayerQuery, Replay, ReplayError, display, recording_files::FilePosition};
use crate::format::{Item, TickRecord};

/// The time from a player's arrival in a world to its departure. A player that comes back has
/// several.
#[derive(Clone, Debug)]
pub(super) struct Presence {
    /// The player.
    pub(super) player: PlayerInfo,
    /// The first tick in which it is known to be present.
    pub(super) from: Tick,
    /// The tick in which it departed.
    pub(super) closed: Option<Tick>,
}

/// The presences that were read so far, by the time of arrival.
#[derive(Default)]
struct Presences {
    list: Vec<Presence>,
    /// The indices of those that have no end yet.
    open: BTreeMap<SessionId, usize>,
}

impl Presences {
    fn arrive(&mut self, player: PlayerInfo, tick: Tick) {
        match self.open.get(&player.session) {
            Some(nth) => self.list[*nth].player = player,
            None => {
                self.open.insert(player.session, self.list.len());
                self.list.push(Presence {
                    player,
                    from: tick,
                    closed: None,
                });
            }
        }
    }

    fn saved(&mut self, world: &Simulation, tick: Tick, state: &[u8]) {
        let census = SavedState::parse(state).map(|saved| world.census(&saved));
        let players = census.unwrap_or_default().players.into_values();
        players.for_each(|player| self.arrive(player, tick));
    }

    fn tick(&mut self, record: TickRecord) {
        for event in record.input.events {
            let session = event.session;
            match event.kind {
                EventKind::Arrive(Arrival {
                    player: id,
                    name,
                    dropped,
                    ..
                }) => {
                    let room = None;
                    self.arrive(
                        PlayerInfo {
                            session,
                            id,
                            name,
                            room,
                            dropped,
                        },
                        record.tick,
                    );
                }
                EventKind::Depart => {
                    if let Some(nth) = self.open.remove(&session) {
                        self.list[nth].closed = Some(record.tick);
                    }
                }
                _ => {}
            }
        }
    }
}

impl Replay {
    /// Returns the presences of all players between a position of the recording and a tick.
    ///
    /// # Errors
    /// [`ReplayError`] if the recording cannot be read that far.
    pub(super) fn presences(
        &mut self,
        position: FilePosition,
        to: Tick,
    ) -> Result<Vec<Presence>, ReplayError> {
        let (found, read) = self.readable_presences(position, to);
        read.map(|()| found)
    }

    /// Like [`Self::presences`], but also returns those before an error.
    pub(super) fn readable_presences(
        &mut self,
        position: FilePosition,
        to: Tick,
    ) -> (Vec<Presence>, Result<(), ReplayError>) {
        let world = self.fresh();
        let mut found = Presences::default();
        for item in self.files.read_from(position) {
            match item {
                Ok(Item::Keyframe { tick, state }) if tick <= to => found.saved(&world, tick, &state),
                Ok(Item::Tick(record)) if record.tick <= to => found.tick(record),
                Ok(_) => break,
                Err(error) => return (found.list, Err(error.into())),
            }
        }
        (found.list, Ok(()))
    }

    /// Formats an error for a player that was not found: the ticks in which it was present, or
    /// similar names. `when` says where it was searched, such as `in ticks 1 to 9`. Reads the
    /// whole recording.
    pub(super) fn where_else(&mut self, query: &PlayerQuery, when: &str) -> Result<String, ReplayError> {
        let last = self.last_tick().unwrap_or_default();
        let found = self.presences(self.files.beginning(), last)?;
        let named = query.among(found.iter().map(|presence| &presence.player));
        if named.is_empty() {
            return Ok(query.absent("in the recording", found.iter().map(|presence| &presence.player)));
        }
        let sessions: BTreeSet<SessionId> = named.into_iter().map(|player| player.session).collect();
        let of_them = found
            .iter()
            .filter(|presence| sessions.contains(&presence.player.session));
        let shown = of_them.map(|Presence { player, from, closed }| {
            let (name, to) = (display::plain(&player.name), closed.unwrap_or(last));
            format!(
                "{name} (session {}) is present in ticks {} to {}",
                player.session.0, from.0, to.0
            )
        });
        let (query, shown) = (display::quoted(&query.0), display::list(shown));
        Ok(format!("player {query} is not present {when}: {shown}"))
    }
}

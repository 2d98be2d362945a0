//! When each player was present, from the events and saved worlds of a recording. Nothing is run.

use std::collections::BTreeMap;

use parlour_shared::ids::{SessionId, Tick};
use parlour_sim::{PlayerInfo, SavedState};
use parlour_tick::{Arrival, EventKind};

use super::{PlayerQuery, Replay, ReplayError, display, recording_files::FilePosition};
use crate::format::Item;

/// A player, and when it was present.
pub(super) struct Presence {
    /// The player.
    pub(super) player: PlayerInfo,
    /// The first tick in which it is known to be present.
    pub(super) from: Tick,
    /// The tick in which its session closed.
    pub(super) closed: Option<Tick>,
}

impl Replay {
    /// Returns all players that are present between a position of the recording and a tick.
    pub(super) fn presences(
        &mut self,
        position: FilePosition,
        to: Tick,
    ) -> Result<BTreeMap<SessionId, Presence>, ReplayError> {
        let world = self.fresh();
        let mut found: BTreeMap<SessionId, Presence> = BTreeMap::new();
        let add = |found: &mut BTreeMap<_, _>, player: PlayerInfo, tick| {
            let known = found.get(&player.session);
            let from = known.map_or(tick, |known: &Presence| known.from);
            let closed = None;
            found.insert(player.session, Presence { player, from, closed });
        };
        for item in self.files.read_from(position) {
            match item? {
                Item::Keyframe { tick, state } if tick <= to => {
                    let census = SavedState::parse(&state).map(|saved| world.census(&saved));
                    let players = census.unwrap_or_default().players.into_values();
                    players.for_each(|player| add(&mut found, player, tick));
                }
                Item::Tick(record) if record.tick <= to => {
                    for event in record.input.events {
                        let session = event.session;
                        match event.kind {
                            EventKind::Arrive(Arrival { player: id, name, .. }) => {
                                let room = None;
                                add(
                                    &mut found,
                                    PlayerInfo {
                                        session,
                                        id,
                                        name,
                                        room,
                                    },
                                    record.tick,
                                );
                            }
                            EventKind::Depart => {
                                if let Some(known) = found.get_mut(&session) {
                                    known.closed = Some(record.tick);
                                }
                            }
                            _ => {}
                        }
                    }
                }
                Item::Keyframe { .. } | Item::Tick(_) => break,
            }
        }
        Ok(found)
    }

    /// Formats an error for a player that was not found: the ticks in which it was present, or
    /// similar names. `when` says where it was searched, such as `in ticks 1 to 9`. Reads the
    /// whole recording.
    pub(super) fn where_else(&mut self, query: &PlayerQuery, when: &str) -> Result<String, ReplayError> {
        let last = self.last_tick().unwrap_or_default();
        let found = self.presences(self.files.beginning(), last)?;
        let players = || found.values().map(|presence| &presence.player);
        let named = query.among(players());
        if named.is_empty() {
            return Ok(query.absent("in the recording", players()));
        }
        let shown = named.into_iter().map(|player| {
            let Presence { from, closed, .. } = &found[&player.session];
            let (name, to) = (display::plain(&player.name), closed.unwrap_or(last));
            let session = player.session.0;
            format!(
                "{name} (session {session}) is present in ticks {} to {}",
                from.0, to.0
            )
        });
        let (query, shown) = (display::quoted(&query.0), display::list(shown));
        Ok(format!("player {query} is not present {when}: {shown}"))
    }
}

//! When players were in which world. Only inputs and saved worlds are read; nothing is run.

use std::{
    cmp::Reverse,
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use parlour_shared::ids::{PlayerId, Tick};
use parlour_sim::PlayerInfo;

use super::{TimeSpan, WorldWindow, Worlds};
use crate::replay::{PlayerQuery, ReplayError, display, presence::Presence};

/// The time of a player in a world, from its arrival to its departure, as far as it is in a time
/// span.
#[derive(Clone)]
pub struct WorldPresence<'a> {
    /// The world, the run, and the ticks in which the player was present.
    pub place: WorldWindow<'a>,
    /// The player.
    pub player: PlayerInfo,
    /// Whether it departed at the end. If not, the span or the recording ends.
    pub departed: bool,
    /// The first time, in milliseconds since 1970.
    pub from_ms: u64,
    /// The last time, in milliseconds since 1970.
    pub to_ms: u64,
}

/// The presences of a time span, and the recordings that could not be read.
#[derive(Default)]
pub(super) struct FoundPresences<'a> {
    /// By the time of arrival.
    pub(super) list: Vec<WorldPresence<'a>>,
    /// The first file of each run that could not be read, or not to its end.
    pub(super) failures: Vec<(PathBuf, ReplayError)>,
}

impl Worlds {
    /// Returns the presences of all players in a time span.
    pub(super) fn presences(&self, span: TimeSpan) -> FoundPresences<'_> {
        let mut found = FoundPresences::default();
        for place in self.windows(span) {
            if let Err(error) = self.presences_of(place, &mut found.list) {
                found.failures.push((place.run.files[0].clone(), error));
            }
        }
        found
            .list
            .sort_by_key(|presence| (presence.from_ms, Reverse(presence.departed), presence.to_ms));
        found
    }

    /// Adds the presences of one run. Those before an error are added.
    pub(super) fn presences_of<'a>(
        &self,
        place: WorldWindow<'a>,
        list: &mut Vec<WorldPresence<'a>>,
    ) -> Result<(), ReplayError> {
        let mut replay = self.replay(place.run)?;
        let (times, window) = (replay.times(), place.window);
        let position = replay.files.before(window.before());
        let (found, read) = replay.readable_presences(position, window.to);
        for Presence { player, from, closed } in found {
            let mut place = place;
            place.window.from = window.from.max(from);
            place.window.to = closed.unwrap_or(window.to).max(Tick(1));
            // It left before the window.
            if place.window.from > place.window.to {
                continue;
            }
            list.push(WorldPresence {
                player,
                departed: closed.is_some(),
                from_ms: times.at(place.window.from),
                to_ms: times.at(place.window.to),
                place,
            });
        }
        read
    }

    /// Describes where a player is in the runs that do not have the file `except`: its first file
    /// and the times of each presence. Reads all recordings. Empty: it is in none of them.
    #[must_use]
    pub fn files_with(&self, query: &PlayerQuery, except: &Path) -> Vec<String> {
        let mut everywhere = self.presences(TimeSpan::default()).list;
        everywhere.retain(|presence| !presence.place.run.files.iter().any(|file| file == except));
        let players = everywhere.iter().map(|presence| &presence.player);
        let matched: BTreeSet<PlayerId> = query.among(players).into_iter().map(|who| who.id).collect();
        let of_them = everywhere
            .iter()
            .filter(|presence| matched.contains(&presence.player.id));
        of_them
            .map(|presence| {
                format!(
                    "{} (id {}) is in {} from {} to {}",
                    display::plain(&presence.player.name),
                    display::id(presence.player.id),
                    display::plain(&presence.place.run.files[0].display().to_string()),
                    self.clock(presence.from_ms),
                    self.clock(presence.to_ms),
                )
            })
            .collect()
    }

    /// Formats the error for a player that is in no world in a time span: in which worlds and at
    /// what times it is, or similar names. Reads all recordings.
    pub(super) fn player_elsewhere(&self, query: &PlayerQuery, when: &str) -> String {
        let everywhere = self.presences(TimeSpan::default()).list;
        let players = || everywhere.iter().map(|presence| &presence.player);
        let matched: BTreeSet<PlayerId> = query.among(players()).into_iter().map(|who| who.id).collect();
        if matched.is_empty() {
            return query.absent("in any world", players());
        }
        let of_them = everywhere
            .iter()
            .filter(|presence| matched.contains(&presence.player.id));
        let shown = of_them.map(|presence| {
            format!(
                "{} (id {}) is in {} from {} to {}",
                display::plain(&presence.player.name),
                display::id(presence.player.id),
                display::plain(&presence.place.world.name),
                self.clock(presence.from_ms),
                self.clock(presence.to_ms),
            )
        });
        let (query, shown) = (display::quoted(&query.0), display::list(shown));
        format!("player {query} is in no world {when}: {shown}")
    }
}

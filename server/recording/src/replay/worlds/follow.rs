//! Follows a player from one world to the next.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::PathBuf,
};

use parlour_shared::ids::PlayerId;
use parlour_sim::PlayerInfo;

use super::{TimeSpan, WorldPresence, Worlds, WorldsError};
use crate::replay::{
    PlayerQuery, ReplayError, WindowPlayers, describe_namesakes,
    display::{self, time_of_day},
    follow::{Followed, Line, follow_sessions, missed_room},
};

/// Two worlds note the time of a move separately. A gap up to this length, in milliseconds, is not
/// worth a word.
const SHORT_GAP_MS: u64 = 1000;

/// Where a player was: its presences in one world after the other.
pub struct Trail<'a> {
    query: PlayerQuery,
    span: TimeSpan,
    /// By time. Never empty.
    pub presences: Vec<WorldPresence<'a>>,
    /// Presences of other players with the same name, which are not followed.
    pub others: Vec<WorldPresence<'a>>,
    /// The first file of each run in which the player could not be searched, or not to the end.
    pub failures: Vec<(PathBuf, ReplayError)>,
}

/// A line of the report, with the name of its world.
#[derive(Clone, Copy, Debug)]
pub struct WorldLine<'a> {
    /// The name of the world.
    pub world: &'a str,
    /// The width of the longest such name, in characters.
    pub width: usize,
    /// What happened.
    pub line: &'a Line,
}

impl fmt::Display for WorldLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { world, width, line } = self;
        let (time, tick) = (time_of_day(line.wall_ms), format!("t{}", line.tick.0));
        write!(
            f,
            "{time}  {:width$}  {tick:<8}  {}",
            display::plain(world),
            line.text
        )
    }
}

impl Worlds {
    /// Finds where a player was in a time span. A player keeps its id from world to world. If a
    /// player that was found by name has departed for the last time, and one with the same name
    /// arrives later, that one continues.
    ///
    /// # Errors
    /// [`WorldsError::NoMatch`] if the player is in no world, or if several players have this name
    /// at the start.
    pub fn trail(&self, query: &PlayerQuery, span: TimeSpan) -> Result<Trail<'_>, WorldsError> {
        let found = self.presences(span);
        let players = found.list.iter().map(|presence| &presence.player);
        let matched: BTreeSet<PlayerId> = query.among(players).into_iter().map(|who| who.id).collect();
        let mut meant = found.list;
        meant.retain(|presence| matched.contains(&presence.player.id));
        if meant.is_empty() {
            let text = self.player_elsewhere(query, &span.to_string());
            return Err(WorldsError::NoMatch(text));
        }
        if let Some(from) = span.from {
            let at_first = meant.iter().filter(|presence| presence.from_ms <= from);
            let at_first: BTreeMap<PlayerId, &PlayerInfo> = at_first
                .map(|presence| (presence.player.id, &presence.player))
                .collect();
            let at_first: Vec<&PlayerInfo> = at_first.into_values().collect();
            if let Some(text) = describe_namesakes(&at_first) {
                return Err(WorldsError::NoMatch(format!("{text} to follow one")));
            }
        }
        let (presences, others) = one_after_another(meant);
        Ok(Trail {
            query: query.clone(),
            span,
            presences,
            others,
            failures: found.failures,
        })
    }

    /// Reports what a player did and saw along its trail. With a room, reports only what happened
    /// while the player was in it.
    ///
    /// # Errors
    /// [`WorldsError`]. Everything before it was reported.
    pub fn follow(
        &self,
        trail: &Trail<'_>,
        room: Option<&str>,
        mut tell: impl FnMut(&WorldLine<'_>) -> io::Result<()>,
    ) -> Result<(), WorldsError> {
        let names = trail.presences.iter().map(|presence| &presence.place.world.name);
        let width = names
            .map(|name| display::plain(name).chars().count())
            .max()
            .unwrap_or(0);
        let (mut was_in_room, mut other_rooms) = (false, BTreeSet::new());
        for (nth, presence) in trail.presences.iter().enumerate() {
            let destination = trail
                .presences
                .get(nth + 1)
                .map(|next| destination(presence, next));
            let world = &presence.place.world.name;
            let mut tell = |line: &Line| tell(&WorldLine { world, width, line });
            let followed =
                self.follow_presence(presence, room, &destination.unwrap_or_default(), &mut tell)?;
            was_in_room |= followed.was_in_room;
            let rooms = followed.other_rooms.into_iter();
            other_rooms
                .extend(rooms.map(|room| format!("{} ({})", display::plain(&room), display::plain(world))));
        }
        match room.filter(|_| !was_in_room) {
            None => Ok(()),
            Some(room) => {
                let missed = missed_room(&trail.query, room, other_rooms.into_iter());
                Err(WorldsError::NoMatch(format!("{missed} {}", trail.span)))
            }
        }
    }

    fn follow_presence(
        &self,
        presence: &WorldPresence<'_>,
        room: Option<&str>,
        destination: &str,
        tell: &mut impl FnMut(&Line) -> io::Result<()>,
    ) -> Result<Followed, WorldsError> {
        let (run, window) = (presence.place.run, presence.place.window);
        let failed = |error| WorldsError::show(run.files[0].clone(), error);
        let mut replay = self.replay(run).map_err(|error| failed(error.into()))?;
        let people = WindowPlayers::of(&mut replay, window).map_err(|error| failed(error.into()))?;
        let sessions = vec![presence.player.session];
        follow_sessions(&mut replay, sessions, &people, room, window, destination, tell).map_err(failed)
    }
}

/// Chooses the presences to follow: all of the first player; then all of the next one with the same
/// name that arrives after the last of these, and so on. Returns them and the others.
fn one_after_another(meant: Vec<WorldPresence<'_>>) -> (Vec<WorldPresence<'_>>, Vec<WorldPresence<'_>>) {
    let mut last_by_id: BTreeMap<PlayerId, u64> = BTreeMap::new();
    for presence in &meant {
        let last = last_by_id.entry(presence.player.id).or_default();
        *last = presence.to_ms.max(*last);
    }
    let (mut chosen, mut others): (Vec<WorldPresence<'_>>, Vec<_>) = (Vec::new(), Vec::new());
    let mut skipped: BTreeSet<PlayerId> = BTreeSet::new();
    for presence in meant {
        let id = presence.player.id;
        let follows = match chosen.last() {
            None => true,
            Some(last) if last.player.id == id => true,
            Some(last) => presence.from_ms >= last_by_id[&last.player.id] && !skipped.contains(&id),
        };
        if follows {
            chosen.push(presence);
        } else {
            skipped.insert(id);
            others.push(presence);
        }
    }
    (chosen, others)
}

/// Formats where a player goes, for the line about its departure.
fn destination(presence: &WorldPresence<'_>, next: &WorldPresence<'_>) -> String {
    let gap = next.from_ms.saturating_sub(presence.to_ms);
    let world = display::plain(&next.place.world.name);
    match (presence.departed, presence.player.id == next.player.id) {
        (true, true) if gap <= SHORT_GAP_MS => format!(" for {world}"),
        (true, true) => format!(", and arrives in {world} after {:.1} s", gap as f64 / 1000.0),
        _ => String::new(),
    }
}

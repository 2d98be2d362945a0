//! Describes what one player did and saw, or what happened to one object. What a player saw is
//! decoded from the frames that the world sent it, so it is exactly what its client knew.

mod client_view;
mod follow_subject;
mod follower;
mod messages;
mod movement;
mod object;
mod room_filter;

use std::{collections::BTreeSet, io};

use parlour_shared::ids::{SessionId, Tick};

use super::{
    PlayerQuery, PlayerRoster, Replay, ReplayedTick, ShowError, Window, WindowPlayers, display,
    player_query::describe_namesakes,
};
use follower::Follower;
pub use follower::Line;
pub use object::follow_object;

/// Reports what a player did and saw in a window. A player that is followed by name is followed
/// again if it reconnects with the same name. With a room, reports only what happened while
/// the player was in it, including entering and leaving.
///
/// # Errors
/// [`ShowError`]. Everything before it was reported.
pub fn follow(
    replay: &mut Replay,
    query: &PlayerQuery,
    room: Option<&str>,
    window: Window,
    mut tell: impl FnMut(&Line) -> io::Result<()>,
) -> Result<(), ShowError> {
    let people = WindowPlayers::of(replay, window)?;
    let matched = query.among(people.iter());
    let at_first = matched.iter().filter(|player| people.is_there_at_first(player));
    // Several players have this name at the start, so the name selects none of them.
    if let Some(text) = describe_namesakes(&at_first.copied().collect::<Vec<_>>()) {
        return Err(ShowError::NoMatch(format!("{text} to follow one")));
    }
    let sessions = matched.iter().map(|player| player.session).collect();
    let followed = follow_sessions(replay, sessions, &people, room, window, "", &mut tell)?;
    if !followed.found {
        return Err(ShowError::NoMatch(
            replay.where_else(query, &format!("in {window}"))?,
        ));
    }
    match room.filter(|_| !followed.was_in_room) {
        None => Ok(()),
        Some(room) => {
            let rooms = followed.other_rooms.iter().map(|room| display::plain(room));
            let missed = missed_room(query, room, rooms);
            Err(ShowError::NoMatch(format!("{missed} in {window}")))
        }
    }
}

/// What became of following a player.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// Whether the player was present.
    pub(super) found: bool,
    /// Whether it was in the requested room. True if no room was requested.
    pub(super) was_in_room: bool,
    /// The other rooms that it was in, if a room was requested.
    pub(super) other_rooms: BTreeSet<String>,
}

/// Reports what one of these sessions after another did and saw in a window. `people` are the
/// players of the window, and `destination` ends the line about a departure.
pub(super) fn follow_sessions(
    replay: &mut Replay,
    sessions: Vec<SessionId>,
    people: &WindowPlayers,
    room: Option<&str>,
    window: Window,
    destination: &str,
    tell: &mut impl FnMut(&Line) -> io::Result<()>,
) -> Result<Followed, ShowError> {
    let times = replay.times();
    // Two ticks earlier than requested: in its first tick, a loaded world sends each viewer
    // everything that the viewer sees.
    let mut run = replay.run_before(Tick(window.from.0.saturating_sub(2)))?;
    let mut roster = PlayerRoster::of(run.simulation());
    roster.learn(people.iter());
    let mut follower = Follower::new(&run, times, roster, sessions, room, window.from);
    follower.set_destination(destination);
    loop {
        if run.tick().after(1) == window.from {
            follower.situation(run.tick());
        }
        let Some(ReplayedTick { tick, panic }) = run.next_up_to(window.to)? else {
            break;
        };
        let lines = match panic {
            Some(message) => follower.panicked(tick, &message),
            None => follower.tick(&run, tick),
        };
        lines.iter().try_for_each(&mut *tell)?;
    }
    let found = follower.found();
    let rooms = follower.into_rooms();
    Ok(Followed {
        found,
        was_in_room: rooms.was_in(),
        other_rooms: rooms.into_others(),
    })
}

/// Formats that a player was never in a room, and in which it was instead.
pub(super) fn missed_room(query: &PlayerQuery, room: &str, others: impl Iterator<Item = String>) -> String {
    let (query, room, others) = (
        display::quoted(&query.0),
        display::quoted(room),
        display::list(others),
    );
    match others.is_empty() {
        true => format!("{query} is not in room {room}, nor in any other"),
        false => format!("{query} is not in room {room}, but in {others}"),
    }
}

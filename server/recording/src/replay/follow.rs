//! Describes what one player did and saw. What it saw is decoded from the frames that the world
//! sent it, so it is exactly what its client knew.

mod client_view;
mod follow_subject;
mod follower;
mod messages;
mod movement;
mod room_filter;

use std::io;

use parlour_shared::ids::Tick;

use super::{
    PlayerQuery, PlayerRoster, Replay, ReplayedTick, ShowError, Window, WindowPlayers, display,
    player_query::describe_namesakes,
};
use follower::Follower;
pub use follower::Line;

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
    let times = replay.times();
    // Two ticks earlier than requested: in its first tick, a loaded world sends each viewer
    // everything that the viewer sees.
    let mut run = replay.run_before(Tick(window.from.0.saturating_sub(2)))?;
    let mut roster = PlayerRoster::of(run.simulation());
    roster.learn(people.iter());
    let sessions = matched.iter().map(|player| player.session).collect();
    let mut follower = Follower::new(&run, times, roster, sessions, room, window.from);
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
        lines.iter().try_for_each(&mut tell)?;
    }
    let (found, missed) = (follower.found(), follower.missed());
    drop(run);
    if !found {
        return Err(ShowError::NoMatch(
            replay.where_else(query, &format!("in {window}"))?,
        ));
    }
    match missed {
        None => Ok(()),
        Some(missed) => {
            let query = display::quoted(&query.0);
            Err(ShowError::NoMatch(format!(
                "{query} is not in {missed} in {window}"
            )))
        }
    }
}

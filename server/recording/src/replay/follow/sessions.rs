//! PlayerQuery to follow, and why that may be nobody.

use std::io;

use parlour_shared::ids::SessionId;
use thiserror::Error;

use crate::replay::{PlayerQuery, ReplayError, Who, WindowPlayers, words};

/// Why nobody can be followed, or no further.
#[derive(Debug, Error)]
pub enum FollowError {
    /// The recording cannot be run to there.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The player is not in the window.
    #[error("{0}")]
    NotThere(String),
    /// Several have that name.
    #[error("{whom} is the name of several players: {them}. Name one by its id")]
    Several {
        /// The name.
        whom: String,
        /// Who they are.
        them: String,
    },
    /// It cannot be told.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The sessions that are meant. Of several players with one name at the beginning, none can be chosen.
pub(super) fn meant(people: &WindowPlayers, query: &PlayerQuery) -> Result<Vec<SessionId>, FollowError> {
    let meant = query.among(people.iter());
    let first: Vec<&&Who> = meant.iter().filter(|who| people.is_there_at_first(who)).collect();
    if let [_, _, ..] = first.as_slice() {
        let room = |who: &Who| {
            who.room
                .as_deref()
                .map_or_else(|| "no room".to_owned(), words::plain)
        };
        let shown = first.iter().map(|who| {
            format!(
                "{} (session {}, in {})",
                words::id(who.id),
                who.session.0,
                room(who)
            )
        });
        return Err(FollowError::Several {
            whom: words::plain(&first[0].name),
            them: shown.collect::<Vec<_>>().join(", "),
        });
    }
    Ok(meant.into_iter().map(|who| who.session).collect())
}

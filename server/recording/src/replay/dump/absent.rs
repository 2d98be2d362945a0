//! That the player or the room of a filter was not there, which an empty table would not tell.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{Dump, Filter, Table};
use crate::replay::{Replay, ReplayError, Window, lookup::where_else, words};

/// Rooms that are listed.
const MOST: usize = 10;

/// Why there is nothing to show.
#[derive(Debug, Error)]
pub enum DumpError {
    /// The recording cannot be run to there.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The player or the room is not in the window.
    #[error("{0}")]
    NotThere(String),
}

/// Refuses an empty dump if the player or the room of its filter was not there. `rooms` are those that were.
pub(super) fn check(
    replay: &mut Replay,
    dump: &Dump,
    rooms: &BTreeSet<String>,
    (table, window): (Table, Window),
    filter: &Filter,
) -> Result<(), DumpError> {
    if !dump.rows.is_empty() {
        return Ok(());
    }
    let when = match table.is_of_window() {
        true => format!("in ticks {} to {}", window.from.0, window.to.0),
        false => format!("after tick {}", window.to.0),
    };
    if let Some(query) = filter.player.as_ref().filter(|_| dump.matched.is_empty()) {
        return Err(DumpError::NotThere(where_else(replay, query, &when)?));
    }
    match &filter.room {
        Some(room) if !rooms.contains(room) => Err(DumpError::NotThere(no_room(room, &when, rooms))),
        _ => Ok(()),
    }
}

fn no_room(room: &str, when: &str, rooms: &BTreeSet<String>) -> String {
    let room = words::quoted(room);
    if rooms.is_empty() {
        return format!("there is no room {room} {when}, and no other");
    }
    let mut listed: Vec<String> = rooms.iter().take(MOST).map(|room| words::plain(room)).collect();
    if rooms.len() > MOST {
        listed.push(format!("{} more", rooms.len() - MOST));
    }
    format!("there is no room {room} {when}; there are {}", listed.join(", "))
}

//! The state at a tick, or the events of the ticks before it, as rows of a table or as more
//! detailed JSON.

mod chat;
mod commands;
mod components;
mod objects;
mod players;
mod rooms;

use std::collections::BTreeSet;

use parlour_shared::{ids::Tick, limits::TICK_RATE};
use serde_json::Value;

use super::{
    Moment, PlayerInfo, PlayerQuery, Replay, ReplayError, Run, ShowError, Window, WindowPlayers, display,
    window_players::rooms_of,
};

/// The table to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DumpTable {
    /// All players with an open session.
    Players,
    /// All rooms.
    Rooms,
    /// All objects.
    Objects,
    /// The chat of a window.
    Chat,
    /// The events of sessions in a window.
    Commands,
}

/// Restricts the rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only rows that concern this room.
    pub room: Option<String>,
    /// Only rows that concern this player.
    pub player: Option<PlayerQuery>,
}

/// Rows and their column names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    /// The players that match the filter: more than one if they have the same name.
    pub matched: Vec<PlayerInfo>,
    /// The names of the columns.
    pub columns: Vec<&'static str>,
    /// One text per column, without control characters.
    pub rows: Vec<Vec<String>>,
    /// The same rows as JSON, with all details.
    pub json: Vec<Value>,
}

/// The default number of ticks of chat and commands.
pub(super) const LOOK_BACK: u32 = 10 * TICK_RATE;
/// The same in milliseconds.
pub(super) const LOOK_BACK_MS: u64 = 10_000;

impl DumpTable {
    /// Returns whether the table covers a window instead of one tick.
    #[must_use]
    pub fn covers_a_range(self) -> bool {
        matches!(self, Self::Chat | Self::Commands)
    }
}

/// Returns the window of a dump at a tick: the ticks since `from`, or by default the ten seconds
/// before `at`.
#[must_use]
pub fn window(replay: &Replay, from: Option<&Moment>, at: Tick) -> Option<Window> {
    if let Some(tick) = replay.only_saved_world() {
        return (tick == at).then_some(Window { from: at, to: at });
    }
    let times = replay.times();
    let (first, _) = times.range()?;
    let from = match from {
        Some(moment) => Window::new(Some(moment), None, &times).ok()?.from,
        None => Tick(at.0.saturating_sub(LOOK_BACK)).max(first),
    };
    (from <= at).then_some(Window { from, to: at })
}

/// Returns the rows of a window; for players, rooms and objects, those after its last tick.
///
/// # Errors
/// [`ShowError`], also if the last tick panicked and so left no state.
pub fn dump(
    replay: &mut Replay,
    table: DumpTable,
    window: Window,
    filter: &Filter,
) -> Result<Dump, ShowError> {
    let (dump, rooms) = rows(replay, table, window, filter)?;
    if !dump.rows.is_empty() {
        return Ok(dump);
    }
    // An empty table would not show that the filter's player or room does not exist.
    let when = match table.covers_a_range() {
        true => format!("in {window}"),
        false => format!("after tick {}", window.to.0),
    };
    if let Some(query) = filter.player.as_ref().filter(|_| dump.matched.is_empty()) {
        return Err(ShowError::NoMatch(replay.where_else(query, &when)?));
    }
    match &filter.room {
        Some(room) if !rooms.contains(room) => {
            let rooms = rooms.iter().map(String::as_str);
            Err(ShowError::NoMatch(display::absent("room", room, &when, rooms)))
        }
        _ => Ok(dump),
    }
}

/// Returns the rows of a window, which may be none, and the names of its rooms. The names are
/// complete only if there is a filter or the table shows one tick.
pub(super) fn rows(
    replay: &mut Replay,
    table: DumpTable,
    window: Window,
    filter: &Filter,
) -> Result<(Dump, BTreeSet<String>), ReplayError> {
    Ok(if table.covers_a_range() {
        let people = match filter.is_none() {
            true => WindowPlayers::default(),
            false => WindowPlayers::of(replay, window)?,
        };
        let selection = Selection::of(people.iter(), filter);
        let dump = match table {
            DumpTable::Chat => chat::chat(replay, window, &selection)?,
            _ => commands::commands(replay, window, &selection)?,
        };
        (dump, people.rooms())
    } else {
        let mut run = state_at(replay, window.to)?;
        let dump = match table {
            DumpTable::Players => players::players(&mut run, filter),
            DumpTable::Objects => objects::objects(&mut run, filter),
            _ => rooms::rooms(&mut run, filter),
        };
        (dump, rooms_of(run.simulation()).collect())
    })
}

/// Why the last tick is not the one to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastTickHidden {
    /// It panicked, so there is no state after it.
    Panicked,
    /// All players had left: this is the tick before they did.
    AllLeft,
}

/// Returns the tick to show of a window if no moment is given: usually its last.
///
/// # Errors
/// [`ReplayError`] if the recording cannot be read.
pub fn last_tick(
    replay: &mut Replay,
    table: DumpTable,
    window: Window,
) -> Result<(Tick, Option<LastTickHidden>), ReplayError> {
    let last = window.to;
    if !table.covers_a_range() && replay.ending().is_panic() {
        let before = Tick(last.0.saturating_sub(1)).max(window.from);
        return Ok((before, Some(LastTickHidden::Panicked)));
    }
    if table == DumpTable::Players
        && replay.last_tick() == Some(last)
        && let Some(before) = replay.before_all_left(last)?
    {
        return Ok((before, Some(LastTickHidden::AllLeft)));
    }
    Ok((last, None))
}

impl Dump {
    /// Adds a row. A column without a text here shows the JSON value of the same name.
    fn push(&mut self, json: Value, texts: &[(&str, String)]) {
        let text = |column: &&str| match texts.iter().find(|(name, _)| name == column) {
            Some((_, text)) => text.clone(),
            None => match &json[column] {
                Value::Null => "-".to_owned(),
                Value::String(text) => display::plain(text),
                value => value.to_string(),
            },
        };
        self.rows.push(self.columns.iter().map(text).collect());
        self.json.push(json);
    }
}

impl Filter {
    /// Returns whether the filter is empty.
    fn is_none(&self) -> bool {
        self.room.is_none() && self.player.is_none()
    }
}

/// A filter whose player is resolved.
struct Selection<'a> {
    room: Option<&'a str>,
    players: Option<Vec<PlayerInfo>>,
}

impl<'a> Selection<'a> {
    /// Finds the filter's player in `people`.
    fn of<'p>(people: impl Iterator<Item = &'p PlayerInfo>, filter: &'a Filter) -> Self {
        let meant = |query: &PlayerQuery| query.among(people).into_iter().cloned().collect();
        Self {
            room: filter.room.as_deref(),
            players: filter.player.as_ref().map(meant),
        }
    }

    /// Returns an empty dump.
    fn dump(&self, columns: &[&'static str]) -> Dump {
        Dump {
            columns: columns.to_vec(),
            matched: self.players.clone().unwrap_or_default(),
            ..Dump::default()
        }
    }

    fn takes(&self, who: Option<&PlayerInfo>) -> bool {
        let room = who.and_then(|who| who.room.as_deref());
        let is_meant = |meant: &PlayerInfo| Some(meant.session) == who.map(|who| who.session);
        self.room.is_none_or(|asked| room == Some(asked))
            && self
                .players
                .as_ref()
                .is_none_or(|players| players.iter().any(is_meant))
    }
}

fn state_at(replay: &mut Replay, tick: Tick) -> Result<Run<'_>, ReplayError> {
    if replay.only_saved_world() == Some(tick) {
        return replay.run();
    }
    let mut run = replay.run_to(Tick(tick.0.saturating_sub(1)))?;
    match run.next_up_to(tick)?.and_then(|ran| ran.panic) {
        Some(message) => Err(ReplayError::Panicked { tick, message }),
        None => Ok(run),
    }
}

/// Formats rows as the lines of a table with a head, or as an empty text if there are no rows. Each
/// column except the last is as wide as its widest text.
#[must_use]
pub fn aligned(columns: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = columns.iter().map(|column| column.to_uppercase()).collect();
    let width = |nth: usize| {
        let texts = std::iter::once(&head).chain(rows).filter_map(|row| row.get(nth));
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for row in std::iter::once(&head).chain(rows) {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        let line: Vec<String> = cells.collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

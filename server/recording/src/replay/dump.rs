//! What there was at a tick, or in the ticks before it, as rows: for a table, or as JSON with all there is to know.

mod chat;
mod commands;
mod players;
mod rooms;

use parlour_shared::{ids::Tick, limits::TICK_RATE};
use serde_json::Value;

use super::{
    Moment, PlayerInfo, PlayerQuery, Replay, ReplayError, Run, ShowError, Window, WindowPlayers,
    window_players::rooms_of, words,
};

/// The table to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Everyone with an open session.
    Players,
    /// All rooms.
    Rooms,
    /// What was said in a window.
    Chat,
    /// What happened to sessions in a window.
    Commands,
}

/// Which of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In or of this room only.
    pub room: Option<String>,
    /// Of this player only.
    pub player: Option<PlayerQuery>,
}

/// Rows, and what their columns are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    /// The players that the filter names: more than one if several have that name.
    pub matched: Vec<PlayerInfo>,
    /// The names of the columns.
    pub columns: &'static [&'static str],
    /// For each column a text without control characters.
    pub rows: Vec<Vec<String>>,
    /// The same rows with all there is to know.
    pub json: Vec<Value>,
}

/// Ticks of chat and commands that are shown, if nobody says how many.
pub(super) const LOOK_BACK: u32 = 10 * TICK_RATE;

impl Table {
    /// Whether it is about a window and not about one tick.
    #[must_use]
    pub fn is_of_window(self) -> bool {
        matches!(self, Self::Chat | Self::Commands)
    }
}

/// The window of a dump at a tick: from the moment on, or the ten seconds before.
#[must_use]
pub fn window(replay: &Replay, from: Option<&Moment>, at: Tick) -> Option<Window> {
    let times = replay.times();
    let (first, _) = times.range()?;
    let from = match from {
        Some(moment) => Window::new(Some(moment), None, &times).ok()?.from,
        None => Tick(at.0.saturating_sub(LOOK_BACK)).max(first),
    };
    (from <= at).then_some(Window { from, to: at })
}

/// What there is in a window; of players and rooms, what there is after its last tick.
///
/// # Errors
/// [`ShowError`], also if there is no state after the last tick because it panicked.
pub fn dump(replay: &mut Replay, table: Table, window: Window, filter: &Filter) -> Result<Dump, ShowError> {
    let (dump, rooms) = if table.is_of_window() {
        let people = match filter.is_none() {
            true => WindowPlayers::default(),
            false => WindowPlayers::of(replay, window)?,
        };
        let selection = Selection::of(people.iter(), filter);
        let dump = match table {
            Table::Chat => chat::chat(replay, window, &selection)?,
            _ => commands::commands(replay, window, &selection)?,
        };
        (dump, people.rooms())
    } else {
        let mut run = state_at(replay, window.to)?;
        let dump = match table {
            Table::Players => players::players(&mut run, filter),
            _ => rooms::rooms(&mut run, filter),
        };
        (dump, rooms_of(run.simulation()).collect())
    };
    if !dump.rows.is_empty() {
        return Ok(dump);
    }
    // An empty table would not tell that the player or the room of the filter was not there.
    let when = match table.is_of_window() {
        true => format!("in {window}"),
        false => format!("after tick {}", window.to.0),
    };
    if let Some(query) = filter.player.as_ref().filter(|_| dump.matched.is_empty()) {
        return Err(ShowError::NoMatch(replay.where_else(query, &when)?));
    }
    match &filter.room {
        Some(room) if !rooms.contains(room) => {
            let (room, place) = (format!("room {}", words::quoted(room)), format!("there {when}"));
            let rooms = rooms.iter().map(String::as_str);
            Err(ShowError::NoMatch(words::absent(&room, &place, rooms)))
        }
        _ => Ok(dump),
    }
}

impl Dump {
    /// Adds a row. A column that has no text here shows the value of that name of the JSON object.
    fn push(&mut self, json: Value, texts: &[(&str, String)]) {
        let text = |column: &&str| match texts.iter().find(|(name, _)| name == column) {
            Some((_, text)) => text.clone(),
            None => match &json[column] {
                Value::Null => "-".to_owned(),
                Value::String(text) => words::plain(text),
                value => value.to_string(),
            },
        };
        self.rows.push(self.columns.iter().map(text).collect());
        self.json.push(json);
    }
}

impl Filter {
    /// Whether everything is shown.
    fn is_none(&self) -> bool {
        self.room.is_none() && self.player.is_none()
    }
}

/// A filter whose player is known.
struct Selection<'a> {
    room: Option<&'a str>,
    players: Option<Vec<PlayerInfo>>,
}

impl<'a> Selection<'a> {
    /// The player is one of these people.
    fn of<'p>(people: impl Iterator<Item = &'p PlayerInfo>, filter: &'a Filter) -> Self {
        let meant = |query: &PlayerQuery| query.among(people).into_iter().cloned().collect();
        Self {
            room: filter.room.as_deref(),
            players: filter.player.as_ref().map(meant),
        }
    }

    /// An empty dump.
    fn dump(&self, columns: &'static [&'static str]) -> Dump {
        Dump {
            columns,
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
    let mut run = replay.run_to(Tick(tick.0.saturating_sub(1)))?;
    match run.next_up_to(tick)?.and_then(|ran| ran.panic) {
        Some(message) => Err(ReplayError::Panicked { tick, message }),
        None => Ok(run),
    }
}

/// Rows as the lines of a table with a head; an empty text for no rows. Each column but the last is as wide as its widest
/// text.
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

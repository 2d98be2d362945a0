//! `--dump` over all worlds at a time of day.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use parlour_shared::ids::Tick;
use serde_json::json;

use super::{TimeSpan, WorldWindow, Worlds, WorldsError};
use crate::replay::{
    PlayerInfo, ReplayError, Window, display,
    dump::{Dump, DumpTable, Filter, LOOK_BACK_MS, last_tick, rows},
};

/// Without a moment, a world counts as running at the end if its last tick is at most this long, in
/// milliseconds, before that of the node: a world that is being recorded is written every ten
/// seconds.
const END_SLACK_MS: u64 = 15_000;

/// The rows of all worlds, with a column for the world.
#[derive(Default)]
pub struct WorldsDump {
    /// The rows: those of players, rooms and objects by world, those of chat and commands by time.
    pub dump: Dump,
    /// The time span that was searched.
    pub span: TimeSpan,
    /// The names of worlds that ended earlier, if no moment was given.
    pub ended: Vec<String>,
    /// The first file of each run that could not be shown.
    pub failures: Vec<(PathBuf, ReplayError)>,
}

impl Worlds {
    /// Returns the rows of a table at a time, for chat and commands from `from` to that time. Times
    /// are in milliseconds since 1970; without `at`, the last tick of each world is shown.
    ///
    /// # Errors
    /// [`WorldsError::NoMatch`] if no world was recorded then, or no world has the player or the
    /// room of the filter.
    pub fn dump(
        &self,
        table: DumpTable,
        from: Option<u64>,
        at: Option<u64>,
        filter: &Filter,
    ) -> Result<WorldsDump, WorldsError> {
        let end = self.end_ms().unwrap_or_default();
        let to = at.unwrap_or(end);
        let span = match table.covers_a_range() {
            true => TimeSpan {
                from: Some(from.unwrap_or(to.saturating_sub(LOOK_BACK_MS)).min(to)),
                to: Some(to),
            },
            false if at.is_none() => TimeSpan {
                from: Some(end.saturating_sub(END_SLACK_MS)),
                to: None,
            },
            false => TimeSpan { from: at, to: at },
        };
        let mut shown = WorldsDump {
            span: TimeSpan { to: Some(to), ..span },
            ..WorldsDump::default()
        };
        if at.is_none() && !table.covers_a_range() {
            shown.span.from = Some(to);
            let names = self.iter().filter(|world| {
                let last = world
                    .runs
                    .iter()
                    .filter_map(|run| Some(run.start_and_end()?.1))
                    .max();
                last.is_some_and(|last| end - last > END_SLACK_MS)
            });
            shown.ended = names.map(|world| world.name.clone()).collect();
        }
        let mut places: Vec<WorldWindow<'_>> = self.windows(span).collect();
        if at.is_none() && !table.covers_a_range() {
            // Of a world that was restored just now, only the last run.
            let last: BTreeMap<&str, WorldWindow<'_>> = places
                .into_iter()
                .map(|place| (place.world.name.as_str(), place))
                .collect();
            places = self
                .iter()
                .filter_map(|world| last.get(world.name.as_str()).copied())
                .collect();
        }
        if places.is_empty() {
            return Err(self.no_recording(&shown.span.to_string()));
        }
        let (mut lines, mut rooms) = (Vec::new(), Vec::new());
        let mut matched: BTreeMap<_, PlayerInfo> = BTreeMap::new();
        for place in places {
            let (dump, its_rooms, tick) = match self.rows_of(place, table, at.is_none(), filter) {
                Ok(found) => found,
                Err(error) => {
                    shown.failures.push((place.run.files[0].clone(), error));
                    continue;
                }
            };
            let world = &place.world.name;
            rooms.extend(its_rooms.into_iter().map(|room| (world.clone(), room)));
            matched.extend(dump.matched.into_iter().map(|who| (who.id, who)));
            shown.dump.columns = dump.columns;
            lines.extend(dump.rows.into_iter().zip(dump.json).map(|(mut row, json)| {
                row.insert(0, display::plain(world));
                // Players, rooms and objects have no tick of their own.
                let mut with_world = json!({ "world": world, "tick": tick });
                if let (Some(all), Some(rest)) = (with_world.as_object_mut(), json.as_object()) {
                    all.extend(rest.clone());
                }
                (row, with_world)
            }));
        }
        shown.dump.columns.insert(0, "world");
        shown.dump.matched = matched.into_values().collect();
        if table.covers_a_range() {
            // RFC 3339 of UTC sorts by time.
            lines.sort_by(|(_, a), (_, b)| a["time"].as_str().cmp(&b["time"].as_str()));
        }
        (shown.dump.rows, shown.dump.json) = lines.into_iter().unzip();
        match shown.dump.rows.is_empty() && shown.failures.is_empty() {
            true => self.check_filter(shown, &rooms, filter),
            false => Ok(shown),
        }
    }

    /// Returns the rows of one run, the names of its rooms, and the last tick that was shown.
    fn rows_of(
        &self,
        place: WorldWindow<'_>,
        table: DumpTable,
        at_end: bool,
        filter: &Filter,
    ) -> Result<(Dump, BTreeSet<String>, Tick), ReplayError> {
        let mut replay = self.replay(place.run)?;
        let to = match at_end {
            true => last_tick(&mut replay, table, place.window)?.0,
            false => place.window.to,
        };
        let mut window = Window { to, ..place.window };
        let shown = match rows(&mut replay, table, window, filter) {
            // The moment was not chosen for this world: its state is that before the panic.
            Err(ReplayError::Panicked { tick, .. }) if tick > Tick(1) => {
                window.to = Tick(tick.0 - 1);
                rows(&mut replay, table, window, filter)
            }
            shown => shown,
        };
        let (dump, rooms) = shown?;
        Ok((dump, rooms, window.to))
    }

    /// An empty table would not show that the filter's player or room does not exist.
    fn check_filter(
        &self,
        shown: WorldsDump,
        rooms: &[(String, String)],
        filter: &Filter,
    ) -> Result<WorldsDump, WorldsError> {
        let when = shown.span.to_string();
        if let Some(query) = filter.player.as_ref().filter(|_| shown.dump.matched.is_empty()) {
            return Err(WorldsError::NoMatch(self.player_elsewhere(query, &when)));
        }
        match &filter.room {
            Some(room) if rooms.iter().all(|(_, present)| present != room) => {
                Err(WorldsError::NoMatch(self.room_elsewhere(room, &when, rooms)))
            }
            _ => Ok(shown),
        }
    }
}

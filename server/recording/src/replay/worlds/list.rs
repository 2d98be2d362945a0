//! The list of the worlds of a node.

use std::{collections::BTreeSet, num::NonZero};

use parlour_shared::limits::TICK_RATE;
use serde_json::{Value, json};

use super::{RecordedWorld, TimeSpan, Worlds};
use crate::{
    format::{EndReason, Ending},
    replay::{
        display::{plain, rfc3339, time_of_day},
        export::show_ending,
        find::RunFiles,
        moment::DAY_MS,
    },
};

/// The columns of the list.
pub const LIST_COLUMNS: &[&str] = &[
    "world", "types", "from", "to", "duration", "ticks", "players", "bytes", "ended",
];
/// The maximum number of room types in a row.
const SHOWN_TYPES: usize = 3;

/// What the list shows of a world.
#[derive(Debug)]
pub struct WorldSummary<'a> {
    world: &'a RecordedWorld,
    /// The number of different players. `None` if a recording cannot be opened or read to its end.
    players: Option<usize>,
    /// Why not.
    problem: Option<String>,
}

impl Worlds {
    /// Summarizes each world. The number of players is counted from the inputs, which are read but
    /// not run.
    pub fn summaries(&self) -> impl Iterator<Item = WorldSummary<'_>> {
        self.worlds.iter().map(|world| {
            let (mut found, mut problem) = (Vec::new(), None);
            for place in world.windows(TimeSpan::default()) {
                if let Err(error) = self.presences_of(place, &mut found) {
                    problem.get_or_insert_with(|| match error.names_file() {
                        true => error.to_string(),
                        false => format!("{}: {error}", place.run.files[0].display()),
                    });
                }
            }
            let players: BTreeSet<_> = found.iter().map(|presence| presence.player.id).collect();
            WorldSummary {
                world,
                players: problem.is_none().then_some(players.len()),
                problem,
            }
        })
    }
}

impl WorldSummary<'_> {
    /// Returns why players could not be counted.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Returns the cells of [`LIST_COLUMNS`].
    #[must_use]
    pub fn row(&self) -> Vec<String> {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let span = self.span();
        vec![
            plain(&self.world.name),
            or_dash(self.types_in_words()),
            or_dash(span.map(|(from, _)| rfc3339(from))),
            or_dash(span.map(|(from, to)| match from / DAY_MS == to / DAY_MS {
                true => time_of_day(to),
                false => rfc3339(to),
            })),
            or_dash(span.map(|_| duration(self.ticks()))),
            self.ticks().to_string(),
            or_dash(self.players.map(|players| players.to_string())),
            self.bytes().to_string(),
            self.ended_in_words(),
        ]
    }

    /// Returns the world as JSON. docs/replay.md, "The worlds of a node", describes the fields.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (world, span) = (self.world, self.span());
        json!({
            "world": world.name, "path": world.path,
            "room_types": self.last_run().map_or(&[][..], |run| &run.room_types),
            "maps": self.last_run().map_or(&[][..], |run| &run.maps),
            "from": span.map(|(from, _)| rfc3339(from)), "to": span.map(|(_, to)| rfc3339(to)),
            "ticks": self.ticks(), "players": self.players, "bytes": self.bytes(),
            "ended": world.runs.last().map(|run| ended(&run.ending)),
            "runs": world.runs.iter().map(run_to_json).collect::<Vec<_>>(),
            "histories": world.histories, "unreadable": world.unreadable, "problem": self.problem,
        })
    }

    fn span(&self) -> Option<(u64, u64)> {
        let spans = || self.world.runs.iter().filter_map(RunFiles::start_and_end);
        let from = spans().map(|(from, _)| from).min()?;
        Some((from, spans().map(|(_, to)| to).max()?))
    }

    fn last_run(&self) -> Option<&RunFiles> {
        self.world.runs.last()
    }

    fn types_in_words(&self) -> Option<String> {
        let types = &self.last_run()?.room_types;
        let shown: Vec<String> = types.iter().take(SHOWN_TYPES).map(|name| plain(name)).collect();
        let text = shown.join(",");
        match types.len().saturating_sub(SHOWN_TYPES) {
            0 => Some(text).filter(|text| !text.is_empty()),
            more => Some(format!("{text},+{more}")),
        }
    }

    fn ticks(&self) -> u64 {
        self.world.runs.iter().map(ticks).sum()
    }

    fn bytes(&self) -> u64 {
        self.world.runs.iter().map(|run| run.bytes).sum()
    }

    /// `stopped`, or `stopped, 4 runs, 1 without ticks, 1 panicked`.
    fn ended_in_words(&self) -> String {
        let runs = &self.world.runs;
        let Some(last) = runs.last() else {
            return "cannot be read".to_owned();
        };
        let mut text = ended(&last.ending).to_owned();
        if runs.len() > 1 {
            text.push_str(&format!(", {} runs", runs.len()));
        }
        if let Some(without) = NonZero::new(self.world.runs_without_ticks().count()) {
            text.push_str(&format!(", {without} without ticks"));
        }
        match runs[..runs.len() - 1]
            .iter()
            .filter(|run| run.ending.is_panic())
            .count()
        {
            0 => {}
            panicked => text.push_str(&format!(", {panicked} panicked")),
        }
        text
    }
}

fn run_to_json(run: &RunFiles) -> Value {
    let (range, span) = (run.times.range(), run.start_and_end());
    json!({
        "files": run.files, "first_tick": range.map(|(first, _)| first), "last_tick": range.map(|(_, last)| last),
        "from": span.map(|(from, _)| rfc3339(from)), "to": span.map(|(_, to)| rfc3339(to)),
        "ticks": ticks(run), "bytes": run.bytes, "ending": show_ending(&run.ending),
    })
}

fn ticks(run: &RunFiles) -> u64 {
    let range = run.times.range();
    range.map_or(0, |(first, last)| u64::from(last.since(first)) + 1)
}

/// Formats the length of this many ticks: `15 s`, `1 min 5 s`, `2 h 3 min`.
fn duration(ticks: u64) -> String {
    let seconds = ticks / u64::from(TICK_RATE);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Returns a word for how a recording ended. A recording without an end chunk is `open`: the server
/// is still recording, or died.
fn ended(ending: &Ending) -> &'static str {
    match ending {
        Ending::Ended { reason, .. } => match reason {
            EndReason::Stopped => "stopped",
            // The file that continues it is missing.
            EndReason::Rotated => "continues elsewhere",
            EndReason::DiskFull => "disk full",
            EndReason::DiskError => "disk error",
            EndReason::TooSlow => "disk too slow",
            EndReason::Panicked => "panicked",
        },
        Ending::Cut { .. } => "open",
        Ending::Damaged { .. } => "damaged",
    }
}

//! Compares two recordings: the first tick, room, player and component that differ, and the system
//! that caused it.
//!
//! First the recorded files are compared, without running them. If a tick had the same input and
//! reached a different state, both worlds are run again, and that tick system by system. Such a
//! difference may not show in every run, or not in a loaded world, so several pairs of worlds are
//! run (`search.rs`).

mod file_comparison;
mod headers;
mod inputs;
mod parting;
mod report;
mod rerun;
mod search;
mod state;

use parlour_shared::ids::{SessionId, Tick};
use parlour_sim::Simulation;
use serde::Serialize;

use super::{PlayerRoster, Replay, ReplayError, Window, verify, world};
use crate::format::{Item, TickRecord};
use file_comparison::{FileComparison, SavedWorlds};
pub use headers::{HeaderDifference, compare_headers};
pub use inputs::EventDifference;
pub use parting::{ComparedRecording, DifferenceCause, Parting, SystemName, WorldOrigin};
use search::Search;
pub use state::{PartDifference, PartDifferences, PlayerName};

/// The difference between two recordings. `Display` is for people, JSON for other tools.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Difference {
    /// The common ticks do not differ.
    Same {
        /// The first common tick.
        from: u32,
        /// The last common tick.
        to: u32,
        /// The last tick of each recording.
        last: [u32; 2],
    },
    /// The recordings have no common tick.
    Apart {
        /// The first and the last tick of each recording, or `None` if it has no ticks.
        ticks: [Option<(u32, u32)>; 2],
    },
    /// The worlds were made with different options, so they are not expected to be the same.
    Headers {
        /// The options that differ.
        headers: Vec<HeaderDifference>,
    },
    /// A tick had different inputs.
    Inputs(InputDifference),
    /// A tick had the same input and reached a different state.
    State(Box<StateDifference>),
}

/// The first tick that differs had different inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InputDifference {
    /// The tick.
    pub tick: u32,
    /// When it was recorded, RFC 3339.
    pub time: Option<String>,
    /// The sessions whose events differ.
    pub sessions: Vec<EventDifference>,
    /// The parts of the state that differ after this tick.
    pub components: Vec<String>,
}

/// The first tick that differs had the same input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateDifference {
    /// The tick at which the worlds diverge.
    pub tick: u32,
    /// When it was recorded, RFC 3339.
    pub time: Option<String>,
    /// The tick at which the recordings diverge. It is later than `tick` if the difference does not
    /// show in every run.
    pub recorded_tick: u32,
    /// The parts of the state that differ between the recordings after that tick.
    pub components: Vec<String>,
    /// The tick of the saved worlds in which `differ` was found, if it was found there.
    pub saved_at: Option<u32>,
    /// The number of pairs of worlds that were run.
    pub attempts: u32,
    /// For each recording, whether a world that was run again reached its hash at `recorded_tick`.
    pub reproduces: [bool; 2],
    /// The divergence of the worlds.
    #[serde(flatten)]
    pub parting: Parting,
}

impl Difference {
    /// Returns whether the recordings are the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        matches!(self, Self::Same { .. })
    }
}

/// Finds the first difference in the common ticks. To find the cause, runs the ticks between the
/// last saved world and the difference up to 64 times, and a few times all ticks before it.
///
/// # Errors
/// [`ReplayError`] if a recording cannot be read or run.
pub fn diff(one: &mut Replay, other: &mut Replay) -> Result<Difference, ReplayError> {
    let headers = compare_headers(one.files.header(), other.files.header());
    if !headers.is_empty() {
        return Ok(Difference::Headers { headers });
    }
    match file_comparison::compare(&mut one.files, &mut other.files)? {
        FileComparison::Apart => Ok(Difference::Apart {
            ticks: [&*one, &*other].map(|replay| {
                let range = replay.files.range();
                range.map(|(from, to)| (from.0, to.0))
            }),
        }),
        FileComparison::Same { from, to } => Ok(Difference::Same {
            from: from.0,
            to: to.0,
            last: [&*one, &*other].map(|replay| replay.last_tick().map_or(0, |tick| tick.0)),
        }),
        FileComparison::Tick(records) => {
            let tick = records[0].tick;
            if records[0].input == records[1].input {
                let components = components(&one.fresh(), &records);
                after_same_input(one, other, &records, components)
            } else {
                Ok(Difference::Inputs(inputs_of(one, tick, &records)))
            }
        }
        FileComparison::Before(tick) => before(one, other, tick),
        FileComparison::Keyframe(SavedWorlds { tick, states }) => {
            let world = one.fresh();
            Ok(saved(one, &world, tick, &states, DifferenceCause::NotHashed))
        }
    }
}

/// Like [`diff`], for a recording and the result of its [`Replay::record_again`]. If they are the
/// same, also starts a second world at each saved world of `one`. If that world diverges from the
/// recording, game logic depends on something that is not saved.
///
/// # Errors
/// [`ReplayError`] if a recording cannot be read or run.
pub fn diff_with_rerun(one: &mut Replay, now: &mut Replay) -> Result<Difference, ReplayError> {
    let difference = diff(one, now)?;
    let range = one.files.range();
    let (Difference::Same { .. }, Some((from, to))) = (&difference, range) else {
        return Ok(difference);
    };
    let (tick, parts) = match verify(one, Window { from, to }, |_| {}) {
        Ok(_) => return Ok(difference),
        Err(ReplayError::NotSaved { tick, parts, .. } | ReplayError::Diverged { tick, parts, .. }) => {
            (tick, parts)
        }
        Err(error) => return Err(error),
    };
    let records = [record_of(one, tick)?, record_of(now, tick)?];
    after_same_input(one, now, &records, parts)
}

fn record_of(replay: &mut Replay, tick: Tick) -> Result<TickRecord, ReplayError> {
    let position = replay.files.before(Tick(tick.0.saturating_sub(1)));
    for item in replay.files.read_from(position) {
        if let Item::Tick(record) = item?
            && record.tick == tick
        {
            return Ok(record);
        }
    }
    Err(ReplayError::Empty)
}

fn inputs_of(one: &mut Replay, tick: Tick, records: &[TickRecord; 2]) -> InputDifference {
    let mut sessions = inputs::compare(&records[0].input, &records[1].input);
    // If the world before the tick is available, the names of the players are added to the
    // difference.
    if let Ok(run) = one.run_to(Tick(tick.0 - 1)) {
        let roster = PlayerRoster::of(run.simulation());
        for difference in &mut sessions {
            let player = roster.get(SessionId(difference.session));
            difference.player = player.map(PlayerName::from);
            difference.room = player.and_then(|player| player.room.clone());
        }
    }
    InputDifference {
        tick: tick.0,
        time: time_of(one, tick),
        sessions,
        components: components(&one.fresh(), records),
    }
}

fn after_same_input(
    one: &mut Replay,
    other: &mut Replay,
    records: &[TickRecord; 2],
    components: Vec<String>,
) -> Result<Difference, ReplayError> {
    let recorded_tick = records[0].tick;
    let hashes = records.each_ref().map(|record| record.outcome.hash());
    let search = search::search([&mut *one, &mut *other], recorded_tick, hashes, &components)?;
    let (parting, saved_at) = match search.found {
        Some(found) => (found, None),
        None => not_parted(one, other, recorded_tick, &search)?,
    };
    Ok(Difference::State(Box::new(StateDifference {
        tick: search.tick.0,
        time: time_of(one, search.tick),
        recorded_tick: recorded_tick.0,
        components,
        saved_at,
        attempts: search.attempts,
        reproduces: search.reproduces,
        parting,
    })))
}

/// Returns the result if all worlds that were run again agree: the systems that wrote the differing
/// parts, and how the next saved worlds differ, with their tick.
fn not_parted(
    one: &mut Replay,
    other: &mut Replay,
    tick: Tick,
    search: &Search,
) -> Result<(Parting, Option<u32>), ReplayError> {
    let cause = match search.reproduces {
        [true, true] => DifferenceCause::Unseen,
        _ => DifferenceCause::OtherProgram,
    };
    let (mut parts, mut saved_at) = (PartDifferences::default(), None);
    if let Some(saved) = file_comparison::next_keyframes(&mut one.files, &mut other.files, tick)? {
        parts = state::compare(&one.fresh(), &saved.states[0], &saved.states[1]);
        saved_at = Some(saved.tick.0);
    }
    let mut parting = Parting::without_system(cause, parts);
    let mut writers = search.writers.clone();
    writers.dedup();
    match writers.as_slice() {
        [only] => parting.system = Some(only.clone().into()),
        _ => parting.suspects = writers.into_iter().map(SystemName::from).collect(),
    }
    Ok((parting, saved_at))
}

/// Returns the result if the worlds differed before their first common tick.
fn before(one: &mut Replay, other: &mut Replay, tick: Tick) -> Result<Difference, ReplayError> {
    let world = one.fresh();
    let state = |replay: &mut Replay| -> Result<Vec<u8>, ReplayError> {
        let mut state = Vec::new();
        replay.run_to(tick)?.simulation_mut().save(&mut state);
        Ok(state)
    };
    let states = [state(one)?, state(other)?];
    Ok(saved(one, &world, tick, &states, DifferenceCause::Unseen))
}

/// Returns the difference between two saved worlds.
fn saved(
    one: &Replay,
    world: &Simulation,
    tick: Tick,
    states: &[Vec<u8>; 2],
    cause: DifferenceCause,
) -> Difference {
    Difference::State(Box::new(StateDifference {
        tick: tick.0,
        time: time_of(one, tick),
        recorded_tick: tick.0,
        components: state::changed(world, &states[0], &states[1]),
        saved_at: Some(tick.0),
        attempts: 0,
        reproduces: [false; 2],
        parting: Parting::without_system(cause, state::compare(world, &states[0], &states[1])),
    }))
}

/// Returns the parts whose fingerprints differ.
fn components(world: &Simulation, [one, other]: &[TickRecord; 2]) -> Vec<String> {
    world::parts_that_differ(world, one.outcome.parts(), other.outcome.parts())
}

fn time_of(replay: &Replay, tick: Tick) -> Option<String> {
    let (first, last) = replay.files.range()?;
    let is_in_it = first <= tick && tick <= last;
    is_in_it.then(|| crate::rfc3339(replay.times().at(tick)))
}

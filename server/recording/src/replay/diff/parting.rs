//! Finds the tick and the system at which two worlds diverge.

use parlour_shared::ids::Tick;
use serde::Serialize;

use super::{
    rerun::{BEGIN, Rerun},
    state::{self, PartDifferences},
};
use crate::replay::recording_files::FilePosition;

/// One of the two recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparedRecording {
    /// The first recording.
    One,
    /// The second recording.
    Other,
}

/// The start of a world that was run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WorldOrigin {
    /// The recording.
    pub recording: ComparedRecording,
    /// The tick of the saved world, or 0 if it started as a new world.
    pub from: u32,
}

/// The cause of a difference, if it can be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceCause {
    /// The same world with the same inputs reaches different states.
    Chance,
    /// Like [`DifferenceCause::Chance`], but only if some time passes between the
    /// two runs.
    Clock,
    /// A loaded world diverges from a world that ran from the start.
    NotDeclared,
    /// No pair of worlds that was run again diverged, but the hash of at least one recording was
    /// never reached.
    OtherProgram,
    /// No pair of worlds that was run again diverged, and the hash of each recording was reached:
    /// the difference did not occur again.
    Unseen,
    /// The state differs, but no hash does.
    NotHashed,
}

/// A system by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SystemName {
    /// Module and function, such as `movement::walk`.
    pub short: String,
    /// The full path.
    pub full: String,
}

impl From<String> for SystemName {
    fn from(full: String) -> Self {
        let start = full
            .rmatch_indices("::")
            .nth(1)
            .map_or(0, |(at, separator)| at + separator.len());
        Self {
            short: full[start..].to_owned(),
            full,
        }
    }
}

/// The system at which two worlds diverge, and the cause, if they were found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parting {
    /// The first system that made a difference. `None` if it is unknown, or if the worlds differed
    /// before the tick.
    pub system: Option<SystemName>,
    /// Whether deferred commands of the system made the difference, not the system itself.
    pub put_off: bool,
    /// If the system is uncertain, the possible systems.
    pub suspects: Vec<SystemName>,
    /// What differs right after that system, or in the first saved worlds after the tick.
    #[serde(flatten)]
    pub parts: PartDifferences,
    /// For each of the two worlds, whether the system panicked.
    pub panicked: [bool; 2],
    /// The cause.
    pub cause: DifferenceCause,
    /// The starting points of the two worlds that diverged.
    pub pair: Option<[WorldOrigin; 2]>,
}

impl Parting {
    /// Makes a result without a system.
    pub(super) fn without_system(cause: DifferenceCause, parts: PartDifferences) -> Self {
        Self {
            system: None,
            put_off: false,
            suspects: Vec::new(),
            parts,
            panicked: [false; 2],
            cause,
            pair: None,
        }
    }
}

/// A pair of worlds to run.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    /// The start of each world: the recording, and the position in it.
    pub(super) starts: [(ComparedRecording, FilePosition); 2],
    /// Whether to pause between the two runs.
    pub(super) pause: bool,
}

/// Returns the first tick before `aim` at which the worlds differ from each other or from the
/// recording.
pub(super) fn earliest(reruns: &[Rerun; 2], aim: Tick) -> Option<Tick> {
    let departure = reruns.iter().filter_map(|rerun| rerun.departure.as_ref());
    let departure = departure
        .map(|departure| departure.tick)
        .filter(|tick| *tick < aim);
    departure.chain(earliest_apart(reruns, aim)).min()
}

pub(super) fn earliest_apart([one, other]: &[Rerun; 2], aim: Tick) -> Option<Tick> {
    let from = one.from.max(other.from);
    (from.0 + 1..aim.0)
        .map(Tick)
        .take_while(|tick| *tick <= one.last().min(other.last()))
        .find(|tick| one.hash(*tick) != other.hash(*tick))
}

/// In the last tick, returns the first system after which the worlds differ.
pub(super) fn parted(reruns: &[Rerun; 2], pair: Pair) -> Option<Parting> {
    let [one, other] = reruns;
    let origins = [0, 1].map(|nth| WorldOrigin {
        recording: pair.starts[nth].0,
        from: reruns[nth].from.0,
    });
    let found = |system: Option<&str>, applied: &[String], states: [&[u8]; 2], panicked| Parting {
        pair: Some(origins),
        system: system.map(|name| name.to_owned().into()),
        put_off: false,
        suspects: applied.iter().cloned().map(SystemName::from).collect(),
        parts: state::compare(&one.world, states[0], states[1]),
        panicked,
        cause: if pair.pause {
            DifferenceCause::Clock
        } else {
            DifferenceCause::Chance
        },
    };
    let (mut left, mut right) = (&one.trail.before, &other.trail.before);
    // Both must reach the last tick without a difference. Worlds that diverged earlier are
    // compared at that tick instead.
    if one.last() != other.last() || earliest_apart(reruns, one.last()).is_some() {
        return None;
    }
    if left.is_empty() || right.is_empty() {
        return None;
    }
    if left.get(BEGIN..) != right.get(BEGIN..) {
        return Some(found(None, &[], [left, right], [false; 2]));
    }
    for (step, same) in one.trail.steps.iter().zip(&other.trail.steps) {
        // The same game logic has the same systems in the same order.
        if step.system != same.system {
            return None;
        }
        let panicked = [step.panicked, same.panicked];
        left = step.after.as_ref().unwrap_or(left);
        right = same.after.as_ref().unwrap_or(right);
        if panicked[0] != panicked[1] || left.get(BEGIN..) != right.get(BEGIN..) {
            return Some(found(Some(&step.system), &step.applied, [left, right], panicked));
        }
    }
    None
}

/// Returns the systems that, in the last tick, changed one of these parts. Instead of a system that
/// applied deferred commands, returns the systems that deferred them.
pub(super) fn writers(rerun: &Rerun, parts: &[String]) -> Vec<String> {
    let mut last = &rerun.trail.before;
    let mut writers = Vec::new();
    for step in &rerun.trail.steps {
        let Some(after) = &step.after else { continue };
        let changed = state::changed(&rerun.world, last, after);
        last = after;
        if changed.iter().any(|part| parts.contains(part)) {
            match step.applied.as_slice() {
                [] => writers.push(step.system.clone()),
                applied => writers.extend_from_slice(applied),
            }
        }
    }
    writers
}

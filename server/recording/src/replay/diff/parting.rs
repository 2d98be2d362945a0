//! Where two worlds part: at which tick, after which system, and what it comes from.

use parlour_shared::ids::Tick;
use serde::Serialize;

use super::{
    rerun::{BEGIN, Course},
    state::{self, Parts},
};
use crate::replay::tape::Spot;

/// One of the two recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The first.
    One,
    /// The other.
    Other,
}

/// Where a world that was run again began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// In which recording.
    pub recording: Side,
    /// After which tick; 0: as a fresh world.
    pub from: u32,
}

/// What the difference comes from, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The same world with the same inputs reaches different states.
    Chance,
    /// The same, but only if some time lies between.
    Clock,
    /// A world that was loaded goes another way than one that ran through.
    NotDeclared,
    /// All worlds that were run again agree, but not with both recordings.
    OtherProgram,
    /// All worlds agree with both recordings: it did not show again.
    Unseen,
    /// The state differs where no hash says so.
    NotHashed,
}

/// A system by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SystemName {
    /// Module and function, `movement::walk`.
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

/// Where two worlds part, and what it comes from, as far as it was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parting {
    /// The first system that made a difference. `None` if it is not known, or if the worlds differed before the tick.
    pub system: Option<SystemName>,
    /// It was not the system itself, but commands that it had put off.
    pub put_off: bool,
    /// If the system is not certain: those of which one did it.
    pub suspects: Vec<SystemName>,
    /// What differs right after that system, or in the first saved worlds after the tick.
    #[serde(flatten)]
    pub parts: Parts,
    /// Whether the system panicked in the first world, and in the other.
    pub panicked: [bool; 2],
    /// What it comes from.
    pub cause: Cause,
    /// Where the two worlds began that parted.
    pub pair: Option<[Origin; 2]>,
}

impl Parting {
    /// No system was found.
    pub(super) fn without_system(cause: Cause, parts: Parts) -> Self {
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
    /// Where each begins: in which recording, and where in it.
    pub(super) starts: [(Side, Spot); 2],
    /// Whether some time lies between the two runs.
    pub(super) pause: bool,
}

/// The first tick before `aim` at which the worlds part, or one of them parts from what was recorded.
pub(super) fn earliest(courses: &[Course; 2], aim: Tick) -> Option<Tick> {
    let departed = courses.iter().filter_map(|course| course.departed.as_ref());
    let departed = departed.map(|departed| departed.tick).filter(|tick| *tick < aim);
    departed.chain(earliest_apart(courses, aim)).min()
}

pub(super) fn earliest_apart([one, other]: &[Course; 2], aim: Tick) -> Option<Tick> {
    let from = one.from.max(other.from);
    (from.0 + 1..aim.0)
        .map(Tick)
        .take_while(|tick| *tick <= one.last().min(other.last()))
        .find(|tick| one.hash(*tick) != other.hash(*tick))
}

/// The first system of the last tick after which the worlds differ.
pub(super) fn parted(courses: &[Course; 2], pair: Pair) -> Option<Parting> {
    let [one, other] = courses;
    let origins = [0, 1].map(|nth| Origin {
        recording: pair.starts[nth].0,
        from: courses[nth].from.0,
    });
    let found = |system: Option<&str>, applied: &[String], states: [&[u8]; 2], panicked| Parting {
        pair: Some(origins),
        system: system.map(|name| name.to_owned().into()),
        put_off: false,
        suspects: applied.iter().cloned().map(SystemName::from).collect(),
        parts: state::compare(&one.world, states[0], states[1]),
        panicked,
        cause: if pair.pause { Cause::Clock } else { Cause::Chance },
    };
    let (mut left, mut right) = (&one.trail.before, &other.trail.before);
    // Both must reach the last tick together: worlds that parted before are compared there.
    if one.last() != other.last() || earliest_apart(courses, one.last()).is_some() {
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

/// The systems of the last tick after which one of these parts was another; of those that applied what others put off,
/// the others.
pub(super) fn writers(course: &Course, parts: &[String]) -> Vec<String> {
    let mut last = &course.trail.before;
    let mut writers = Vec::new();
    for step in &course.trail.steps {
        let Some(after) = &step.after else { continue };
        let changed = state::changed(&course.world, last, after);
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

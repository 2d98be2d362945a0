//! Where two worlds part, and what it comes from.

use serde::Serialize;

use super::state::Parts;

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
pub struct Found {
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

impl Found {
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

//! Where two worlds part, and the cause.

use serde::Serialize;

use super::state::Parts;

/// One of the two recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The first.
    One,
    /// The second.
    Other,
}

/// Where a world that was run again started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The recording.
    pub recording: Side,
    /// The tick of its saved world; 0 if it started as a fresh world.
    pub from: u32,
}

/// The cause of a difference, as far as it can be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The same world with the same inputs reaches different states.
    Chance,
    /// Like [`Cause::Chance`], but only if some time passes in between.
    Clock,
    /// A loaded world diverges from one that ran through.
    NotDeclared,
    /// All worlds that were run again agree, but not with both recordings.
    OtherProgram,
    /// All worlds agree with both recordings: the difference did not show again.
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

/// Where two worlds part, and the cause, as far as they were found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The first system that made a difference. `None` if it is unknown, or if the worlds differed before the tick.
    pub system: Option<SystemName>,
    /// Whether deferred commands of the system made the difference, not the system itself.
    pub put_off: bool,
    /// If the system is uncertain, the systems that it may be.
    pub suspects: Vec<SystemName>,
    /// What differs right after that system, or in the first saved worlds after the tick.
    #[serde(flatten)]
    pub parts: Parts,
    /// For each of the two worlds, whether the system panicked.
    pub panicked: [bool; 2],
    /// The cause.
    pub cause: Cause,
    /// Where the two worlds that parted started.
    pub pair: Option<[Origin; 2]>,
}

impl Found {
    /// Makes a result without a system.
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

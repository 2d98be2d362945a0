//! Violations, counted by kind, with the first few in words.

use std::collections::BTreeMap;

use serde::Serialize;

use parlour_client::Violation;

/// How many are told in words.
const DESCRIBED: usize = 10;

/// What the server did that it promised not to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// How often, by kind.
    pub by_kind: BTreeMap<&'static str, u64>,
    /// The first few.
    pub first: Vec<String>,
}

impl Violations {
    /// Counts one that a bot met.
    pub fn add(&mut self, bot: u32, violation: &Violation) {
        self.add_kind(violation.kind(), || format!("bot {bot}: {violation}"));
    }

    /// Counts one that is not of the protocol but of its framing.
    pub fn add_kind(&mut self, kind: &'static str, describe: impl FnOnce() -> String) {
        *self.by_kind.entry(kind).or_default() += 1;
        if self.first.len() < DESCRIBED {
            self.first.push(describe());
        }
    }

    /// How many there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_kind.values().sum()
    }

    /// Adds those of another thread.
    pub fn merge(&mut self, other: &Self) {
        for (kind, count) in &other.by_kind {
            *self.by_kind.entry(kind).or_default() += count;
        }
        let room = DESCRIBED.saturating_sub(self.first.len());
        self.first.extend(other.first.iter().take(room).cloned());
    }
}

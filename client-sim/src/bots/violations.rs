//! The violations of a run: a count for each kind, and descriptions of the first few.

use std::collections::BTreeMap;

use serde::Serialize;

use parlour_client::Violation;

/// The most violations that are described.
const DESCRIBED: usize = 10;

/// The violations of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// Their number, by kind.
    pub by_kind: BTreeMap<&'static str, u64>,
    /// Descriptions of the first few.
    pub first: Vec<String>,
}

impl Violations {
    /// Counts a violation that a bot found.
    pub fn add(&mut self, bot: u32, violation: &Violation) {
        self.add_kind(violation.kind(), || format!("bot {bot}: {violation}"));
    }

    /// Counts a violation of the framing instead of the protocol.
    pub fn add_kind(&mut self, kind: &'static str, describe: impl FnOnce() -> String) {
        *self.by_kind.entry(kind).or_default() += 1;
        if self.first.len() < DESCRIBED {
            self.first.push(describe());
        }
    }

    /// Returns how many violations there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_kind.values().sum()
    }

    /// Adds the violations that a different thread found.
    pub fn merge(&mut self, other: &Self) {
        for (kind, count) in &other.by_kind {
            *self.by_kind.entry(kind).or_default() += count;
        }
        let room = DESCRIBED.saturating_sub(self.first.len());
        self.first.extend(other.first.iter().take(room).cloned());
    }
}

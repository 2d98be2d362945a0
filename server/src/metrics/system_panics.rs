//! Panics by system. The names of systems are game logic's, so their number is bounded here.

use std::collections::BTreeMap;

use ::metrics::Counter;

use super::{
    recorder::MetricsRecorder,
    rows::{Row, labelled_counter},
};

/// The maximum number of systems that are counted by name.
const MAX_SYSTEMS: usize = 64;
/// The label of all further systems. No system can have this name, nor the next one.
const OTHER: &str = "(other)";
/// The label of panics outside of systems.
const NONE: &str = "(none)";

/// The counters of panics by system. They are created when a system panics for the first time.
pub(crate) struct SystemPanics {
    recorder: MetricsRecorder,
    by_system: BTreeMap<String, Counter>,
    other: Counter,
    none: Counter,
}

impl SystemPanics {
    pub(super) fn new(recorder: &MetricsRecorder) -> Self {
        Self {
            recorder: recorder.clone(),
            by_system: BTreeMap::new(),
            other: counter(recorder, OTHER),
            none: counter(recorder, NONE),
        }
    }

    /// Counts a panic of this system. `None`: the system is not known.
    pub(crate) fn count(&mut self, system: Option<&str>) {
        let Some(system) = system else {
            return self.none.increment(1);
        };
        if let Some(counter) = self.by_system.get(system) {
            return counter.increment(1);
        }
        if self.by_system.len() >= MAX_SYSTEMS {
            return self.other.increment(1);
        }
        let counter = counter(&self.recorder, system);
        counter.increment(1);
        self.by_system.insert(system.to_owned(), counter);
    }
}

fn counter(recorder: &MetricsRecorder, system: &str) -> Counter {
    let row = Row {
        recorder,
        name: "parlour_system_panics_total",
        help: "Panics of worlds, by system. (none): outside of a system; (other): all systems after the first 64.",
        thread: None,
    };
    labelled_counter(("system", system))(&row)
}

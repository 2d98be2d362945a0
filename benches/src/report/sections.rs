//! The sections of docs/benchmarks.md, each from the results that it needs; empty without them.

mod columns;
mod connections;
mod default_loads;
mod degrading;
mod goal;
mod goals;
mod machine;
mod matrix;
mod parts;
mod phase_lock;
mod recording;
mod rivals;
mod soak;
mod ticks;

use super::results::Results;

/// The document. `bounds` follows the goals as it is.
pub(super) fn all(results: &Results, bounds: &str) -> String {
    let sections = [
        machine::section(results),
        goals::section(results),
        bounds.to_owned(),
        matrix::section(results),
        phase_lock::section(results),
        rivals::section(results),
        degrading::section(results),
        soak::section(results),
        connections::section(results),
        ticks::section(results),
        default_loads::section(results),
        recording::section(results),
        parts::section(results),
    ];
    let sections: Vec<&str> = sections.iter().map(|section| section.trim_end()).collect();
    let full = sections.into_iter().filter(|section| !section.is_empty());
    full.collect::<Vec<_>>().join("\n\n") + "\n"
}

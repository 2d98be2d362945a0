//! The sections of docs/benchmarks.md. A section without results is empty.

mod columns;
mod connections;
mod default_loads;
mod goal;
mod goals;
mod machine;
mod matrix;
mod other_servers;
mod overload;
mod parts;
mod phase_lock;
mod recording;
mod soak;
mod ticks;

use super::results::Results;

/// Returns the document. `bounds` is inserted after the goals.
pub(super) fn all(results: &Results, bounds: &str) -> String {
    let sections = [
        machine::section(results),
        goals::section(results),
        bounds.to_owned(),
        matrix::section(results),
        phase_lock::section(results),
        other_servers::section(results),
        overload::section(results),
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

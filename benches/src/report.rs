//! docs/benchmarks.md and its plots, from what `scripts/bench` and `scripts/plaza` left behind:
//! nothing is measured here. A section is there when there are results for it; a goal without
//! results says so.
//!
//! Three layers, each of which uses only those before it: `results` reads what was measured,
//! `plots` draws it, and `sections` writes the document.

mod number;
mod plots;
mod results;
mod sections;

use std::path::Path;

use anyhow::{Context as _, Result};
use results::{Results, json, loads, run::Run};

/// The document.
#[derive(Debug)]
pub struct Page {
    /// docs/benchmarks.md.
    pub markdown: String,
    /// Names and texts of the files in docs/plots.
    pub plots: Vec<(String, String)>,
}

/// Makes the document from the results below this folder, Cargo's target folder. `bounds` is what
/// somebody wrote of the goals that are missed: what bounds them. It follows the goals as it is.
///
/// # Errors
///
/// If a file cannot be read, or is not what the scripts write.
pub fn page(target: &Path, bounds: &str) -> Result<Page> {
    let results = Results::read(target)?;
    Ok(Page {
        markdown: sections::all(&results, bounds),
        plots: plots::all(&results),
    })
}

/// What is to be said of one run.
#[derive(Debug)]
pub struct Verdict {
    /// Its figures on one line.
    pub figures: String,
    /// Why it is not held; empty if it is.
    pub misses: Vec<String>,
    /// Whether a promise was broken, a connection lost or never made, or the report is missing:
    /// what is wrong at any speed.
    pub is_wrong: bool,
}

/// Judges the run in this folder, which `scripts/plaza` wrote.
///
/// # Errors
///
/// If a file cannot be read, or the run is of a load that is not in benches/plaza-loads.
pub fn verdict(folder: &Path) -> Result<Verdict> {
    let run = Run::read(folder)?;
    let load = loads::all()?.into_iter().find(|load| load.name == run.load());
    let load = load.with_context(|| format!("no load is named {}", run.load()))?;
    let figures = format!(
        "p50 {:.1} ms, p99 {:.1} ms, {:.0} us of CPU per client-second, {:.0} frames/s",
        run.latency("p50"),
        run.latency("p99"),
        run.cpu_us_per_client_s(),
        run.frames_per_s(),
    );
    let violations = json::number(&run.bots, "violations");
    let connected = json::number(&run.bots, "connected");
    Ok(Verdict {
        figures,
        misses: run.misses(&load),
        is_wrong: !run.is_server_well()
            || violations != 0.0
            || connected != run.clients()
            || run.lost() != 0.0,
    })
}

/// What the raw floor has to move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloorWork {
    /// Connections.
    pub clients: u64,
    /// To each of them.
    pub frames_per_second: f64,
    /// Of one frame on average, rounded, WebSocket header included.
    pub frame_bytes: u64,
    /// From each of them.
    pub inputs_per_second: f64,
}

/// What the raw floor has to move to do the same as the run in this folder.
///
/// # Errors
///
/// If the run has no such figures.
pub fn floor_of(folder: &Path) -> Result<FloorWork> {
    let run = Run::read(folder)?;
    let work = FloorWork {
        clients: run.clients() as u64,
        frames_per_second: run.frames_per_s() / run.clients(),
        frame_bytes: run.bytes_per_frame().round().max(1.0) as u64,
        inputs_per_second: run.inputs_per_s() / run.clients(),
    };
    anyhow::ensure!(
        run.bytes_per_frame().is_finite() && work.inputs_per_second.is_finite(),
        "the bots' report does not say how much they were sent: {}",
        folder.display()
    );
    Ok(work)
}

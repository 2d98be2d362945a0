//! Generates docs/benchmarks.md and its plots from the results of `scripts/bench` and
//! `scripts/plaza`. Sections without results are left out; a goal without results is marked as not
//! measured.
//!
//! Three layers, each of which uses only the ones before it: `results` reads the results, `plots`
//! draws them, and `sections` writes the document.

mod number;
mod plots;
mod results;
mod sections;

use std::path::Path;

use anyhow::{Context as _, Result};
use results::{Results, json, loads, run::Run};

/// The document and its plots.
#[derive(Debug)]
pub struct Page {
    /// Text of docs/benchmarks.md.
    pub markdown: String,
    /// Names and contents of the files in docs/plots.
    pub plots: Vec<(String, String)>,
}

/// Generates the document from the results in Cargo's target folder. `bounds` is a text about the
/// missed goals, written by hand. It is inserted unchanged after the goals.
///
/// # Errors
///
/// If a file cannot be read, or has an unexpected format.
pub fn page(target: &Path, bounds: &str) -> Result<Page> {
    let results = Results::read(target)?;
    Ok(Page {
        markdown: sections::all(&results, bounds),
        plots: plots::all(&results),
    })
}

/// The verdict on one run.
#[derive(Debug)]
pub struct Verdict {
    /// Its figures on one line.
    pub figures: String,
    /// Reasons why the run is not held; empty if it is held.
    pub misses: Vec<String>,
    /// Whether something failed that must not fail at any speed: a promise was broken, a connection
    /// was lost or not made, or the report is missing.
    pub is_wrong: bool,
}

/// Judges the run in this folder, written by `scripts/plaza`.
///
/// # Errors
///
/// If a file cannot be read, or the load of the run is not in benches/plaza-loads.
pub fn verdict(folder: &Path) -> Result<Verdict> {
    let run = Run::read(folder)?;
    let load = loads::all()?.into_iter().find(|load| load.name == run.load());
    let load = load.with_context(|| format!("unknown load: {}", run.load()))?;
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
        is_wrong: !run.did_server_exit_cleanly()
            || violations != 0.0
            || connected != run.clients()
            || run.lost() != 0.0,
    })
}

/// The messages that the raw floor moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloorWork {
    /// Number of connections.
    pub clients: u64,
    /// Frames to each connection per second.
    pub frames_per_second: f64,
    /// Average size of a frame, rounded, with its WebSocket header.
    pub frame_bytes: u64,
    /// Inputs from each connection per second.
    pub inputs_per_second: f64,
}

/// Returns the messages that the run in this folder moved, for a run of the raw floor.
///
/// # Errors
///
/// If these figures are missing in the run.
pub fn floor_work(folder: &Path) -> Result<FloorWork> {
    let run = Run::read(folder)?;
    let work = FloorWork {
        clients: run.clients() as u64,
        frames_per_second: run.frames_per_s() / run.clients(),
        frame_bytes: run.bytes_per_frame().round().max(1.0) as u64,
        inputs_per_second: run.inputs_per_s() / run.clients(),
    };
    anyhow::ensure!(
        run.bytes_per_frame().is_finite() && work.inputs_per_second.is_finite(),
        "the report of the bots has no counts of frames and inputs: {}",
        folder.display()
    );
    Ok(work)
}

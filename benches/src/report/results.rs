//! All that was measured, as the scripts left it: `bench`, `plaza` and `criterion` below one
//! folder.

pub(super) mod degrading;
pub(super) mod json;
pub(super) mod loads;
pub(super) mod matrix;
pub(super) mod metrics;
pub(super) mod parts;
pub(super) mod run;

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use degrading::Degrading;
use json::{median, number};
use matrix::Measured;
use parts::Parts;
use run::Run;

/// What there is of it; what was not measured is empty.
pub(super) struct Results {
    pub(super) bench_machine: Option<Value>,
    pub(super) plaza_machine: Option<Value>,
    pub(super) ticks: Vec<Value>,
    pub(super) recording: Vec<Value>,
    pub(super) default_loads: Vec<Value>,
    pub(super) memory: Option<Value>,
    pub(super) matrix: Vec<Measured>,
    pub(super) connection: Vec<Value>,
    pub(super) proximity: Vec<Value>,
    pub(super) degrading: Option<Degrading>,
    pub(super) soak: Vec<Value>,
    pub(super) soak_bots: Option<Value>,
    pub(super) parts: Parts,
}

impl Results {
    pub(super) fn read(target: &Path) -> Result<Self> {
        let (bench, plaza) = (target.join("bench"), target.join("plaza"));
        let default_loads = (1..=3).map(|run| json::read_if_there(&bench.join(format!("load-{run}.json"))));
        let default_loads: Vec<Option<Value>> = default_loads.collect::<Result<_>>()?;
        let mut recording = json::lines(&bench.join("recording.jsonl"))?;
        recording.extend(json::lines(&bench.join("recording-cost.jsonl"))?);
        Ok(Self {
            bench_machine: json::read_if_there(&bench.join("machine.json"))?,
            plaza_machine: json::read_if_there(&plaza.join("machine.json"))?,
            ticks: json::lines(&bench.join("tick.jsonl"))?,
            recording,
            default_loads: default_loads.into_iter().flatten().collect(),
            memory: json::read_if_there(&bench.join("memory.json"))?,
            matrix: matrix::read(&plaza)?,
            connection: json::lines(&plaza.join("connection.jsonl"))?,
            proximity: json::lines(&plaza.join("proximity.jsonl"))?,
            degrading: Degrading::read(&plaza.join("degrading"))?,
            soak: json::lines(&plaza.join("soak/samples.jsonl"))?,
            soak_bots: json::read_if_there(&plaza.join("soak/bots.json"))?,
            parts: parts::read(&target.join("criterion"))?,
        })
    }

    /// A load of the matrix by its name.
    pub(super) fn measured(&self, load: &str) -> Option<&Measured> {
        self.matrix.iter().find(|measured| measured.load.name == load)
    }

    /// A figure of that load; like all figures NaN if it was not measured.
    pub(super) fn figure_of(&self, load: &str, of: impl Fn(&Run) -> f64) -> f64 {
        self.measured(load)
            .map_or(f64::NAN, |measured| measured.figure(of))
    }

    /// What the connection bench said last of this, which is at the most connections.
    pub(super) fn of_connections(&self, what: &str, field: &str) -> f64 {
        last_about(&self.connection, what, field)
    }

    /// The same of the bench of proximity.
    pub(super) fn of_proximity(&self, what: &str, field: &str) -> f64 {
        last_about(&self.proximity, what, field)
    }

    /// A percentile of the tick with this load, in milliseconds.
    pub(super) fn tick_p99_ms(&self, load: &str) -> f64 {
        let line = self.ticks.iter().find(|line| line["load"] == load);
        line.map_or(f64::NAN, |line| number(line, "p99_us")) / 1000.0
    }

    /// Input to neighbour of a server with its default settings, the median of its runs.
    pub(super) fn default_latency_ms(&self, of: &str) -> f64 {
        let loads = self.default_loads.iter();
        median(loads.map(|load| number(&load["input_to_neighbour_ms"], of)))
    }

    /// What was measured of recording: the lines about this, with so many players.
    pub(super) fn recording_lines(&self, what: &str, players: f64) -> impl Iterator<Item = &Value> {
        let is = move |line: &&Value| line["what"] == what && number(line, "players") == players;
        self.recording.iter().filter(is)
    }

    /// The median of a field over those lines.
    pub(super) fn of_recording(&self, what: &str, players: f64, field: &str) -> f64 {
        let lines = self.recording_lines(what, players);
        median(lines.map(|line| number(line, field)))
    }
}

fn last_about(lines: &[Value], what: &str, field: &str) -> f64 {
    let line = lines.iter().rfind(|line| line["what"] == what);
    line.map_or(f64::NAN, |line| number(line, field))
}

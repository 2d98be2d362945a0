//! Reads the results of the scripts: the folders `bench`, `plaza` and `criterion`.

pub(super) mod json;
pub(super) mod loads;
pub(super) mod matrix;
pub(super) mod metrics;
pub(super) mod overload;
pub(super) mod parts;
pub(super) mod run;

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use json::{median, number};
use matrix::LoadResult;
use overload::Overload;
use parts::Parts;
use run::Run;

/// All results. Results that are missing are empty or `None`.
pub(super) struct Results {
    pub(super) bench_machine: Option<Value>,
    pub(super) plaza_machine: Option<Value>,
    pub(super) ticks: Vec<Value>,
    pub(super) recording: Vec<Value>,
    pub(super) default_loads: Vec<Value>,
    pub(super) memory: Option<Value>,
    pub(super) matrix: Vec<LoadResult>,
    pub(super) connection: Vec<Value>,
    pub(super) proximity: Vec<Value>,
    pub(super) overload: Option<Overload>,
    pub(super) soak: Vec<Value>,
    pub(super) soak_bots: Option<Value>,
    pub(super) parts: Parts,
}

impl Results {
    pub(super) fn read(target: &Path) -> Result<Self> {
        let (bench, plaza) = (target.join("bench"), target.join("plaza"));
        let default_loads = (1..=3).map(|run| json::read_optional(&bench.join(format!("load-{run}.json"))));
        let default_loads: Vec<Option<Value>> = default_loads.collect::<Result<_>>()?;
        let mut recording = json::lines(&bench.join("recording.jsonl"))?;
        recording.extend(json::lines(&bench.join("recording-cost.jsonl"))?);
        Ok(Self {
            bench_machine: json::read_optional(&bench.join("machine.json"))?,
            plaza_machine: json::read_optional(&plaza.join("machine.json"))?,
            ticks: json::lines(&bench.join("tick.jsonl"))?,
            recording,
            default_loads: default_loads.into_iter().flatten().collect(),
            memory: json::read_optional(&bench.join("memory.json"))?,
            matrix: matrix::read(&plaza)?,
            connection: json::lines(&plaza.join("connection.jsonl"))?,
            proximity: json::lines(&plaza.join("proximity.jsonl"))?,
            overload: Overload::read(&plaza.join("overload"))?,
            soak: json::lines(&plaza.join("soak/samples.jsonl"))?,
            soak_bots: json::read_optional(&plaza.join("soak/bots.json"))?,
            parts: parts::read(&target.join("criterion"))?,
        })
    }

    /// Returns the result of a load of the matrix.
    pub(super) fn load_result(&self, load: &str) -> Option<&LoadResult> {
        self.matrix.iter().find(|result| result.load.name == load)
    }

    /// Returns a figure of a load. NaN: not measured, as in all figures.
    pub(super) fn load_figure(&self, load: &str, of: impl Fn(&Run) -> f64) -> f64 {
        self.load_result(load)
            .map_or(f64::NAN, |result| result.figure(of))
    }

    /// Returns a figure of the connection bench. The last line counts, which has the most
    /// connections.
    pub(super) fn connection_figure(&self, what: &str, field: &str) -> f64 {
        last_about(&self.connection, what, field)
    }

    /// Returns a figure of the proximity bench.
    pub(super) fn proximity_figure(&self, what: &str, field: &str) -> f64 {
        last_about(&self.proximity, what, field)
    }

    /// Returns the p99 of the tick with this load in milliseconds.
    pub(super) fn tick_p99_ms(&self, load: &str) -> f64 {
        let line = self.ticks.iter().find(|line| line["load"] == load);
        line.map_or(f64::NAN, |line| number(line, "p99_us")) / 1000.0
    }

    /// Returns a percentile of the input-to-neighbour latency with default settings: the median of
    /// the runs.
    pub(super) fn default_latency_ms(&self, of: &str) -> f64 {
        let loads = self.default_loads.iter();
        median(loads.map(|load| number(&load["input_to_neighbour_ms"], of)))
    }

    /// Returns the lines of the recording bench about `what` with this many players.
    pub(super) fn recording_lines(&self, what: &str, players: f64) -> impl Iterator<Item = &Value> {
        let is = move |line: &&Value| line["what"] == what && number(line, "players") == players;
        self.recording.iter().filter(is)
    }

    /// Returns the median of a field over these lines.
    pub(super) fn recording_figure(&self, what: &str, players: f64, field: &str) -> f64 {
        let lines = self.recording_lines(what, players);
        median(lines.map(|line| number(line, field)))
    }
}

fn last_about(lines: &[Value], what: &str, field: &str) -> f64 {
    let line = lines.iter().rfind(|line| line["what"] == what);
    line.map_or(f64::NAN, |line| number(line, field))
}

//! All that was measured, as the scripts left it: `bench`, `plaza` and `criterion` below one folder.

pub(super) mod degrading;
pub(super) mod json;
pub(super) mod loads;
pub(super) mod metrics;
pub(super) mod parts;
pub(super) mod run;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use degrading::Degrading;
use loads::Load;
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

/// A load of the matrix with its runs.
pub(super) struct Measured {
    pub(super) load: Load,
    /// By count of clients, ascending.
    pub(super) counts: Vec<Count>,
    /// What the floor's server said when it moved the same messages.
    pub(super) floor: Option<Value>,
}

/// The runs with one count of clients.
pub(super) struct Count {
    pub(super) clients: f64,
    /// One on the way up, or two if the first was not held.
    ladder: Vec<Run>,
    /// The three that figures are medians of, where there are such.
    numbered: Vec<Run>,
    pub(super) held: bool,
}

impl Results {
    pub(super) fn read(target: &Path) -> Result<Self> {
        let (bench, plaza) = (target.join("bench"), target.join("plaza"));
        let default_loads = (1..=3).map(|run| json::read_if_there(&bench.join(format!("load-{run}.json"))));
        let default_loads: Vec<Option<Value>> = default_loads.collect::<Result<_>>()?;
        let matrix = loads::all()?.into_iter().map(|load| Measured::read(&plaza, load));
        let mut recording = json::lines(&bench.join("recording.jsonl"))?;
        recording.extend(json::lines(&bench.join("recording-cost.jsonl"))?);
        Ok(Self {
            bench_machine: json::read_if_there(&bench.join("machine.json"))?,
            plaza_machine: json::read_if_there(&plaza.join("machine.json"))?,
            ticks: json::lines(&bench.join("tick.jsonl"))?,
            recording,
            default_loads: default_loads.into_iter().flatten().collect(),
            memory: json::read_if_there(&bench.join("memory.json"))?,
            matrix: matrix.collect::<Result<_>>()?,
            connection: json::lines(&plaza.join("connection.jsonl"))?,
            proximity: json::lines(&plaza.join("proximity.jsonl"))?,
            degrading: Degrading::read(&plaza.join("degrading"))?,
            soak: json::lines(&plaza.join("soak/samples.jsonl"))?,
            soak_bots: json::read_if_there(&plaza.join("soak/bots.json"))?,
            parts: parts::read(&target.join("criterion"))?,
        })
    }

    /// A load of the matrix by its name.
    pub(super) fn load(&self, name: &str) -> Option<&Measured> {
        self.matrix.iter().find(|measured| measured.load.name == name)
    }
}

impl Measured {
    fn read(plaza: &Path, load: Load) -> Result<Self> {
        let mut runs = Vec::new();
        for folder in folders(&plaza.join("runs").join(&load.name))? {
            // A run that was interrupted has no such file.
            if folder.join("about.json").exists() {
                runs.push(Run::read(&folder)?);
            }
        }
        let floor = json::read_if_there(&plaza.join("floor").join(&load.name).join("serve.json"))?;
        let mut counts: Vec<f64> = runs.iter().map(Run::clients).collect();
        counts.sort_by(f64::total_cmp);
        counts.dedup();
        let mut counts: Vec<Count> = counts
            .into_iter()
            .map(|clients| Count {
                clients,
                ladder: Vec::new(),
                numbered: Vec::new(),
                held: false,
            })
            .collect();
        for run in runs {
            let count = counts.iter_mut().find(|count| count.clients == run.clients());
            let count = count.expect("the counts are those of the runs");
            if run.is_ladder() {
                &mut count.ladder
            } else {
                &mut count.numbered
            }
            .push(run);
        }
        for count in &mut counts {
            count.held = count.is_held(&load);
        }
        Ok(Self { load, counts, floor })
    }

    /// Clients that are held in most of three runs; none if the count that has them is not. NaN: not measured.
    pub(super) fn clients_held(&self) -> f64 {
        let held = |count: &Count| if count.held { count.clients } else { 0.0 };
        self.measured().map_or(f64::NAN, held)
    }

    /// Most clients that a single run on the way up held, with all smaller counts held too.
    pub(super) fn held_once(&self) -> f64 {
        let held = self.counts.iter().take_while(|count| count.held);
        held.last().map_or(0.0, |count| count.clients)
    }

    /// The count that figures are taken at: of those with three runs the highest that is held, or else the lowest.
    pub(super) fn measured(&self) -> Option<&Count> {
        let mut thrice = self.counts.iter().filter(|count| !count.numbered.is_empty());
        let held = thrice.clone().rfind(|count| count.held);
        held.or_else(|| thrice.next())
    }

    /// The median over the runs at that count.
    pub(super) fn figure(&self, of: impl Fn(&Run) -> f64) -> f64 {
        self.measured().map_or(f64::NAN, |count| count.figure(of))
    }

    /// Server CPU per delivered frame over that of the floor. Both did the same: as many frames out, as many inputs in,
    /// and what the inputs cost is in both.
    pub(super) fn over_floor(&self) -> f64 {
        self.figure(|run| run.cpu_us_per_s() / run.frames_per_s()) / self.floor_us_per_frame()
    }

    pub(super) fn floor_us_per_frame(&self) -> f64 {
        let floor = self.floor.as_ref().unwrap_or(&Value::Null);
        let number = |name| json::number(floor, name);
        // A floor that was refused writes, or missed ticks, did not do the same.
        let is_clean = |name| number(name).is_nan() || number(name) == 0.0;
        if !(is_clean("refused_frames") && is_clean("skipped_ticks")) {
            return f64::NAN;
        }
        number("cpu_us_per_client_s") * number("clients") / number("sent_frames_per_s")
    }
}

impl Count {
    /// The runs that count: the three, or those on the way up.
    pub(super) fn runs(&self) -> &[Run] {
        if self.numbered.is_empty() {
            &self.ladder
        } else {
            &self.numbered
        }
    }

    pub(super) fn figure(&self, of: impl Fn(&Run) -> f64) -> f64 {
        json::median(self.runs().iter().map(of))
    }

    /// Most of the three are held; on the way up, the first or its one repetition.
    fn is_held(&self, load: &Load) -> bool {
        let held = self
            .runs()
            .iter()
            .filter(|run| run.misses(load).is_empty())
            .count();
        if self.numbered.is_empty() {
            held > 0
        } else {
            held * 2 > self.numbered.len()
        }
    }
}

/// Folders in a folder, by name; none if there is no such folder.
fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    for entry in fs::read_dir(path).with_context(|| path.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

//! The matrix as it was measured: the runs of each load, and what figures are taken from them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{
    json,
    loads::{self, Load},
    run::Run,
};

/// A load of the matrix with its runs.
pub(in crate::report) struct Measured {
    pub(in crate::report) load: Load,
    /// By count of clients, ascending.
    pub(in crate::report) counts: Vec<Count>,
    /// What the floor's server said when it moved the same messages.
    pub(in crate::report) floor: Option<Value>,
}

/// The runs with one count of clients.
pub(in crate::report) struct Count {
    pub(in crate::report) clients: f64,
    /// One on the way up, or two if the first was not held.
    ladder: Vec<Run>,
    /// The three that figures are medians of, where there are such.
    numbered: Vec<Run>,
    pub(in crate::report) held: bool,
}

/// All loads, in the order of the table.
pub(in crate::report) fn read(plaza: &Path) -> Result<Vec<Measured>> {
    let loads = loads::all()?.into_iter();
    loads.map(|load| Measured::read(plaza, load)).collect()
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

    /// Clients that are held in most of three runs; none if the count that has them is not. NaN:
    /// not measured.
    pub(in crate::report) fn clients_held(&self) -> f64 {
        let held = |count: &Count| if count.held { count.clients } else { 0.0 };
        self.measured_at().map_or(f64::NAN, held)
    }

    /// Most clients that a single run on the way up held, with all smaller counts held too.
    pub(in crate::report) fn held_once(&self) -> f64 {
        let held = self.counts.iter().take_while(|count| count.held);
        held.last().map_or(0.0, |count| count.clients)
    }

    /// The count that figures are taken at: of those with three runs the highest that is held, or
    /// else the lowest.
    pub(in crate::report) fn measured_at(&self) -> Option<&Count> {
        let mut thrice = self.counts.iter().filter(|count| !count.numbered.is_empty());
        let held = thrice.clone().rfind(|count| count.held);
        held.or_else(|| thrice.next())
    }

    /// The median over the runs at that count.
    pub(in crate::report) fn figure(&self, of: impl Fn(&Run) -> f64) -> f64 {
        self.measured_at().map_or(f64::NAN, |count| count.figure(of))
    }

    /// Server CPU per delivered frame over that of the floor. Both did the same: as many frames
    /// out, as many inputs in, and what the inputs cost is in both.
    pub(in crate::report) fn over_floor(&self) -> f64 {
        self.figure(Run::cpu_us_per_frame) / self.floor_us_per_frame()
    }

    pub(in crate::report) fn floor_us_per_frame(&self) -> f64 {
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
    pub(in crate::report) fn runs(&self) -> &[Run] {
        if self.numbered.is_empty() {
            &self.ladder
        } else {
            &self.numbered
        }
    }

    pub(in crate::report) fn figure(&self, of: impl Fn(&Run) -> f64) -> f64 {
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

//! The results of the matrix: the runs of each load, and the figures derived from them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{
    json,
    loads::{self, PlazaLoad},
    run::Run,
};

/// A load of the matrix and its runs.
pub(in crate::report) struct LoadResult {
    pub(in crate::report) load: PlazaLoad,
    /// Sorted by the number of clients.
    pub(in crate::report) counts: Vec<CountResult>,
    /// The report of the floor's server for the same messages.
    pub(in crate::report) floor: Option<Value>,
}

/// The runs with one number of clients.
pub(in crate::report) struct CountResult {
    pub(in crate::report) clients: f64,
    /// The run of the ladder, and its repetition if the first was not held.
    ladder: Vec<Run>,
    /// The three runs whose medians are the figures, if they exist.
    numbered: Vec<Run>,
    pub(in crate::report) held: bool,
}

/// Reads all loads, in the order of the table.
pub(in crate::report) fn read(plaza: &Path) -> Result<Vec<LoadResult>> {
    let loads = loads::all()?.into_iter();
    loads.map(|load| LoadResult::read(plaza, load)).collect()
}

impl LoadResult {
    fn read(plaza: &Path, load: PlazaLoad) -> Result<Self> {
        let mut runs = Vec::new();
        for folder in folders(&plaza.join("runs").join(&load.name))? {
            // An interrupted run does not have this file.
            if folder.join("about.json").exists() {
                runs.push(Run::read(&folder)?);
            }
        }
        let floor = json::read_optional(&plaza.join("floor").join(&load.name).join("serve.json"))?;
        let mut counts: Vec<f64> = runs.iter().map(Run::clients).collect();
        counts.sort_by(f64::total_cmp);
        counts.dedup();
        let mut counts: Vec<CountResult> = counts
            .into_iter()
            .map(|clients| CountResult {
                clients,
                ladder: Vec::new(),
                numbered: Vec::new(),
                held: false,
            })
            .collect();
        for run in runs {
            let count = counts.iter_mut().find(|count| count.clients == run.clients());
            let count = count.expect("every run is in one of the counts");
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

    /// Returns the number of clients that most of the three runs held: 0 if they held none, NaN if
    /// there are no three runs.
    pub(in crate::report) fn clients_held(&self) -> f64 {
        let held = |count: &CountResult| if count.held { count.clients } else { 0.0 };
        self.measured_at().map_or(f64::NAN, held)
    }

    /// Returns the highest count up to which every count was held.
    pub(in crate::report) fn highest_held(&self) -> f64 {
        let held = self.counts.iter().take_while(|count| count.held);
        held.last().map_or(0.0, |count| count.clients)
    }

    /// Returns the count that the figures are from: the highest held count with three runs
    /// or, if none was held, the lowest count with three runs.
    pub(in crate::report) fn measured_at(&self) -> Option<&CountResult> {
        let mut thrice = self.counts.iter().filter(|count| !count.numbered.is_empty());
        let held = thrice.clone().rfind(|count| count.held);
        held.or_else(|| thrice.next())
    }

    /// Returns the median of a figure over the runs at [`Self::measured_at`].
    pub(in crate::report) fn figure(&self, of: impl Fn(&Run) -> f64) -> f64 {
        self.measured_at().map_or(f64::NAN, |count| count.figure(of))
    }

    /// Returns the ratio of the server's CPU per delivered frame to the floor's. Both move the same
    /// number of frames and inputs, and both figures include the cost of the inputs.
    pub(in crate::report) fn floor_ratio(&self) -> f64 {
        self.figure(Run::cpu_us_per_frame) / self.floor_us_per_frame()
    }

    pub(in crate::report) fn floor_us_per_frame(&self) -> f64 {
        let floor = self.floor.as_ref().unwrap_or(&Value::Null);
        let number = |name| json::number(floor, name);
        // A floor that skipped frames or ticks moved fewer messages, so it cannot be compared.
        let is_clean = |name| number(name).is_nan() || number(name) == 0.0;
        if !(is_clean("refused_frames") && is_clean("skipped_ticks")) {
            return f64::NAN;
        }
        number("cpu_us_per_client_s") * number("clients") / number("sent_frames_per_s")
    }
}

impl CountResult {
    /// Returns the three runs, or those of the ladder if there are no three.
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

    /// Whether most of the three runs are held, or either run of the ladder if there are no three.
    fn is_held(&self, load: &PlazaLoad) -> bool {
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

/// Returns the folders in a folder, sorted by name. Returns none if it does not exist.
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

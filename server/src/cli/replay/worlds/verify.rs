//! Verifies all runs of all worlds of a node: a line for each world, and a total.

use std::time::Instant;

use clap::ArgMatches;
use parlour_recording::{
    format::{EndReason, Ending},
    replay::{
        ReplayError, RunFiles, Verification, display,
        worlds::{RecordedWorld, TimeSpan, WorldWindow, Worlds},
    },
};
use parlour_shared::text::count;
use serde_json::json;

use super::moment;
use crate::cli::{
    exit::Exit,
    output,
    replay::{
        format_flags,
        verify::{ending, real_time, verify_with_progress},
    },
};

/// The result of all runs of a world.
#[derive(Default)]
struct WorldResult {
    runs: usize,
    /// The runs without ticks among them.
    empty: usize,
    ticks: u64,
    hashes: u64,
    saved_worlds: u32,
    /// What else is to be said: a panic that was reproduced, how the last run ends, and which of
    /// the others did not end normally.
    remarks: Vec<String>,
    errors: Vec<String>,
    differs: bool,
}

pub(super) fn run(worlds: &Worlds, matches: &ArgMatches) -> Result<(), Exit> {
    let span = worlds.span(moment(matches, "from"), moment(matches, "to"))?;
    let is_json = format_flags::is_json(matches);
    let (start, width) = (
        Instant::now(),
        worlds.iter().map(|world| shown(world).chars().count()).max(),
    );
    let width = width.unwrap_or(0);
    let (mut total, mut count_of, mut differ, mut unreadable) =
        (WorldResult::default(), 0, Vec::new(), Vec::new());
    for world in worlds.iter() {
        let Some(result) = verify_world(worlds, world, span) else {
            continue;
        };
        count_of += 1;
        total.ticks += result.ticks;
        total.hashes += result.hashes;
        match (result.differs, result.errors.is_empty()) {
            (true, _) => differ.push(shown(world)),
            (false, false) => unreadable.push(shown(world)),
            (false, true) => {}
        }
        output::result(&match is_json {
            true => format!("{}\n", result.to_json(world)),
            false => format!("{:width$}  {}\n", shown(world), result.in_words()),
        })?;
    }
    let seconds = start.elapsed().as_secs_f64();
    output::result(&match is_json {
        true => {
            let total = json!({
                "worlds": count_of, "ticks": total.ticks, "hashes": total.hashes, "differ": differ.len(),
                "unreadable": unreadable.len(), "seconds": seconds,
            });
            format!("{total}\n")
        }
        false => format!(
            "{:width$}  {}, {}, {} verified in {seconds:.2} s ({:.0} x real time); {} with a difference, {} unreadable.\n",
            "total",
            count(count_of, "world"),
            count(total.ticks, "tick"),
            count(total.hashes, "hash"),
            real_time(total.ticks, seconds),
            differ.len(),
            unreadable.len(),
        ),
    })?;
    let path = display::plain(&worlds.path().display().to_string());
    if let Some(first) = differ.first() {
        let names = display::list(differ.iter().cloned());
        return Err(Exit::worlds_differ(format!(
            "{path}: {} of {count_of} reached a different state than was recorded: {names}; run with --world {first} \
             --diff to see what differs",
            differ.len()
        )));
    }
    if !unreadable.is_empty() {
        let names = display::list(unreadable.iter().cloned());
        return Err(Exit::data(format!(
            "{path}: {} of {count_of} cannot be verified: {names}",
            unreadable.len()
        )));
    }
    Ok(())
}

fn shown(world: &RecordedWorld) -> String {
    display::plain(&world.name)
}

/// Verifies the runs of a world that have a part of a time span. Returns `None` if there are none.
fn verify_world(worlds: &Worlds, world: &RecordedWorld, span: TimeSpan) -> Option<WorldResult> {
    let mut result = WorldResult::default();
    let unreadable = u32::try_from(world.unreadable).unwrap_or(u32::MAX);
    if world.runs.is_empty() {
        result
            .errors
            .push(format!("{} cannot be opened", count(unreadable, "file")));
        return Some(result);
    }
    if span == TimeSpan::default() {
        for run in world.runs_without_ticks() {
            result.runs += 1;
            result.empty += 1;
            result.remarks.extend(abnormal_end(run));
        }
    }
    let newest = world.windows(span).map(|place| &place.run.files).last();
    let mut last = None;
    for place in world.windows(span) {
        result.runs += 1;
        match verify_run(worlds, place) {
            Ok(verified) => {
                result.add(&verified);
                if newest != Some(&place.run.files) {
                    result.remarks.extend(abnormal_end(place.run));
                }
                last = Some((verified.last, place));
            }
            Err(error) => result.fail(place, &error),
        }
    }
    if let Some((tick, place)) = last.filter(|_| result.errors.is_empty())
        && place.run.times.range().is_some_and(|(_, end)| end == tick)
    {
        result.remarks.push(ending(&place.run.ending));
    }
    if unreadable > 0 {
        result
            .remarks
            .push(format!("{} cannot be opened", count(unreadable, "file")));
    }
    (result.runs > 0).then_some(result)
}

/// Describes how a run ends, with its last file, if something was lost. A panic is described by the
/// tick that panicked.
fn abnormal_end(run: &RunFiles) -> Option<String> {
    if let Ending::Ended {
        reason: EndReason::Stopped | EndReason::Rotated | EndReason::Panicked,
        ..
    } = &run.ending
    {
        return None;
    }
    let file = run.files.last()?.display().to_string();
    Some(format!("{}: {}", display::plain(&file), ending(&run.ending)))
}

fn verify_run(worlds: &Worlds, place: WorldWindow<'_>) -> Result<Verification, ReplayError> {
    let mut replay = worlds.replay(place.run)?;
    verify_with_progress(&mut replay, place.window).0
}

impl WorldResult {
    fn add(&mut self, verified: &Verification) {
        self.ticks += u64::from(verified.ticks());
        self.hashes += u64::from(verified.hashes());
        self.saved_worlds += verified.saved_worlds;
        if let Some(panic) = &verified.panic {
            self.remarks.push(format!(
                "tick {} panics as it did when recorded: {}",
                verified.last.0,
                display::plain(panic)
            ));
        }
    }

    fn fail(&mut self, place: WorldWindow<'_>, error: &ReplayError) {
        self.differs |= error.is_divergence();
        let text = match error.names_file() {
            true => error.to_string(),
            false => format!("{}: {error}", place.run.files[0].display()),
        };
        self.errors.push(display::plain(&text));
    }

    fn in_words(&self) -> String {
        if !self.errors.is_empty() {
            return self.errors.join("; ");
        }
        let runs = match (self.runs, self.empty) {
            (1, _) => String::new(),
            (runs, 0) => format!(" in {runs} runs"),
            (runs, empty) => format!(" in {runs} runs ({empty} without ticks)"),
        };
        let mut text = format!(
            "{}{runs}, {} verified",
            count(self.ticks, "tick"),
            count(self.hashes, "hash")
        );
        if self.saved_worlds > 0 {
            let saved = super::super::verify::counted(self.saved_worlds);
            text.push_str(&format!(", and also from {saved}"));
        }
        for remark in &self.remarks {
            text.push_str(&format!("; {remark}"));
        }
        text
    }

    fn to_json(&self, world: &RecordedWorld) -> serde_json::Value {
        let result = match (self.differs, self.errors.is_empty()) {
            (true, _) => "differs",
            (false, true) => "same",
            (false, false) => "unreadable",
        };
        json!({
            "world": world.name, "result": result, "runs": self.runs, "without_ticks": self.empty, "ticks": self.ticks, "hashes": self.hashes,
            "saved_worlds": self.saved_worlds, "remarks": self.remarks, "errors": self.errors,
        })
    }
}

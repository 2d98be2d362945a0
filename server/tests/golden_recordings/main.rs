//! Golden recordings: the same inputs must reach the same hashes until the version of the
//! simulation changes.
//!
//! assets/recordings has one recording per behaviour, and those of three recipes. Each is replayed
//! here, in debug and release builds, with the declared order of systems and with shuffled ones.
//! `PARLOUR_BLESS=1 cargo nextest run -p parlour --test golden_recordings` records the
//! scenarios again. It refuses to if a hash changed and the version of the simulation did not.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod ledger;
mod recipes;
mod scenarios;

#[allow(dead_code, reason = "the main of the example prints it")]
#[path = "../../sim/examples/mood.rs"]
mod mood;

use std::{fs, path::PathBuf};

use parlour_recording::{format::EndReason, replay::Replay};
use parlour_shared::ids::Tick;
use parlour_sim::{Fold, SIMULATION, Simulation};
use parlour_testing::recording::{WorldRecorder, header};
use parlour_tick::TickOutput;
use scenarios::Scenario;

fn all() -> impl Iterator<Item = Scenario> {
    scenarios::all().into_iter().chain(recipes::all())
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/recordings")
}

fn path(scenario: &Scenario) -> PathBuf {
    directory().join(format!("{}.plr", scenario.name))
}

/// 2026-01-01T14:03:00Z: when all golden recordings start.
const BEGAN_MS: u64 = 1_767_276_180_000;
const KEYFRAME_TICKS: u32 = 600;

/// Runs a scenario and records it. Returns the file, and a hash of all state hashes.
fn record(scenario: &Scenario) -> (Vec<u8>, u64) {
    let world = Simulation::with_plugins(scenario.config.clone(), scenario.logic.clone());
    let mut header = header(&world, &scenario.config, BEGAN_MS);
    // The file must have the same bytes at every commit.
    header.build = "0.1.0".to_owned();
    let mut recorder = WorldRecorder::new(Vec::new(), header, world, KEYFRAME_TICKS);
    let mut hashes = Fold::new(0);
    for input in &scenario.inputs {
        recorder.step(input);
        hashes.word(recorder.output.hash);
    }
    recorder.end(EndReason::Stopped);
    (recorder.into_inner(), hashes.finish())
}

/// Replays a golden recording, which compares every hash and saved world. With `shuffle`, the
/// systems run in an order drawn with that seed. Returns the number of ticks and a hash of all
/// state hashes.
fn replay(scenario: &Scenario, shuffle: Option<u64>) -> (u32, u64) {
    let mut replay = Replay::open(&path(scenario), &scenario.config.maps, scenario.logic.clone()).unwrap();
    let mut run = replay.run().unwrap();
    if let Some(seed) = shuffle {
        run.simulation_mut().shuffle_schedule(seed);
    }
    let (mut ticks, mut hashes) = (0, Fold::new(0));
    while let Some(_ran) = run
        .next_up_to(Tick(u32::MAX))
        .unwrap_or_else(|error| panic!("{}: {error}", scenario.name))
    {
        ticks += 1;
        hashes.word(run.output().hash);
    }
    (ticks, hashes.finish())
}

#[test]
fn every_golden_recording_reaches_its_hashes() {
    for scenario in all() {
        if std::env::var_os("PARLOUR_BLESS").is_some() {
            continue;
        }
        let (ticks, _) = replay(&scenario, None);
        assert_eq!(ticks as usize, scenario.inputs.len(), "{}", scenario.name);
    }
}

#[test]
fn every_golden_recording_reaches_its_hashes_in_any_allowed_order_of_systems() {
    if std::env::var_os("PARLOUR_BLESS").is_some() {
        return;
    }
    let behaviours = scenarios::all().into_iter().map(|scenario| (scenario, 5));
    let recipes = recipes::all().into_iter().map(|recipe| (recipe, 2));
    for (scenario, seeds) in behaviours.chain(recipes) {
        for seed in 1..=seeds {
            let (ticks, _) = replay(&scenario, Some(seed));
            assert_eq!(
                ticks as usize,
                scenario.inputs.len(),
                "{} shuffled by {seed}",
                scenario.name
            );
        }
    }
}

/// The scenarios must reach the hashes that the ledger has for this version of the simulation.
#[test]
fn the_version_of_the_simulation_changes_with_the_hashes() {
    let mut all = Fold::new(0);
    let mut recordings = Vec::new();
    for scenario in scenarios::all() {
        let (bytes, hashes) = record(&scenario);
        all.value(scenario.name);
        all.word(hashes);
        recordings.push((path(&scenario), bytes));
    }
    recordings.extend(
        recipes::all()
            .iter()
            .map(|recipe| (path(recipe), record(recipe).0)),
    );
    let file = directory().join("versions.txt");
    let text = fs::read_to_string(&file).unwrap_or_default();
    if std::env::var_os("PARLOUR_BLESS").is_none() {
        ledger::check(&text, SIMULATION, all.finish()).unwrap_or_else(|why| panic!("{why}"));
        return;
    }
    let text = ledger::bless(&text, SIMULATION, all.finish()).unwrap_or_else(|why| panic!("{why}"));
    fs::write(file, text).unwrap();
    for (path, bytes) in recordings {
        fs::write(path, bytes).unwrap();
    }
}

/// A golden recording protects only behaviour that occurs in it.
#[test]
fn the_behaviour_of_each_scenario_occurs_often_enough() {
    for scenario in all() {
        let mut simulation = Simulation::with_plugins(scenario.config.clone(), scenario.logic.clone());
        let mut output = TickOutput::default();
        let mut seen = 0;
        for input in &scenario.inputs {
            simulation.step(&mut input.clone(), &mut output);
            seen += (scenario.happens)(&output);
        }
        assert!(seen >= scenario.at_least, "{}: only {seen} times", scenario.name);
    }
}

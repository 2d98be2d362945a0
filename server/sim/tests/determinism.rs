//! The same inputs give the same hashes and the same bytes: in debug and release, and whatever order of systems the
//! declared order leaves open.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

use parlour_sim::{Fold, Simulation, TickInput, TickOutput};
use support::bustle;

/// The hash after the last tick of [`run`], and a hash of all bytes that were sent. Debug and release builds, and all
/// machines, must agree on them. They change with any change to what the simulation does: that is a new simulation,
/// and whoever changes it writes the new numbers here.
const PINNED: (u64, u64) = (14_466_233_871_295_695_924, 10_213_031_851_592_280_552);

const TICKS: u32 = 600;

#[test]
fn debug_and_release_agree() {
    assert_eq!(
        run(None),
        PINNED,
        "the simulation does something else than it did"
    );
}

#[test]
fn no_shuffle_of_the_schedule_changes_anything() {
    let declared = run(None);
    for seed in 0..50 {
        assert_eq!(run(Some(seed)), declared, "shuffle seed {seed}");
    }
}

#[test]
fn another_seed_is_another_world() {
    let mut hashes: Vec<u64> = (0..4).map(|seed| run_seeded(None, seed).0).collect();
    hashes.dedup();
    assert_eq!(hashes.len(), 4);
}

fn run(shuffle: Option<u64>) -> (u64, u64) {
    run_seeded(shuffle, 14)
}

/// Ten seconds with some thirty sessions that do everything there is to do.
fn run_seeded(shuffle: Option<u64>, seed: u64) -> (u64, u64) {
    let mut config = bustle::config();
    config.seed = seed;
    let mut sim = Simulation::new(config);
    if let Some(seed) = shuffle {
        sim.shuffle_schedule(seed);
    }
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    let mut sent = Fold::new(0);
    let mut next_session = 0;
    for tick in 1..=TICKS {
        bustle::fill(&mut input, &mut next_session, tick);
        sim.step(&mut input, &mut output);
        sent.value(&output.bytes);
        for frame in &output.frames {
            sent.word(frame.session.0);
            sent.word(frame.start.into());
            sent.word(frame.end.into());
        }
    }
    (sim.hash(), sent.end())
}

//! What recording costs and what replay gives: the hash's and the keyframe's share of the tick, as JSON lines.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::time::Instant;

use parlour_benches::{Crowd, Load};
use serde_json::json;

/// Ticks between a change from one world to the other: noise of the machine meets both alike.
const TURN: usize = 60;
const TURNS: usize = 40;
const RUNS: usize = 3;

fn main() {
    for players in [1_000, 5_000] {
        let mut shares: Vec<[f64; 3]> = (0..RUNS).map(|_| hash_share(Load::walkers(players))).collect();
        shares.sort_by(|one, other| one[2].total_cmp(&other[2]));
        let [with, without, share] = shares[RUNS / 2];
        println!(
            "{}",
            json!({ "what": "hash", "players": players, "with_us": with, "without_us": without, "percent": share })
        );
        let (save_us, bytes) = keyframe(Load::walkers(players));
        println!(
            "{}",
            json!({ "what": "keyframe", "players": players, "save_us": save_us, "bytes": bytes })
        );
    }
}

/// Mean of a tick in microseconds with the hash and without it, and the difference in percent.
fn hash_share(load: Load) -> [f64; 3] {
    let mut worlds = [Crowd::new(load), Crowd::unhashed(load)];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        for (crowd, times) in worlds.iter_mut().zip(&mut times) {
            for _ in 0..TURN {
                crowd.prepare();
                let start = Instant::now();
                crowd.step();
                times.push(start.elapsed().as_nanos() as f64 / 1000.0);
            }
        }
    }
    // The mean of all but the slowest twentieth, which is the machine's doing.
    let [with, without] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times.truncate(times.len() * 19 / 20);
        times.iter().sum::<f64>() / times.len() as f64
    });
    [with, without, (with - without) / with * 100.0]
}

/// Microseconds to save a world, median, and its size in bytes.
fn keyframe(load: Load) -> (f64, usize) {
    let mut crowd = Crowd::new(load);
    let mut saved = Vec::new();
    let mut times: Vec<f64> = (0..101)
        .map(|_| {
            crowd.prepare();
            crowd.step();
            saved.clear();
            let start = Instant::now();
            crowd.simulation().save(&mut saved);
            start.elapsed().as_nanos() as f64 / 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[50], saved.len())
}

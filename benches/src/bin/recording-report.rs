//! What recording costs and what replay gives: the hash's and the keyframe's share of the tick, the
//! size of a recorded hour, the speed of replay and of seeking in it, as JSON lines. An hour of
//! 1,000 walkers takes half a minute to make.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, Result};
use parlour_benches::{Crowd, Load};
use parlour_recording::{
    Header,
    format::{EndReason, FileWriter, TicksBuilder, seal_keyframe},
    replay::{Replay, Window, verify},
};
use parlour_shared::{
    ids::Tick,
    rng::{Purpose, Stream},
};
use parlour_sim::{Logic, SIMULATION};
use serde_json::{Value, json};

const HOUR: u32 = 60 * 60 * 60;
const MINUTE: u32 = 60 * 60;
const KEYFRAME_TICKS: u32 = 600;

/// Ticks between a change from one world to the other: noise of the machine meets both alike.
const TURN: usize = 60;
const TURNS: usize = 40;
const RUNS: usize = 3;

fn main() -> Result<()> {
    for players in [1_000, 5_000] {
        let mut shares: Vec<[f64; 3]> = (0..RUNS).map(|_| hash_share(Load::walkers(players))).collect();
        shares.sort_by(|one, other| one[2].total_cmp(&other[2]));
        let [with, without, share] = shares[RUNS / 2];
        tell(
            json!({ "what": "hash", "players": players, "with_us": with, "without_us": without, "percent": share }),
        );
        let (save_us, bytes) = keyframe(Load::walkers(players));
        tell(json!({ "what": "keyframe", "players": players, "save_us": save_us, "bytes": bytes }));
    }
    let hour = record(1_000, HOUR)?;
    let per_player_minute = fs::metadata(&hour)?.len() as f64 / 1_000.0 / f64::from(HOUR / MINUTE);
    tell(json!({ "what": "size", "players": 1_000, "bytes_per_player_minute": per_player_minute }));
    tell(json!({ "what": "replay", "players": 1_000, "times_real_time": replay(&hour)? }));
    let [p50, max] = seek(&hour)?;
    tell(json!({ "what": "seek", "players": 1_000, "hours": 1, "p50_ms": p50, "max_ms": max }));
    fs::remove_file(hour)?;
    Ok(())
}

/// One line of the report.
fn tell(line: Value) {
    println!("{line}");
}

/// Records a world with the writer that the server uses.
fn record(players: u32, ticks: u32) -> Result<PathBuf> {
    let mut crowd = Crowd::new(Load::walkers(players));
    let path = env::temp_dir().join(format!("parlour-bench-{}.plr", std::process::id()));
    let names: Vec<String> = crowd.simulation().part_names().map(String::from).collect();
    let mut builder = TicksBuilder::new(names.len());
    let header = Header::new(crowd.config(), names, SIMULATION, 0, parlour_server::BUILD);
    let mut writer = FileWriter::new(File::create(&path)?, &header)?;
    let mut saved = Vec::new();
    let begin = crowd.simulation().tick();
    for tick in begin.0..begin.0 + ticks {
        let wall_ms = u64::from(tick) * 1000 / 60;
        if tick == begin.0 || tick % KEYFRAME_TICKS == 0 {
            if let Some(chunk) = builder.seal() {
                writer.chunk(&chunk)?;
            }
            saved.clear();
            crowd.simulation().save(&mut saved);
            for chunk in seal_keyframe(Tick(tick), wall_ms, &saved)? {
                writer.chunk(&chunk)?;
            }
        }
        crowd.prepare();
        crowd.step();
        let result = Some((crowd.output.hash, crowd.output.parts.as_slice()));
        builder.push(Tick(tick + 1), wall_ms, result, crowd.input())?;
        if builder.is_due() {
            writer.chunk(&builder.seal().context("it is due")?)?;
        }
    }
    if let Some(chunk) = builder.seal() {
        writer.chunk(&chunk)?;
    }
    writer.end(EndReason::Stopped, "")?;
    Ok(path)
}

fn open(path: &Path) -> Result<Replay> {
    let map = std::sync::Arc::new(parlour_benches::plaza());
    Ok(Replay::open(path, &[map], Logic::default())?)
}

/// How many times faster than it happened five minutes are run again and verified; the median of
/// three.
fn replay(path: &Path) -> Result<f64> {
    let mut replay = open(path)?;
    let mut speeds = Vec::new();
    for _ in 0..RUNS {
        let (first, _) = replay.tape().range().context("it has ticks")?;
        let window = Window {
            from: first,
            to: Tick(first.0 + 5 * MINUTE - 1),
        };
        let start = Instant::now();
        verify(&mut replay, window, |_| ())?;
        speeds.push(300.0 / start.elapsed().as_secs_f64());
    }
    speeds.sort_by(f64::total_cmp);
    Ok(speeds[RUNS / 2])
}

/// Milliseconds from opening the file to the world after some tick in it: median and longest of 50.
fn seek(path: &Path) -> Result<[f64; 2]> {
    let (first, mut chance) = (
        open(path)?.tape().range().context("it has ticks")?.0,
        Stream::new(5, 0, Purpose::Game),
    );
    let mut times = Vec::new();
    for _ in 0..50 {
        let tick = Tick(first.0 + chance.below(HOUR));
        let start = Instant::now();
        let mut replay = open(path)?;
        let run = replay.run_to(tick)?;
        anyhow::ensure!(run.tick() == tick, "another tick");
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok([times[25], times[49]])
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

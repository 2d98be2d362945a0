//! The cost of recording and the speed of replay, as JSON lines: the share of the state hash in the
//! tick, the time to save a keyframe, the size of a recorded hour, the speed of replay, and the
//! time of seeking. Recording an hour of 1,000 walkers takes half a minute.
#![allow(clippy::print_stdout, reason = "a command-line tool prints")]

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

/// The two worlds run in alternating blocks of ticks, so that noise of the machine affects both.
const BLOCK_TICKS: usize = 60;
const BLOCKS: usize = 40;
const RUNS: usize = 3;

fn main() -> Result<()> {
    for players in [1_000, 5_000] {
        let mut shares: Vec<[f64; 3]> = (0..RUNS).map(|_| hash_share(Load::walkers(players))).collect();
        shares.sort_by(|one, other| one[2].total_cmp(&other[2]));
        let [with, without, share] = shares[RUNS / 2];
        report(
            json!({ "what": "hash", "players": players, "with_us": with, "without_us": without, "percent": share }),
        );
        let (save_us, bytes) = keyframe(Load::walkers(players));
        report(json!({ "what": "keyframe", "players": players, "save_us": save_us, "bytes": bytes }));
    }
    let hour = record(1_000, HOUR)?;
    let per_player_minute = fs::metadata(&hour)?.len() as f64 / 1_000.0 / f64::from(HOUR / MINUTE);
    report(json!({ "what": "size", "players": 1_000, "bytes_per_player_minute": per_player_minute }));
    report(json!({ "what": "replay", "players": 1_000, "times_real_time": replay(&hour)? }));
    let [p50, max] = seek(&hour)?;
    report(json!({ "what": "seek", "players": 1_000, "hours": 1, "p50_ms": p50, "max_ms": max }));
    fs::remove_file(hour)?;
    Ok(())
}

/// Prints a line of the report.
fn report(line: Value) {
    println!("{line}");
}

/// Records a world with the writer of the server.
fn record(players: u32, ticks: u32) -> Result<PathBuf> {
    let mut crowd = Crowd::new(Load::walkers(players));
    let path = env::temp_dir().join(format!("parlour-bench-{}.plr", std::process::id()));
    let names: Vec<String> = crowd.simulation().part_names().map(String::from).collect();
    let mut builder = TicksBuilder::new(names.len());
    let header = Header::new(crowd.config(), names, SIMULATION, 0, parlour::BUILD);
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
            writer.chunk(&builder.seal().context("a chunk that is due has ticks")?)?;
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

/// Replays and verifies five minutes. Returns the speed as a multiple of real time, the median of
/// three runs.
fn replay(path: &Path) -> Result<f64> {
    let mut replay = open(path)?;
    let mut speeds = Vec::new();
    for _ in 0..RUNS {
        let (first, _) = replay.files().range().context("the recording has no ticks")?;
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

/// Opens the file and runs to a random tick of it. Returns milliseconds: median and longest of 50.
fn seek(path: &Path) -> Result<[f64; 2]> {
    let (first, mut random) = (
        open(path)?
            .files()
            .range()
            .context("the recording has no ticks")?
            .0,
        Stream::new(5, 0, Purpose::Game),
    );
    let mut times = Vec::new();
    for _ in 0..50 {
        let tick = Tick(first.0 + random.below(HOUR));
        let start = Instant::now();
        let mut replay = open(path)?;
        let run = replay.run_to(tick)?;
        anyhow::ensure!(run.tick() == tick, "the replay stopped at a different tick");
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok([times[25], times[49]])
}

/// Returns the mean tick in microseconds with and without the hash, and the difference in percent.
fn hash_share(load: Load) -> [f64; 3] {
    let mut worlds = [Crowd::new(load), Crowd::unhashed(load)];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..BLOCKS {
        for (crowd, times) in worlds.iter_mut().zip(&mut times) {
            for _ in 0..BLOCK_TICKS {
                crowd.prepare();
                let start = Instant::now();
                crowd.step();
                times.push(start.elapsed().as_nanos() as f64 / 1000.0);
            }
        }
    }
    // The slowest 5 % of the ticks are noise of the machine and left out.
    let [with, without] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times.truncate(times.len() * 19 / 20);
        times.iter().sum::<f64>() / times.len() as f64
    });
    [with, without, (with - without) / with * 100.0]
}

/// Saves a world. Returns the median time in microseconds, and its size in bytes.
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

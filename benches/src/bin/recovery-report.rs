//! The time to recover a world that panicked, the time to freeze a world into a file and to thaw
//! it, and what the recorder costs the tick thread, as JSON lines.
//!
//! The recovery is measured from the request to the world that is ready, in the worst case: the
//! tick before the world is saved again. The pause that players notice also contains the panic
//! itself, two wake-ups of threads, and the wait for the next tick, at most 17 ms. `world-report
//! failures` measures that on a running server.
#![allow(clippy::print_stdout, reason = "a command-line tool prints")]

use std::{
    fs::{self, File},
    io::BufWriter,
    sync::mpsc::sync_channel,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use parlour_benches::{Crowd, Load};
use parlour_recording::{
    format::FrozenWorld,
    recorder::{
        OptionNames, RecorderMetrics, RecorderThreads, RecordingOptions, TickSender, WorldInfo, WorldTicks,
        start,
    },
    replay::{thaw, thawed_config},
};
use parlour_shared::ids::Tick;
use parlour_sim::Logic;
use parlour_tick::{TickInput, WorldId};
use serde_json::json;

/// Ticks between two saved worlds: ten seconds, as by default.
const KEYFRAME_TICKS: u32 = 600;
const RUNS: usize = 9;

fn main() -> Result<()> {
    for players in [1_000, 5_000] {
        let runs: Vec<[f64; 2]> = (0..RUNS).map(|_| recover(players)).collect::<Result<_>>()?;
        let [mut times, mut cpu] =
            [0, 1].map(|nth: usize| runs.iter().map(|run| run[nth]).collect::<Vec<_>>());
        times.sort_by(f64::total_cmp);
        cpu.sort_by(f64::total_cmp);
        println!(
            "{}",
            json!({ "what": "recover", "players": players, "ticks": KEYFRAME_TICKS - 1, "p50_ms": times[RUNS / 2], "max_ms": times[RUNS - 1], "cpu_p50_ms": cpu[RUNS / 2] })
        );
    }
    for players in [1_000, 5_000] {
        let runs: Vec<[f64; 3]> = (0..RUNS).map(|_| freeze(players)).collect::<Result<_>>()?;
        let [freeze, sync, thaw, both] = [
            |run: &[f64; 3]| run[0],
            |run: &[f64; 3]| run[1],
            |run: &[f64; 3]| run[2],
            |run: &[f64; 3]| run.iter().sum(),
        ]
        .map(|part: fn(&[f64; 3]) -> f64| {
            let mut times: Vec<f64> = runs.iter().map(part).collect();
            times.sort_by(f64::total_cmp);
            times[RUNS / 2]
        });
        println!(
            "{}",
            json!({ "what": "freeze_and_thaw", "players": players, "freeze_p50_ms": freeze, "sync_p50_ms": sync, "thaw_p50_ms": thaw, "p50_ms": both })
        );
    }
    for worlds in [1, 100, 1_000] {
        println!(
            "{}",
            json!({ "what": "send", "worlds": worlds, "ns_per_world": send(worlds)? })
        );
    }
    Ok(())
}

/// Starts a recorder for one tick thread. Histories are kept in memory, and nothing is written.
fn recorder() -> Result<(RecorderThreads, TickSender)> {
    let options = RecordingOptions {
        keyframe_ticks: KEYFRAME_TICKS,
        history_directory: Some(std::env::temp_dir()),
        ..RecordingOptions::default()
    };
    let metrics = RecorderMetrics::default();
    let (threads, mut senders) = start(&options, &OptionNames::FIELDS, 1, &metrics, "bench")?;
    Ok((threads, senders.pop().context("one tick thread")?))
}

fn open(threads: &RecorderThreads, crowd: &mut Crowd, id: u32) -> Result<WorldTicks> {
    let info = WorldInfo {
        id: WorldId(id),
        name: format!("w{id}"),
        config: crowd.config().clone(),
        logic: Logic::default(),
    };
    Ok(threads.handle().open(info, crowd.simulation())?)
}

/// Waits until the recorder thread has read all ticks.
fn settle(threads: &RecorderThreads) -> Result<()> {
    let (sender, answered) = sync_channel(1);
    let answer = Box::new(move |saved| drop(sender.send(saved)));
    threads.history().write(Some(WorldId(u32::MAX)), Some(answer))?;
    answered.recv()?.err().context("there is no such world")?;
    Ok(())
}

/// Returns the milliseconds for which this thread has run on a core, or 0 if that is unknown.
fn cpu_ms() -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns: u64 = stat.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0);
    ns as f64 / 1e6
}

/// Runs a world until just before it is saved again. Returns the milliseconds of its recovery: the
/// time, and the time on a core.
fn recover(players: u32) -> Result<[f64; 2]> {
    let (threads, mut sender) = recorder()?;
    let mut crowd = Crowd::new(Load::walkers(players));
    // World 0 is saved at the multiples of the interval.
    let mut ticks = open(&threads, &mut crowd, 0)?;
    let fatal = crowd.simulation().tick().0.next_multiple_of(KEYFRAME_TICKS) + KEYFRAME_TICKS;
    let mut last = 0;
    for tick in crowd.simulation().tick().0 + 1..=fatal {
        crowd.prepare();
        let mut input = crowd.input().clone();
        let is_fatal = tick == fatal;
        if !is_fatal {
            crowd.step();
            last = crowd.output.hash;
        }
        let output = std::mem::take(&mut crowd.output);
        let finished = (!is_fatal).then_some(&output);
        let took = Duration::ZERO;
        sender.send(
            &mut ticks,
            crowd.simulation(),
            Tick(tick),
            took,
            &mut input,
            finished,
        );
        sender.flush();
        crowd.output = output;
        if tick % 100 == 0 {
            settle(&threads)?;
        }
    }
    settle(&threads)?;
    let (begin, cpu) = (Instant::now(), cpu_ms());
    let recovered = threads.handle().recover(WorldId(0))?;
    let (took, cpu) = (begin.elapsed(), cpu_ms() - cpu);
    ensure!(recovered.world.tick() == Tick(fatal - 1) && recovered.world.hash() == last);
    ensure!(recovered.diverged.is_none());
    drop(sender);
    threads.stop();
    Ok([took.as_secs_f64() * 1000.0, cpu])
}

/// Returns the milliseconds in which a world is saved and written to a file, in which the file
/// reaches the disk, and in which the world is read and loaded again.
fn freeze(players: u32) -> Result<[f64; 3]> {
    let (threads, sender) = recorder()?;
    let mut crowd = Crowd::new(Load::walkers(players));
    let ticks = open(&threads, &mut crowd, 0)?;
    for _ in 0..KEYFRAME_TICKS {
        crowd.prepare();
        crowd.step();
    }
    let path = std::env::temp_dir().join(format!("parlour-freeze-{}.plr", std::process::id()));
    let ms = |begin: Instant| begin.elapsed().as_secs_f64() * 1000.0;

    let begin = Instant::now();
    let frozen = ticks.freeze(crowd.simulation());
    let file = frozen.write(BufWriter::new(File::create(&path)?))?.into_inner()?;
    let freeze = ms(begin);
    let begin = Instant::now();
    file.sync_all()?;
    let sync = ms(begin);

    let begin = Instant::now();
    let frozen = FrozenWorld::open(&path)?;
    let config = thawed_config(&frozen, crowd.config().clone());
    let world = thaw(&frozen, &config, &Logic::default())?;
    let thaw = ms(begin);
    ensure!(world.hash() == crowd.simulation().hash());
    fs::remove_file(&path)?;
    drop(sender);
    threads.stop();
    Ok([freeze, sync, thaw])
}

/// Returns the nanoseconds that the tick thread takes to record a tick of one of so many quiet
/// worlds, on average, with the time in which they are saved.
fn send(worlds: u32) -> Result<f64> {
    let (threads, mut sender) = recorder()?;
    let mut crowd = Crowd::new(Load {
        per_room: 2,
        ..Load::walkers(2)
    });
    let mut all: Vec<WorldTicks> = (0..worlds)
        .map(|id| open(&threads, &mut crowd, id))
        .collect::<Result<_>>()?;
    let first = crowd.simulation().tick().0 + 1;
    let output = std::mem::take(&mut crowd.output);
    let mut input = TickInput::default();
    let mut spent = Duration::ZERO;
    for tick in first..first + 3 * KEYFRAME_TICKS {
        let begin = Instant::now();
        for ticks in &mut all {
            let took = Duration::ZERO;
            sender.send(
                ticks,
                crowd.simulation(),
                Tick(tick),
                took,
                &mut input,
                Some(&output),
            );
        }
        sender.flush();
        if tick >= first + KEYFRAME_TICKS {
            spent += begin.elapsed();
        }
        if tick % 3 == 0 {
            settle(&threads)?;
        }
    }
    drop(sender);
    threads.stop();
    Ok(spent.as_nanos() as f64 / f64::from(2 * KEYFRAME_TICKS * worlds))
}

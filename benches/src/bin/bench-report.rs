//! Writes docs/benchmarks.md from what `scripts/bench` left behind: criterion's estimates, the tick's percentiles, and
//! the reports of the load runs. Prints the page to standard output.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

fn main() -> Result<()> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let ran = target.join("bench");
    let loads: Vec<Value> = (1..=3)
        .map(|run| read_json(&ran.join(format!("load-{run}.json"))))
        .collect::<Result<_>>()?;
    let memory = read_json(&ran.join("memory.json"))?;
    println!("# Benchmarks\n");
    println!("Made by `scripts/bench`, which anyone can run. Medians of several runs.\n");
    println!(
        "{}",
        fs::read_to_string(ran.join("machine.md")).context("target/bench/machine.md")?
    );
    goals(&ran, &loads, &memory)?;
    ticks(&ran)?;
    load_runs(&loads);
    recording(&ran)?;
    criterion(&target.join("criterion"))
}

/// The figures that the project set itself, and what was measured.
fn goals(ran: &Path, loads: &[Value], memory: &Value) -> Result<()> {
    let tick = tick_lines(ran)?;
    let p99 = |load: &str| {
        tick.iter()
            .find(|line| line["load"] == load)
            .map_or(f64::NAN, |line| number(line, "p99_us"))
    };
    println!("## Goals\n\n| what | goal | measured | |\n|---|---|---|---|");
    let row = |what: &str, unit: &str, goal: f64, measured: f64| {
        let met = if measured <= goal { "met" } else { "**missed**" };
        println!("| {what} | {goal} {unit} | {measured:.2} {unit} | {met} |");
    };
    row(
        "tick compute, 1,000 walkers in rooms of 50, p99",
        "ms",
        1.5,
        p99("1,000 walkers, interest 150 px") / 1000.0,
    );
    row(
        "the same, everyone sees the whole room",
        "ms",
        1.5,
        p99("1,000 walkers, whole room") / 1000.0,
    );
    row(
        "tick compute, 5,000 walkers in rooms of 50, p99",
        "ms",
        6.0,
        p99("5,000 walkers, interest 150 px") / 1000.0,
    );
    row(
        "the same, everyone sees the whole room",
        "ms",
        6.0,
        p99("5,000 walkers, whole room") / 1000.0,
    );
    let latency = |of: &str| {
        median(
            loads
                .iter()
                .map(|load| number(&load["input_to_neighbour_ms"], of))
                .collect(),
        )
    };
    row("500 bots, input-to-neighbour p50", "ms", 15.0, latency("p50"));
    row("500 bots, input-to-neighbour p99", "ms", 40.0, latency("p99"));
    let lost = |load: &Value| {
        load["disconnects_by_code"]
            .as_object()
            .map_or(0, serde_json::Map::len) as f64
    };
    row(
        "violations in those runs",
        "",
        0.0,
        loads.iter().map(|load| number(load, "violations")).sum(),
    );
    row(
        "dropped connections in those runs",
        "",
        0.0,
        loads.iter().map(lost).sum(),
    );
    row(
        "server memory with 1,000 bots connected",
        "MB",
        96.0,
        number(memory, "rss_mb"),
    );
    let bytes = median(
        loads
            .iter()
            .map(|load| number(load, "payload_bytes_per_turn"))
            .collect(),
    );
    row(
        "payload per moving neighbour per direction change",
        "bytes",
        12.0,
        bytes,
    );
    println!();
    Ok(())
}

fn ticks(ran: &Path) -> Result<()> {
    println!("## Tick compute\n\nEverything but sends, one minute of ticks, the median of three runs.\n");
    println!("| load | p50 | p99 | longest |\n|---|---|---|---|");
    for line in tick_lines(ran)? {
        let load = line["load"].as_str().unwrap_or_default();
        let [p50, p99, max] = ["p50_us", "p99_us", "max_us"].map(|name| number(&line, name));
        println!("| {load} | {p50:.0} us | {p99:.0} us | {max:.0} us |");
    }
    println!();
    Ok(())
}

/// What recording costs, and what replay gives.
fn recording(ran: &Path) -> Result<()> {
    let lines = json_lines(&ran.join("recording.jsonl"))?;
    let of = |what: &str, players: f64| -> Vec<&Value> {
        let is = |line: &&Value| line["what"] == what && number(line, "players") == players;
        lines.iter().filter(is).collect()
    };
    let one = |what: &str, players: f64, field: &str| {
        let found = of(what, players);
        median(found.iter().map(|line| number(line, field)).collect())
    };
    println!(
        "## Recording and replay\n\nWalkers in rooms of 50 who turn twice a second; an hour of 1,000 of them is recorded.\n"
    );
    println!("| what | goal | measured | |\n|---|---|---|---|");
    let row = |what: &str, goal: &str, measured: String, met: bool| {
        println!(
            "| {what} | {goal} | {measured} | {} |",
            if met { "met" } else { "**missed**" }
        );
    };
    let speed = one("replay", 1000.0, "times_real_time");
    row(
        "replay of 1,000 walkers, every hash verified",
        ">= 60 x real time",
        format!("{speed:.0} x"),
        speed >= 60.0,
    );
    let size = one("size", 1000.0, "bytes_per_player_minute");
    row(
        "recording per player-minute, keyframes included",
        "<= 3,000 bytes",
        format!("{size:.0} bytes"),
        size <= 3000.0,
    );
    let seek = one("seek", 1000.0, "max_ms");
    row(
        "any tick in an hour: open, seek, run; longest of 50",
        "<= 1,000 ms",
        format!("{seek:.0} ms"),
        seek <= 1000.0,
    );
    let share = one("hash", 5000.0, "percent");
    row(
        "state hash, share of the tick at 5,000 walkers",
        "<= 2 %",
        format!("{share:.1} %"),
        share <= 2.0,
    );
    let costs = of("tick", 500.0);
    let cost = |line: &&Value| (number(line, "with_us") / number(line, "without_us") - 1.0) * 100.0;
    let cost = median(costs.iter().map(cost).collect());
    row(
        "recording, cost to the tick of a server with 500 bots, median of 3 pairs",
        "<= 2 %",
        format!("{cost:.1} %"),
        cost <= 2.0,
    );
    println!();
    for players in [1000.0, 5000.0] {
        let (micros, bytes) = (
            one("keyframe", players, "save_us"),
            one("keyframe", players, "bytes"),
        );
        println!(
            "* To save a world of {players} walkers takes {micros:.0} us, once in 600 ticks, and {:.0} KB before compression.",
            bytes / 1000.0
        );
    }
    for line in costs {
        let (with, without) = (number(line, "with_us"), number(line, "without_us"));
        println!(
            "* Mean tick of that server without recording {without:.1} us, with files and history {with:.1} us."
        );
    }
    println!();
    Ok(())
}

fn load_runs(loads: &[Value]) {
    println!(
        "## Load\n\n500 bots on loopback that walk and turn twice a second, in rooms of 50 with interest of 150 px."
    );
    println!("Latency runs from the intended moment of a turn to the moment a neighbour has decoded it.\n");
    println!(
        "| run | p50 | p90 | p99 | longest | samples | frames/s in | bytes/s per bot | generator lag p99 | server CPU |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (run, load) in loads.iter().enumerate() {
        let latency = &load["input_to_neighbour_ms"];
        let [p50, p90, p99, max] = ["p50", "p90", "p99", "max"].map(|name| number(latency, name));
        println!(
            "| {} | {p50:.1} ms | {p90:.1} ms | {p99:.1} ms | {max:.1} ms | {} | {:.0} | {:.0} | {:.2} ms | {:.0} % of a core |",
            run + 1,
            latency["samples"],
            number(load, "frames_in_per_s"),
            number(load, "bytes_in_per_bot_per_s"),
            number(&load["generator_lag_ms"], "p99"),
            number(load, "server_cpu_percent"),
        );
    }
    println!();
}

fn criterion(results: &Path) -> Result<()> {
    let mut groups: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    let mut waiting = vec![results.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("{}: run scripts/bench", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() && path.ends_with("new") {
                let about = read_json(&path.join("benchmark.json"))?;
                let median = number(
                    &read_json(&path.join("estimates.json"))?["median"],
                    "point_estimate",
                );
                let (group, id) = (text(&about, "group_id"), text(&about, "full_id"));
                let id = id.strip_prefix(&format!("{group}/")).unwrap_or(&id).to_owned();
                groups.entry(group).or_default().push((id, median));
            } else if path.is_dir() {
                waiting.push(path);
            }
        }
    }
    println!("## Parts\n\nBy criterion: medians.");
    for (group, mut benches) in groups {
        benches.sort_by_key(|(id, _)| natural(id));
        println!("\n### {group}\n\n| bench | time |\n|---|---|");
        for (id, nanoseconds) in benches {
            println!("| {id} | {} |", time(nanoseconds));
        }
    }
    Ok(())
}

/// Sorts `1000` behind `50`.
fn natural(id: &str) -> (String, u64) {
    let (name, size) = id.rsplit_once('/').unwrap_or((id, ""));
    size.parse()
        .map_or((id.to_owned(), 0), |size| (name.to_owned(), size))
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 1e3 => format!("{n:.1} ns"),
        n if n < 1e6 => format!("{:.1} us", n / 1e3),
        n => format!("{:.2} ms", n / 1e6),
    }
}

fn tick_lines(ran: &Path) -> Result<Vec<Value>> {
    json_lines(&ran.join("tick.jsonl"))
}

fn json_lines(path: &Path) -> Result<Vec<Value>> {
    let name = || path.display().to_string();
    let lines = fs::read_to_string(path).with_context(name)?;
    let parse = |line| serde_json::from_str(line).with_context(name);
    lines.lines().map(parse).collect()
}

fn read_json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(f64::NAN)
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

//! What runs without bots, and the loads that a server with its default settings gets.

use serde_json::Value;

use crate::report::{
    number::plain,
    results::{
        Results,
        json::{median, number, text},
        parts,
    },
};

pub(super) fn ticks(results: &Results) -> String {
    if results.ticks.is_empty() {
        return String::new();
    }
    let before = parts::before();
    let mut out = format!(
        "## Tick compute\n\nEverything but sends, one minute of ticks, the median of three runs. Before: {}.\n\n\
         | load | p50 | p99 | longest | before: p50 | p99 | longest |\n|---|---|---|---|---|---|---|\n",
        text(&before, "commit")
    );
    for line in &results.ticks {
        let load = text(line, "load");
        out += &format!("| {load} ");
        for figures in [line, &before["ticks"][load]] {
            for name in ["p50_us", "p99_us", "max_us"] {
                out += &format!("| {} us ", plain(number(figures, name), 0));
            }
        }
        out += "|\n";
    }
    out
}

pub(super) fn default_latency(results: &Results, of: &str) -> f64 {
    let loads = results.default_loads.iter();
    median(loads.map(|load| number(&load["input_to_neighbour_ms"], of)))
}

pub(super) fn default_loads(results: &Results) -> String {
    if results.default_loads.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "## A server with its default settings\n\n\
         500 bots on loopback that walk and turn twice a second, in rooms of 50 with interest of 150 px.\n\n\
         | run | p50 | p90 | p99 | longest | samples | frames/s in | bytes/s per bot | generator lag p99 | server CPU |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (run, load) in results.default_loads.iter().enumerate() {
        let latency = &load["input_to_neighbour_ms"];
        let [p50, p90, p99, max] = ["p50", "p90", "p99", "max"].map(|name| number(latency, name));
        out += &format!(
            "| {} | {p50:.1} ms | {p90:.1} ms | {p99:.1} ms | {max:.1} ms | {} | {:.0} | {:.0} | {:.2} ms | {:.0} % of a core |\n",
            run + 1,
            latency["samples"],
            number(load, "frames_in_per_s"),
            number(load, "bytes_in_per_bot_per_s"),
            number(&load["generator_lag_ms"], "p99"),
            number(load, "server_cpu_percent"),
        );
    }
    out
}

/// Times real time, 1,000 walkers; NaN if it was not measured.
pub(super) fn replay_speed(results: &Results) -> f64 {
    median(
        of(results, "replay", 1000.0)
            .into_iter()
            .map(|line| number(line, "times_real_time")),
    )
}

/// What recording costs, and what replay gives.
pub(super) fn recording(results: &Results) -> String {
    if results.recording.is_empty() {
        return String::new();
    }
    let one = |what: &str, players: f64, field: &str| {
        median(
            of(results, what, players)
                .into_iter()
                .map(|line| number(line, field)),
        )
    };
    let mut out = String::from(
        "## Recording and replay\n\nWalkers in rooms of 50 who turn twice a second; an hour of 1,000 of them is recorded.\n\n\
         | what | goal | measured | |\n|---|---|---|---|\n",
    );
    let mut row = |what: &str, goal: &str, measured: String, met: bool| {
        // A dash is no figure to be met.
        if measured.starts_with('–') {
            return;
        }
        let met = if met { "met" } else { "**missed**" };
        out += &format!("| {what} | {goal} | {measured} | {met} |\n");
    };
    let speed = replay_speed(results);
    let replayed = format!("{} x", plain(speed, 0));
    row(
        "replay of 1,000 walkers, every hash verified",
        ">= 200 x real time",
        replayed,
        speed >= 200.0,
    );
    let size = one("size", 1000.0, "bytes_per_player_minute");
    let sized = format!("{} bytes", plain(size, 0));
    row(
        "recording per player-minute, keyframes included",
        "<= 3,000 bytes",
        sized,
        size <= 3000.0,
    );
    let seek = one("seek", 1000.0, "max_ms");
    let sought = format!("{} ms", plain(seek, 0));
    row(
        "any tick in an hour: open, seek, run; longest of 50",
        "<= 1,000 ms",
        sought,
        seek <= 1000.0,
    );
    let share = one("hash", 5000.0, "percent");
    let hashed = format!("{} %", plain(share, 1));
    row(
        "state hash, share of the tick at 5,000 walkers",
        "<= 2 %",
        hashed,
        share <= 2.0,
    );
    let costs = of(results, "tick", 500.0);
    let cost = |line: &Value| (number(line, "with_us") / number(line, "without_us") - 1.0) * 100.0;
    let cost = median(costs.iter().copied().map(cost));
    row(
        "recording, cost to the tick of a server with 500 bots, median of 3 pairs",
        "<= 2 %",
        format!("{} %", plain(cost, 1)),
        cost <= 2.0,
    );
    out += "\n";
    for players in [1000.0, 5000.0] {
        if of(results, "keyframe", players).is_empty() {
            continue;
        }
        out += &format!(
            "* To save a world of {} walkers takes {} us, once in 600 ticks, and {} KB before compression.\n",
            plain(players, 0),
            plain(one("keyframe", players, "save_us"), 0),
            plain(one("keyframe", players, "bytes") / 1000.0, 0),
        );
    }
    for line in costs {
        let (with, without) = (number(line, "with_us"), number(line, "without_us"));
        out += &format!(
            "* Mean tick of that server without recording {without:.1} us, with files and history {with:.1} us.\n"
        );
    }
    out
}

/// What the connection bench said, each line as it is.
pub(super) fn connections(results: &Results) -> String {
    if results.connection.is_empty() {
        return String::new();
    }
    let mut out = String::from("## Connections\n\n| what | measured |\n|---|---|\n");
    for line in &results.connection {
        let figures = line
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name != "what");
        let figures: Vec<String> = figures.map(|(name, value)| figure(name, value)).collect();
        out += &format!("| {} | {} |\n", text(line, "what"), figures.join(", "));
    }
    out
}

fn figure(name: &str, value: &Value) -> String {
    let name = name.replace('_', " ");
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 || number >= 1000.0 => format!("{name} {}", plain(number, 0)),
        Some(number) => format!("{name} {}", plain(number, 2)),
        None => format!("{name} {value}"),
    }
}

fn of<'a>(results: &'a Results, what: &str, players: f64) -> Vec<&'a Value> {
    let is = |line: &&Value| line["what"] == what && number(line, "players") == players;
    results.recording.iter().filter(is).collect()
}

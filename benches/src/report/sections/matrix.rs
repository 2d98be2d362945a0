//! The matrix: every load at every count of clients.

use super::columns::{Column, table};
use crate::report::{
    number::rounded,
    plots,
    results::{
        Results,
        json::text,
        loads::Load,
        matrix::{Count, Measured},
        run::Run,
    },
};

const WHAT_HELD_MEANS: &str = "\
**Held** means: input-to-neighbour p99 at most 50 ms (100 ms where clients get 20 frames a second or fewer), nobody
disconnected or refused anything, no promise broken, 60 ticks in every second and none skipped, nothing dropped and no
I/O thread behind, and the generator itself late by 2 ms at most (p99). A count that was not held on the way up was
tried once more. Three runs were then made at the goal's count if that was held, or else at the highest that was, and
if most of the three were not held, at the next lower one; figures are their medians. What single runs on the way up
held beyond that is named beside it.

The servers run with `--history 0s`, unlike by default, and with room for all connections of one address: what
recording and history cost is measured by itself, below. The tick thread has real-time priority where the system
allows it.

Latency runs from the intended moment of a turn to the moment a neighbour has read it from its socket. For a
phase-locked client that is the moment at which it samples its input, as it does once a tick; a key pressed at any
moment waits for that first, 8 ms on average, as in every client that samples once a frame (see Phase-locked input). The age of the picture is how
old, at a random moment, what a client knows of a random visible neighbour is: 0 if it knows the newest turn. Updates
seen are turns that a neighbour saw; the others were overtaken by a newer turn of the same player before the next frame
and told with it, and count in the latency until that frame is taken in. Where many clients see many others, one core cannot decode for all of them: then only a share of the
bots are witnesses, who decode all they get and measure. The others read, count and check the framing, and send their
inputs all the same.";

/// A load, at the count of clients that its figures are taken at.
const SUMMARY: &[Column<Measured>] = &[
    ("load", |measured| {
        format!("{}: {}", measured.load.name, measured.load.title)
    }),
    ("clients held", held),
    ("measured at", |measured| {
        rounded(measured.figure(Run::clients), 0)
    }),
    ("server CPU per client-second", |measured| {
        rounded(measured.figure(Run::cpu_us_per_client_s), 0) + " us"
    }),
    ("p50 / p99", |measured| p50_and_p99(measured, Run::latency)),
    ("age p50 / p99", |measured| p50_and_p99(measured, Run::age)),
    ("updates seen", |measured| {
        rounded(measured.figure(|run| run.delivered() * 100.0), 2) + " %"
    }),
    ("tick p99", |measured| {
        rounded(measured.figure(Run::tick_p99_ms), 2) + " ms"
    }),
    ("lateness p99", |measured| {
        rounded(measured.figure(Run::lateness_p99_ms), 2) + " ms"
    }),
    ("memory per client", |measured| {
        rounded(measured.figure(Run::memory_kb_per_client), 1) + " KB"
    }),
];

/// A load beside the raw floor.
const BESIDE_FLOOR: &[Column<Measured>] = &[
    ("load", |measured| measured.load.name.clone()),
    ("frames/s", |measured| {
        rounded(measured.figure(Run::frames_per_s), 0)
    }),
    ("bytes per frame", |measured| {
        rounded(measured.figure(Run::bytes_per_frame), 0)
    }),
    ("inputs/s", |measured| {
        rounded(measured.figure(Run::inputs_per_s), 0)
    }),
    ("server CPU per frame", |measured| {
        rounded(measured.figure(Run::cpu_us_per_frame), 2) + " us"
    }),
    ("floor CPU per frame", |measured| {
        rounded(measured.floor_us_per_frame(), 2) + " us"
    }),
    ("ratio", |measured| rounded(measured.over_floor(), 2)),
];

/// One run of a load.
struct LoadRun<'a> {
    load: &'a Load,
    run: &'a Run,
}

fn run_columns<'a>() -> [Column<LoadRun<'a>>; 12] {
    [
        ("clients", |of| rounded(of.run.clients(), 0)),
        ("", |of| {
            let is_held = of.run.misses(of.load).is_empty();
            if is_held { "held" } else { "**not held**" }.to_owned()
        }),
        ("run", |of| text(of.run.about(), "run").to_owned()),
        ("p50", |of| rounded(of.run.latency("p50"), 1) + " ms"),
        ("p90", |of| rounded(of.run.latency("p90"), 1) + " ms"),
        ("p99", |of| rounded(of.run.latency("p99"), 1) + " ms"),
        ("longest", |of| rounded(of.run.latency("max"), 1) + " ms"),
        ("CPU per client-second", |of| {
            rounded(of.run.cpu_us_per_client_s(), 0) + " us"
        }),
        ("frames/s", |of| rounded(of.run.frames_per_s(), 0)),
        ("bytes/s per client", |of| rounded(of.run.bytes_per_client_s(), 0)),
        ("generator lag p99", |of| {
            rounded(of.run.generator_lag_ms(), 2) + " ms"
        }),
        ("remarks", remarks),
    ]
}

pub(super) fn section(results: &Results) -> String {
    let has_runs = |measured: &&Measured| !measured.counts.is_empty();
    let loads: Vec<&Measured> = results.matrix.iter().filter(has_runs).collect();
    if loads.is_empty() {
        return String::new();
    }
    // A load with nothing but runs on the way up has no figures yet.
    let with_figures = || loads.iter().copied().filter(|load| load.measured_at().is_some());
    let mut out = format!(
        "## The plaza: clients at the machine's limit\n\n{WHAT_HELD_MEANS}\n\n{}\n\
         CPU per delivered frame beside the raw floor: a server and a client with nothing but epoll, read and write that\n\
         move as many messages of the same sizes in the same session. What the inputs cost is in both.\n\n{}",
        table(SUMMARY, with_figures()),
        table(BESIDE_FLOOR, with_figures()),
    );
    for load in loads {
        out += &one_load(load);
    }
    out
}

/// The clients that are held, and what single runs held beyond that.
fn held(measured: &Measured) -> String {
    let (held, once) = (measured.clients_held(), measured.held_once());
    let more = if once > held {
        format!(" (single runs: {})", rounded(once, 0))
    } else {
        String::new()
    };
    rounded(held, 0) + &more
}

fn p50_and_p99(measured: &Measured, of: fn(&Run, &str) -> f64) -> String {
    let [p50, p99] = ["p50", "p99"].map(|name| rounded(measured.figure(|run| of(run, name)), 1));
    format!("{p50} / {p99} ms")
}

fn one_load(measured: &Measured) -> String {
    let load = &measured.load;
    let runs = measured.counts.iter().flat_map(Count::runs);
    let mut out = format!(
        "\n### {}\n\n{}. Server: `{}`; bots: `{}`.\n\n{}",
        load.name,
        capital(&load.title),
        load.server,
        load.bots,
        table(&run_columns(), runs.map(|run| LoadRun { load, run })),
    );
    if measured.counts.len() > 1 {
        out += "\nRings are counts that were not held; those at the upper edge lie above it.\n";
        for (name, title) in [
            (plots::latency_name(load), "latency"),
            (plots::cpu_name(load), "server CPU"),
        ] {
            out += &format!("\n![{}: {title} against clients](plots/{name})\n", load.name);
        }
    }
    out
}

/// Why the run is not held; and what pace its viewers had, where they set that themselves.
fn remarks(of: &LoadRun<'_>) -> String {
    let mut remarks = of.run.misses(of.load);
    if of.load.cadence().is_none() {
        remarks.push(of.run.cadences());
    }
    remarks.join("; ")
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

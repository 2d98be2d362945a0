//! The matrix: every load at every count of clients.

use super::columns::{Column, table};
use crate::report::{
    number::rounded,
    plots,
    results::{
        Results,
        json::text,
        loads::PlazaLoad,
        matrix::{CountResult, LoadResult},
        run::Run,
    },
};

const DEFINITIONS: &str = "\
A number of clients is **held** if all of this is true: input-to-neighbour p99 at most 50 ms (100 ms if clients receive at most 20 frames a
second); no client disconnected or refused; no promise broken; 60 ticks in every second and none skipped; nothing
dropped and no I/O thread behind; generator lag p99 at most 2 ms.

Each load is measured with an increasing number of clients; these runs are the ladder. A number that was not held is
tried a second time, and the ladder ends if it is not held again. Then three runs follow: with the number of clients of
the goal if that was held, otherwise with the highest number held. If most of the three are not held, three runs with
the next lower number follow. Figures are the medians of the three. If the ladder held a higher number in a single run,
that number is in brackets.

Unlike the default, the servers run with `--history 0s` and accept all connections from one address. The cost of
recording and history is measured separately, below. The tick thread has real-time priority if the system allows it.

Latency is measured from the intended moment of a turn until a neighbour has read the turn from its socket. For a
phase-locked client, the intended moment is the moment at which it samples its input, once a tick. A key press waits for
the next sample, 8 ms on average, as in every client that samples its input once per drawn frame (see Phase-locked
input).

The age of the picture is how old a client's knowledge of a visible neighbour is, at a random moment and for a random
neighbour; it is 0 if the client knows the newest turn. \"Updates seen\" counts the turns that a neighbour received. The other
turns were replaced by a newer turn of the same player before the next frame, and count in the latency until that frame.

If many clients see many others, one core cannot decode all their frames. Then only some of the bots, the witnesses,
decode and measure. The others read the frames, count them, check their framing, and send inputs as the witnesses do.

Memory per client is the growth of the server's memory, divided by the number of clients. It is larger where frames are
larger (crowd-20: 1.6 KB), and in small-60, where memory that all clients share is divided by only 100.";

/// A row for each load, at the number of clients that its figures are from.
const SUMMARY_COLUMNS: &[Column<LoadResult>] = &[
    ("load", |result| {
        format!("{}: {}", result.load.name, result.load.title)
    }),
    ("clients held", held),
    ("measured at", |result| rounded(result.figure(Run::clients), 0)),
    ("server CPU per client-second", |result| {
        rounded(result.figure(Run::cpu_us_per_client_s), 0) + " us"
    }),
    ("p50 / p99", |result| p50_and_p99(result, Run::latency)),
    ("age p50 / p99", |result| p50_and_p99(result, Run::age)),
    ("updates seen", |result| {
        rounded(result.figure(|run| run.delivered() * 100.0), 2) + " %"
    }),
    ("tick p99", |result| {
        rounded(result.figure(Run::tick_p99_ms), 2) + " ms"
    }),
    ("lateness p99", |result| {
        rounded(result.figure(Run::lateness_p99_ms), 2) + " ms"
    }),
    ("memory per client", |result| {
        rounded(result.figure(Run::memory_kb_per_client), 1) + " KB"
    }),
];

/// A row for each load, compared with the raw floor.
const FLOOR_COLUMNS: &[Column<LoadResult>] = &[
    ("load", |result| result.load.name.clone()),
    ("frames/s", |result| rounded(result.figure(Run::frames_per_s), 0)),
    ("bytes per frame", |result| {
        rounded(result.figure(Run::bytes_per_frame), 0)
    }),
    ("inputs/s", |result| rounded(result.figure(Run::inputs_per_s), 0)),
    ("server CPU per frame", |result| {
        rounded(result.figure(Run::cpu_us_per_frame), 2) + " us"
    }),
    ("floor CPU per frame", |result| {
        rounded(result.floor_us_per_frame(), 2) + " us"
    }),
    ("ratio", |result| rounded(result.floor_ratio(), 2)),
];

/// One run of a load.
struct LoadRun<'a> {
    load: &'a PlazaLoad,
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
    let has_runs = |result: &&LoadResult| !result.counts.is_empty();
    let loads: Vec<&LoadResult> = results.matrix.iter().filter(has_runs).collect();
    if loads.is_empty() {
        return String::new();
    }
    // A load with only a ladder has no figures yet.
    let with_figures = || loads.iter().copied().filter(|load| load.measured_at().is_some());
    let mut out = format!(
        "## The plaza: clients at the machine's limit\n\n{DEFINITIONS}\n\n{}\n\
         The CPU per delivered frame, compared with the raw floor: a server and a client with nothing but epoll, read and\n\
         write, which move the same number of messages of the same sizes in the same series of measurements. Both figures include the\n\
         cost of the inputs.\n\n{}",
        table(SUMMARY_COLUMNS, with_figures()),
        table(FLOOR_COLUMNS, with_figures()),
    );
    for load in loads {
        out += &one_load(load);
    }
    out
}

/// The clients held, and any higher count that a single run held.
fn held(result: &LoadResult) -> String {
    let (held, highest) = (result.clients_held(), result.highest_held());
    let more = if highest > held {
        format!(" (single runs: {})", rounded(highest, 0))
    } else {
        String::new()
    };
    clients_held(result) + &more
}

/// The clients held, or the number of clients that was not held.
pub(super) fn clients_held(result: &LoadResult) -> String {
    match result.measured_at() {
        Some(count) if !count.held => format!("not held at {}", rounded(count.clients, 0)),
        _ => rounded(result.clients_held(), 0),
    }
}

fn p50_and_p99(result: &LoadResult, of: fn(&Run, &str) -> f64) -> String {
    let [p50, p99] = ["p50", "p99"].map(|name| rounded(result.figure(|run| of(run, name)), 1));
    format!("{p50} / {p99} ms")
}

fn one_load(result: &LoadResult) -> String {
    let load = &result.load;
    let runs = result.counts.iter().flat_map(CountResult::runs);
    let mut out = format!(
        "\n### {}\n\n{}. Server: `{}`; bots: `{}`.\n\n{}",
        load.name,
        capital(&load.title),
        load.server,
        load.bots,
        table(&run_columns(), runs.map(|run| LoadRun { load, run })),
    );
    if result.counts.len() > 1 {
        out += "\nIn the plots, a hollow circle marks a number of clients that was not held. A point at the upper edge is off the scale.\n";
        for (name, title) in [
            (plots::latency_name(load), "latency"),
            (plots::cpu_name(load), "server CPU"),
        ] {
            out += &format!("\n![{}: {title} against clients](plots/{name})\n", load.name);
        }
    }
    out
}

/// Why the run is not held, and with cadence auto the cadences of its viewers.
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

//! The matrix: every load at every count of clients.

use crate::report::{
    number::plain,
    plots,
    results::{Count, Measured, Results, json::text, run::Run},
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

pub(super) fn section(results: &Results) -> String {
    let measured: Vec<&Measured> = results
        .matrix
        .iter()
        .filter(|load| !load.counts.is_empty())
        .collect();
    if measured.is_empty() {
        return String::new();
    }
    let mut out = format!("## The plaza: clients at the machine's limit\n\n{WHAT_HELD_MEANS}\n\n");
    out += "| load | clients held | measured at | server CPU per client-second | p50 / p99 | age p50 / p99 | updates seen | \
            tick p99 | lateness p99 | memory per client |\n|---|---|---|---|---|---|---|---|---|---|\n";
    for load in &measured {
        out += &summary(load);
    }
    out += "\nCPU per delivered frame beside the raw floor: a server and a client with nothing but epoll, read and write that\n\
            move as many messages of the same sizes in the same session. What the inputs cost is in both.\n\n\
            | load | frames/s | bytes per frame | inputs/s | server CPU per frame | floor CPU per frame | ratio |\n\
            |---|---|---|---|---|---|---|\n";
    for load in &measured {
        out += &beside_floor(load);
    }
    for load in measured {
        out += &one_load(load);
    }
    out
}

fn summary(measured: &Measured) -> String {
    let Some(count) = measured.measured() else {
        return String::new();
    };
    let figure = |of: &dyn Fn(&Run) -> f64| count.figure(of);
    format!(
        "| {}: {} | {} | {} | {} us | {} / {} ms | {} / {} ms | {} % | {} ms | {} ms | {} KB |\n",
        measured.load.name,
        measured.load.title,
        held(measured),
        plain(count.clients, 0),
        plain(figure(&Run::cpu_us_per_client_s), 0),
        plain(figure(&|run| run.latency("p50")), 1),
        plain(figure(&|run| run.latency("p99")), 1),
        plain(figure(&|run| run.age("p50")), 1),
        plain(figure(&|run| run.age("p99")), 1),
        plain(figure(&|run| run.delivered() * 100.0), 2),
        plain(figure(&Run::tick_p99_ms), 2),
        plain(figure(&Run::lateness_p99_ms), 2),
        plain(figure(&Run::memory_kb_per_client), 1),
    )
}

/// The clients that are held, and what single runs held beyond that.
fn held(measured: &Measured) -> String {
    let (held, once) = (measured.clients_held(), measured.held_once());
    let more = if once > held {
        format!(" (single runs: {})", plain(once, 0))
    } else {
        String::new()
    };
    plain(held, 0) + &more
}

fn beside_floor(measured: &Measured) -> String {
    if measured.measured().is_none() {
        return String::new();
    }
    format!(
        "| {} | {} | {} | {} | {} us | {} us | {} |\n",
        measured.load.name,
        plain(measured.figure(Run::frames_per_s), 0),
        plain(measured.figure(Run::bytes_per_frame), 0),
        plain(measured.figure(Run::inputs_per_s), 0),
        plain(measured.figure(|run| run.cpu_us_per_s() / run.frames_per_s()), 2),
        plain(measured.floor_us_per_frame(), 2),
        plain(measured.over_floor(), 2),
    )
}

fn one_load(measured: &Measured) -> String {
    let load = &measured.load;
    let mut out = format!(
        "\n### {}\n\n{}. Server: `{}`; bots: `{}`.\n\n\
         | clients | | run | p50 | p90 | p99 | longest | CPU per client-second | frames/s | \
         bytes/s per client | generator lag p99 | remarks |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        load.name,
        capital(&load.title),
        load.server,
        load.bots
    );
    for count in &measured.counts {
        out += &rows(measured, count);
    }
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

fn rows(measured: &Measured, count: &Count) -> String {
    let mut out = String::new();
    for run in count.runs() {
        let misses = run.misses(&measured.load);
        let mut notes = misses.clone();
        if measured.load.cadence().is_none() {
            notes.push(run.cadences());
        }
        out += &format!(
            "| {} | {} | {} | {} ms | {} ms | {} ms | {} ms | {} us | {} | {} | {} ms | {} |\n",
            plain(count.clients, 0),
            if misses.is_empty() { "held" } else { "**not held**" },
            text(run.about(), "run"),
            plain(run.latency("p50"), 1),
            plain(run.latency("p90"), 1),
            plain(run.latency("p99"), 1),
            plain(run.latency("max"), 1),
            plain(run.cpu_us_per_client_s(), 0),
            plain(run.frames_per_s(), 0),
            plain(run.bytes_per_client_s(), 0),
            plain(run.generator_lag_ms(), 2),
            notes.join("; "),
        );
    }
    out
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

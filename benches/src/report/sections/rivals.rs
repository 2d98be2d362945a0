//! What other servers reach.

use crate::report::{
    number::rounded,
    results::{Results, run::Run},
};

/// Server; clients held; CPU per client-second in us; memory per connection in KB; p50 and p99 in
/// ms.
const RIVALS: [(&str, [f64; 5]); 8] = [
    (
        "Socket.IO 4, broadcast per event",
        [120.0, 7050.0, 640.0, 0.3, 14.0],
    ),
    ("Socket.IO 4, 16 ms batches", [1000.0, 916.0, 159.0, 12.0, 35.0]),
    (
        "Colyseus 0.18 (ws), 20 Hz patches",
        [2500.0, 376.0, 122.0, 29.0, 63.0],
    ),
    (
        "Colyseus 0.18 (uWebSockets), 20 Hz patches",
        [3000.0, 293.0, 48.0, 26.0, 52.0],
    ),
    (
        "Colyseus 0.18 with its view filter at 150 px",
        [1750.0, 500.0, 164.0, 29.0, 65.0],
    ),
    (
        "Colyseus 0.18 (ws), 60 Hz patches",
        [1000.0, 779.0, 231.0, 9.0, 25.0],
    ),
    (
        "hand-written binary server on uWebSockets.js, whole room, 60 Hz batches",
        [2000.0, 472.0, 10.0, 17.0, 37.0],
    ),
    (
        "the same with grid interest of 150 px",
        [3000.0, 293.0, 9.0, 14.0, 33.0],
    ),
];

pub(super) fn section(results: &Results) -> String {
    let ours: Vec<String> = results
        .matrix
        .iter()
        .filter(|measured| measured.measured_at().is_some())
        .map(|measured| {
            row(
                &format!("**Parlour**, {} (measured here)", measured.load.name),
                [
                    measured.clients_held(),
                    measured.figure(Run::cpu_us_per_client_s),
                    measured.figure(Run::memory_kb_per_client),
                    measured.figure(|run| run.latency("p50")),
                    measured.figure(|run| run.latency("p99")),
                ],
            )
        })
        .collect();
    if ours.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "## Beside other servers\n\n\
         The figures of the other servers are **not measured by this script**: they are taken from other measurements on\n\
         such a machine (2 cores at 2.6 GHz, server on one, generator on the other, rooms of 50, everyone sees the whole room\n\
         unless said, everyone moves, 20 moves per second and client in, 20 Hz or more out; held there means a p99 of 65 ms\n\
         at most and over 90 % delivered); nobody measured how old their picture is. Parlour's rows are of this run, with its\n\
         own loads and its own sense of held (above), which allows 100 ms at 20 Hz but nothing lost. Its walkers turn twice a\n\
         second and send nothing in between, for a straight line needs no input: **jitter-20 is the load that is like theirs**,\n\
         20 inputs a second from each. In rows that are phase-locked, latency begins when the client samples its input.\n\n\
         | server | clients held | server CPU per client-second | memory per connection | input-to-neighbour p50 / p99 |\n\
         |---|---|---|---|---|\n",
    );
    for (name, figures) in RIVALS {
        out += &row(name, figures);
    }
    out + &ours.concat()
}

fn row(name: &str, [held, cpu, memory, p50, p99]: [f64; 5]) -> String {
    let short = |value: f64| {
        if value > 0.0 && value < 1.0 {
            rounded(value, 1)
        } else {
            rounded(value, 0)
        }
    };
    let [held, cpu, memory, p50, p99] = [held, cpu, memory, p50, p99].map(short);
    format!("| {name} | {held} | {cpu} us | {memory} KB | {p50} / {p99} ms |\n")
}

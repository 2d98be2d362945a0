//! Parlour compared with other servers.

use super::matrix;
use crate::report::{
    number::rounded,
    results::{Results, run::Run},
};

/// Server; clients held; CPU per client-second in us; memory per connection in KB; p50 and p99 in
/// ms.
const OTHER_SERVERS: [(&str, [f64; 5]); 8] = [
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
        .filter(|result| result.measured_at().is_some())
        .map(|result| {
            row(
                &format!("**Parlour**, {} (measured here)", result.load.name),
                &matrix::clients_held(result),
                [
                    result.figure(Run::cpu_us_per_client_s),
                    result.figure(Run::memory_kb_per_client),
                    result.figure(|run| run.latency("p50")),
                    result.figure(|run| run.latency("p99")),
                ],
            )
        })
        .collect();
    if ours.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "## Compared with other servers\n\n\
         The figures for the other servers are **not measured by this script**. They come from separate measurements on a similar\n\
         machine: 2 cores at 2.6 GHz, the server on one and the generator on the other; rooms of 50 in which everyone sees the\n\
         whole room, unless noted; every client moves, with 20 moves per second in and 20 Hz or more out. There, held means a\n\
         p99 of at most 65 ms and over 90 % delivered. The age of their picture was not measured.\n\n\
         Parlour's rows are from this run, with other loads and the definition of held above, which allows 100 ms at\n\
         20 Hz but no loss. Its walkers turn twice a second and send nothing in between, because a straight line needs no\n\
         input. **jitter-20 is the load that is most like theirs**, with 20 inputs a second from each client. In phase-locked\n\
         rows, latency begins when the client samples its input.\n\n\
         | server | clients held | server CPU per client-second | memory per connection | input-to-neighbour p50 / p99 |\n\
         |---|---|---|---|---|\n",
    );
    for (name, [held, figures @ ..]) in OTHER_SERVERS {
        out += &row(name, &rounded(held, 0), figures);
    }
    out + &ours.concat()
}

fn row(name: &str, held: &str, [cpu, memory, p50, p99]: [f64; 4]) -> String {
    let short = |value: f64| {
        if value > 0.0 && value < 1.0 {
            rounded(value, 1)
        } else {
            rounded(value, 0)
        }
    };
    let [cpu, memory, p50, p99] = [cpu, memory, p50, p99].map(short);
    format!("| {name} | {held} | {cpu} us | {memory} KB | {p50} / {p99} ms |\n")
}

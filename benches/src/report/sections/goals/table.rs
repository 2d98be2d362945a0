//! All goals but those of the matrix's loads, in the order of the document.

use serde_json::Value;

use crate::report::{
    results::{
        Results,
        degrading::Degrading,
        json::number,
        run::{Run, lost},
    },
    sections::{
        degrading::RECOVERS_S,
        goal::{
            COUNT, Goal,
            Wanted::{AtLeast, AtMost},
            unit,
        },
        recording, soak,
    },
};

pub(super) const GOALS: &[Goal] = &[
    Goal {
        what: "tick start lateness p99 under full load (walkers-20)",
        wanted: AtMost(0.3),
        read: |results| results.figure_of("walkers-20", Run::lateness_p99_ms),
        shown: unit("ms"),
    },
    Goal {
        what: "payload per moving neighbour per turn",
        wanted: AtMost(6.0),
        read: |results| results.figure_of("walkers-20", Run::payload_bytes_per_turn),
        shown: unit("bytes"),
    },
    Goal {
        what: "payload per jittering neighbour per frame",
        wanted: AtMost(6.0),
        read: |results| results.figure_of("jitter-20", Run::payload_bytes_per_turn),
        shown: unit("bytes"),
    },
    Goal {
        what: "memory per idle WebSocket, server side",
        wanted: AtMost(6.0),
        read: |results| results.of_connections("memory per idle connection", "bytes") / 1000.0,
        shown: unit("KB"),
    },
    Goal {
        what: "memory per active WebSocket, server side",
        wanted: AtMost(12.0),
        read: |results| results.of_connections("memory per active connection", "bytes") / 1000.0,
        shown: unit("KB"),
    },
    Goal {
        what: "idle connection, CPU per second",
        wanted: AtMost(3.0),
        read: |results| results.of_connections("cpu per idle connection", "us_per_s"),
        shown: unit("us"),
    },
    Goal {
        what: "tick compute, 1,000 walkers in rooms of 50, interest 150 px, p99",
        wanted: AtMost(0.3),
        read: |results| results.tick_p99_ms("1,000 walkers, interest 150 px"),
        shown: unit("ms"),
    },
    Goal {
        what: "the same, whole room",
        wanted: AtMost(0.3),
        read: |results| results.tick_p99_ms("1,000 walkers, whole room"),
        shown: unit("ms"),
    },
    Goal {
        what: "tick compute, 5,000 walkers in rooms of 50, interest 150 px, p99",
        wanted: AtMost(1.5),
        read: |results| results.tick_p99_ms("5,000 walkers, interest 150 px"),
        shown: unit("ms"),
    },
    Goal {
        what: "the same, whole room",
        wanted: AtMost(1.5),
        read: |results| results.tick_p99_ms("5,000 walkers, whole room"),
        shown: unit("ms"),
    },
    Goal {
        what: "proximity, 10,000 players in one room, 10 Hz, mean per tick",
        wanted: AtMost(1.2),
        read: |results| results.of_proximity("proximity at scale", "mean_us") / 1000.0,
        shown: unit("ms"),
    },
    Goal {
        what: "the same, longest tick",
        wanted: AtMost(3.0),
        read: |results| results.of_proximity("proximity at scale", "max_us") / 1000.0,
        shown: unit("ms"),
    },
    Goal {
        // Among those of recording it is said in a shorter way.
        shown: unit("x real time"),
        ..recording::REPLAY
    },
    Goal {
        what: "twice the load: ticks skipped",
        wanted: AtMost(0.0),
        read: |results| degrading(results, Degrading::ticks_skipped),
        shown: COUNT,
    },
    Goal {
        what: "twice the load: ticks per second",
        wanted: AtLeast(59.5),
        read: |results| degrading(results, Degrading::ticks_per_s),
        shown: COUNT,
    },
    Goal {
        what: "twice the load: input-to-neighbour p99",
        wanted: AtMost(150.0),
        read: |results| degrading(results, |run| run.p99_ms("during")),
        shown: unit("ms"),
    },
    Goal {
        what: "twice the load and back: connections lost",
        wanted: AtMost(0.0),
        read: |results| degrading(results, Degrading::lost),
        shown: COUNT,
    },
    Goal {
        what: "back: cadence as before within",
        wanted: AtMost(RECOVERS_S),
        read: |results| degrading(results, Degrading::recovery_s),
        shown: unit("s"),
    },
    Goal {
        what: "back: p99 from 5 s on, over the p99 before",
        wanted: AtMost(1.2),
        read: |results| degrading(results, |run| run.p99_ms("after") / run.p99_ms("before")),
        shown: unit("x"),
    },
    Goal {
        what: "soak: growth of memory per minute, second half",
        wanted: AtMost(0.2),
        read: soak::growth_percent,
        shown: unit("%"),
    },
    Goal {
        what: "soak: connections lost",
        wanted: AtMost(0.0),
        read: |results| soak_bots(results, lost),
        shown: COUNT,
    },
    Goal {
        what: "soak: violations",
        wanted: AtMost(0.0),
        read: |results| soak_bots(results, |bots| number(bots, "violations")),
        shown: COUNT,
    },
    Goal {
        what: "500 bots, default settings, input-to-neighbour p50",
        wanted: AtMost(15.0),
        read: |results| results.default_latency_ms("p50"),
        shown: unit("ms"),
    },
    Goal {
        what: "500 bots, default settings, input-to-neighbour p99",
        wanted: AtMost(40.0),
        read: |results| results.default_latency_ms("p99"),
        shown: unit("ms"),
    },
    Goal {
        what: "server memory with 1,000 bots connected",
        wanted: AtMost(96.0),
        read: |results| {
            results
                .memory
                .as_ref()
                .map_or(f64::NAN, |memory| number(memory, "rss_mb"))
        },
        shown: unit("MB"),
    },
];

/// Of twice the load that fits.
fn degrading(results: &Results, of: fn(&Degrading) -> f64) -> f64 {
    results.degrading.as_ref().map_or(f64::NAN, of)
}

/// Of what the bots of the soak reported.
fn soak_bots(results: &Results, of: fn(&Value) -> f64) -> f64 {
    results.soak_bots.as_ref().map_or(f64::NAN, of)
}

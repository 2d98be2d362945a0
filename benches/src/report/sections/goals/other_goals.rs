//! All goals except those of the loads of the matrix, in the order of the document.

use serde_json::Value;

use crate::report::{
    results::{
        Results,
        json::number,
        overload::Overload,
        run::{Run, lost},
    },
    sections::{
        goal::{
            Bound::{AtLeast, AtMost},
            COUNT, Goal, unit,
        },
        overload::RECOVERY_LIMIT_S,
        recording, soak,
    },
};

pub(super) const GOALS: &[Goal] = &[
    Goal {
        what: "tick start lateness p99 under full load (walkers-20)",
        bound: AtMost(0.3),
        read: |results| results.load_figure("walkers-20", Run::lateness_p99_ms),
        format: unit("ms"),
    },
    Goal {
        what: "payload per moving neighbour per turn",
        bound: AtMost(6.0),
        read: |results| results.load_figure("walkers-20", Run::payload_bytes_per_turn),
        format: unit("bytes"),
    },
    Goal {
        what: "payload per jittering neighbour per frame",
        bound: AtMost(6.0),
        read: |results| results.load_figure("jitter-20", Run::payload_bytes_per_turn),
        format: unit("bytes"),
    },
    Goal {
        what: "memory per idle WebSocket, server side",
        bound: AtMost(6.0),
        read: |results| results.connection_figure("memory per idle connection", "bytes") / 1000.0,
        format: unit("KB"),
    },
    Goal {
        what: "memory per active WebSocket, server side (walkers in rooms of 50)",
        bound: AtMost(12.0),
        read: |results| results.connection_figure("memory per active connection", "bytes") / 1000.0,
        format: unit("KB"),
    },
    Goal {
        what: "idle connection, CPU per second",
        bound: AtMost(3.0),
        read: |results| results.connection_figure("cpu per idle connection", "us_per_s"),
        format: unit("us"),
    },
    Goal {
        what: "tick compute, 1,000 walkers in rooms of 50, interest 150 px, p99",
        bound: AtMost(0.3),
        read: |results| results.tick_p99_ms("1,000 walkers, interest 150 px"),
        format: unit("ms"),
    },
    Goal {
        what: "the same, whole room",
        bound: AtMost(0.3),
        read: |results| results.tick_p99_ms("1,000 walkers, whole room"),
        format: unit("ms"),
    },
    Goal {
        what: "tick compute, 5,000 walkers in rooms of 50, interest 150 px, p99",
        bound: AtMost(1.5),
        read: |results| results.tick_p99_ms("5,000 walkers, interest 150 px"),
        format: unit("ms"),
    },
    Goal {
        what: "the same, whole room",
        bound: AtMost(1.5),
        read: |results| results.tick_p99_ms("5,000 walkers, whole room"),
        format: unit("ms"),
    },
    Goal {
        what: "proximity, 10,000 players in one room, 10 Hz, mean per tick",
        bound: AtMost(1.2),
        read: |results| results.proximity_figure("proximity at scale", "mean_us") / 1000.0,
        format: unit("ms"),
    },
    Goal {
        what: "the same, longest tick",
        bound: AtMost(3.0),
        read: |results| results.proximity_figure("proximity at scale", "max_us") / 1000.0,
        format: unit("ms"),
    },
    Goal {
        // The section on recording shortens the unit of the figure.
        format: unit("x real time"),
        ..recording::REPLAY
    },
    recording::HASH,
    Goal {
        what: "twice the load: ticks skipped",
        bound: AtMost(0.0),
        read: |results| overload(results, Overload::ticks_skipped),
        format: COUNT,
    },
    Goal {
        what: "twice the load: ticks per second",
        bound: AtLeast(59.5),
        read: |results| overload(results, Overload::ticks_per_s),
        format: COUNT,
    },
    Goal {
        what: "twice the load: input-to-neighbour p99",
        bound: AtMost(150.0),
        read: |results| overload(results, |run| run.p99_ms("during")),
        format: unit("ms"),
    },
    Goal {
        what: "twice the load and after: connections lost",
        bound: AtMost(0.0),
        read: |results| overload(results, Overload::lost),
        format: COUNT,
    },
    Goal {
        what: "after twice the load: time until the cadence is back to normal",
        bound: AtMost(RECOVERY_LIMIT_S),
        read: |results| overload(results, Overload::recovery_s),
        format: unit("s"),
    },
    Goal {
        what: "after twice the load: p99 from 5 s after it, relative to the p99 before it",
        bound: AtMost(1.2),
        read: |results| overload(results, |run| run.p99_ms("after") / run.p99_ms("before")),
        format: unit("x"),
    },
    Goal {
        what: "soak: growth of memory per minute, second half",
        bound: AtMost(0.2),
        read: soak::growth_percent,
        format: unit("%"),
    },
    Goal {
        what: "soak: connections lost",
        bound: AtMost(0.0),
        read: |results| soak_bots(results, lost),
        format: COUNT,
    },
    Goal {
        what: "soak: violations",
        bound: AtMost(0.0),
        read: |results| soak_bots(results, |bots| number(bots, "violations")),
        format: COUNT,
    },
    Goal {
        what: "500 bots, default settings, input-to-neighbour p50",
        bound: AtMost(15.0),
        read: |results| results.default_latency_ms("p50"),
        format: unit("ms"),
    },
    Goal {
        what: "500 bots, default settings, input-to-neighbour p99",
        bound: AtMost(40.0),
        read: |results| results.default_latency_ms("p99"),
        format: unit("ms"),
    },
    Goal {
        what: "server memory with 1,000 bots connected",
        bound: AtMost(96.0),
        read: |results| {
            results
                .memory
                .as_ref()
                .map_or(f64::NAN, |memory| number(memory, "rss_mb"))
        },
        format: unit("MB"),
    },
];

/// Returns a figure of the overload run.
fn overload(results: &Results, of: fn(&Overload) -> f64) -> f64 {
    results.overload.as_ref().map_or(f64::NAN, of)
}

/// Returns a figure from the report of the soak's bots.
fn soak_bots(results: &Results, of: fn(&Value) -> f64) -> f64 {
    results.soak_bots.as_ref().map_or(f64::NAN, of)
}

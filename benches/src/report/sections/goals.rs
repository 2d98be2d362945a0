//! The figures that the project set itself, and what was measured.

use serde_json::Value;

use super::{bench, degrading::RECOVERS_S, goal::Goal, soak};
use crate::report::results::{
    Measured, Results,
    degrading::Degrading,
    json::{about, number},
    run::{Run, lost},
};

pub(super) fn section(results: &Results) -> String {
    let mut out = String::from("## Goals\n\n| what | goal | measured | |\n|---|---|---|---|\n");
    let mut goals = of_matrix(results);
    goals.extend(of_connections(results));
    goals.extend(of_ticks(results));
    goals.extend(of_degrading(results));
    goals.extend(of_default_loads(results));
    for goal in goals {
        out += &goal.row();
    }
    out
}

fn of_matrix(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    for measured in &results.matrix {
        let load = &measured.load;
        // The first goal of a load says what it is.
        let title = std::cell::Cell::new(Some(format!("{} ({})", load.name, load.title)));
        let mut add = |what: &str, goal: f64, unit, found: f64, at_least: bool| {
            if goal.is_nan() {
                return;
            }
            let name = title.take().unwrap_or_else(|| load.name.clone());
            // A figure at fewer clients than the goal speaks of meets nothing.
            let at = measured.measured().filter(|_| !at_least).map(|count| {
                (
                    count.clients,
                    count.held && (load.held.is_nan() || count.clients >= load.held),
                )
            });
            goals.push(Goal {
                what: format!("{name}: {what}"),
                goal,
                unit,
                measured: found,
                at_least,
                at,
            });
        };
        add("clients held", load.held, "", measured.clients_held(), true);
        let cpu = measured.figure(Run::cpu_us_per_client_s);
        add("server CPU per client-second", load.cpu_us, "us", cpu, false);
        let latency = |of| measured.figure(|run| run.latency(of));
        add("input-to-neighbour p50", load.p50_ms, "ms", latency("p50"), false);
        add("input-to-neighbour p99", load.p99_ms, "ms", latency("p99"), false);
        let age = |of| measured.figure(|run| run.age(of));
        add("age of the picture p50", load.age_p50_ms, "ms", age("p50"), false);
        add("age of the picture p99", load.age_p99_ms, "ms", age("p99"), false);
    }
    for measured in &results.matrix {
        if measured.floor.is_some() {
            let what = format!(
                "{}: server CPU per delivered frame over the raw floor's",
                measured.load.name
            );
            goals.push(Goal::at_most(what, 1.25, "x", measured.over_floor()));
        }
    }
    let at = |name: &str, of: &dyn Fn(&Run) -> f64| {
        results
            .load(name)
            .map_or(f64::NAN, |measured: &Measured| measured.figure(of))
    };
    let lateness = at("walkers-20", &Run::lateness_p99_ms);
    goals.push(Goal::at_most(
        "tick start lateness p99 under full load (walkers-20)",
        0.3,
        "ms",
        lateness,
    ));
    let per_turn = |run: &Run| number(&run.bots, "payload_bytes_per_turn");
    let walkers = at("walkers-20", &per_turn);
    goals.push(Goal::at_most(
        "payload per moving neighbour per turn",
        6.0,
        "bytes",
        walkers,
    ));
    let jitter = at("jitter-20", &per_turn);
    goals.push(Goal::at_most(
        "payload per jittering neighbour per frame",
        6.0,
        "bytes",
        jitter,
    ));
    goals
}

fn of_connections(results: &Results) -> [Goal; 3] {
    let of = |what: &str, field: &str| {
        about(&results.connection, what).map_or(f64::NAN, |line| number(line, field))
    };
    [
        Goal::at_most(
            "memory per idle WebSocket, server side",
            6.0,
            "KB",
            of("memory per idle connection", "bytes") / 1000.0,
        ),
        Goal::at_most(
            "memory per active WebSocket, server side",
            12.0,
            "KB",
            of("memory per active connection", "bytes") / 1000.0,
        ),
        Goal::at_most(
            "idle connection, CPU per second",
            3.0,
            "us",
            of("cpu per idle connection", "us_per_s"),
        ),
    ]
}

fn of_ticks(results: &Results) -> Vec<Goal> {
    let p99 = |load: &str| {
        let line = results.ticks.iter().find(|line| line["load"] == load);
        line.map_or(f64::NAN, |line| number(line, "p99_us")) / 1000.0
    };
    let crowd = about(&results.proximity, "proximity at scale").unwrap_or(&Value::Null);
    vec![
        Goal::at_most(
            "tick compute, 1,000 walkers in rooms of 50, interest 150 px, p99",
            0.3,
            "ms",
            p99("1,000 walkers, interest 150 px"),
        ),
        Goal::at_most(
            "the same, whole room",
            0.3,
            "ms",
            p99("1,000 walkers, whole room"),
        ),
        Goal::at_most(
            "tick compute, 5,000 walkers in rooms of 50, interest 150 px, p99",
            1.5,
            "ms",
            p99("5,000 walkers, interest 150 px"),
        ),
        Goal::at_most(
            "the same, whole room",
            1.5,
            "ms",
            p99("5,000 walkers, whole room"),
        ),
        Goal::at_most(
            "proximity, 10,000 players in one room, 10 Hz, mean per tick",
            1.2,
            "ms",
            number(crowd, "mean_us") / 1000.0,
        ),
        Goal::at_most(
            "the same, longest tick",
            3.0,
            "ms",
            number(crowd, "max_us") / 1000.0,
        ),
        Goal::at_least(
            "replay of 1,000 walkers, every hash verified",
            200.0,
            "x real time",
            bench::replay_speed(results),
        ),
    ]
}

fn of_degrading(results: &Results) -> Vec<Goal> {
    let of = |of: &dyn Fn(&Degrading) -> f64| results.degrading.as_ref().map_or(f64::NAN, of);
    let before = of(&|run| run.p99_ms("before"));
    let grown = soak::growth_percent(results);
    let soaked = |of: &dyn Fn(&Value) -> f64| results.soak_bots.as_ref().map_or(f64::NAN, of);
    vec![
        Goal::at_most(
            "twice the load: ticks skipped",
            0.0,
            "",
            of(&|run| run.ticks()[1]),
        ),
        Goal::at_least(
            "twice the load: ticks per second",
            59.5,
            "",
            of(&|run| run.ticks()[0]),
        ),
        Goal::at_most(
            "twice the load: input-to-neighbour p99",
            150.0,
            "ms",
            of(&|run| run.p99_ms("during")),
        ),
        Goal::at_most(
            "twice the load and back: connections lost",
            0.0,
            "",
            of(&Degrading::lost),
        ),
        Goal::at_most(
            "back: cadence as before within",
            RECOVERS_S,
            "s",
            of(&Degrading::recovery_s),
        ),
        Goal::at_most(
            "back: p99 from 5 s on, over the p99 before",
            1.2,
            "x",
            of(&|run| run.p99_ms("after")) / before,
        ),
        Goal::at_most("soak: growth of memory per minute, second half", 0.2, "%", grown),
        Goal::at_most("soak: connections lost", 0.0, "", soaked(&lost)),
        Goal::at_most(
            "soak: violations",
            0.0,
            "",
            soaked(&|bots| number(bots, "violations")),
        ),
    ]
}

/// What a server with its default settings was held to before there was a matrix.
fn of_default_loads(results: &Results) -> Vec<Goal> {
    let latency = |of: &str| bench::default_latency(results, of);
    let memory = results
        .memory
        .as_ref()
        .map_or(f64::NAN, |memory| number(memory, "rss_mb"));
    vec![
        Goal::at_most(
            "500 bots, default settings, input-to-neighbour p50",
            15.0,
            "ms",
            latency("p50"),
        ),
        Goal::at_most(
            "500 bots, default settings, input-to-neighbour p99",
            40.0,
            "ms",
            latency("p99"),
        ),
        Goal::at_most("server memory with 1,000 bots connected", 96.0, "MB", memory),
    ]
}

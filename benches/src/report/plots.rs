//! Which plots there are.

use super::{
    loads::Load,
    results::{Count, Measured, Results},
    run::Run,
    soak,
    svg::{Line, Plot, Point},
};

/// Names and texts of all files in docs/plots.
pub(super) fn all(results: &Results) -> Vec<(String, String)> {
    let ladders = results.matrix.iter().filter(|measured| measured.counts.len() > 1);
    let mut plots: Vec<(String, String)> = ladders
        .flat_map(|measured| {
            let load = &measured.load;
            [
                (latency_name(load), latency(measured).draw()),
                (cpu_name(load), cpu(measured).draw()),
            ]
        })
        .collect();
    if let Some(plot) = soak::plot(results) {
        plots.push((soak::PLOT.to_owned(), plot.draw()));
    }
    plots
}

pub(super) fn latency_name(load: &Load) -> String {
    format!("{}-latency.svg", load.name)
}

pub(super) fn cpu_name(load: &Load) -> String {
    format!("{}-cpu.svg", load.name)
}

fn latency(measured: &Measured) -> Plot {
    let bound = if measured.load.cadence().is_some_and(|cadence| cadence <= 20) {
        100.0
    } else {
        50.0
    };
    // What is far beyond the bound would press all else to the ground: it is drawn at the upper end of the axis.
    let ceiling = if bound > 50.0 { 150.0 } else { 80.0 };
    let line = |name: &str, of: &str| {
        line(measured, name, &|count| {
            count.figure(|run| run.latency(of)).min(ceiling)
        })
    };
    Plot {
        title: format!("{}: input to neighbour", measured.load.name),
        x: "clients".to_owned(),
        y: "latency in ms".to_owned(),
        lines: vec![line("p99", "p99"), line("p50", "p50")],
        mark: Some((bound, format!("held: p99 up to {bound} ms"))),
        y_from_zero: true,
    }
}

fn cpu(measured: &Measured) -> Plot {
    let load = &measured.load;
    Plot {
        title: format!("{}: what a client costs the server", load.name),
        x: "clients".to_owned(),
        y: "CPU per client-second in us".to_owned(),
        lines: vec![line(measured, "server CPU", &|count| {
            count.figure(Run::cpu_us_per_client_s)
        })],
        mark: load
            .cpu_us
            .is_finite()
            .then(|| (load.cpu_us, format!("goal: {} us", load.cpu_us))),
        y_from_zero: true,
    }
}

fn line(measured: &Measured, name: &str, of: &dyn Fn(&Count) -> f64) -> Line {
    let point = |count: &Count| Point {
        x: count.clients,
        y: of(count),
        hollow: !count.held,
    };
    Line {
        name: name.to_owned(),
        points: measured.counts.iter().map(point).collect(),
    }
}

//! Which plots there are.

mod svg;

use super::results::{
    Results,
    json::number,
    loads::Load,
    matrix::{Count, Measured},
    run::Run,
};
use svg::{Line, Plot, Point};

/// The plot of the soak.
pub(super) const SOAK: &str = "soak-memory.svg";

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
    if let Some(plot) = soak(results) {
        plots.push((SOAK.to_owned(), plot.draw()));
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
    // What is far beyond the bound would press all else to the ground: it is drawn at the upper end
    // of the axis.
    let ceiling = if bound > 50.0 { 150.0 } else { 80.0 };
    let percentile = |name: &str| {
        line(measured, name, &|count| {
            count.figure(|run| run.latency(name)).min(ceiling)
        })
    };
    Plot {
        title: format!("{}: input to neighbour", measured.load.name),
        x_title: "clients".to_owned(),
        y_title: "latency in ms".to_owned(),
        lines: ["p99", "p50"].map(percentile).into(),
        mark: Some((bound, format!("held: p99 up to {bound} ms"))),
        y_from_zero: true,
    }
}

fn cpu(measured: &Measured) -> Plot {
    let load = &measured.load;
    Plot {
        title: format!("{}: what a client costs the server", load.name),
        x_title: "clients".to_owned(),
        y_title: "CPU per client-second in us".to_owned(),
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

fn soak(results: &Results) -> Option<Plot> {
    let point = |sample| Point {
        x: number(sample, "s") / 60.0,
        y: number(sample, "rss_kb") / 1024.0,
        hollow: false,
    };
    (!results.soak.is_empty()).then(|| Plot {
        title: "Soak: memory of the server".to_owned(),
        x_title: "minutes".to_owned(),
        y_title: "VmRSS in MiB".to_owned(),
        lines: vec![Line {
            name: "memory".to_owned(),
            points: results.soak.iter().map(point).collect(),
        }],
        mark: None,
        y_from_zero: true,
    })
}

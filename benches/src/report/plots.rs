//! The plots of the report.

mod svg;

use super::results::{
    Results,
    json::number,
    loads::PlazaLoad,
    matrix::{CountResult, LoadResult},
    run::Run,
};
use svg::{Line, Plot, Point};

/// File name of the soak's plot.
pub(super) const SOAK: &str = "soak-memory.svg";

/// Returns the names and contents of all files in docs/plots.
pub(super) fn all(results: &Results) -> Vec<(String, String)> {
    let ladders = results.matrix.iter().filter(|result| result.counts.len() > 1);
    let mut plots: Vec<(String, String)> = ladders
        .flat_map(|result| {
            let load = &result.load;
            [
                (latency_name(load), latency(result).draw()),
                (cpu_name(load), cpu(result).draw()),
            ]
        })
        .collect();
    if let Some(plot) = soak(results) {
        plots.push((SOAK.to_owned(), plot.draw()));
    }
    plots
}

pub(super) fn latency_name(load: &PlazaLoad) -> String {
    format!("{}-latency.svg", load.name)
}

pub(super) fn cpu_name(load: &PlazaLoad) -> String {
    format!("{}-cpu.svg", load.name)
}

fn latency(result: &LoadResult) -> Plot {
    let bound = if result.load.cadence().is_some_and(|cadence| cadence <= 20) {
        100.0
    } else {
        50.0
    };
    // Points far above the bound would flatten the rest of the plot, so they are drawn at the upper
    // end of the axis.
    let ceiling = if bound > 50.0 { 150.0 } else { 80.0 };
    let percentile = |name: &str| {
        line(result, name, &|count| {
            count.figure(|run| run.latency(name)).min(ceiling)
        })
    };
    Plot {
        title: format!("{}: input to neighbour", result.load.name),
        x_title: "clients".to_owned(),
        y_title: "latency in ms".to_owned(),
        lines: ["p99", "p50"].map(percentile).into(),
        mark: Some((bound, format!("held: p99 up to {bound} ms"))),
        y_from_zero: true,
    }
}

fn cpu(result: &LoadResult) -> Plot {
    let load = &result.load;
    Plot {
        title: format!("{}: server CPU per client", load.name),
        x_title: "clients".to_owned(),
        y_title: "CPU per client-second in us".to_owned(),
        lines: vec![line(result, "server CPU", &|count| {
            count.figure(Run::cpu_us_per_client_s)
        })],
        mark: load
            .cpu_us
            .is_finite()
            .then(|| (load.cpu_us, format!("goal: {} us", load.cpu_us))),
        y_from_zero: true,
    }
}

fn line(result: &LoadResult, name: &str, of: &dyn Fn(&CountResult) -> f64) -> Line {
    let point = |count: &CountResult| Point {
        x: count.clients,
        y: of(count),
        hollow: !count.held,
    };
    Line {
        name: name.to_owned(),
        points: result.counts.iter().map(point).collect(),
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

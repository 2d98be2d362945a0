//! The benchmark page from results made by hand: figures, verdicts, goals and plots.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod results;

use std::{env, fs, path::Path};

use parlour_benches::report::{self, FloorWork, Page};
use results::{ResultsFolder, append, bots};
use serde_json::{Value, json};

#[test]
fn the_page_and_its_plots_equal_the_golden_files() {
    let results = ResultsFolder::complete();
    let Page { markdown, plots } =
        report::page(&results.0, "## What bounds them\n\nWritten by hand.\n").unwrap();
    let names: Vec<&str> = plots.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["walkers-20-latency.svg", "walkers-20-cpu.svg", "soak-memory.svg"]
    );
    golden("benchmarks.md", &markdown);
    for (name, svg) in &plots {
        golden(name, svg);
    }
}

#[test]
fn without_results_every_goal_is_not_measured() {
    let results = ResultsFolder::empty();
    let page = report::page(&results.0, "").unwrap();
    assert!(page.plots.is_empty());
    let goals = page.markdown.lines().filter(|line| line.contains("=")).count();
    let unknown = page
        .markdown
        .lines()
        .filter(|line| line.contains("not measured"))
        .count();
    assert!(goals > 30 && goals == unknown, "{}", page.markdown);
    let met = page.markdown.contains("| met |") || page.markdown.contains("**missed**");
    assert!(!met, "{}", page.markdown);
}

#[test]
fn a_recovery_that_was_not_seen_misses_its_goal() {
    let results = ResultsFolder::empty();
    results.overload(|_| 1500);
    let page = report::page(&results.0, "").unwrap();
    let row = "| after twice the load: time until the cadence is back to normal | <= 5 s | not seen | **missed** |\n";
    assert!(page.markdown.contains(row), "{}", page.markdown);
}

#[test]
fn a_run_without_faults_is_held() {
    let results = ResultsFolder::empty();
    let run = results.run("walkers-20", 1000, "1", &bots(1000, 30.0));
    let verdict = report::verdict(&run).unwrap();
    assert_eq!(verdict.misses, Vec::<String>::new());
    assert!(!verdict.is_wrong);
}

#[test]
fn each_fault_is_reported() {
    let faults: [(&str, Value, bool, &str); 6] = [
        ("violations", json!(1), true, "1 violations"),
        ("connected", json!(999), true, "999 connected"),
        (
            "disconnects_by_code",
            json!({"1006": 2}),
            true,
            "2 connections lost",
        ),
        (
            "connect_failures",
            json!({"refused": 3}),
            true,
            "3 connections lost",
        ),
        (
            "generator_lag_ms",
            json!({"p99": 2.5}),
            false,
            "generator lag p99 2.5 ms, 2 at most",
        ),
        (
            "input_to_neighbour_ms",
            json!({"p99": null}),
            false,
            "latency p99 NaN ms, 100 at most",
        ),
    ];
    for (field, value, is_wrong, says) in faults {
        let results = ResultsFolder::empty();
        let mut report = bots(1000, 30.0);
        report[field] = value;
        let run = results.run("walkers-20", 1000, "1", &report);
        let verdict = report::verdict(&run).unwrap();
        assert_eq!(verdict.misses, [says]);
        assert_eq!(verdict.is_wrong, is_wrong, "{says}");
    }
}

#[test]
fn a_run_with_skipped_ticks_or_drops_or_io_behind_is_not_held() {
    for (line, says) in [
        ("parlour_ticks_skipped_total 1", "1 ticks skipped"),
        ("parlour_drops_total{reason=\"io_lost\"} 4", "4 drops, io_lost"),
        ("parlour_io_behind_total 5", "I/O fell behind 5 times"),
    ] {
        let results = ResultsFolder::empty();
        let run = results.run("walkers-20", 1000, "1", &bots(1000, 30.0));
        append(&run.join("after.prom"), line);
        assert_eq!(report::verdict(&run).unwrap().misses, [says]);
    }
}

#[test]
fn a_run_without_a_report_of_the_bots_is_wrong() {
    let results = ResultsFolder::empty();
    let run = results.run("walkers-20", 1000, "1", &bots(1000, 30.0));
    fs::remove_file(run.join("bots.json")).unwrap();
    assert!(report::verdict(&run).unwrap().is_wrong);
    assert!(report::floor_work(&run).is_err());
}

#[test]
fn the_latency_bound_depends_on_the_cadence() {
    for (load, cadences, held) in [
        ("walkers-20", "", true),
        ("walkers-60", "", false),
        (
            "near-auto",
            "parlour_cadence{hz=\"60\"} 900\nparlour_cadence{hz=\"20\"} 100",
            false,
        ),
        (
            "near-auto",
            "parlour_cadence{hz=\"60\"} 100\nparlour_cadence{hz=\"10\"} 900",
            true,
        ),
    ] {
        let results = ResultsFolder::empty();
        let run = results.run(load, 1000, "1", &bots(1000, 80.0));
        append(&run.join("after.prom"), cadences);
        assert_eq!(
            report::verdict(&run).unwrap().misses.is_empty(),
            held,
            "{load} {cadences}"
        );
    }
}

#[test]
fn the_floor_moves_the_same_messages_as_the_run() {
    let results = ResultsFolder::empty();
    let run = results.run("walkers-20", 1000, "1", &bots(1000, 30.0));
    let wanted = FloorWork {
        clients: 1000,
        frames_per_second: 20.0,
        frame_bytes: 50,
        inputs_per_second: 2.0,
    };
    assert_eq!(report::floor_work(&run).unwrap(), wanted);
}

/// Compares with a golden file. `PARLOUR_BLESS=1` writes it.
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/report")
        .join(name);
    if env::var_os("PARLOUR_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap();
    assert!(
        wanted == text,
        "{name} is different; if that is intended: PARLOUR_BLESS=1 cargo nextest run -p parlour-benches"
    );
}

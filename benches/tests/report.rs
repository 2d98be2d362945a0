//! The page of the benches, from results made by hand: figures, verdicts, goals and plots.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use parlour_benches::report::{self, FloorWork, Page};
use serde_json::{Value, json};

#[test]
fn the_page_and_its_plots_are_the_golden_ones() {
    let results = Results::of_everything();
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
fn without_results_every_goal_says_so() {
    let results = Results::none();
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
fn a_run_without_faults_is_held() {
    let results = Results::none();
    let run = results.run("walkers-20", 1000, "1", &bots(1000, 30.0));
    let verdict = report::verdict(&run).unwrap();
    assert_eq!(verdict.misses, Vec::<String>::new());
    assert!(!verdict.is_wrong);
}

#[test]
fn each_fault_is_named() {
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
        let results = Results::none();
        let mut report = bots(1000, 30.0);
        report[field] = value;
        let run = results.run("walkers-20", 1000, "1", &report);
        let verdict = report::verdict(&run).unwrap();
        assert_eq!(verdict.misses, [says]);
        assert_eq!(verdict.is_wrong, is_wrong, "{says}");
    }
}

#[test]
fn skipped_ticks_and_drops_and_held_back_frames_are_not_held() {
    for (line, says) in [
        ("parlour_ticks_skipped_total 1", "1 ticks skipped"),
        ("parlour_drops_total{reason=\"io_lost\"} 4", "4 drops, io_lost"),
        ("parlour_io_behind_total 5", "I/O fell behind 5 times"),
    ] {
        let results = Results::none();
        let run = results.run("walkers-20", 1000, "1", &bots(1000, 30.0));
        append(&run.join("after.prom"), line);
        assert_eq!(report::verdict(&run).unwrap().misses, [says]);
    }
}

#[test]
fn bots_that_left_no_report_are_wrong() {
    let results = Results::none();
    let run = results.run("walkers-20", 1000, "1", &bots(1000, 30.0));
    fs::remove_file(run.join("bots.json")).unwrap();
    assert!(report::verdict(&run).unwrap().is_wrong);
    assert!(report::floor_of(&run).is_err());
}

#[test]
fn the_bound_of_latency_is_that_of_the_cadence() {
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
        let results = Results::none();
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
fn the_floor_moves_what_the_load_moved() {
    let results = Results::none();
    let run = results.run("walkers-20", 1000, "1", &bots(1000, 30.0));
    let wanted = FloorWork {
        clients: 1000,
        frames_per_second: 20.0,
        frame_bytes: 50,
        inputs_per_second: 2.0,
    };
    assert_eq!(report::floor_of(&run).unwrap(), wanted);
}

/// Cargo's target folder with results in it, gone with the value.
struct Results(PathBuf);

impl Results {
    fn none() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("parlour-report-{}-{made}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn of_everything() -> Self {
        let results = Self::none();
        let machine = json!({
            "processor": "A processor", "cores": 2, "memory_gib": 24, "kernel": "6.1", "rustc": "rustc 1.95.0", "pinned": true,
            "load_before": "0.1 0.2 0.3", "load_after": "1.0 0.9 0.8", "date": "2026-01-01", "commit": "abc1234",
        });
        results.write("plaza/machine.json", &machine);
        for (clients, p99) in [(1000, 40.0), (2500, 60.0), (4000, 90.0), (5000, 700.0)] {
            results.run("walkers-20", clients, "ladder", &bots(clients, p99));
        }
        results.run("walkers-20", 5000, "ladder-again", &bots(5000, 650.0));
        for (run, p99) in [("1", 85.0), ("2", 101.0), ("3", 88.0)] {
            results.run("walkers-20", 4000, run, &bots(4000, p99));
        }
        let floor = json!({
            "clients": 4000, "sent_frames_per_s": 80_000, "received_inputs_per_s": 8000, "cpu_us_per_message": 4.6,
            "cpu_us_per_client_s": 100.0, "cpu_percent": 40.0,
        });
        results.write("plaza/floor/walkers-20/serve.json", &floor);
        results.run("small-60", 100, "1", &bots(100, 5.5));
        results.run("walkers-60", 2000, "1", &bots(2000, 20.0));
        results.run("walkers-60-free", 2000, "1", &bots(2000, 34.0));
        results.lines(
            "plaza/connection.jsonl",
            &[
                json!({"what": "memory per idle connection", "connections": 15_000, "bytes": 5200}),
                json!({"what": "memory per active connection", "connections": 1000, "bytes": 12_500}),
                json!({"what": "cpu per idle connection", "us_per_s": 2.5}),
            ],
        );
        let proximity =
            json!({"what": "proximity at scale", "players": 10_000, "mean_us": 1100.5, "max_us": 3100});
        results.lines("plaza/proximity.jsonl", &[proximity]);
        let tick =
            json!({"load": "1,000 walkers, whole room", "p50_us": 90.2, "p99_us": 150.7, "max_us": 300.1});
        results.lines("bench/tick.jsonl", &[tick]);
        let replay = json!({"what": "replay", "players": 1000, "times_real_time": 204.4});
        results.lines("bench/recording.jsonl", &[replay]);
        let degrading = json!({
            "clients": 2000, "more": 2000, "server_args": "--cadence auto", "overload_from_s": 2.5, "overload_to_s": 5.5,
        });
        results.write("plaza/degrading/about.json", &degrading);
        for (phase, p99) in [
            ("base", 60.0),
            ("more", 120.0),
            ("before", 20.0),
            ("during", 110.0),
            ("after", 21.0),
        ] {
            results.write(&format!("plaza/degrading/{phase}.json"), &bots(2000, p99));
        }
        for second in 0..12_u32 {
            let slow = if (3..8).contains(&second) { 1500 } else { 0 };
            let text = format!(
                "parlour_ticks_total {}\nparlour_ticks_skipped_total 0\n\
                 parlour_cadence{{hz=\"60\"}} {}\nparlour_cadence{{hz=\"30\"}} 0\n\
                 parlour_cadence{{hz=\"20\"}} {slow}\nparlour_cadence{{hz=\"10\"}} 0\n",
                second * 60,
                2000 - slow
            );
            results.text(
                &format!("plaza/degrading/samples/{:06}.prom", second * 1000),
                &text,
            );
        }
        let samples: Vec<Value> = (0..60)
            .map(|sample| {
                json!({
                    "s": sample * 10, "clients": 2000, "churn_percent": 5, "rss_kb": 40_000 + sample * 2, "fds": 2030,
                    "threads": 5, "connections": 2000, "websockets": 2000,
                })
            })
            .collect();
        results.lines("plaza/soak/samples.jsonl", &samples);
        results.write("plaza/soak/bots.json", &bots(2000, 60.0));
        results.write(
            "criterion/tick/walkers/1000/new/benchmark.json",
            &json!({
                "group_id": "tick", "full_id": "tick/walkers/1000",
            }),
        );
        results.write(
            "criterion/tick/walkers/1000/new/estimates.json",
            &json!({
                "median": {"point_estimate": 61_234.5},
            }),
        );
        results
    }

    /// A run of 29 s with all ticks; a quarter of a millisecond of CPU per client-second.
    fn run(&self, load: &str, clients: u32, run: &str, bots: &Value) -> PathBuf {
        let folder = format!("plaza/runs/{load}/{clients}-{run}");
        let about = json!({
            "load": load, "clients": clients, "run": run, "duration_s": 30, "window_s": 29.0, "bots_status": 0,
            "cpu_ns": u64::from(clients) * 29 * 250_000, "empty_rss_kb": 9000, "rss_kb": 9000 + clients * 10, "server_well": true,
        });
        self.write(&format!("{folder}/about.json"), &about);
        self.write(&format!("{folder}/bots.json"), bots);
        let metrics = |ticks: u32| {
            format!(
                "# HELP parlour_ticks_total Ticks.\nparlour_ticks_total {ticks}\nparlour_ticks_skipped_total 0\n\
                 parlour_tick_lateness_seconds_bucket{{le=\"0.0002\"}} {ticks}\n\
                 parlour_tick_lateness_seconds_bucket{{le=\"+Inf\"}} {ticks}\n"
            )
        };
        self.text(&format!("{folder}/before.prom"), &metrics(400));
        self.text(&format!("{folder}/after.prom"), &metrics(400 + 29 * 60));
        self.0.join(folder)
    }

    fn lines(&self, path: &str, values: &[Value]) {
        let lines: Vec<String> = values.iter().map(Value::to_string).collect();
        self.text(path, &(lines.join("\n") + "\n"));
    }

    fn write(&self, path: &str, value: &Value) {
        self.text(path, &value.to_string());
    }

    fn text(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What bots report of a run at 20 Hz in which nothing went wrong.
fn bots(clients: u32, p99: f64) -> Value {
    json!({
        "bots": clients, "connected": clients, "joined": clients, "violations": 0, "disconnects_by_code": {}, "connect_failures": {},
        "input_to_neighbour_ms": {"p50": p99 / 2.0, "p90": p99 * 0.9, "p99": p99, "max": p99 * 1.5, "samples": 1000},
        "age_of_picture_ms": {"p50": 0.0, "p99": 24.0}, "updates_delivered": 0.9812, "generator_lag_ms": {"p99": 0.8},
        "frames_in_per_s": clients * 20, "bytes_in_per_bot_per_s": 1000.0, "inputs_out_per_s": clients * 2,
        "payload_bytes_per_turn": 5.1, "inputs_late": 3,
    })
}

fn append(path: &Path, line: &str) {
    if line.is_empty() {
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    let name = line.split(' ').next().unwrap();
    let kept: Vec<&str> = text.lines().filter(|old| !old.starts_with(name)).collect();
    fs::write(path, format!("{}\n{line}\n", kept.join("\n"))).unwrap();
}

/// Compares with a file; `PARLOUR_BLESS=1` writes it.
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
        "{name} is another; if it is meant to be: PARLOUR_BLESS=1 cargo nextest run -p parlour-benches"
    );
}

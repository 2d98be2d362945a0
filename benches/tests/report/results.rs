//! Hand-made results, in a folder with the layout that the scripts leave in Cargo's target folder.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::{Value, json};

/// A temporary target folder with results, removed on drop.
pub(crate) struct ResultsFolder(pub(crate) PathBuf);

impl ResultsFolder {
    pub(crate) fn empty() -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("parlour-report-{}-{number}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn complete() -> Self {
        let results = Self::empty();
        results.machines();
        results.matrix();
        results.connections_and_proximity();
        // Three out of four viewers have a lower cadence from 0.5 s after the overload starts until
        // 2.5 s after it ends.
        results.overload(|second| if (3..8).contains(&second) { 1500 } else { 0 });
        results.soak();
        results.ticks();
        results.default_loads();
        results.recording();
        results.criterion();
        results
    }

    fn machines(&self) {
        let mut machine = json!({
            "processor": "A processor", "cores": 2, "memory_gib": 24, "kernel": "6.1", "rustc": "rustc 1.95.0", "pinned": true,
            "load_before": "0.1 0.2 0.3", "load_after": "1.0 0.9 0.8", "date": "2026-01-01", "commit": "abc1234",
        });
        self.write("plaza/machine.json", &machine);
        machine["pinned"] = false.into();
        self.write("bench/machine.json", &machine);
    }

    /// `walkers-20` with a ladder and a floor, other loads with one run, and `crowd-20` not
    /// measured.
    fn matrix(&self) {
        for (clients, p99) in [(1000, 40.0), (2500, 60.0), (4000, 90.0), (5000, 700.0)] {
            self.run("walkers-20", clients, "ladder", &bots(clients, p99));
        }
        self.run("walkers-20", 5000, "ladder-again", &bots(5000, 650.0));
        for (run, p99) in [("1", 85.0), ("2", 101.0), ("3", 88.0)] {
            self.run("walkers-20", 4000, run, &bots(4000, p99));
        }
        let floor = json!({
            "clients": 4000, "sent_frames_per_s": 80_000, "received_inputs_per_s": 8000, "cpu_us_per_message": 4.6,
            "cpu_us_per_client_s": 100.0, "cpu_percent": 40.0,
        });
        self.write("plaza/floor/walkers-20/serve.json", &floor);
        self.run("small-60", 100, "1", &bots(100, 5.5));
        self.run("walkers-60", 2000, "1", &bots(2000, 20.0));
        let mut free = bots(2000, 34.0);
        free["input_early_ms"] = json!({"p50": 8.31, "p99": 16.5});
        free["input_wait_ms"] = json!({"p50": 0.0, "p99": 0.04});
        self.run("walkers-60-free", 2000, "1", &free);
        // The ladder held with the goal's number of clients, but the run after it did not.
        self.run("jitter-20", 3600, "ladder", &bots(3600, 95.0));
        self.run("jitter-20", 3600, "1", &bots(3600, 120.0));
        let auto = self.run("near-auto", 15_000, "1", &bots(15_000, 90.0));
        let cadences: String = [(60, 100), (30, 900), (20, 9000), (10, 5000)]
            .map(|(hz, viewers)| format!("parlour_cadence{{hz=\"{hz}\"}} {viewers}\n"))
            .concat();
        append(&auto.join("after.prom"), &cadences);
    }

    fn connections_and_proximity(&self) {
        self.lines(
            "plaza/connection.jsonl",
            &[
                json!({"what": "memory per idle connection", "connections": 1000, "bytes": 9900}),
                json!({"what": "memory per idle connection", "connections": 15_000, "bytes": 5200}),
                json!({"what": "memory per active connection", "connections": 1000, "bytes": 12_500}),
                json!({"what": "cpu per idle connection", "us_per_s": 2.5}),
            ],
        );
        let proximity =
            json!({"what": "proximity at scale", "players": 10_000, "mean_us": 1100.5, "max_us": 3100});
        self.lines("plaza/proximity.jsonl", &[proximity]);
    }

    /// Twelve seconds of the overload run. `slow` returns how many of the 2,000 viewers are at
    /// 20 Hz in a given second.
    pub(crate) fn overload(&self, slow: fn(u32) -> u32) {
        let about = json!({
            "clients": 2000, "more": 2000, "server_args": "--cadence auto", "overload_from_s": 2.5, "overload_to_s": 5.5,
        });
        self.write("plaza/overload/about.json", &about);
        for (phase, p99) in [
            ("base", 60.0),
            ("more", 120.0),
            ("before", 20.0),
            ("during", 110.0),
            ("after", 21.0),
        ] {
            self.write(&format!("plaza/overload/{phase}.json"), &bots(2000, p99));
        }
        for second in 0..12_u32 {
            let slow = if second < 3 { 0 } else { slow(second) };
            let text = format!(
                "parlour_ticks_total {}\nparlour_ticks_skipped_total 0\n\
                 parlour_cadence{{hz=\"60\"}} {}\nparlour_cadence{{hz=\"30\"}} 0\n\
                 parlour_cadence{{hz=\"20\"}} {slow}\nparlour_cadence{{hz=\"10\"}} 0\n",
                second * 60,
                2000 - slow
            );
            self.text(
                &format!("plaza/overload/samples/{:06}.prom", second * 1000),
                &text,
            );
        }
    }

    fn soak(&self) {
        let samples: Vec<Value> = (0..60)
            .map(|sample| {
                json!({
                    "s": sample * 10, "clients": 2000, "churn_percent": 5, "rss_kb": 40_000 + sample * 2, "fds": 2030,
                    "threads": 5, "connections": 2000, "websockets": 2000,
                })
            })
            .collect();
        self.lines("plaza/soak/samples.jsonl", &samples);
        self.write("plaza/soak/bots.json", &bots(2000, 60.0));
    }

    /// Three loads of tick-report.
    fn ticks(&self) {
        let tick = |load: &str, p99_us: f64| json!({"load": load, "p50_us": p99_us * 0.6, "p99_us": p99_us, "max_us": p99_us * 2.0});
        self.lines(
            "bench/tick.jsonl",
            &[
                tick("1,000 walkers, interest 150 px", 310.2),
                tick("1,000 walkers, whole room", 150.7),
                tick("5,000 walkers, interest 150 px", 1420.0),
            ],
        );
    }

    fn default_loads(&self) {
        for (run, p99) in [(1, 30.04), (2, 32.5), (3, 31.0)] {
            let mut load = bots(500, p99);
            load["server_cpu_percent"] = 12.into();
            self.write(&format!("bench/load-{run}.json"), &load);
        }
        let memory = json!({"idle_mb": 9.1, "rss_mb": 101.6, "peak_mb": 104.0});
        self.write("bench/memory.json", &memory);
    }

    /// Figures, some of which meet their goals and some of which miss them. Seeking is not
    /// measured.
    fn recording(&self) {
        self.lines(
            "bench/recording.jsonl",
            &[
                json!({"what": "hash", "players": 1000, "with_us": 100.0, "without_us": 99.0, "percent": 1.0}),
                json!({"what": "keyframe", "players": 1000, "save_us": 812.4, "bytes": 61_234}),
                json!({"what": "hash", "players": 5000, "with_us": 500.0, "without_us": 480.0, "percent": 4.04}),
                json!({"what": "size", "players": 1000, "bytes_per_player_minute": 2581.5}),
                json!({"what": "replay", "players": 1000, "times_real_time": 204.4}),
            ],
        );
        let cost = |without_us: f64, with_us: f64| json!({"what": "tick", "players": 500, "without_us": without_us, "with_us": with_us});
        self.lines(
            "bench/recording-cost.jsonl",
            &[cost(200.0, 203.0), cost(201.0, 200.0), cost(200.04, 210.0)],
        );
    }

    /// Two groups. The smaller of two sizes comes second.
    fn criterion(&self) {
        for (group, id, nanoseconds) in [
            ("tick", "walkers/5000", 3_061_234.5),
            ("tick", "walkers/1000", 61_234.5),
            ("metrics", "a counter by name", 29.4),
        ] {
            let folder = format!("criterion/{group}/{}/new", id.replace(' ', "_"));
            let about = json!({"group_id": group, "full_id": format!("{group}/{id}")});
            self.write(&format!("{folder}/benchmark.json"), &about);
            let estimates = json!({"median": {"point_estimate": nanoseconds}});
            self.write(&format!("{folder}/estimates.json"), &estimates);
        }
    }

    /// A run with a window of 29 s, no skipped ticks, and 0.25 ms of CPU time per client-second.
    pub(crate) fn run(&self, load: &str, clients: u32, run: &str, bots: &Value) -> PathBuf {
        let folder = format!("plaza/runs/{load}/{clients}-{run}");
        let about = json!({
            "load": load, "clients": clients, "run": run, "duration_s": 30, "window_s": 29.0, "bots_status": 0,
            "cpu_ns": u64::from(clients) * 29 * 250_000, "empty_rss_kb": 9000, "rss_kb": 9000 + clients * 10, "server_exited_cleanly": true,
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

impl Drop for ResultsFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The report of the bots of a run at 20 Hz without faults.
pub(crate) fn bots(clients: u32, p99: f64) -> Value {
    json!({
        "bots": clients, "connected": clients, "joined": clients, "violations": 0, "disconnects_by_code": {}, "connect_failures": {},
        "input_to_neighbour_ms": {"p50": p99 / 2.0, "p90": p99 * 0.9, "p99": p99, "max": p99 * 1.5, "samples": 1000},
        "age_of_picture_ms": {"p50": 0.0, "p99": 24.0}, "turns_delivered": 0.9812, "generator_lag_ms": {"p99": 0.8},
        "frames_in_per_s": clients * 20, "bytes_in_per_bot_per_s": 1000.0, "inputs_out_per_s": clients * 2,
        "payload_bytes_per_turn": 5.1, "inputs_late": 3,
    })
}

/// Appends a line and removes the lines that begin with the same word.
pub(crate) fn append(path: &Path, line: &str) {
    if line.is_empty() {
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    let name = line.split(' ').next().unwrap();
    let kept: Vec<&str> = text.lines().filter(|old| !old.starts_with(name)).collect();
    fs::write(path, format!("{}\n{line}\n", kept.join("\n"))).unwrap();
}

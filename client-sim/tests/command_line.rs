//! The command line of `parlour-bots`: help, invalid arguments, report and exit codes.

#[path = "../client/tests/support/mod.rs"]
mod support;

use std::process::{Command, Output};

use serde_json::Value;
use support::world::{Fault, start};

fn parlour_bots(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_parlour-bots"))
        .args(arguments)
        .output()
        .expect("it starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn help_names_every_option_and_gives_examples() {
    let output = parlour_bots(&["--help"]);
    let help = text(&output.stdout);
    assert_eq!(code(&output), Some(0));
    let options = [
        "--url",
        "--count",
        "--rooms",
        "--per-room",
        "--map",
        "--duration",
        "--behaviour",
        "--turns-per-second",
        "--chat-per-minute",
        "--skin-per-minute",
        "--ramp",
        "--seed",
        "--json",
        "--threads",
        "--settle",
        "--quiet",
        "--phase-lock",
        "--aim",
        "--witnesses",
        "--stalled",
        "--churn",
        "--max-standstill",
    ];
    for option in options {
        assert!(help.contains(option), "{option} is missing:\n{help}");
    }
    assert!(help.contains("Examples:") && help.contains("Exit status:"));
    assert!(help.contains("walkers, jitter, idle, crowd"));
}

#[test]
fn wrong_usage_exits_with_2() {
    let wrong: [&[&str]; 16] = [
        &["--churn", "NaN"],
        &["--churn", "6001"],
        &["--witnesses", "0"],
        &["--witnesses", "half"],
        &["--count", "5", "--stalled", "5"],
        &["--aim", "3ms"],
        &["--phase-lock", "--aim", "1s"],
        &["--behaviour", "dance"],
        &["--rooms", "2", "--per-room", "5"],
        &["--duration", "soon"],
        &["--ramp", "fast"],
        &["--count", "0"],
        &["--url", "http://127.0.0.1/"],
        &["--url", "wss://127.0.0.1/ws"],
        &["--map", "a/b"],
        &["--no-such-option"],
    ];
    for arguments in wrong {
        let output = parlour_bots(arguments);
        assert_eq!(code(&output), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_missing_server_exits_with_1() {
    let output = parlour_bots(&[
        "--url",
        "ws://127.0.0.1:9/ws",
        "-n",
        "3",
        "--duration",
        "100ms",
        "--settle",
        "0s",
    ]);
    assert_eq!(code(&output), Some(1));
    let report = text(&output.stdout);
    let lines: Vec<&str> = report.lines().collect();
    // The report has the cause once, and nothing that was not measured.
    let [first, cause, advice] = lines[..] else {
        panic!("{report}")
    };
    assert_eq!(
        first,
        "3 bots (walkers, 2 turns/s, seed 1) in 1 room of plaza: none connected to ws://127.0.0.1:9/ws"
    );
    assert!(
        cause.starts_with("  failed to connect          3 x connection refused"),
        "{report}"
    );
    assert!(advice.starts_with("Is a server running there?"), "{report}");
}

#[test]
fn counts_of_one_are_singular() {
    for (bots, rooms, begin) in [("1", "1", "1 bot ("), ("2", "2", "2 bots (")] {
        let url = start(Fault::None);
        let mut words = vec!["--url", &url, "-n", bots, "--rooms", rooms, "--duration", "100ms"];
        words.extend(["--settle", "0s"]);
        let output = parlour_bots(&words);
        let table = text(&output.stdout);
        let rooms = if rooms == "1" {
            ") in 1 room of "
        } else {
            ") in 2 rooms of "
        };
        assert!(table.starts_with(begin) && table.contains(rooms), "{table}");
    }
}

#[test]
fn a_clean_run_exits_with_0_and_writes_progress_table_and_json() {
    let url = start(Fault::None);
    let file = std::env::temp_dir().join(format!("parlour-bots-{}.json", std::process::id()));
    let path = file.to_str().expect("a path in UTF-8");
    let arguments = [
        "--url",
        &url,
        "-n",
        "8",
        "--rooms",
        "1",
        "--duration",
        "1500ms",
        "--settle",
        "100ms",
        "--seed",
        "9",
        "--turns-per-second",
        "5",
        "--chat-per-minute",
        "30",
        "--json",
        path,
    ];
    let output = parlour_bots(&arguments);
    let (table, progress) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(code(&output), Some(0), "{table}{progress}");
    assert!(progress.contains("8/8 connected"), "{progress}");
    assert!(
        table.contains("input to neighbour") && table.contains("violations"),
        "{table}"
    );

    let report: Value = serde_json::from_slice(&std::fs::read(&file).expect("it was written")).expect("JSON");
    std::fs::remove_file(&file).expect("it is ours");
    assert_eq!(
        (
            report["bots"].as_u64(),
            report["connected"].as_u64(),
            report["violations"].as_u64()
        ),
        (Some(8), Some(8), Some(0))
    );
    for field in ["p50", "p90", "p99", "max", "samples"] {
        assert!(report["input_to_neighbour_ms"][field].is_number(), "{field}");
        assert!(report["age_of_picture_ms"][field].is_number(), "{field}");
    }
    let numbers = [
        "frames_in_per_s",
        "bytes_in_per_bot_per_s",
        "inputs_out_per_s",
        "snapshots_per_s",
        "payload_bytes_per_turn",
        "generator_cpu_us_per_bot_per_s",
        "measured_s",
        "witnesses",
        "bots_replaced",
        "clients_stalled_closed",
        "joined",
        "turns_overtaken",
        "turns_delivered",
        "inputs_unacknowledged",
        "seed",
    ];
    for field in numbers {
        assert!(report[field].is_number(), "{field}");
    }
    for field in ["generator_lag_ms", "connect_ms", "rtt_ms"] {
        assert!(report[field]["p99"].is_number(), "{field}");
    }
    for field in [
        "disconnects_by_code",
        "violations_by_kind",
        "refused_by_class",
        "connect_failures",
        "plan",
    ] {
        assert!(report[field].is_object(), "{field}");
    }
    assert_eq!(report["seed"], 9);
    assert_eq!(report["plan"]["behaviour"], "walkers");
}

#[test]
fn a_violation_exits_with_1() {
    let url = start(Fault::Push);
    let arguments = [
        "--url",
        &url,
        "-n",
        "4",
        "--rooms",
        "1",
        "--duration",
        "1500ms",
        "--settle",
        "0s",
        "-q",
        "--json",
        "-",
    ];
    let output = parlour_bots(&arguments);
    assert_eq!(code(&output), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON in place of the table");
    assert_eq!(report["violations_by_kind"]["prediction"], 4);
    assert_eq!(text(&output.stderr), "");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_run_and_prints_its_report() {
    let url = start(Fault::None);
    let mut child = Command::new(env!("CARGO_BIN_EXE_parlour-bots"))
        .args([
            "--url",
            &url,
            "-n",
            "2",
            "--rooms",
            "1",
            "--duration",
            "forever",
            "--json",
            "-",
        ])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    // Wait for the first line of progress, after which the program handles signals.
    let mut line = String::new();
    let mut progress = std::io::BufReader::new(child.stderr.take().expect("it is piped"));
    std::io::BufRead::read_line(&mut progress, &mut line).expect("a line");
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["stopped_early"], true);
}

#[test]
fn a_standstill_fails_the_run_unless_it_is_allowed() {
    let run = |more: &[&str]| {
        let url = start(Fault::Freeze(std::time::Duration::from_millis(1700)));
        let mut words = vec![
            "--url",
            &url,
            "--count",
            "3",
            "--rooms",
            "1",
            "--map",
            "test",
            "--duration",
            "3s",
        ];
        words.extend(["--settle", "200ms", "--quiet", "--json", "-"]);
        words.extend(more);
        let output = parlour_bots(&words);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (code(&output), report)
    };
    let (code, report) = run(&[]);
    assert_eq!(code, Some(1), "{report}");
    let lasted = report["standstill"]["ms"].as_f64().unwrap();
    assert!((1700.0..2300.0).contains(&lasted), "{report}");
    assert!(
        report["standstill"]["began_s"].as_f64().unwrap() > 0.3,
        "{report}"
    );
    assert!(
        report["standstill_at"].as_str().unwrap().ends_with('Z'),
        "{report}"
    );
    assert_eq!(report["plan"]["max_standstill_s"], 1.5);
    let (code, report) = run(&["--max-standstill", "forever"]);
    assert_eq!(code, Some(0), "{report}");
    assert!(report["standstill"]["ms"].as_f64().unwrap() > 1600.0, "{report}");
}

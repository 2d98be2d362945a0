//! A recording in several files: each command takes the directory and reads all of its files.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use parlour_shared::message::Scope;
use serde_json::Value;

use parlour_testing::SessionActions as _;

use crate::support::{TemporaryPath, parlour, story, without_events};

/// Returns the story in three files that start at ticks 1, 301 and 601.
fn rotated() -> TemporaryPath {
    story().record_rotated(900, &[300, 600])
}

#[test]
fn two_directories_are_compared_with_all_of_their_files() {
    let (one, other) = (rotated(), story().record_rotated(900, &[600]));
    let whole = TemporaryPath::file(&story().record(900));
    for (one, other) in [(&one, &other), (&one, &whole), (&whole, &one)] {
        let (code, out, err) = parlour(&[one.path(), "--diff", other.path()]);
        assert_eq!(
            (code, out.as_str()),
            (Some(0), "the same: ticks 1 to 900, inputs and hashes\n"),
            "{err}"
        );
    }
    let (_, _, err) = parlour(&[one.path(), "--diff", other.path()]);
    let lines: Vec<&str> = err.lines().collect();
    assert!(lines[0].ends_with("t1.plr and the next 2 files"), "{err}");
    assert!(lines[1].ends_with("t1.plr and the next file"), "{err}");
}

#[test]
fn a_difference_in_a_later_file_is_found() {
    let mut script = story();
    script.at(700).close(3);
    let changed = script.record_rotated(900, &[300, 600]);
    let (code, out, err) = parlour(&[rotated().path(), "--diff", changed.path()]);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.starts_with("tick       700, 2026-11-21T14:03:11."), "{out}");
    assert!(out.contains("\"Cleo\""), "{out}");
    // The time comes from the file with the tick.
    assert!(out.contains("14:03:11.6"), "{out}");
}

#[test]
fn a_directory_is_compared_with_a_rerun() {
    let (code, out, err) = parlour(&[rotated().path(), "--diff"]);
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "the same: ticks 1 to 900, inputs and hashes\n"),
        "{err}"
    );
    let mut script = story();
    script.wrong_hash = Some(650);
    let wrong = script.record_rotated(900, &[300, 600]);
    let (code, out, err) = parlour(&[wrong.path(), "--diff", "--format", "json"]);
    assert_eq!(code, Some(1), "{err}");
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&found["result"], &found["recorded_tick"]),
        (&"state".into(), &650.into()),
        "{out}"
    );
    assert_eq!(found["reproduces"], serde_json::json!([false, true]), "{out}");
}

#[test]
fn a_player_outside_of_the_window_is_searched_in_all_files() {
    let mut script = without_events();
    script.at(10).open_as_and_join(1, "Ada", "plaza");
    script.at(650).open_as_and_join(2, "Zoe", "plaza");
    let directory = script.record_rotated(900, &[300, 600]);
    let (code, _, err) = parlour(&[directory.path(), "--follow", "Zoe", "--to", "400"]);
    assert_eq!(code, Some(64));
    assert!(
        err.contains("Zoe (session 2) is present in ticks 650 to 900"),
        "{err}"
    );
}

#[test]
fn a_duration_counts_from_the_start_of_the_first_file() {
    let (code, out, err) = parlour(&[rotated().path(), "--from", "+11s", "--to", "+12s"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("121 ticks, 601 to 721 "), "{out}");
    let (code, _, err) = parlour(&[rotated().path(), "--from", "+16s"]);
    assert_eq!(code, Some(64), "{err}");
}

/// Ada chats three times, once in each of three files.
fn three_chats() -> TemporaryPath {
    let mut script = without_events();
    script.at(10).open_as_and_join(1, "Ada", "plaza");
    script.at(250).chat(1, Scope::Room, "one");
    script.at(550).chat(1, Scope::Room, "two");
    script.at(650).chat(1, Scope::Room, "three");
    script.record_rotated(900, &[300, 600])
}

#[test]
fn a_dump_searches_earlier_files() {
    let directory = three_chats();
    let texts = |what: &str, words: &[&str]| {
        let words = [&[directory.path(), "--dump", what, "--format", "json"], words].concat();
        let (code, out, err) = parlour(&words);
        assert_eq!(code, Some(0), "{words:?}: {err}");
        let ticks = out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        ticks.map(|row| row["tick"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    for what in ["chat", "commands"] {
        for (words, expected) in [
            (&["--from", "t200", "--at", "t700"][..], &[250, 550, 650][..]),
            (
                &["--from", "t200", "--at", "t700", "--player", "Ada"],
                &[250, 550, 650],
            ),
            (&["--from", "t500", "--at", "t610"], &[550]),
            (&["--from", "14:03:09", "--at", "14:03:11"], &[550, 650]),
            (&["--from", "+4s", "--at", "t700"], &[250, 550, 650]),
            (&["--from", "+10s", "--at", "t700"], &[650]),
            // Ten seconds are 600 ticks.
            (&["--at", "t620"], &[250, 550]),
            (&["--at", "t851"], &[550, 650]),
            (&["--at", "14:03:14.2"], &[550, 650]),
        ] {
            let mut ticks = texts(what, words);
            // Ignore the commands with which the session starts.
            ticks.retain(|tick| *tick > 10);
            assert_eq!(ticks, expected, "{what} {words:?}");
        }
    }
}

#[test]
fn a_dump_opens_no_file_before_its_window() {
    let directory = three_chats();
    let look = |words: &[&str]| {
        let words = [&[directory.path(), "--dump", "chat"], words].concat();
        let err = parlour(&words).2;
        let note = err.lines().next().unwrap();
        note.split("; the directory also has ").next().unwrap().to_owned()
    };
    assert!(look(&["--from", "t601", "--at", "t700"]).ends_with("t600.plr"));
    assert!(look(&["--from", "t600", "--at", "t700"]).ends_with("t300.plr and the next file"));
    assert!(look(&["--at", "t901"]).ends_with("no recording contains tick 901. The directory contains:"));
    assert!(look(&["--at", "t900"]).ends_with("t1.plr and the next 2 files"));
    assert!(look(&["--from", "t701", "--at", "t700"]).ends_with("t600.plr"));
    let (_, _, err) = parlour(&[
        directory.path(),
        "--dump",
        "chat",
        "--at",
        "t901",
        "--from",
        "t900",
    ]);
    assert!(!err.contains("the directory also has"), "{err}");
    let (_, _, err) = parlour(&[directory.path(), "--from", "t700"]);
    assert!(
        err.contains("t600.plr; the directory also has 2 earlier files of this run"),
        "{err}"
    );
}

#[test]
fn an_end_in_an_earlier_file_is_before_the_beginning() {
    for words in [
        ["--from", "t700", "--to", "t500"],
        ["--from", "14:03:11", "--to", "14:03:04"],
    ] {
        let (code, _, err) = parlour(&[&[rotated().path()][..], &words].concat());
        assert_eq!(code, Some(64), "{err}");
        assert!(err.contains("is before the start"), "{err}");
        assert!(!err.contains("is not in the recording"), "{err}");
    }
}

#[test]
fn a_playback_serves_all_files() {
    let directory = rotated();
    let served = Served::start(&[directory.path(), "--serve", "--paused", "--from", "+11s"]);
    let look = served.ask("GET", "");
    // Playback starts in the second file, but can seek back to the first.
    assert_eq!(
        (&look["first"], &look["last"], &look["tick"]),
        (&1.into(), &900.into(), &661.into())
    );
    for tick in [100, 299, 300, 301, 599, 600, 601, 900, 250] {
        let landed = served.ask("POST", &format!("/seek?to={tick}"));
        assert_eq!(
            (&landed["tick"], &landed["ended"]),
            (&tick.into(), &Value::Null),
            "{landed}"
        );
    }
    // It continues past the end of a file.
    served.ask("POST", "/seek?to=295");
    served.ask("POST", "/play");
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        let look = served.ask("GET", "");
        assert_eq!(look["ended"], Value::Null, "{look}");
        if look["tick"].as_u64().unwrap() > 330 {
            return;
        }
    }
    panic!("it does not continue in the next file");
}

/// `parlour replay --serve` on free ports. Killed when the value is dropped.
struct Served {
    child: Child,
    playback: String,
}

impl Served {
    fn start(words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
        command.env_clear().arg("replay").args(words);
        command.args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
        let piped = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = piped.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let control = lines.find(|line| line.contains("  control  ")).unwrap();
        let playback = control.split("http://").nth(1).unwrap().to_owned();
        // Keeps the pipe open. The rest of the output fits into it.
        std::mem::forget(lines);
        let served = Self { child, playback };
        while served.ask("GET", "")["seeking"] != Value::Null {}
        served
    }

    fn ask(&self, method: &str, order: &str) -> Value {
        let host = self.playback.split('/').next().unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!("{method} /playback{order} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

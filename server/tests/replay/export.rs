//! Exports: JSON Lines that agree with the world.

use std::collections::BTreeMap;

use parlour_recording::replay::{Window, export::export};
use parlour_shared::ids::{SessionId, Tick};
use parlour_sim::Motion;
use serde_json::Value;

use crate::support::{TemporaryPath, parlour, replay, story, ticks, whole};

fn lines(file: &TemporaryPath, window: Window) -> Vec<Value> {
    let mut out = Vec::new();
    export(&mut replay(file), window, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn of_kind<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["line"] == kind).collect()
}

#[test]
fn an_export_contains_all_events() {
    let file = TemporaryPath::file(&story().record(900));
    let window = whole(&replay(&file));
    let lines = lines(&file, window);
    assert_eq!(
        (lines[0]["line"].as_str(), &lines[0]["recording"]["simulation"]),
        (Some("header"), &parlour_sim::SIMULATION.into())
    );
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["line"], &last["ticks"], &last["ending"]["reason"]),
        (&"end".into(), &900.into(), &"stopped".into())
    );
    let first = of_kind(&lines, "tick")[0];
    assert_eq!(
        (&first["tick"], &first["time"]),
        (&10.into(), &"2026-11-21T14:03:00.150Z".into())
    );
    assert_eq!(first["events"][0]["kind"], "arrive");
    assert_eq!(first["events"][1]["message"]["join"]["room"], "lobby/3");
    assert_eq!(of_kind(&lines, "chat")[0]["heard_by"], serde_json::json!([1, 2]));
    let moves = |kind| -> Vec<(u64, &str, &str)> {
        let text = |line: &'_ Value, field: &str| -> &str {
            Box::leak(line[field].as_str().unwrap().to_owned().into_boxed_str())
        };
        of_kind(&lines, kind)
            .iter()
            .map(|line| {
                (
                    line["tick"].as_u64().unwrap(),
                    text(line, "name"),
                    text(line, "room"),
                )
            })
            .collect()
    };
    assert_eq!(
        moves("enter")[..3],
        [
            (10, "Ada", "lobby/3"),
            (30, "Bob", "lobby/3"),
            (40, "Cleo", "plaza")
        ]
    );
    assert!(
        moves("leave").contains(&(800, "Ada", "plaza")),
        "{:?}",
        moves("leave")
    );
    assert!(
        lines
            .iter()
            .all(|line| line["tick"].is_u64() || line["line"] == "header")
    );
}

/// The position of every player at every tick follows from the segments.
#[test]
fn motion_agrees_with_the_world() {
    let mut places: BTreeMap<(u32, u32), (i32, i32)> = BTreeMap::new();
    let bytes = story().record_with(900, |world| {
        for session in 1..=3 {
            let player = world.player(SessionId(session)).and_then(|player| {
                let motion = world.world().get::<Motion>(player)?.segment();
                Some((
                    world.world().get::<parlour_sim::Player>(player)?.id.0,
                    motion.at(world.tick()),
                ))
            });
            if let Some((id, place)) = player {
                places.insert((world.tick().0, id), (place.x, place.y));
            }
        }
    });
    let file = TemporaryPath::file(&bytes);
    for (from, to) in [(1, 900), (400, 700)] {
        let lines = lines(&file, ticks(from, to));
        let mut segments: BTreeMap<u32, [i64; 5]> = BTreeMap::new();
        let mut compared = 0;
        for tick in from - 1..=to {
            for line in of_kind(&lines, "motion")
                .into_iter()
                .filter(|line| line["tick"] == tick)
            {
                let id = u32::from_str_radix(line["player"].as_str().unwrap(), 16).unwrap();
                let number = |field: &str| line[field].as_i64().unwrap();
                segments.insert(id, ["since", "x", "y", "vx", "vy"].map(number));
            }
            for ((_, id), (x, y)) in places.range((tick, 0)..=(tick, u32::MAX)) {
                let [since, x0, y0, vx, vy] = segments[id];
                let after = i64::from(tick) - since;
                assert_eq!(
                    (x0 + vx * after, y0 + vy * after),
                    ((*x).into(), (*y).into()),
                    "tick {tick}"
                );
                compared += 1;
            }
        }
        assert!(compared > 800, "{compared}");
    }
}

#[test]
fn an_export_of_a_window_starts_with_the_players_that_are_present() {
    let file = TemporaryPath::file(&story().record(900));
    let lines = lines(
        &file,
        Window {
            from: Tick(400),
            to: Tick(410),
        },
    );
    let present: Vec<&str> = of_kind(&lines, "present")
        .iter()
        .map(|line| line["name"].as_str().unwrap())
        .collect();
    assert_eq!(present, ["Ada", "Bob", "Cleo"]);
    assert_eq!(lines.last().unwrap()["ending"], Value::Null);
}

#[test]
fn the_command_writes_to_a_file_or_to_standard_output() {
    let file = TemporaryPath::file(&story().record(60));
    let (code, out, err) = parlour(&[file.path(), "--export"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let target = TemporaryPath::file(b"");
    let (code, nothing, _) = parlour(&[file.path(), &format!("--export={}", target.path())]);
    assert_eq!((code, nothing.as_str()), (Some(0), ""));
    assert_eq!(std::fs::read_to_string(&target.0).unwrap(), out);
    assert!(out.lines().count() > 5, "{out}");
}

#[test]
fn an_export_does_not_overwrite_a_file() {
    let file = TemporaryPath::file(&story().record(60));
    let target = TemporaryPath::file(b"precious");
    let (code, out, err) = parlour(&[file.path(), &format!("--export={}", target.path())]);
    assert_eq!((code, out.as_str()), (Some(73), ""));
    let expected = "already exists and is not overwritten: choose a different file, or remove this one\n";
    assert!(
        err.starts_with(&format!("parlour: {} {expected}", target.path())),
        "{err}"
    );
    assert_eq!(std::fs::read(&target.0).unwrap(), b"precious");
    // The recording itself is not overwritten either.
    let before = std::fs::read(&file.0).unwrap();
    assert_eq!(
        parlour(&[file.path(), &format!("--export={}", file.path())]).0,
        Some(73)
    );
    assert_eq!(std::fs::read(&file.0).unwrap(), before);
}

#[test]
fn a_file_without_an_equals_sign_gets_a_tip() {
    let file = TemporaryPath::file(&story().record(60));
    for (words, tip) in [
        ([file.path(), "--export", "out.jsonl"], "--export=out.jsonl\n"),
        ([file.path(), "--export", "my out"], "--export='my out'\n"),
        (["--export", file.path(), "out.jsonl"], "--export=FILE\n"),
    ] {
        let (code, _, err) = parlour(&words);
        assert_eq!(code, Some(2), "{err}");
        let tip = format!("tip: use an equals sign before the file to write: {tip}");
        assert!(err.contains(&tip), "{err}");
    }
    assert!(!parlour(&[file.path(), "other.plr"]).2.contains("tip"));
    assert!(!std::path::Path::new("out.jsonl").exists());
}

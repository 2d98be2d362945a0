//! A directory with the recordings of several worlds of a node.

use std::{env, fs};

use parlour_shared::message::Scope;
use parlour_testing::SessionActions as _;
use serde_json::Value;

use crate::{
    support::{TemporaryPath, parlour},
    worlds_support::{add, garden_world, main_world, node, starting_after, travels},
};

/// Runs the command on a directory. Returns the exit code, standard output and standard error.
fn run(directory: &TemporaryPath, words: &[&str]) -> (Option<i32>, String, String) {
    let (code, out, err) = parlour(&[&[directory.path()][..], words].concat());
    // The name of the directory is different in each run.
    let named = |text: String| text.replace(directory.path(), "rec");
    (code, named(out), named(err))
}

/// Runs a command that must succeed. Returns standard output.
fn shown(directory: &TemporaryPath, words: &[&str]) -> String {
    let (code, out, err) = run(directory, words);
    assert_eq!(code, Some(0), "{words:?}: {err}");
    out
}

fn json(directory: &TemporaryPath, words: &[&str]) -> Vec<Value> {
    let out = shown(directory, words);
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// `PARLOUR_BLESS=1` writes the file again. Read the change before you commit it.
fn compare(name: &str, text: &str) {
    let path = format!("{}/tests/replay/worlds/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if env::var_os("PARLOUR_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(path).unwrap(), "{name}");
}

#[test]
fn the_worlds_are_listed() {
    let directory = travels();
    // The number of bytes depends on the version.
    let sizes = json(&directory, &["--json"]);
    let mut list = shown(&directory, &[]);
    for world in &sizes {
        list = list.replace(&world["bytes"].to_string(), "1234");
    }
    let list: Vec<String> = list
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    compare("list", &(list.join("\n") + "\n"));
}

#[test]
fn the_list_has_every_run_as_json() {
    let directory = travels();
    let mut panicked = starting_after(60_000);
    panicked.panics = true;
    add(&directory, "main", "b.plr", &panicked.record(60));
    add(&directory, "main", "c.plr", &starting_after(61_000).record(60));
    let list = json(&directory, &["--json"]);
    assert_eq!(list[0]["world"], "garden.3");
    let main = &list[1];
    assert_eq!(
        (&main["world"], &main["ended"]),
        (&"main".into(), &"stopped".into())
    );
    assert_eq!((&main["ticks"], &main["players"]), (&720.into(), &2.into()));
    assert_eq!(main["from"], "2026-11-21T14:03:00.000Z");
    let endings: Vec<&Value> = (0..3).map(|nth| &main["runs"][nth]["ending"]["reason"]).collect();
    assert_eq!(endings, ["stopped", "panicked", "stopped"]);
    let out = shown(&directory, &[]);
    assert!(out.contains("stopped, 3 runs, 1 panicked"), "{out}");
}

#[test]
fn worlds_are_sorted_by_name_and_number() {
    let recording = starting_after(0).record(20);
    let worlds = ["tag-10", "main", "tag-2", "tag"];
    let directory = node(&worlds.map(|name| (name, recording.clone())));
    let names: Vec<Value> = json(&directory, &["--json"])
        .iter()
        .map(|row| row["world"].clone())
        .collect();
    assert_eq!(names, ["main", "tag", "tag-2", "tag-10"]);
}

#[test]
fn a_world_that_cannot_be_read_is_listed() {
    let directory = node(&[
        ("main", starting_after(0).record(20)),
        ("broken", b"no recording".to_vec()),
    ]);
    let list = json(&directory, &["--json"]);
    assert_eq!(
        (&list[0]["world"], &list[0]["unreadable"]),
        (&"broken".into(), &1.into())
    );
    assert_eq!(list[0]["from"], Value::Null);
    // A recording of a server with other versions has times, but its players cannot be read.
    let mut newer = starting_after(0);
    newer.simulation = Some(99_999);
    add(&directory, "newer", "a.plr", &newer.record(20));
    let (code, out, err) = run(&directory, &[]);
    assert_eq!(code, Some(0), "{err}");
    assert!(
        err.contains("players are not counted: rec/newer/a.plr: this recording was made by"),
        "{err}"
    );
    assert!(out.contains("newer") && out.contains("cannot be read"), "{out}");
}

#[test]
fn a_player_is_followed_from_world_to_world() {
    let directory = travels();
    compare("follow", &shown(&directory, &["--follow", "Ada"]));
    // An id and the number of a session mean the same player in each world.
    let all = shown(&directory, &["--follow", "Ada"]);
    let id = all.split("(id ").nth(1).unwrap().split(',').next().unwrap();
    for player in [id, "1", "ada"] {
        assert_eq!(shown(&directory, &["--follow", player]), all);
    }
}

#[test]
fn a_window_starts_and_ends_in_different_worlds() {
    let directory = travels();
    let out = shown(
        &directory,
        &["--follow", "Ada", "--from", "14:03:03", "--to", "14:03:05.5"],
    );
    compare("follow_window", &out);
    // A duration counts from the start of the first world.
    assert_eq!(
        out,
        shown(
            &directory,
            &["--follow", "Ada", "--from", "+3s", "--to", "+5500ms"]
        )
    );
}

#[test]
fn a_room_is_followed_in_the_world_that_has_it() {
    let directory = travels();
    let out = shown(&directory, &["--follow", "Ada", "--room", "garden/3"]);
    assert!(out.lines().all(|line| line.contains("garden.3")), "{out}");
    assert!(out.contains("says to the room: \"I will not stay\""), "{out}");
    let (code, _, err) = run(&directory, &["--follow", "Ada", "--room", "attic"]);
    assert_eq!(code, Some(64));
    assert_eq!(
        err,
        "parlour: \"Ada\" is not in room \"attic\", but in garden/3 (garden.3), lobby/3 (main), plaza (main) at any time\n"
    );
}

#[test]
fn a_player_that_is_in_no_world_is_searched_everywhere() {
    let directory = travels();
    let (code, _, err) = run(&directory, &["--follow", "Cleo", "--to", "14:03:01"]);
    assert_eq!(code, Some(64), "{err}");
    compare("absent_player", &err);
    let (code, _, err) = run(&directory, &["--follow", "Zoe"]);
    assert_eq!(
        (code, err.as_str()),
        (
            Some(64),
            "parlour: no player \"Zoe\" in any world; present: Ada, Bob, Cleo\n"
        )
    );
}

#[test]
fn a_player_with_the_same_name_in_a_different_world_is_not_followed() {
    let (mut main, mut garden) = (starting_after(0), starting_after(1000));
    main.at(10).open_as_and_join(1, "Ada", "lobby");
    main.at(300).close(1);
    garden.at(10).open_as_and_join(2, "Ada", "garden");
    garden.at(400).close(2);
    garden.at(450).open_as_and_join(3, "Ada", "garden");
    let directory = node(&[("main", main.record(600)), ("garden", garden.record(600))]);
    let (code, out, err) = run(&directory, &["--follow", "Ada"]);
    assert_eq!(code, Some(0), "{err}");
    let note = "a different player has this name and is not followed: ";
    assert!(
        err.contains(note) && err.contains("(in garden from 14:03:01.150)"),
        "{err}"
    );
    assert!(!out.contains("session 2"), "{out}");
    // The third one arrives after the first has departed for the last time.
    assert!(out.contains("session 1") && out.contains("session 3"), "{out}");
    let (code, _, err) = run(&directory, &["--follow", "Ada", "--from", "14:03:03"]);
    assert_eq!(code, Some(64), "{err}");
    assert!(
        err.contains("2 players are named \"Ada\"") && err.contains("Use an id to follow one"),
        "{err}"
    );
}

#[test]
fn a_player_is_followed_into_the_run_after_a_panic() {
    // The world is loaded again: the next run starts with the player in it.
    let directory = main_world().record_rotated(600, &[300]);
    let node = TemporaryPath::directory();
    let bytes = |name: &str| fs::read(directory.0.join(name)).unwrap();
    add(&node, "main", "first.plr", &bytes("t1.plr"));
    // Without the name of its predecessor, it is a run of its own.
    add(&node, "main", "second.plr", &bytes("t300.plr"));
    add(&node, "other", "a.plr", &starting_after(0).record(60));
    let out = shown(&node, &["--follow", "Bob"]);
    assert!(out.contains("t30       Bob arrives"), "{out}");
    assert!(out.contains("Bob (id ") && out.contains("is in lobby/3"), "{out}");
}

#[test]
fn tables_of_all_worlds_are_shown_at_a_time_of_day() {
    let directory = travels();
    let mut text = String::new();
    for words in [
        &["--dump", "players", "--at", "14:03:03"][..],
        &["--dump", "rooms", "--at", "14:03:06"],
        &["--dump", "chat", "--at", "14:03:08"],
        &[
            "--dump", "commands", "--from", "14:03:01", "--at", "14:03:03", "--player", "Ada",
        ],
    ] {
        text.push_str(&format!(
            "$ parlour replay rec {}\n{}",
            words.join(" "),
            shown(&directory, words)
        ));
    }
    compare("dump", &text);
}

#[test]
fn rows_as_json_name_their_world_and_tick() {
    let directory = travels();
    let rows = json(&directory, &["--dump", "players", "--at", "14:03:03", "--json"]);
    let places: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["world"].as_str().unwrap(),
                row["tick"].as_u64().unwrap(),
                row["name"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            ("garden.3", 121, "Ada"),
            ("garden.3", 121, "Cleo"),
            ("main", 181, "Bob")
        ]
    );
    let chat = json(
        &directory,
        &["--dump", "chat", "--format", "json", "--at", "14:03:08"],
    );
    let said: Vec<_> = chat
        .iter()
        .map(|row| (row["world"].as_str().unwrap(), row["text"].as_str().unwrap()))
        .collect();
    assert_eq!(
        said,
        [
            ("main", "I go to the garden"),
            ("garden.3", "hello Ada"),
            ("main", "alone"),
            ("garden.3", "I will not stay"),
            ("main", "back"),
        ],
        "by time"
    );
}

#[test]
fn without_a_moment_the_end_of_each_world_is_shown() {
    let directory = travels();
    // A world that ended half a minute earlier.
    add(&directory, "early", "a.plr", &starting_after(0).record(60));
    let mut late = starting_after(30_000);
    late.at(10).open_as_and_join(7, "Dora", "plaza");
    add(&directory, "late", "a.plr", &late.record(60));
    let (code, out, err) = run(&directory, &["--dump", "players"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("Dora") && !out.contains("Bob"), "{out}");
    assert!(
        err.contains("these worlds ended earlier: early, garden.3, main; --at shows an earlier time"),
        "{err}"
    );
}

#[test]
fn a_room_that_is_in_no_world_is_searched_everywhere() {
    let directory = travels();
    let (code, _, err) = run(
        &directory,
        &["--dump", "rooms", "--room", "plaza", "--at", "14:03:01"],
    );
    assert_eq!(code, Some(64), "{err}");
    compare("absent_room", &err);
    let (code, _, err) = run(
        &directory,
        &["--dump", "rooms", "--room", "attic", "--at", "14:03:02"],
    );
    assert_eq!(code, Some(64));
    assert_eq!(
        err,
        "parlour: no room \"attic\" in any world at 14:03:02.000; present: garden/3 (garden.3), lobby/3 (main)\n"
    );
}

#[test]
fn a_moment_in_no_world_lists_the_worlds() {
    let directory = travels();
    for words in [
        &["--dump", "players", "--at", "15:00"][..],
        &["--follow", "Ada", "--from", "15:00"],
        &["--verify", "--to", "13:00"],
    ] {
        let (code, _, err) = run(&directory, words);
        assert_eq!(code, Some(64), "{words:?}: {err}");
        let list = "The worlds are:\n  garden.3: 14:03:01.000 to 14:03:08.983 on 2026-11-21 (UTC)\n  main: ";
        assert!(
            err.contains("rec: no world was recorded") && err.contains(list),
            "{err}"
        );
    }
    for words in [
        &["--follow", "Ada", "--from", "14:03:05", "--to", "14:03:04"][..],
        &["--dump", "chat", "--from", "14:03:05", "--at", "14:03:04"],
    ] {
        assert_eq!(run(&directory, words).0, Some(64));
    }
}

#[test]
fn a_tick_needs_a_world() {
    let directory = travels();
    for words in [
        &["--dump", "players", "--at", "t100"][..],
        &["--follow", "Ada", "--from", "100"],
        &["--to", "t100"],
    ] {
        let (code, _, err) = run(&directory, words);
        assert_eq!(code, Some(2), "{words:?}: {err}");
        assert!(
            err.contains("tick 100 is a tick of one world") && err.contains("--world NAME"),
            "{err}"
        );
    }
}

#[test]
fn all_worlds_are_verified() {
    let directory = travels();
    let (code, out, err) = run(&directory, &["--verify"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "garden.3  480 ticks, 480 hashes verified, and also from 1 saved world; the recording ended normally",
            "main      600 ticks, 600 hashes verified, and also from 1 saved world; the recording ended normally",
        ]
    );
    assert!(
        lines[2].starts_with("total     2 worlds, 1080 ticks, 1080 hashes verified in "),
        "{out}"
    );
    assert!(
        lines[2].ends_with(" x real time); 0 with a difference, 0 unreadable."),
        "{out}"
    );
    // The part of a window that each world has.
    let rows = json(&directory, &["--to", "14:03:02", "--json"]);
    assert_eq!((&rows[0]["ticks"], &rows[1]["ticks"]), (&61.into(), &121.into()));
    assert_eq!((&rows[2]["worlds"], &rows[2]["hashes"]), (&2.into(), &182.into()));
}

#[test]
fn a_difference_in_one_world_is_exit_code_1() {
    let mut wrong = garden_world();
    wrong.wrong_hash = Some(77);
    let directory = node(&[
        ("main", main_world().record(600)),
        ("garden.3", wrong.record(200)),
    ]);
    add(&directory, "zoo", "a.plr", b"no recording");
    let (code, out, err) = run(&directory, &["--verify"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(
        out.contains("garden.3  rec/garden.3/a.plr: tick 77 reached a different state"),
        "{out}"
    );
    assert!(out.contains("main      600 ticks"), "{out}");
    assert!(out.contains("zoo       1 file cannot be opened"), "{out}");
    assert!(out.contains("1 with a difference, 1 unreadable"), "{out}");
    assert!(
        err.contains(
            "1 of 3 reached a different state than was recorded: garden.3; run with --world garden.3 --diff"
        ),
        "{err}"
    );
    let directory = node(&[
        ("main", main_world().record(60)),
        ("zoo", b"no recording".to_vec()),
    ]);
    let (code, out, err) = run(&directory, &["--verify", "--json"]);
    assert_eq!(code, Some(65), "{err}");
    assert!(out.contains("\"result\":\"unreadable\""), "{out}");
}

#[test]
fn a_recording_of_one_world_is_chosen() {
    let directory = travels();
    let expected = "480 ticks, 1 to 480 (2026-11-21T14:03:01.000Z to 14:03:08.983), 480 hashes verified in ";
    for words in [&["--world", "garden.3"][..], &["--world", "garden.3", "--verify"]] {
        let out = shown(&directory, words);
        assert!(out.starts_with(expected), "{out}");
    }
    let world = directory.0.join("garden.3");
    let (code, out, err) = parlour(&[world.to_str().unwrap()]);
    assert!(code == Some(0) && out.starts_with(expected), "{err}");
    // Ticks are those of the world.
    let out = shown(
        &directory,
        &["--world", "garden.3", "--dump", "players", "--at", "t62"],
    );
    assert!(out.contains("Ada") && !out.contains("WORLD"), "{out}");
    let (code, _, err) = run(&directory, &["--world", "attic"]);
    assert_eq!(
        (code, err.as_str()),
        (
            Some(64),
            "parlour: no world \"attic\" in rec; present: garden.3, main\n"
        )
    );
    let (code, _, err) = parlour(&[world.to_str().unwrap(), "--world", "main"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("has no directories of worlds: leave out --world"),
        "{err}"
    );
}

#[test]
fn a_comparison_a_playback_an_export_and_an_object_need_one_world() {
    let directory = travels();
    for what in ["--diff", "--serve", "--export", "--follow object:1"] {
        let words: Vec<&str> = what.split(' ').collect();
        let (code, _, err) = run(&directory, &words);
        assert_eq!(code, Some(2), "{err}");
        let text = format!(
            "parlour: {what} needs one world: add --world NAME. The worlds of rec are:\n  garden.3: "
        );
        assert!(err.starts_with(&text), "{err}");
    }
    let same = "the same: ticks 1 to 480, inputs and hashes\n";
    let other = travels();
    assert_eq!(shown(&directory, &["--world", "garden.3", "--diff"]), same);
    // The world of the same name in the other directory.
    assert_eq!(
        shown(&directory, &["--world", "garden.3", "--diff", other.path()]),
        same
    );
    let file = directory.0.join("garden.3/a.plr");
    let (code, _, err) = parlour(&[file.to_str().unwrap(), "--diff", other.path()]);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("--diff needs one world: use the directory of one") && err.contains("/garden.3\n"),
        "{err}"
    );
}

#[test]
fn the_only_world_needs_no_choice() {
    let directory = node(&[("main", main_world().record(600))]);
    assert!(shown(&directory, &[]).starts_with("WORLD  TYPES"));
    for words in [
        &["--verify"][..],
        &["--from", "t100"],
        &["--dump", "players", "--at", "t100"],
        &["--follow", "Ada", "--to", "t100"],
        &["--diff"],
        &["--export"],
    ] {
        let (code, out, err) = run(&directory, words);
        assert_eq!(code, Some(0), "{words:?}: {err}");
        assert!(
            !out.is_empty() && err.contains("replaying rec/main/a.plr"),
            "{words:?}: {err}"
        );
    }
}

#[test]
fn recordings_in_the_directory_itself_are_one_world() {
    let directory = travels();
    fs::write(directory.0.join("own.plr"), starting_after(0).record(20)).unwrap();
    let (code, out, err) = run(&directory, &[]);
    assert!(code == Some(0) && out.starts_with("20 ticks, 1 to 20 "), "{out}");
    assert!(
        err.contains("rec also has directories of worlds: garden.3, main (--world NAME replays one)"),
        "{err}"
    );
    assert!(shown(&directory, &["--world", "main"]).starts_with("600 ticks"));
}

#[test]
fn a_time_of_day_means_the_newest_day() {
    let (mut first, mut second) = (starting_after(0), starting_after(86_400_000));
    first.at(10).open_as_and_join(1, "Ada", "plaza");
    second.at(10).open_as_and_join(2, "Bob", "plaza");
    second.at(20).chat(2, Scope::Room, "good morning");
    let directory = node(&[("main", first.record(120)), ("tag", second.record(120))]);
    let out = shown(&directory, &["--dump", "players", "--at", "14:03:01"]);
    assert!(out.contains("Bob") && !out.contains("Ada"), "{out}");
    let out = shown(&directory, &["--dump", "players", "--at", "2026-11-21T14:03:01Z"]);
    assert!(out.contains("Ada") && !out.contains("Bob"), "{out}");
    let (_, _, err) = run(&directory, &["--follow", "Ada", "--from", "14:03:01"]);
    assert!(
        err.contains("is in main from 2026-11-21T14:03:00.150Z to "),
        "{err}"
    );
}

#[test]
fn a_player_that_comes_back_was_present_twice() {
    let directory = travels();
    let words = [
        "--world", "main", "--follow", "Ada", "--from", "t150", "--to", "t250",
    ];
    let (code, _, err) = run(&directory, &words);
    assert_eq!(code, Some(64), "{err}");
    let times =
        "Ada (session 1) is present in ticks 10 to 121, Ada (session 1) is present in ticks 302 to 600";
    assert!(err.contains(times), "{err}");
}

#[test]
fn a_run_that_was_cut_is_named_when_a_later_run_ended_normally() {
    let directory = travels();
    // As after `kill -9`: the file has no end.
    let killed = starting_after(60_000).record(300);
    add(&directory, "main", "b.plr", &killed[..killed.len() - 300]);
    add(&directory, "main", "c.plr", &starting_after(70_000).record(60));
    let out = shown(&directory, &["--verify"]);
    let main = out.lines().find(|line| line.starts_with("main")).unwrap();
    assert!(
        main.contains(" in 3 runs, ") && main.contains("rec/main/b.plr: the recording is cut at byte "),
        "{out}"
    );
    assert!(main.ends_with("; the recording ended normally"), "{out}");
}

#[test]
fn runs_without_ticks_are_counted() {
    let directory = travels();
    add(&directory, "main", "b.plr", &starting_after(60_000).record(0));
    let killed = starting_after(70_000).record(0);
    add(&directory, "main", "c.plr", &killed[..killed.len() - 20]);
    add(&directory, "main", "d.plr", &starting_after(80_000).record(60));
    let list = shown(&directory, &[]);
    assert!(list.contains("stopped, 4 runs, 2 without ticks"), "{list}");
    let out = shown(&directory, &["--verify"]);
    let main = out.lines().find(|line| line.starts_with("main")).unwrap();
    assert!(
        main.contains("660 ticks in 4 runs (2 without ticks), 660 hashes verified"),
        "{out}"
    );
    let rows = json(&directory, &["--verify", "--json"]);
    assert_eq!(
        (&rows[1]["runs"], &rows[1]["without_ticks"]),
        (&4.into(), &2.into())
    );
}

#[test]
fn a_moment_in_no_run_lists_all_runs() {
    let directory = travels();
    add(&directory, "main", "b.plr", &starting_after(60_000).record(60));
    let (code, _, err) = run(&directory, &["--verify", "--from", "07:00", "--to", "07:01"]);
    assert_eq!(code, Some(64), "{err}");
    let expected = "  main: 2 runs\n    14:03:00.000 to 14:03:09.983 on 2026-11-21 (UTC)\n    \
                    14:04:00.000 to 14:04:00.983 on 2026-11-21 (UTC)\n";
    assert!(format!("{err}\n").contains(expected), "{err}");
}

#[test]
fn a_player_of_an_earlier_run_is_found_there() {
    let directory = travels();
    add(&directory, "main", "b.plr", &starting_after(60_000).record(60));
    let (code, _, err) = run(&directory, &["--world", "main", "--follow", "Bob"]);
    assert_eq!(code, Some(64), "{err}");
    assert!(
        err.contains("no player \"Bob\"") && err.contains(". Other runs have the player: Bob (id "),
        "{err}"
    );
    assert!(
        err.contains(" is in rec/main/a.plr from 14:03:00.483 to 14:03:09.983"),
        "{err}"
    );
    let (_, _, err) = run(&directory, &["--world", "main", "--follow", "Zoe"]);
    assert!(!err.contains("Other runs"), "{err}");
}

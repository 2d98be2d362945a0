//! Which ticks a dump looks at, and what it says where these may not be the ones that were meant.

use parlour_recording::replay::Replay;
use parlour_shared::{ids::Tick, message::Scope};
use parlour_testing::SessionActions as _;

use crate::support::{ScriptedRecording, TemporaryPath, bundled, parlour, replay, without_events};

/// Ada speaks at tick 100, Bob comes at 200. At the end of the 1500 ticks everybody leaves, in two
/// ticks.
fn evening() -> ScriptedRecording {
    let mut script = without_events();
    script.at(10).arrive(1, "Ada", "plaza");
    script.at(100).chat(1, Scope::Room, "hello");
    script.at(200).arrive(2, "Bob", "plaza");
    script.at(210).arrive(3, "Cleo", "plaza");
    script.at(400).close(3);
    script.at(1498).close(1);
    script.at(1499).close(2);
    script
}

/// The note and the lines of a table below its head.
fn dumped(file: &TemporaryPath, words: &[&str]) -> (String, usize) {
    let (code, out, err) = parlour(&[&[file.path(), "--dump"], words].concat());
    assert_eq!(code, Some(0), "{words:?}: {err}");
    (err, out.lines().count() - 1)
}

#[test]
fn nothing_in_the_last_ten_seconds_says_how_to_look_at_more() {
    let file = TemporaryPath::file(&evening().record(1500));
    let note = "parlour: no chat in ticks 900 to 1500: without --from only 10 s are searched, --from +0s searches everything before\n";
    assert_eq!(dumped(&file, &["chat"]), (note.to_owned(), 0));
    assert_eq!(dumped(&file, &["chat", "--from", "+0s"]), (String::new(), 1));
    // As JSON nothing stands on standard output, and the same on standard error.
    let (code, out, err) = parlour(&[file.path(), "--dump", "chat", "--format", "json"]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "", note));
    for (words, note) in [
        (
            &["chat", "--from", "t200"][..],
            "no chat in ticks 200 to 1500: an earlier --from searches further back",
        ),
        (
            &["chat", "--at", "t1000", "--player", "Ada", "--room", "plaza"],
            "no chat that matches --room and --player in ticks 400 to 1000: without --from only 10 s are searched, \
             --from +0s searches everything before; a later --at shows later ticks",
        ),
        (
            &["chat", "--from", "t1", "--at", "t99"],
            "no chat in ticks 1 to 99: a later --at shows later ticks",
        ),
        (
            &["players", "--at", "t5"],
            "nobody after tick 5: a later --at shows later ticks",
        ),
    ] {
        assert_eq!(
            dumped(&file, words),
            (format!("parlour: {note}\n"), 0),
            "{words:?}"
        );
    }
}

#[test]
fn a_directory_is_looked_at_from_its_beginning() {
    let directory = evening().record_rotated(1500, &[600, 1200]);
    let (note, rows) = dumped(&directory, &["chat", "--at", "t1400"]);
    assert!(
        note.contains("no chat in ticks 800 to 1400") && rows == 0,
        "{note}"
    );
    // What the note says to type.
    let (note, rows) = dumped(&directory, &["chat", "--at", "t1400", "--from", "+0s"]);
    assert_eq!((rows, note.lines().count()), (1, 1), "{note}");
}

#[test]
fn a_part_without_a_moment_says_that_it_is_one() {
    let file = TemporaryPath::file(&evening().record(1500));
    let note = "parlour: these are the last 10 s, ticks 900 to 1500: --from +0s shows all\n";
    assert_eq!(dumped(&file, &["commands"]), (note.to_owned(), 2));
    assert_eq!(dumped(&file, &["commands", "--at", "t1500"]), (String::new(), 2));
    let short = TemporaryPath::file(&evening().record(300));
    assert_eq!(dumped(&short, &["chat"]), (String::new(), 1));
}

#[test]
fn players_of_a_server_that_stopped_are_those_before_all_left() {
    let file = TemporaryPath::file(&evening().record(1500));
    let note = "parlour: nobody is left after tick 1500: these are the players after tick 1497, before the last of them left\n";
    let (code, out, err) = parlour(&[file.path(), "--dump", "players"]);
    assert_eq!((code, err.as_str()), (Some(0), note));
    let (_, before, _) = parlour(&[file.path(), "--dump", "players", "--at", "t1497"]);
    assert_eq!(out, before);
    assert!(
        out.contains("Ada") && out.contains("Bob") && !out.contains("Cleo"),
        "{out}"
    );
    assert_eq!(
        dumped(&file, &["players", "--player", "Ada"]),
        (note.to_owned(), 1)
    );
    // The tick that was asked for is shown as it is.
    let (note, rows) = dumped(&file, &["players", "--at", "t1500"]);
    assert_eq!((note.as_str(), rows), ("parlour: nobody after tick 1500\n", 0));
    // While somebody is there, nothing is looked for.
    assert_eq!(
        dumped(&TemporaryPath::file(&evening().record(1498)), &["players"]),
        (String::new(), 1)
    );
}

#[test]
fn the_last_tick_with_anyone_in_it_may_lie_in_an_earlier_file() {
    let mut script = without_events();
    script.at(10).arrive(1, "Ada", "plaza");
    script.at(500).close(1);
    let directory = script.record_rotated(1800, &[300, 900, 1500]);
    let open = |first: &str, next: &[&str]| {
        let mut replay = Replay::open(
            &directory.0.join(first),
            &bundled(),
            parlour_sim::Logic::default(),
        )
        .unwrap();
        next.iter()
            .for_each(|name| replay.go_on_with(&directory.0.join(name)).unwrap());
        replay
    };
    let mut all = open("t1.plr", &["t300.plr", "t900.plr", "t1500.plr"]);
    assert_eq!(all.before_all_left(Tick(1800)).unwrap(), Some(Tick(499)));
    assert_eq!(all.before_all_left(Tick(500)).unwrap(), Some(Tick(499)));
    assert_eq!(all.before_all_left(Tick(499)).unwrap(), None, "she is there");
    assert_eq!(
        all.before_all_left(Tick(9)).unwrap(),
        None,
        "nobody was there yet"
    );
    assert_eq!(
        open("t900.plr", &["t1500.plr"])
            .before_all_left(Tick(1800))
            .unwrap(),
        None
    );
    let empty = TemporaryPath::file(&without_events().record(60));
    assert_eq!(replay(&empty).before_all_left(Tick(60)).unwrap(), None);
    let (note, rows) = dumped(&empty, &["players"]);
    assert_eq!(
        (note.as_str(), rows),
        ("parlour: nobody after tick 60: --at shows an earlier tick\n", 0)
    );
}

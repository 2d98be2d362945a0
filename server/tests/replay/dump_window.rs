//! The ticks that a dump searches by default, and the notes that say how to search others.

use parlour_recording::replay::Replay;
use parlour_shared::{ids::Tick, message::Scope};
use parlour_testing::SessionActions as _;

use crate::support::{ScriptedRecording, TemporaryPath, bundled, parlour, replay, without_events};

/// Ada chats at tick 100, Bob arrives at 200. Cleo closes at 400, Ada and Bob in the last two of
/// 1500 ticks.
fn evening() -> ScriptedRecording {
    let mut script = without_events();
    script.at(10).open_as_and_join(1, "Ada", "plaza");
    script.at(100).chat(1, Scope::Room, "hello");
    script.at(200).open_as_and_join(2, "Bob", "plaza");
    script.at(210).open_as_and_join(3, "Cleo", "plaza");
    script.at(400).close(3);
    script.at(1498).close(1);
    script.at(1499).close(2);
    script
}

/// Runs a dump. Returns standard error, and the number of rows.
fn dumped(file: &TemporaryPath, words: &[&str]) -> (String, usize) {
    let (code, out, err) = parlour(&[&[file.path(), "--dump"], words].concat());
    assert_eq!(code, Some(0), "{words:?}: {err}");
    (err, out.lines().count() - 1)
}

#[test]
fn an_empty_table_says_how_to_search_other_ticks() {
    let file = TemporaryPath::file(&evening().record(1500));
    let note = "parlour: no chat in ticks 900 to 1500: without --from only 10 s are searched, --from +0s searches everything before\n";
    assert_eq!(dumped(&file, &["chat"]), (note.to_owned(), 0));
    assert_eq!(dumped(&file, &["chat", "--from", "+0s"]), (String::new(), 1));
    // As JSON, standard output is empty and the note is the same.
    let (code, out, err) = parlour(&[file.path(), "--dump", "chat", "--format", "json"]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "", note));
    for (words, note) in [
        (
            &["chat", "--from", "t200"][..],
            "no chat in ticks 200 to 1500: an earlier --from searches further back",
        ),
        (
            &["chat", "--at", "t1000", "--player", "Ada", "--room", "plaza"],
            "no chat matches --room and --player in ticks 400 to 1000: without --from only 10 s are searched, \
             --from +0s searches everything before; a later --at shows later ticks",
        ),
        (
            &["chat", "--from", "t1", "--at", "t99"],
            "no chat in ticks 1 to 99: a later --at shows later ticks",
        ),
        (
            &["players", "--at", "t5"],
            "no player after tick 5: a later --at shows later ticks",
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
fn the_search_spans_all_files_of_a_directory() {
    let directory = evening().record_rotated(1500, &[600, 1200]);
    let (note, rows) = dumped(&directory, &["chat", "--at", "t1400"]);
    assert!(
        note.contains("no chat in ticks 800 to 1400") && rows == 0,
        "{note}"
    );
    // The flag that the note recommends.
    let (note, rows) = dumped(&directory, &["chat", "--at", "t1400", "--from", "+0s"]);
    assert_eq!((rows, note.lines().count()), (1, 1), "{note}");
}

#[test]
fn a_part_of_the_recording_is_announced_if_no_moment_was_given() {
    let file = TemporaryPath::file(&evening().record(1500));
    let note = "parlour: these are the last 10 s, ticks 900 to 1500: --from +0s shows all\n";
    assert_eq!(dumped(&file, &["commands"]), (note.to_owned(), 2));
    assert_eq!(dumped(&file, &["commands", "--at", "t1500"]), (String::new(), 2));
    let short = TemporaryPath::file(&evening().record(300));
    assert_eq!(dumped(&short, &["chat"]), (String::new(), 1));
}

#[test]
fn the_players_of_a_stopped_server_are_those_before_all_left() {
    let file = TemporaryPath::file(&evening().record(1500));
    let note = "parlour: nobody is left after tick 1500: these are the players after tick 1497, before they all left\n";
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
    // A requested tick is shown even if it is empty.
    let (note, rows) = dumped(&file, &["players", "--at", "t1500"]);
    assert_eq!((note.as_str(), rows), ("parlour: no player after tick 1500\n", 0));
    // If a player is still there, no earlier tick is searched.
    assert_eq!(
        dumped(&TemporaryPath::file(&evening().record(1498)), &["players"]),
        (String::new(), 1)
    );
}

#[test]
fn the_last_tick_with_players_may_be_in_an_earlier_file() {
    let mut script = without_events();
    script.at(10).open_as_and_join(1, "Ada", "plaza");
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
            .for_each(|name| replay.append(&directory.0.join(name)).unwrap());
        replay
    };
    let mut all = open("t1.plr", &["t300.plr", "t900.plr", "t1500.plr"]);
    assert_eq!(all.before_all_left(Tick(1800)).unwrap(), Some(Tick(499)));
    assert_eq!(all.before_all_left(Tick(500)).unwrap(), Some(Tick(499)));
    assert_eq!(all.before_all_left(Tick(499)).unwrap(), None, "Ada is there");
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
        (
            "parlour: no player after tick 60: --at shows an earlier tick\n",
            0
        )
    );
}

//! Histories in a directory: a history is never replayed in place of a recording.

use std::{fs, path::Path};

use parlour_recording::{
    Header,
    format::{EndReason, FileWriter},
    replay::{ChosenFiles, Extent, OtherFiles, find},
};
use parlour_sim::SIMULATION;

use crate::support::{STARTED_MS, TemporaryPath, config, parlour, story, without_events};

/// Writes a history of `ticks` ticks that starts `after_ms` after the recording.
fn put_history(directory: &TemporaryPath, name: &str, after_ms: u64, ticks: u32) {
    let mut script = without_events();
    script.started_ms = STARTED_MS + after_ms;
    script.history = Some("asked");
    fs::write(directory.0.join(name), script.record(ticks)).unwrap();
}

/// Returns a directory with a recording in three files, and two histories: one that starts five
/// seconds after it, and one that starts an hour after it.
fn recorded() -> TemporaryPath {
    let directory = story().record_rotated(900, &[300, 600]);
    put_history(&directory, "t1-asked.plr", 5_000, 900);
    put_history(&directory, "renamed.plr", 3_600_000, 100);
    directory
}

fn name(found: &ChosenFiles) -> &str {
    found.path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn the_recording_is_replayed_and_histories_are_mentioned() {
    let directory = recorded();
    let note = format!(
        "parlour: replaying {}/t1.plr and the next 2 files; the directory also has 2 histories (name a file to replay it)",
        directory.path()
    );
    let (code, out, err) = parlour(&[directory.path()]);
    assert_eq!((code, err.trim_end()), (Some(0), note.as_str()));
    assert!(out.starts_with("900 ticks, 1 to 900 "), "{out}");
    for words in [
        &["--follow", "Ada"][..],
        &["--export"],
        &["--dump", "rooms"],
        &["--diff"],
        &["--diff", directory.path()],
    ] {
        let (code, _, err) = parlour(&[&[directory.path()], words].concat());
        assert_eq!(code, Some(0), "{words:?}: {err}");
        assert_eq!(err.lines().next().unwrap(), note, "{words:?}");
    }
    let (code, out, err) = parlour(&[
        directory.path(),
        "--at",
        "t620",
        "--dump",
        "chat",
        "--room",
        "plaza",
    ]);
    assert_eq!((code, out.lines().count()), (Some(0), 1), "{err}");
    let (_, _, err) = parlour(&[directory.path(), "--from", "t700"]);
    let expected = "t600.plr; the directory also has 2 earlier files of this run, 2 histories (name a file to replay it)";
    assert!(err.trim_end().ends_with(expected), "{err}");
}

#[test]
fn serving_chooses_the_recording() {
    let directory = recorded();
    // Only a history has this moment. The error comes before any port is opened.
    let words = [directory.path(), "--serve", "--from", "2026-11-21T15:03:01Z"];
    let (code, _, err) = parlour(&words);
    assert_eq!(code, Some(64), "{err}");
    assert!(err.contains("renamed.plr --serve --from"), "{err}");
    for extent in [Extent::Onwards, Extent::Back(None), Extent::Whole] {
        let found = find(&directory.0, None, extent).unwrap();
        assert_eq!(
            (name(&found), found.next.len(), found.is_history),
            ("t1.plr", 2, false)
        );
    }
}

#[test]
fn a_moment_that_only_a_history_has_is_an_error_with_the_command_to_run() {
    let directory = recorded();
    for (words, line) in [
        (
            &["--from", "2026-11-21T15:03:01Z"][..],
            "--from 2026-11-21T15:03:01Z",
        ),
        (
            &["--dump", "players", "--at", "15:03:01"],
            "--dump players --at 15:03:01",
        ),
    ] {
        let (code, out, err) = parlour(&[&[directory.path()], words].concat());
        assert_eq!((code, out.as_str()), (Some(64), ""));
        let path = directory.path();
        assert!(err.contains(": no recording contains "), "{err}");
        let advice = format!(
            "\nA history contains it: pass {path}/renamed.plr instead of the directory:\n  \
             parlour replay {path}/renamed.plr {line}\n"
        );
        assert!(err.ends_with(&advice), "{err}");
        // The printed command works.
        let typed = advice.lines().last().unwrap().trim();
        let typed: Vec<&str> = typed.split(' ').skip(2).collect();
        assert_eq!(parlour(&typed).0, Some(0), "{typed:?}");
    }
    let (code, _, err) = parlour(&[directory.path(), "--from", "2026-11-22T15:03Z"]);
    assert_eq!(
        (code, err.contains("history")),
        (Some(2), false),
        "not a moment: {err}"
    );
    let (code, _, err) = parlour(&[directory.path(), "--from", "2026-11-22T15:03:00Z"]);
    assert_eq!(
        (code, err.contains("history")),
        (Some(64), false),
        "no file has it: {err}"
    );
}

#[test]
fn without_a_recording_the_newest_history_is_replayed() {
    let directory = TemporaryPath::directory();
    put_history(&directory, "b-asked.plr", 0, 100);
    // All start with the server. The longest was written last.
    put_history(&directory, "a-asked.plr", 0, 300);
    put_history(&directory, "older.plr", 0, 50);
    let found = find(&directory.0, None, Extent::Whole).unwrap();
    assert_eq!((name(&found), found.is_history), ("a-asked.plr", true));
    let (code, out, err) = parlour(&[directory.path()]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("300 ticks"), "{out}");
    let note = "a-asked.plr, a history: there is no recording; the directory also has 2 histories (name a file to replay it)\n";
    assert!(err.ends_with(note), "{err}");
    let (code, _, err) = parlour(&[directory.path(), "--from", "t301"]);
    assert_eq!(
        (code, err.contains("no history contains tick 301")),
        (Some(64), true),
        "{err}"
    );
}

#[test]
fn a_history_does_not_replace_a_recording_that_cannot_be_opened() {
    let directory = TemporaryPath::directory();
    put_history(&directory, "t1-asked.plr", 5_000, 900);
    fs::write(directory.0.join("t1.plr"), b"PARLOUR, and then a disk error").unwrap();
    let (code, out, err) = parlour(&[directory.path()]);
    assert_eq!((code, out.as_str()), (Some(65), ""), "{err}");
    assert!(err.contains("t1.plr: "), "{err}");
    assert!(
        err.trim_end()
            .ends_with("The directory also has histories: name a file to replay it"),
        "{err}"
    );
}

#[test]
fn a_history_is_recognized_by_its_content() {
    let directory = TemporaryPath::directory();
    put_history(&directory, "20261121T140300Z-t1-panic.plr", 0, 300);
    // A cut history has no end chunk.
    let whole = fs::read(directory.0.join("20261121T140300Z-t1-panic.plr")).unwrap();
    fs::write(directory.0.join("cut.plr"), &whole[..whole.len() * 3 / 4]).unwrap();
    // In files of older programs, only the text of the end chunk says that it is a history.
    let header = Header::new(&config(), vec![], SIMULATION, STARTED_MS, "test");
    let mut old = FileWriter::new(Vec::new(), &header).unwrap();
    old.end(EndReason::Stopped, "the history of a server").unwrap();
    fs::write(directory.0.join("old.plr"), old.into_inner()).unwrap();
    // A recording may have the name of a history.
    let recording = without_events().record(120);
    fs::write(directory.0.join("20261121T140300Z-t1-asked.plr"), recording).unwrap();
    fs::write(directory.0.join("begun.plr"), b"").unwrap();
    let found = find(&directory.0, None, Extent::Onwards).unwrap();
    assert_eq!(name(&found), "20261121T140300Z-t1-asked.plr");
    let others = OtherFiles {
        earlier: 0,
        runs: 0,
        histories: 3,
        unreadable: 1,
    };
    assert_eq!(found.others, others);
    assert_eq!(others.to_string(), "1 file that cannot be read, 3 histories");
}

#[test]
fn a_history_that_is_given_as_a_file_is_replayed() {
    let directory = recorded();
    let file = directory.0.join("t1-asked.plr");
    let found = find(Path::new(&file), None, Extent::Whole).unwrap();
    assert!(!found.from_directory && found.path == file);
    let (code, out, err) = parlour(&[file.to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("900 ticks"), "{out}");
}

#[test]
fn a_history_can_be_compared_with_a_recording() {
    let directory = TemporaryPath::directory();
    fs::write(directory.0.join("t1.plr"), without_events().record(200)).unwrap();
    put_history(&directory, "t1-asked.plr", 0, 100);
    let history = format!("{}/t1-asked.plr", directory.path());
    let (code, out, err) = parlour(&[directory.path(), "--diff", &history]);
    assert_eq!(
        (code, out.as_str()),
        (
            Some(0),
            "the same: ticks 1 to 100, inputs and hashes\nthe first continues to tick 200\n"
        ),
        "{err}"
    );
}

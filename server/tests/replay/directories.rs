//! A directory of recordings: the recording with the moment is replayed, or else the newest.

use std::fs;

use parlour_recording::{
    format::FrozenWorld,
    replay::{Extent, find},
};
use parlour_sim::Simulation;
use parlour_testing::recording::header;

use crate::support::{STARTED_MS, TemporaryPath, parlour, without_events};

/// Returns a directory with three recordings of five seconds that start at 14:03:00, at 14:03:05
/// and a day later, and two other files.
fn directory() -> TemporaryPath {
    let directory = TemporaryPath::directory();
    for (name, after) in [("b.plr", 0), ("a.plr", 5_000), ("c.plr", 86_400_000)] {
        let mut script = without_events();
        script.started_ms = STARTED_MS + after;
        fs::write(directory.0.join(name), script.record(300)).unwrap();
    }
    fs::write(directory.0.join("notes.txt"), "not a recording").unwrap();
    fs::write(directory.0.join("broken.plr"), "also not a recording").unwrap();
    directory
}

#[test]
fn the_newest_recording_with_the_moment_is_chosen() {
    let directory = directory();
    let name = |moment: Option<&str>| {
        let moment = moment.map(|text| text.parse().unwrap());
        let found = find(&directory.0, moment.as_ref(), Extent::Onwards);
        found
            .map(|found| found.path.file_name().unwrap().to_string_lossy().into_owned())
            .map_err(|error| error.to_string())
    };
    assert_eq!(name(None).unwrap(), "c.plr");
    assert_eq!(name(Some("14:03:07")).unwrap(), "a.plr");
    assert_eq!(
        name(Some("14:03:02")).unwrap(),
        "c.plr",
        "the newest with this time"
    );
    assert_eq!(name(Some("2026-11-21T14:03:02Z")).unwrap(), "b.plr");
    assert_eq!(name(Some("100")).unwrap(), "c.plr");
    let error = name(Some("15:00")).unwrap_err();
    assert!(error.contains("no recording contains 15:00:00.000"), "{error}");
    assert!(
        error.contains("a.plr: ticks 1 to 300, 14:03:05.000 to 14:03:09.983 on 2026-11-21"),
        "{error}"
    );
}

#[test]
fn the_command_reports_which_file_it_chose() {
    let directory = directory();
    let (code, out, err) = parlour(&[directory.path(), "--from", "14:03:07"]);
    assert_eq!(code, Some(0), "{err}");
    let note =
        "a.plr; the directory also has 1 file that cannot be read, 2 other runs (name a file to replay it)\n";
    assert!(
        err.starts_with("parlour: replaying ") && err.ends_with(note),
        "{err}"
    );
    assert!(out.contains(" hashes verified"), "{out}");
    let (code, _, err) = parlour(&[directory.path(), "--from", "15:00"]);
    assert_eq!(code, Some(64));
    assert!(
        err.contains("no recording contains 15:00:00.000. The directory contains:"),
        "{err}"
    );
    let empty = TemporaryPath::directory();
    let (code, _, err) = parlour(&[empty.path()]);
    assert_eq!(code, Some(65));
    assert!(err.contains("contains no recording (*.plr)"), "{err}");
}

#[test]
fn a_recording_that_starts_shortly_after_the_moment_is_chosen() {
    let directory = TemporaryPath::directory();
    // The recordings start at 14:03:07, 14:03:20 and 14:05.
    for (name, after) in [("b.plr", 7_000), ("a.plr", 20_000), ("c.plr", 120_000)] {
        let mut script = without_events();
        script.started_ms = STARTED_MS + after;
        fs::write(directory.0.join(name), script.record(300)).unwrap();
    }
    let name = |text: &str| {
        let found = find(&directory.0, Some(&text.parse().unwrap()), Extent::Onwards);
        found.map(|found| found.path.file_name().unwrap().to_string_lossy().into_owned())
    };
    assert_eq!(name("14:03").unwrap(), "b.plr", "the first after the moment");
    assert_eq!(name("2026-11-21T14:03:00Z").unwrap(), "b.plr");
    assert_eq!(name("14:03:15").unwrap(), "a.plr", "between two recordings");
    assert_eq!(name("14:04:30").unwrap(), "c.plr");
    assert!(name("14:02:07").is_err(), "a minute before the first recording");
    assert!(name("14:06").is_err(), "after all recordings");
    let (code, out, err) = parlour(&[directory.path(), "--from", "14:03"]);
    assert!(
        code == Some(0) && out.contains("300 hashes verified"),
        "{out}{err}"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_directory_is_not_opened() {
    let directory = directory();
    let pipe = directory.0.join("pipe.plr");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    assert!(
        find(&directory.0, None, Extent::Onwards)
            .unwrap()
            .path
            .ends_with("c.plr")
    );
}

#[test]
fn a_directory_of_saved_worlds_is_not_one_recording() {
    let directory = TemporaryPath::directory();
    let save = |name: &str| {
        let script = without_events();
        let mut world = Simulation::new(script.config.clone());
        let header = header(&world, &script.config, STARTED_MS);
        let (tick, mut state) = (world.tick(), Vec::new());
        world.save(&mut state);
        let frozen = FrozenWorld { header, tick, state };
        fs::write(directory.0.join(name), frozen.write(Vec::new()).unwrap()).unwrap();
    };
    save("main.plr");
    save("office.1.plr");
    for words in [&[][..], &["--dump", "rooms"], &["--verify"]] {
        let (code, _, err) = parlour(&[&[directory.path()][..], words].concat());
        assert_eq!(code, Some(65), "{err}");
        for part in [
            "contains saved worlds",
            "main.plr",
            "office.1.plr",
            "--dump rooms",
        ] {
            assert!(err.contains(part), "{part}: {err}");
        }
    }
    // A directory with a recording is one world, as before.
    fs::write(directory.0.join("a.plr"), without_events().record(60)).unwrap();
    assert_eq!(parlour(&[directory.path()]).0, Some(0));
}

//! Recorded files: they replay, continue each other, and together stay within the maximum size.

use std::{fs, path::Path, time::Duration};

use parlour_recording::{
    format::{EndReason, Ending, Recording},
    replay::{ChosenFiles, Extent, Replay, diff::diff, find},
};
use parlour_shared::ids::Tick;
use parlour_sim::Logic;
use parlour_testing::TemporaryPath;

use crate::{
    replay::replay_file,
    support::{Bots, Directory, admin, await_metric, bundled, metric, saves_until, start},
};

fn ended(reason: EndReason) -> Ending {
    Ending::Ended {
        reason,
        text: String::new(),
    }
}

#[test]
fn every_tick_is_recorded_and_replays_to_the_same_hashes() {
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        options.recording.history = Duration::ZERO;
    });
    let bots = Bots::start(server.listen_addr(), 20);
    await_metric(server.admin_addr(), "parlour_recording_ticks_total", 240.0);
    let report = bots.stop();
    assert!(report.is_clean(), "{report}");
    let last = server.stop().tick;

    let files = directory.files();
    assert_eq!(files.len(), 1, "{files:?}");
    let replayed = replay_file(&files[0], &bundled(), &Logic::default());
    assert_eq!((replayed.first, replayed.last), (1, last.0), "to the last tick");
    assert_eq!(replayed.ending, ended(EndReason::Stopped));
    assert_eq!(replayed.keyframes, saves_until(last.0));
    assert!(replayed.events > 100, "{}", replayed.events);
    assert_eq!(replayed.header.previous, None);
    assert_eq!(replayed.header.build, parlour::BUILD);
}

#[test]
fn an_idle_world_records_skipped_ticks_which_replay_to_the_same_hashes() {
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
    });
    await_metric(server.admin_addr(), "parlour_recording_ticks_total", 120.0);
    let last = server.stop().tick;
    let files = directory.files_ending(".plr");
    let replayed = replay_file(&files[0], &bundled(), &Logic::default());
    assert_eq!((replayed.first, replayed.last), (1, last.0), "to the last tick");
    assert!(replayed.skipped > 100, "{replayed:?}");
    assert_eq!(replayed.keyframes, saves_until(last.0));
}

#[test]
fn a_live_recording_is_compared_with_its_history_and_with_a_new_run_of_it() {
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
    });
    let bots = Bots::start(server.listen_addr(), 5);
    await_metric(server.admin_addr(), "parlour_recording_ticks_total", 120.0);
    let (head, body) = admin(server.admin_addr(), "POST /history/download", "");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    bots.stop();
    server.stop();
    let history = TemporaryPath::file(&body);
    let again = TemporaryPath::missing("again.plr");
    let open = |path: &Path| Replay::open(path, &bundled(), Logic::default()).unwrap();
    let recording = &directory.files()[0];
    open(recording).record_again(&again.0, parlour::BUILD).unwrap();
    for other in [&history, &again] {
        let found = diff(&mut open(recording), &mut open(&other.0)).unwrap();
        assert!(found.is_same(), "{found}");
    }
}

#[test]
fn each_file_continues_the_one_before_and_can_be_replayed_alone() {
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        // A new file starts at each saved world.
        options.recording.file_bytes = 1;
        options.recording.history = Duration::ZERO;
    });
    let bots = Bots::start(server.listen_addr(), 5);
    await_metric(server.admin_addr(), "parlour_recording_ticks_total", 240.0);
    bots.stop();
    let last = server.stop().tick;

    let files = directory.files();
    assert_eq!(files.len() as u32, saves_until(last.0) + 1, "{files:?}");
    let mut next = 1;
    let mut before: Option<(String, String)> = None;
    for (nth, path) in files.iter().enumerate() {
        let is_last = nth + 1 == files.len();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut recording = Recording::open(path).unwrap();
        let previous = recording.header().previous.clone();
        let previous = previous.map(|previous| (previous.file, previous.chain.to_string()));
        assert_eq!(previous, before, "{name}");
        before = Some((name, recording.chain().unwrap().to_string()));
        if recording.first_tick().is_none() {
            assert!(is_last, "the server stopped right after a saved world");
            continue;
        }
        let replayed = replay_file(path, &bundled(), &Logic::default());
        assert_eq!((replayed.first, replayed.begins_saved), (next, nth > 0));
        let reason = if is_last {
            EndReason::Stopped
        } else {
            EndReason::Rotated
        };
        assert_eq!(replayed.ending, ended(reason));
        next = replayed.last + 1;
    }
    assert_eq!(next, last.0 + 1, "no tick is missing between files");
}

#[test]
fn a_directory_is_replayed_as_one_recording() {
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        options.recording.file_bytes = 1;
        options.recording.history = Duration::ZERO;
    });
    let bots = Bots::start(server.listen_addr(), 5);
    await_metric(server.admin_addr(), "parlour_recording_ticks_total", 240.0);
    bots.stop();
    let last = server.stop().tick;

    let ChosenFiles {
        path,
        next,
        from_directory,
        ..
    } = find(&directory.main(), None, Extent::Onwards).unwrap();
    assert!(from_directory && next.len() >= 3, "{next:?}");
    let open = || Replay::open(&path, &bundled(), Logic::default()).unwrap();
    let mut replay = open();
    next.iter().for_each(|file| replay.append(file).unwrap());
    assert_eq!(
        (replay.last_tick(), replay.ending()),
        (Some(last), &ended(EndReason::Stopped))
    );
    let mut run = replay.run().unwrap();
    let mut ticks = 0;
    while run.next_up_to(last).unwrap().is_some() {
        ticks += 1;
    }
    assert_eq!(ticks, last.0, "every tick of every file");
    // A tick in the third file is reached from the saved world of that file.
    assert_eq!(replay.run_to(Tick(100)).unwrap().tick(), Tick(100));
    // A missing file is an error.
    let error = open().append(&next[1]).unwrap_err();
    assert!(
        error.to_string().contains("does not continue the file before it"),
        "{error}"
    );
    // For a moment, the file with that moment is the first.
    let found = find(&directory.main(), Some(&"t100".parse().unwrap()), Extent::Onwards).unwrap();
    assert_eq!((found.path, found.next.as_slice()), (next[1].clone(), &next[2..]));
}

#[test]
fn the_oldest_recordings_are_deleted_and_other_files_are_kept() {
    let directory = Directory::new();
    fs::create_dir_all(&directory.0).unwrap();
    let (mine, old) = ("kept-20261121T140300Z-t1.plr", "20010101T000000Z-t0.plr");
    fs::write(directory.0.join(mine), [0; 20_000]).unwrap();
    fs::write(directory.0.join("notes.txt"), "not a recording").unwrap();
    // A recording of an earlier server counts, and is deleted first.
    fs::write(directory.0.join(old), [0; 20_000]).unwrap();
    let most = 40_000;
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        options.recording.file_bytes = 6_000;
        options.recording.total_bytes = most;
        options.recording.keyframe_ticks = 20;
        options.recording.history = Duration::ZERO;
    });
    let bots = Bots::start(server.listen_addr(), 20);
    await_metric(
        server.admin_addr(),
        "parlour_recording_bytes_total",
        3.0 * most as f64,
    );
    bots.stop();
    assert_eq!(
        metric(
            server.admin_addr(),
            "parlour_recording_ended_total{reason=\"disk_error\"}"
        ),
        0.0
    );
    let _ = server.stop();

    assert!(directory.0.join(mine).exists() && directory.0.join("notes.txt").exists());
    assert!(!directory.0.join(old).exists());
    let files = directory.files_ending("Z-t1.plr");
    assert_eq!(
        files,
        [directory.0.join(mine)],
        "the first file of this server is deleted"
    );
    let bytes = |path: &std::path::PathBuf| fs::metadata(path).unwrap().len();
    let recordings: Vec<_> = directory
        .files_ending(".plr")
        .into_iter()
        .filter(|path| !path.ends_with(mine))
        .collect();
    let total: u64 = recordings.iter().map(bytes).sum();
    // The last batch before the check may exceed the maximum: a third of a second.
    assert!(
        (most / 3..=most + 6_000).contains(&total),
        "{total}: {recordings:?}"
    );
    for path in recordings {
        if Recording::open(&path).unwrap().first_tick().is_some() {
            replay_file(&path, &bundled(), &Logic::default());
        }
    }
}

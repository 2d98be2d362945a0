//! A recording that cannot open its next file for lack of a descriptor ends, and starts again when
//! descriptors are free.
//!
//! The only test of its file, because it lowers the limit of open files of its process.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::{thread, time::Duration};

use parlour_sim::Logic;
use rustix::process::{Resource, getrlimit, setrlimit};

#[path = "recording/replay.rs"]
mod replay;
#[path = "recording/support.rs"]
#[allow(dead_code)] // Shared with other tests.
mod support;

use replay::replay_file;
use support::{Directory, await_metric, bundled, metric, start};

/// The age after which the recording continues in a new file.
const FILE: Duration = Duration::from_secs(1);

#[test]
fn a_recording_without_a_descriptor_for_its_next_file_starts_again_later() {
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        options.recording.history = Duration::ZERO;
        options.recording.file_age = FILE;
    });
    let admin = server.admin_addr();
    await_metric(admin, "parlour_recording_active", 1.0);

    let before = getrlimit(Resource::Nofile);
    let mut none_left = before;
    none_left.current = Some(3);
    setrlimit(Resource::Nofile, none_left).unwrap();
    thread::park_timeout(5 * FILE);
    setrlimit(Resource::Nofile, before).unwrap();

    assert_eq!(
        metric(admin, "parlour_recording_ended_total{reason=\"too_many_files\"}"),
        1.0
    );
    await_metric(admin, "parlour_recording_active", 1.0);
    let recorded = metric(admin, "parlour_recording_ticks_total");
    await_metric(admin, "parlour_recording_ticks_total", recorded + 30.0);
    assert_eq!(
        metric(admin, "parlour_recording_ended_total{reason=\"too_many_files\"}"),
        1.0
    );
    assert_eq!(server.stop().failure, None);

    let files = directory.files();
    assert!(files.len() >= 2, "{files:?}");
    let mut last = 0;
    let mut gaps = 0;
    for file in &files {
        let replayed = replay_file(file, &bundled(), &Logic::default());
        gaps += u32::from(replayed.first != last + 1);
        last = replayed.last;
    }
    assert_eq!(gaps, 1, "{files:?}");
}

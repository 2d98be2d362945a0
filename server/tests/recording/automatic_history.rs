//! The history is written automatically after an overrun or a panic.

use std::{thread, time::Duration};

use bevy_ecs::prelude::*;
use parlour_recording::{
    format::{EndReason, Ending},
    replay::{Extent, find},
};
use parlour_sim::{Clock, Logic, StepSet, TickSchedule};

use crate::{
    replay::replay_file,
    support::{Bots, Directory, admin, await_metric, bundled, metric, start},
};

/// Returns game logic that exceeds the tick at these ticks.
fn sleepy(ticks: &'static [u32]) -> Logic {
    let sleep = move |clock: Res<Clock>| {
        if ticks.contains(&clock.tick.0) {
            #[allow(
                clippy::disallowed_methods,
                reason = "a tick that takes too long is what is tested"
            )]
            thread::sleep(Duration::from_millis(80));
        }
    };
    Logic::new(move |app| {
        app.add_systems(TickSchedule, sleep.in_set(StepSet::Simulate));
    })
}

#[test]
fn an_overrun_writes_the_history_once_in_five_minutes() {
    let directory = Directory::new();
    let server = start(&directory, |options| options.logic = sleepy(&[130, 150]));
    let name = "parlour_history_written_total{reason=\"overrun\"}";
    let bots = Bots::start(server.listen_addr(), 5);
    await_metric(server.admin_addr(), name, 1.0);
    await_metric(server.admin_addr(), "parlour_tick", 200.0);
    assert!(bots.stop().is_clean());
    assert_eq!(
        metric(server.admin_addr(), name),
        1.0,
        "the second overrun is within five minutes of the first"
    );
    let files = directory.files_ending("-overrun.plr");
    assert_eq!(files.len(), 1, "{files:?}");
    // On a busy machine, an earlier tick may have been the first overrun.
    let replayed = replay_file(&files[0], &bundled(), &Logic::default());
    assert!(replayed.last <= 150, "{}", replayed.last);
}

#[test]
fn without_a_history_a_panic_writes_what_the_recovery_needs() {
    let directory = Directory::new();
    let panic = |clock: Res<Clock>| assert!(clock.tick.0 != 200, "game logic that fails");
    let sleep = sleepy(&[130]);
    let logic = Logic::new(move |app| {
        app.add_plugins(sleep.clone());
        app.add_systems(TickSchedule, panic.in_set(StepSet::Simulate));
    });
    let server = start(&directory, |options| {
        options.logic = logic;
        options.recording.history = Duration::ZERO;
    });
    let ended = "parlour_worlds_ended_total{type=\"(main)\"}";
    await_metric(server.admin_addr(), ended, 1.0);
    let (head, _) = admin(server.admin_addr(), "POST /history", "");
    assert!(head.starts_with("HTTP/1.1 409 "), "{head}");
    server.stop();

    let files = directory.files();
    let history = directory.files_ending("-panic.plr");
    assert_eq!((files.len(), history.len()), (2, 2), "{files:?}");
    let replayed = replay_file(&history[0], &bundled(), &Logic::default());
    assert!(replayed.panicked && replayed.begins_saved, "{replayed:?}");
    // The world is saved every 60 ticks.
    assert!(replayed.last == 200 && replayed.first > 140, "{replayed:?}");
}

#[test]
fn each_panic_writes_the_history_and_ends_the_recording() {
    let directory = Directory::new();
    let panic = |clock: Res<Clock>| assert!(clock.tick.0 != 200, "game logic that fails");
    let logic = Logic::new(move |app| {
        app.add_systems(TickSchedule, panic.in_set(StepSet::Simulate));
    });
    let server = start(&directory, |options| {
        options.logic = logic.clone();
        options.recording.directory = Some(directory.0.clone());
        options.recording.history_directory = None;
    });
    let bots = Bots::start(server.listen_addr(), 5);
    // The world is rebuilt, panics again in the same tick, and ends.
    let ended = "parlour_worlds_ended_total{type=\"(main)\"}";
    await_metric(server.admin_addr(), ended, 1.0);
    drop(bots);
    assert_eq!(server.stop().failure, None, "only the world failed");

    let history = directory.files_ending("-panic.plr");
    let recordings = directory.files_ending("-t1.plr");
    assert_eq!(
        (history.len(), recordings.len()),
        (2, 1),
        "{:?}",
        directory.files()
    );
    for path in [&history[0], &recordings[0]] {
        // The tick that panicked is recorded with its input. `replay_file` does not run it.
        let replayed = replay_file(path, &bundled(), &Logic::default());
        assert!(replayed.panicked && replayed.last == 200, "{replayed:?}");
        let Ending::Ended { reason, .. } = replayed.ending else {
            panic!("{:?}", replayed.ending)
        };
        assert_eq!(reason, EndReason::Panicked);
    }
    // The second recording starts with the saved tick 199. `find` prefers the newest recording,
    // also to a history that is newer.
    let found = find(&directory.main(), None, Extent::Whole).unwrap();
    assert_eq!([found.path], directory.files_ending("-t199.plr")[..]);
}

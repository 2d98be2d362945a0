//! The shadow: it comes to the same as the server, and says so if it does not.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use bevy_ecs::prelude::*;
use parlour_sim::{Logic, SimulationApp, Step, StepSet};
use serde::{Deserialize, Serialize};

use crate::{
    replay::replay_file,
    support::{Bots, Directory, await_metric, bundled, metric, start},
};

/// A number that is part of the state.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Steps(u32);

const DIVERGENCES: &str = "parlour_shadow_divergences_total";

#[test]
fn it_follows_and_comes_to_the_same() {
    let directory = Directory::new();
    let server = start(&directory, |options| options.recording.shadow = true);
    let address = server.admin_addr();
    let bots = Bots::start(server.listen_addr(), 20);
    await_metric(address, "parlour_shadow_ticks_total", 300.0);
    assert!(bots.stop().is_clean());
    assert_eq!(metric(address, DIVERGENCES), 0.0);
    assert_eq!(metric(address, "parlour_shadow_skipped_ticks_total"), 0.0);
    let _ = server.stop();
    assert_eq!(directory.files_ending("-diverged.plr").len(), 0);
}

#[test]
fn game_logic_that_is_not_deterministic_is_found_and_kept() {
    let directory = Directory::new();
    // Counts the ticks of all worlds together: what no game logic may do.
    let all = Arc::new(AtomicU32::new(0));
    let logic = Logic::new(move |app| {
        app.init_resource::<Steps>().state_resource::<Steps>("steps");
        let all = Arc::clone(&all);
        let count = move |mut steps: ResMut<Steps>| steps.0 = all.fetch_add(1, Ordering::Relaxed);
        app.add_systems(Step, count.in_set(StepSet::Simulate));
    });
    let server = start(&directory, |options| {
        options.recording.shadow = true;
        options.logic = logic;
    });
    let address = server.admin_addr();
    let written = "parlour_history_written_total{reason=\"diverged\"}";
    await_metric(address, written, 1.0);
    // It begins anew at each saved world, finds the same again, and leaves no further file.
    await_metric(address, DIVERGENCES, 3.0);
    assert_eq!(metric(address, written), 1.0);
    assert!(server.failure().is_none());
    let _ = server.stop();
    let files = directory.files_ending("-diverged.plr");
    assert_eq!(files.len(), 1, "{files:?}");
}

#[test]
fn game_logic_that_panics_there_only_does_not_fail_the_server() {
    let directory = Directory::new();
    let worlds = Arc::new(AtomicU32::new(0));
    let logic = Logic::new(move |app| {
        let nth = worlds.fetch_add(1, Ordering::Relaxed);
        let fall = move || assert!(nth == 0, "only the first world is good enough");
        app.add_systems(Step, fall.in_set(StepSet::Simulate));
    });
    let server = start(&directory, |options| {
        options.recording.shadow = true;
        options.logic = logic;
    });
    await_metric(server.admin_addr(), DIVERGENCES, 2.0);
    await_metric(
        server.admin_addr(),
        "parlour_history_written_total{reason=\"diverged\"}",
        1.0,
    );
    assert!(server.failure().is_none());
    let _ = server.stop();
    let files = directory.files_ending("-diverged.plr");
    replay_file(&files[0], &bundled(), &Logic::default());
}

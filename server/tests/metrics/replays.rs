//! Only the live world counts. The shadow, replays and playback count nothing. The test installs a
//! recorder for all threads, so that a count on any of them is noticed.

use metrics::set_global_recorder;
use parlour::{MetricsRecorder, Playback, Server, ServerOptions};
use parlour_recording::replay::{Replay, Window, verify};
use parlour_shared::ids::Tick;

use crate::{
    metrics_text, step_counter,
    support::{Directory, await_metric, bundled, start},
    value,
};

const STEPS: &str = "game_steps_total";

/// One test for all cases, because a process can set its global recorder only once.
#[test]
fn the_shadow_replays_and_playback_count_nothing() {
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        options.recording.shadow = true;
        options.logic = step_counter();
    });
    // A program with one server does the same.
    let global: MetricsRecorder = server.metrics_recorder().clone();
    assert!(set_global_recorder(global.clone()).is_ok());
    await_metric(server.admin_addr(), "parlour_shadow_ticks_total", 120.0);
    let text = metrics_text(&server);
    let (steps, ticks) = (value(&text, STEPS), value(&text, "parlour_ticks_total"));
    assert!((steps - ticks).abs() <= 3.0, "{steps} steps in {ticks} ticks");
    let _ = server.stop();

    let path = directory.files().remove(0);
    let replay = || Replay::open(&path, &bundled(), step_counter()).unwrap();
    let live = counted_steps(&global);
    let mut run = replay();
    let mut run = run.run().unwrap();
    while run.next_up_to(Tick(u32::MAX)).unwrap().is_some() {}
    assert!(run.tick().0 >= 120);
    assert_eq!(counted_steps(&global), live, "a replay");
    let (from, to) = Playback::new(replay()).unwrap().ticks();
    verify(&mut replay(), Window { from, to }, |_| {}).unwrap();
    assert_eq!(counted_steps(&global), live, "the verification of saved worlds");
    replay()
        .record_again(&directory.0.join("again.plr"), "test")
        .unwrap();
    assert_eq!(counted_steps(&global), live, "a recording of a replay");

    let mut options = ServerOptions::new(replay().config().clone());
    options.listen.set_port(0);
    options.admin.set_port(0);
    let playback = Server::start_playback(options, Playback::new(replay()).unwrap()).unwrap();
    await_metric(playback.admin_addr(), "parlour_tick", 60.0);
    assert!(!metrics_text(&playback).contains(STEPS));
    assert_eq!(counted_steps(&global), live, "a playback");
}

/// Returns the number of steps that were counted so far.
fn counted_steps(recorder: &MetricsRecorder) -> f64 {
    value(&recorder.render(), STEPS)
}

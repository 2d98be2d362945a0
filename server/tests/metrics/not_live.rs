//! A world that runs again is not live, and counts nowhere. The program has a recorder for all its
//! threads here, so that a count on any of them would show.

use std::path::Path;

use metrics::set_global_recorder;
use parlour_recording::replay::{Replay, Window, verify};
use parlour_server::{MetricsRecorder, Playback, Server, ServerOptions};

use crate::{
    counts_steps,
    support::{Directory, await_metric, bundled, start},
    text, value,
};

const STEPS: &str = "game_steps_total";

/// All cases, because a program can set its recorder only once.
#[test]
fn the_shadow_and_replays_count_nothing() {
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        options.recording.shadow = true;
        options.logic = counts_steps();
    });
    // As a program with one server does.
    let everywhere: MetricsRecorder = server.recorder().clone();
    assert!(set_global_recorder(everywhere.clone()).is_ok());
    await_metric(server.admin_addr(), "parlour_shadow_ticks_total", 120.0);
    let text_of_live = text(&server);
    let (steps, ticks) = (
        value(&text_of_live, STEPS),
        value(&text_of_live, "parlour_ticks_total"),
    );
    assert!((steps - ticks).abs() <= 3.0, "{steps} steps in {ticks} ticks");
    let _ = server.stop();

    let path = directory.files().remove(0);
    let replay = || Replay::open(&path, &bundled(), counts_steps()).unwrap();
    let live = counted(&everywhere);
    let mut run = replay();
    let mut run = run.run().unwrap();
    while run
        .next_up_to(parlour_shared::ids::Tick(u32::MAX))
        .unwrap()
        .is_some()
    {}
    assert!(run.tick().0 >= 120);
    assert_eq!(counted(&everywhere), live, "a run");
    let (from, to) = Playback::new(replay()).unwrap().ticks();
    verify(&mut replay(), Window { from, to }, |_| {}).unwrap();
    assert_eq!(counted(&everywhere), live, "two worlds beside each other");
    replay()
        .record_again(Path::new(&directory.0.join("again.plr")), "test")
        .unwrap();
    assert_eq!(counted(&everywhere), live, "recorded again");

    let mut options = ServerOptions::new(replay().config().clone());
    options.listen.set_port(0);
    options.admin.set_port(0);
    let past = Server::start_playback(options, Playback::new(replay()).unwrap()).unwrap();
    await_metric(past.admin_addr(), "parlour_tick", 60.0);
    assert!(!text(&past).contains(STEPS));
    assert_eq!(counted(&everywhere), live, "the past that is served");
}

/// Returns the steps that were counted until now.
fn counted(recorder: &MetricsRecorder) -> f64 {
    value(&recorder.render(), STEPS)
}

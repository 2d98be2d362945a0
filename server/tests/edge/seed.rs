//! The seed of the world is random at each start unless it is configured. It is recorded.

use std::{fs, time::Duration};

use parlour::ServerOptions;
use parlour_recording::format::Recording;
use parlour_shared::ids::PlayerId;
use parlour_testing::{TemporaryPath, eventually};

use crate::support::test_server::start_with;

/// Returns the id of the first player of a server, and the seed in its recording.
fn first_player_and_seed(change: impl FnOnce(&mut ServerOptions)) -> (PlayerId, u64) {
    let directory = TemporaryPath::missing("seed");
    let server = start_with(|options| {
        options.recording.directory = Some(directory.0.clone());
        options.recording.history = Duration::ZERO;
        change(options);
    });
    // The world is made while the server already accepts connections.
    server.await_ready();
    let player = server.websocket("parlour.v1").hello("ann").player;
    // The welcome does not wait for the first tick.
    eventually("a tick", || server.metric("parlour_tick") >= 1.0);
    let _ = server.inner.stop();
    let recording = Recording::open(
        &fs::read_dir(directory.0.join("main"))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path(),
    )
    .unwrap();
    (player, recording.header().seed)
}

#[test]
fn two_starts_without_a_configured_seed_have_different_player_ids() {
    let first = first_player_and_seed(|_| {});
    let second = first_player_and_seed(|_| {});
    assert_ne!(first.0, second.0);
    assert_ne!(first.1, second.1);
    for seed in [first.1, second.1] {
        assert!(
            (1..=i64::MAX as u64).contains(&seed),
            "{seed} cannot be configured"
        );
    }
}

#[test]
fn a_configured_seed_is_recorded_and_gives_the_same_player_ids_again() {
    let first = first_player_and_seed(|options| options.sim.seed = 1403);
    let second = first_player_and_seed(|options| options.sim.seed = 1403);
    assert_eq!(first, second);
    assert_eq!(first.1, 1403);
    // The recorded seed of a random start repeats that start.
    let random = first_player_and_seed(|_| {});
    let repeated = first_player_and_seed(|options| options.sim.seed = random.1);
    assert_eq!(repeated, random);
}

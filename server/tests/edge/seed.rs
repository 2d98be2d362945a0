//! The seed of a server: random at each start unless one was chosen, and recorded.

use std::{fs, path::Path, time::Duration};

use parlour_recording::format::Recording;
use parlour_server::ServerOptions;
use parlour_shared::ids::PlayerId;

use crate::support::start_with;

/// Returns the id of the first player of a server, and the seed in its recording.
fn first_player(name: &str, change: impl FnOnce(&mut ServerOptions)) -> (PlayerId, u64) {
    let directory =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("seed-{}-{name}", std::process::id()));
    let server = start_with(|options| {
        options.recording.directory = Some(directory.clone());
        options.recording.history = Duration::ZERO;
        change(options);
    });
    let player = server.websocket("parlour.v1").hello("ann").player;
    let _ = server.server.stop();
    let files: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    let seed = Recording::open(&files[0]).unwrap().header().seed;
    fs::remove_dir_all(&directory).unwrap();
    (player, seed)
}

#[test]
fn without_a_chosen_seed_players_of_two_starts_have_different_ids() {
    let one = first_player("one", |_| {});
    let other = first_player("other", |_| {});
    assert_ne!(one.0, other.0);
    assert_ne!(one.1, other.1);
    for seed in [one.1, other.1] {
        assert!((1..=i64::MAX as u64).contains(&seed), "{seed} cannot be chosen");
    }
}

#[test]
fn a_chosen_seed_is_recorded_and_leads_to_the_same_ids_again() {
    let one = first_player("chosen", |options| options.sim.seed = 1403);
    let again = first_player("again", |options| options.sim.seed = 1403);
    assert_eq!(one, again);
    assert_eq!(one.1, 1403);
    // Choosing the seed of a random start repeats that start.
    let random = first_player("random", |_| {});
    assert_eq!(
        first_player("as-random", |options| options.sim.seed = random.1),
        random
    );
}

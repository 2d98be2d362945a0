//! The same inputs give the same hashes and the same bytes: in debug and release builds, and in
//! every order of systems that the schedule allows.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{
    ids::SessionId,
    rng::{Purpose, Stream},
};
use parlour_sim::{Fold, Perspective, Player, Simulation};
use parlour_testing::Crowd;
use parlour_tick::{Lane, TickOutput};

/// The hash after the last tick of [`run`], and a hash of all bytes that were sent. Debug and
/// release builds on all machines must compute these numbers. If a change of the simulation is
/// intended and changes them, write the new numbers here. CONTRIBUTING.md, "What else to
/// change", says what else must change.
const PINNED: (u64, u64) = (7_622_256_757_259_705_438, 11_872_436_139_030_554_614);

const TICKS: u32 = 600;

#[test]
fn debug_and_release_builds_compute_the_same_hashes() {
    assert_eq!(run(None), PINNED, "the behaviour of the simulation has changed");
}

#[test]
fn shuffling_the_schedule_does_not_change_the_hashes() {
    let declared = run(None);
    for seed in 0..50 {
        assert_eq!(run(Some(seed)), declared, "shuffle seed {seed}");
    }
}

#[test]
fn different_seeds_give_different_worlds() {
    let mut hashes: Vec<u64> = (0..4).map(|seed| run_seeded(None, seed).0).collect();
    hashes.dedup();
    assert_eq!(hashes.len(), 4);
}

/// Runs two worlds with the same input. One of them has watchers that come, go and change rooms.
#[test]
fn watchers_do_not_change_the_world() {
    let world = || Simulation::new(Crowd::config());
    let (mut alone, mut watched) = (world(), world());
    let (mut crowd, mut sent) = (Crowd::new(99), 0);
    let (mut first, mut second) = (TickOutput::default(), TickOutput::default());
    for tick in 1..=TICKS {
        let mut random = Stream::new(3, u64::from(tick), Purpose::Game);
        let mut input = crowd.next().unwrap();
        alone.step(&mut input, &mut first);
        watched.step(&mut input, &mut second);
        assert_eq!(first.hash, second.hash, "at tick {tick}");
        assert_eq!(
            (first.counts, &first.closes),
            (second.counts, &second.closes),
            "at tick {tick}"
        );
        assert_eq!(frames(&first), frames(&second), "at tick {tick}");
        assert!(first.watched.is_empty());
        sent += second.watched.len();

        // Watchers may have the same session numbers as players.
        let session = SessionId(u64::from(random.below(8)));
        let room = ["east", "west", "east/a"][random.below(3) as usize];
        let player = watched.player(SessionId(u64::from(random.below(crowd.sessions() as u32))));
        let player = player.and_then(|player| watched.world().get::<Player>(player));
        match (random.below(12), player.map(|player| player.id)) {
            (0, _) => watched.unwatch(session),
            (1, _) => watched.set_watcher_held(session, true),
            (2, _) => watched.set_watcher_held(session, false),
            (3..6, _) => drop(watched.watch(session, room, Perspective::Everyone, tick as u8)),
            (_, Some(player)) => {
                if let Some(room) = watched.followed_room(player) {
                    watched
                        .watch(session, &room, Perspective::Player(player), tick as u8)
                        .unwrap();
                }
            }
            (_, None) => {}
        }
    }
    assert!(sent > 500, "{sent} frames for watchers");
}

/// Returns session, lane and payload of each frame, without its position in the output.
fn frames(output: &TickOutput) -> Vec<(SessionId, Lane, &[u8])> {
    let frames = output.frames.iter();
    frames
        .map(|frame| (frame.session, frame.lane, output.payload(frame)))
        .collect()
}

fn run(shuffle: Option<u64>) -> (u64, u64) {
    run_seeded(shuffle, 14)
}

/// Runs ten seconds with about thirty sessions that use every feature.
fn run_seeded(shuffle: Option<u64>, seed: u64) -> (u64, u64) {
    let mut config = Crowd::config();
    config.seed = seed;
    let mut sim = Simulation::new(config);
    if let Some(seed) = shuffle {
        sim.shuffle_schedule(seed);
    }
    let (mut output, mut sent) = (TickOutput::default(), Fold::new(0));
    for mut input in Crowd::new(99).take(TICKS as usize) {
        sim.step(&mut input, &mut output);
        sent.value(&output.bytes);
        for frame in &output.frames {
            sent.word(frame.session.0);
            sent.word(frame.start.into());
            sent.word(frame.end.into());
        }
    }
    (sim.hash(), sent.finish())
}

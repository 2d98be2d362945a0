//! Cadence: how often viewers are sent snapshots, what is told first, and that the world does not notice.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

use parlour_shared::{ids::SessionId, motion::Direction, snapshot::MotionChange};
use parlour_sim::{Interest, Motion, SimConfig};
use parlour_tick::{Cadence, EventKind, Pace, PaceLevel};
use support::{Stage, plaza};

fn everyone_sees_everyone() -> SimConfig {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    config
}

/// So many players, of whom one turns with every tick.
fn restless(players: u64, pace: Pace) -> Stage {
    let mut stage = Stage::new(everyone_sees_everyone());
    stage.input.pace = pace;
    (1..=players).for_each(|session| stage.open_and_join(session, "plaza"));
    stage.ticks(10);
    stage
}

fn turn(stage: &mut Stage, session: u64) {
    let directions = [
        Direction::East,
        Direction::North,
        Direction::West,
        Direction::South,
    ];
    let next = directions[stage.now().0 as usize % 4];
    stage.walk(session, next);
}

#[test]
fn each_viewer_has_its_turn_and_the_turns_are_spread_over_the_ticks() {
    for cadence in Cadence::ALL {
        let mut stage = restless(60, Pace::Fixed(cadence));
        let every = 60 / cadence.hz();
        let mut told = [0; 61];
        for _ in 0..60 {
            turn(&mut stage, 1);
            stage.tick();
            let mut frames = 0;
            for session in 1..=60 {
                let snapshots = stage.client(session).snapshots.len();
                told[session as usize] += snapshots;
                frames += snapshots;
            }
            // Slots are given by chance, so turns are spread as evenly as chance is.
            let even = 60 / every as usize;
            assert!(
                frames >= even / 3 && frames <= 3 * even,
                "{frames} at {cadence:?}"
            );
        }
        let expected = [0; 60].map(|_| cadence.hz() as usize);
        assert_eq!(told[1..], expected, "at {cadence:?}");
    }
}

#[test]
fn the_cadence_decides_nothing_in_the_world() {
    let run = |paces: &[Pace]| {
        let mut stage = Stage::new(everyone_sees_everyone());
        (1..=20).for_each(|session| stage.open_and_join(session, "plaza"));
        let mut hashes = Vec::new();
        for tick in 0..120 {
            stage.input.pace = paces[tick % paces.len()];
            turn(&mut stage, 1 + tick as u64 % 20);
            stage.tick();
            hashes.push(stage.output.hash);
        }
        hashes
    };
    let steps: Vec<Pace> = (0..7)
        .map(|step| Pace::Adaptive(PaceLevel::new(step).unwrap()))
        .collect();
    let usual = run(&[Pace::default()]);
    assert_eq!(usual, run(&[Pace::Fixed(Cadence::Hz10)]));
    assert_eq!(usual, run(&steps));
}

#[test]
fn what_is_close_is_told_before_the_rest() {
    // All ten times a second, what is close twenty times.
    let step = PaceLevel::new(5).unwrap();
    let mut stage = Stage::teleporting(everyone_sees_everyone());
    (1..=3).for_each(|session| stage.open_and_join(session, "plaza"));
    stage.ticks(2);
    // Near is 150 px, close is half of it: 70 px and 80 px away.
    stage.teleport(1, 256_000, 256_000);
    stage.teleport(2, 256_000 + 70 * 256, 256_000);
    stage.teleport(3, 256_000 + 80 * 256, 256_000);
    stage.ticks(10);
    stage.input.pace = Pace::Adaptive(step);
    stage.ticks(20);
    let truth = |stage: &Stage, session| stage.get::<Motion>(session).unwrap().segment().since;
    let (mut close, mut far) = (0, 0);
    for _ in 0..240 {
        // They turn around within a few pixels, and stay where they are.
        turn(&mut stage, 2);
        turn(&mut stage, 3);
        stage.tick();
        close += u32::from(stage.sees(1, 2).unwrap().segment.since == truth(&stage, 2));
        far += u32::from(stage.sees(1, 3).unwrap().segment.since == truth(&stage, 3));
    }
    assert_eq!(far, 40, "every sixth tick");
    assert_eq!(close, 80, "every third");
}

#[test]
fn who_took_no_data_is_told_more_seldom_and_then_as_before() {
    let mut stage = restless(20, Pace::default());
    for ticks in [8, 8, 120] {
        stage.event(1, EventKind::Hold);
        stage.ticks(ticks);
        stage.event(1, EventKind::Release);
        turn(&mut stage, 2);
        stage.tick();
        assert!(stage.snapshot(1).is_some(), "its newest state at once");
    }
    let frames = |stage: &mut Stage, ticks: u32| {
        (0..ticks).fold(0, |frames, _| {
            turn(stage, 2);
            stage.tick();
            frames + stage.client(1).snapshots.len()
        })
    };
    assert_eq!(frames(&mut stage, 12), 2, "ten times a second");
    assert_eq!(stage.output.counts.viewers, [19, 0, 0, 1]);
    stage.ticks(3 * 60);
    assert_eq!(frames(&mut stage, 12), 12);
    assert_eq!(stage.output.counts.viewers, [20, 0, 0, 0]);
}

#[test]
fn who_is_held_at_a_fixed_cadence_goes_on_at_it() {
    let mut stage = restless(5, Pace::Fixed(Cadence::Hz60));
    stage.event(1, EventKind::Hold);
    stage.ticks(3);
    stage.event(1, EventKind::Release);
    for _ in 0..10 {
        turn(&mut stage, 2);
        stage.tick();
        assert!(stage.snapshot(1).is_some());
    }
}

#[test]
fn many_who_are_released_at_once_are_each_told_what_changed_since_their_own_last_snapshot() {
    let mut stage = restless(40, Pace::default());
    for session in 2..=40 {
        stage.event(session, EventKind::Hold);
        turn(&mut stage, 1);
        stage.ticks(2);
    }
    (2..=40).for_each(|session| stage.event(session, EventKind::Release));
    turn(&mut stage, 1);
    stage.tick();
    stage.check_views(true);
    let updates = |stage: &Stage, session| stage.snapshot(session).unwrap().updates.clone();
    for session in 2..=40 {
        let updates = updates(&stage, session);
        assert_eq!(updates.len(), 1, "only one has moved");
        assert!(matches!(
            updates[0].motion,
            Some(MotionChange::Turn { .. } | MotionChange::Anchor { .. })
        ));
    }
    let sent: usize = (2..=40).filter_map(|session| stage.snapshot_size(session)).sum();
    assert!(
        stage.output.bytes.len() < sent + 200,
        "no delta of the room for each"
    );
    assert!(stage.clients.contains_key(&SessionId(1)));
}

//! Cadence: how often viewers are sent snapshots, that nearby players are sent first, and that the
//! state hash does not depend on it.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{ids::SessionId, motion::Direction, snapshot::MotionChange};
use parlour_sim::{Interest, Motion, RoomTypeConfig, SimConfig};
use parlour_testing::{SessionActions as _, TestWorld, plaza};
use parlour_tick::{Cadence, Pace, PaceLevel};

fn everyone_sees_everyone() -> SimConfig {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    config
}

/// A world with this many players in one room.
fn world_with(players: u64, pace: Pace) -> TestWorld {
    let mut world = TestWorld::new(everyone_sees_everyone());
    world.input.pace = pace;
    (1..=players).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(10);
    world
}

fn turn(world: &mut TestWorld, session: u64) {
    let directions = [
        Direction::East,
        Direction::North,
        Direction::West,
        Direction::South,
    ];
    let next = directions[world.now().0 as usize % 4];
    world.walk(session, next);
}

#[test]
fn full_ticks_keep_the_cadence_and_are_spread_over_the_ticks() {
    for cadence in Cadence::ALL {
        let mut world = world_with(60, Pace::Fixed(cadence));
        let every = 60 / cadence.hz();
        let mut snapshots_of = [0; 61];
        for _ in 0..60 {
            turn(&mut world, 1);
            world.tick();
            let mut frames = 0;
            for session in 1..=60 {
                let snapshots = world.client(session).snapshots.len();
                snapshots_of[session as usize] += snapshots;
                frames += snapshots;
            }
            // Slots are random, so full ticks are spread only approximately evenly.
            let even = 60 / every as usize;
            assert!(
                frames >= even / 3 && frames <= 3 * even,
                "{frames} at {cadence:?}"
            );
        }
        let expected = [0; 60].map(|_| cadence.hz() as usize);
        assert_eq!(snapshots_of[1..], expected, "at {cadence:?}");
    }
}

#[test]
fn the_cadence_does_not_change_the_state_hash() {
    let run_in = |config, paces: &[Pace]| {
        let mut world = TestWorld::new(config);
        (1..=20).for_each(|session| world.open_and_join(session, "plaza"));
        let mut hashes = Vec::new();
        for tick in 0..120 {
            world.input.pace = paces[tick % paces.len()];
            turn(&mut world, 1 + tick as u64 % 20);
            world.tick();
            hashes.push(world.output.hash);
        }
        hashes
    };
    let run = |paces: &[Pace]| run_in(everyone_sees_everyone(), paces);
    let steps: Vec<Pace> = (0..7)
        .map(|step| Pace::Adaptive(PaceLevel::new(step).unwrap()))
        .collect();
    let usual = run(&[Pace::default()]);
    assert_eq!(usual, run(&[Pace::Fixed(Cadence::Hz10)]));
    assert_eq!(usual, run(&steps));
    let slow_room = {
        let mut config = everyone_sees_everyone();
        config.rules.cadence = Cadence::Hz10;
        config
    };
    assert_eq!(usual, run_in(slow_room, &[Pace::default()]));
}

#[test]
fn nearby_players_are_sent_more_often_than_distant_ones() {
    // Level 5: full ticks ten times a second, nearby ticks twenty times.
    let step = PaceLevel::new(5).unwrap();
    let mut world = TestWorld::teleporting(everyone_sees_everyone());
    (1..=3).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(2);
    // The near radius is 150 px, and nearby ticks reach half of it: 70 px is within, 80 px is not.
    world.teleport(1, 256_000, 256_000);
    world.teleport(2, 256_000 + 70 * 256, 256_000);
    world.teleport(3, 256_000 + 80 * 256, 256_000);
    world.ticks(10);
    world.input.pace = Pace::Adaptive(step);
    world.ticks(20);
    let truth = |world: &TestWorld, session| world.get::<Motion>(session).unwrap().segment().since;
    let (mut nearby, mut distant) = (0, 0);
    for _ in 0..240 {
        // Both turn around within a few pixels, so their distances hardly change.
        turn(&mut world, 2);
        turn(&mut world, 3);
        world.tick();
        nearby += u32::from(world.sees(1, 2).unwrap().segment.since == truth(&world, 2));
        distant += u32::from(world.sees(1, 3).unwrap().segment.since == truth(&world, 3));
    }
    assert_eq!(distant, 40, "every sixth tick");
    assert_eq!(nearby, 80, "every third tick");
}

#[test]
fn a_held_viewer_is_slowed_down_and_recovers() {
    let mut world = world_with(20, Pace::default());
    for ticks in [8, 8, 120] {
        world.hold(1);
        world.ticks(ticks);
        world.release(1);
        turn(&mut world, 2);
        world.tick();
        assert!(world.snapshot(1).is_some(), "the newest state immediately");
    }
    let frames = |world: &mut TestWorld, ticks: u32| {
        (0..ticks).fold(0, |frames, _| {
            turn(world, 2);
            world.tick();
            frames + world.client(1).snapshots.len()
        })
    };
    assert_eq!(frames(&mut world, 12), 2, "ten times a second");
    assert_eq!(world.output.counts.viewers, [19, 0, 0, 1]);
    world.ticks(3 * 60);
    assert_eq!(frames(&mut world, 12), 12);
    assert_eq!(world.output.counts.viewers, [20, 0, 0, 0]);
}

#[test]
fn a_hold_does_not_change_a_fixed_cadence() {
    let mut world = world_with(5, Pace::Fixed(Cadence::Hz60));
    world.hold(1);
    world.ticks(3);
    world.release(1);
    for _ in 0..10 {
        turn(&mut world, 2);
        world.tick();
        assert!(world.snapshot(1).is_some());
    }
}

/// A world with an office of this cadence, and a game at the full cadence, with 20 players in each.
/// Sessions 1 to 20 are in the office.
fn office_and_game(cadence: Cadence, pace: Pace) -> TestWorld {
    let mut config = everyone_sees_everyone();
    for (name, cadence) in [("office", cadence), ("game", Cadence::Hz60)] {
        let mut room_type = RoomTypeConfig::new(name, "plaza");
        room_type.rules = config.rules;
        room_type.rules.cadence = cadence;
        config.room_types.push(room_type);
    }
    let mut world = TestWorld::new(config);
    world.input.pace = pace;
    (1..=20).for_each(|session| world.open_and_join(session, "office"));
    (21..=40).for_each(|session| world.open_and_join(session, "game"));
    world.ticks(10);
    world
}

/// Lets a player of each room turn in each tick of a second. Returns the number of snapshots that
/// each viewer was sent, by session, first those in the office.
fn snapshots_in_a_second(world: &mut TestWorld) -> Vec<usize> {
    let mut snapshots_of = vec![0; 40];
    for _ in 0..60 {
        turn(world, 1);
        turn(world, 21);
        world.tick();
        for session in 1..=40 {
            snapshots_of[session as usize - 1] += world.client(session).snapshots.len();
        }
    }
    snapshots_of
}

#[test]
fn a_slow_room_does_not_slow_the_other_rooms_of_its_world() {
    for cadence in Cadence::ALL {
        let mut world = office_and_game(cadence, Pace::default());
        let snapshots_of = snapshots_in_a_second(&mut world);
        assert_eq!(snapshots_of[..20], [cadence.hz() as usize; 20]);
        assert_eq!(snapshots_of[20..], [60; 20]);
        let mut viewers = [0; 4];
        viewers[cadence as usize] += 20;
        viewers[0] += 20;
        assert_eq!(world.output.counts.viewers, viewers);
        // At rest, every viewer knows the newest state.
        world.walk(1, Direction::Still);
        world.walk(21, Direction::Still);
        world.ticks(7);
        world.check_views(true);
    }
}

#[test]
fn the_slower_of_the_cadences_of_the_room_and_of_the_load_applies() {
    let level = |number| Pace::Adaptive(PaceLevel::new(number).unwrap());
    for (pace, office, game) in [
        (Pace::Fixed(Cadence::Hz30), 20, 30),
        (Pace::Fixed(Cadence::Hz10), 10, 10),
        // Full ticks are rarer, and all players are nearby.
        (level(1), 20, 60),
        // 20 full ticks, and 30 nearby ticks of which 10 are also full.
        (level(3), 20, 40),
        (level(6), 10, 10),
    ] {
        let mut world = office_and_game(Cadence::Hz20, pace);
        let snapshots_of = snapshots_in_a_second(&mut world);
        assert!(
            snapshots_of[..20].iter().all(|count| *count <= office),
            "{snapshots_of:?}"
        );
        assert!(
            snapshots_of[20..].iter().all(|count| *count <= game),
            "{snapshots_of:?}"
        );
        assert!(
            snapshots_of[0] >= 10 && snapshots_of[20] >= 10,
            "{snapshots_of:?}"
        );
    }
}

#[test]
fn a_slow_viewer_of_a_slow_room_has_the_slower_cadence() {
    let mut world = office_and_game(Cadence::Hz30, Pace::default());
    for session in [2, 22] {
        // Two holds: from 60 to 30, then to 20 snapshots a second.
        for _ in 0..2 {
            world.hold(session);
            world.tick();
            world.release(session);
            world.tick();
        }
    }
    turn(&mut world, 1);
    world.tick();
    // By 60, 30, 20 and 10 snapshots a second.
    assert_eq!(world.output.counts.viewers, [19, 19, 2, 0]);
}

#[test]
fn each_released_viewer_is_sent_the_changes_since_its_own_last_snapshot() {
    let mut world = world_with(40, Pace::default());
    for session in 2..=40 {
        world.hold(session);
        turn(&mut world, 1);
        world.ticks(2);
    }
    (2..=40).for_each(|session| world.release(session));
    turn(&mut world, 1);
    world.tick();
    world.check_views(true);
    let updates = |world: &TestWorld, session| world.snapshot(session).unwrap().updates.clone();
    for session in 2..=40 {
        let updates = updates(&world, session);
        assert_eq!(updates.len(), 1, "only one player has moved");
        assert!(matches!(
            updates[0].motion,
            Some(MotionChange::Turn { .. } | MotionChange::Anchor { .. })
        ));
    }
    let sent: usize = (2..=40).filter_map(|session| world.snapshot_size(session)).sum();
    assert!(
        world.output.bytes.len() < sent + 200,
        "there is no delta of the whole room per viewer"
    );
    assert!(world.clients.contains_key(&SessionId(1)));
}

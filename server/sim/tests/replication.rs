//! Replication: when snapshots are sent, their contents and sizes, and that they contain nothing
//! else.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use parlour_shared::{
    ids::{SessionId, Tick},
    motion::Direction,
    rng::{Purpose, Stream},
    snapshot::{MotionChange, Snapshot},
};
use parlour_sim::{Interest, Proximity, SimConfig};
use parlour_testing::{SessionActions as _, TestWorld, maps::open_map, plaza};

/// Bytes of a snapshot's header.
const HEADER: usize = 9;
/// Bytes of a section's count.
const COUNT: usize = 2;
/// Bytes of an acknowledgement.
const ACK: usize = 6;

fn interest(interest: Interest) -> SimConfig {
    let mut config = plaza();
    config.rules.interest = interest;
    config
}

/// A world with this many players in the plaza, which all see each other.
fn everyone_sees_everyone(players: u64) -> TestWorld {
    let mut world = TestWorld::teleporting(interest(Interest::All));
    (1..=players).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(2);
    world
}

#[test]
fn nothing_is_sent_when_nothing_changes() {
    for config in [interest(Interest::All), interest(Interest::Near)] {
        let mut world = TestWorld::new(config);
        (1..=20).for_each(|session| world.open_and_join(session, "plaza"));
        world.ticks(10);
        let mut last: Vec<Tick> = (1..=20)
            .map(|session| world.client(session).view.tick().unwrap())
            .collect();
        for _ in 0..200 {
            world.tick();
            for session in 1..=20 {
                let last = &mut last[session as usize - 1];
                if world.now().since(*last) == 60 {
                    assert_eq!(
                        world.snapshot_size(session),
                        Some(HEADER),
                        "a heartbeat after a second"
                    );
                    *last = world.now();
                } else {
                    assert_eq!(world.snapshot(session), None);
                }
            }
        }
    }
}

#[test]
fn a_turn_costs_5_bytes() {
    let mut world = everyone_sees_everyone(11);
    let mut random = Stream::new(1, 1, Purpose::Game);
    for _ in 0..30 {
        let turning = 1 + random.below(10) as usize;
        let direction = random.below(4) as usize;
        for session in 2..2 + turning as u64 {
            let now = world
                .get::<parlour_sim::Motion>(session)
                .unwrap()
                .segment()
                .gait
                .heading
                .direction()
                .unwrap();
            let next = Direction::ALL[(now as usize + 1 + direction) % 9];
            world.walk(session, next);
        }
        world.tick();
        let snapshot = world.snapshot(1).unwrap();
        let turns = snapshot
            .updates
            .iter()
            .filter(|update| matches!(update.motion, Some(MotionChange::Turn { .. })));
        assert_eq!(turns.count(), turning);
        assert_eq!(world.snapshot_size(1), Some(HEADER + COUNT + 5 * turning));
        assert_eq!(
            world.snapshot_size(2),
            Some(HEADER + ACK + COUNT + 5 * turning),
            "a player that turned also receives an acknowledgement"
        );
        world.check_views(true);
        // Move them to open ground: at the edge of the map, a wall would change their gait.
        (2..=11).for_each(|session| world.teleport(session, 256_000, 256_000));
        world.tick();
    }
}

#[test]
fn a_teleport_costs_12_bytes() {
    let mut world = everyone_sees_everyone(6);
    for moved in 1..=5 {
        (2..2 + moved as u64).for_each(|session| world.teleport(session, 100_000 * moved, 70_001));
        world.tick();
        assert_eq!(world.snapshot_size(1), Some(HEADER + COUNT + 12 * moved as usize));
        let updates = &world.snapshot(1).unwrap().updates;
        assert!(
            updates
                .iter()
                .all(|update| matches!(update.motion, Some(MotionChange::Anchor { .. })))
        );
        world.check_views(true);
    }
}

#[test]
fn a_released_viewer_is_sent_one_delta_to_the_newest_state() {
    let mut world = everyone_sees_everyone(5);
    world.walk(2, Direction::East);
    world.tick();
    let last = world.now();
    world.hold(1);
    let turns = [
        Direction::South,
        Direction::West,
        Direction::North,
        Direction::Still,
        Direction::East,
    ];
    for direction in turns {
        world.walk(2, direction);
        world.walk(3, direction);
        world.skin(4, 1);
        world.ticks(7);
        assert_eq!(world.output.counts.held, 1);
    }
    world.close(5);
    world.open_and_join(6, "plaza");
    world.ticks(50);
    world.release(1);
    world.tick();
    let snapshot = world.snapshot(1).expect("at the tick of the release");
    assert_eq!(
        (snapshot.base, snapshot.tick),
        (Some(last), world.now()),
        "relative to the last snapshot before the hold"
    );
    assert_eq!(
        (
            snapshot.leaves.len(),
            snapshot.enters.len(),
            snapshot.updates.len()
        ),
        (1, 1, 3)
    );
    world.check_views(true);
    for _ in 1..60 {
        world.tick();
        assert_eq!(world.snapshot(1), None, "nothing else follows");
    }
    world.check_views(true);
}

#[test]
fn a_released_viewer_that_missed_nothing_is_sent_only_the_heartbeat() {
    let mut world = everyone_sees_everyone(3);
    let last = world.client(1).view.tick().unwrap();
    world.hold(1);
    world.ticks(20);
    world.release(1);
    while world.now().since(last) < 59 {
        world.tick();
        assert_eq!(world.snapshot(1), None);
    }
    world.tick();
    assert_eq!(world.snapshot_size(1), Some(HEADER));
}

#[test]
fn changes_during_a_hold_are_sent_in_the_cheapest_correct_form() {
    // (ticks held after the last turn, turns, whether it is sent as a turn). A turn is encoded with
    // its age, which is a u8, and needs a viewer that knows the previous segment.
    for (held, turns, turn) in [(0, 1, true), (254, 1, true), (255, 1, false), (10, 2, false)] {
        let mut world = everyone_sees_everyone(2);
        world.hold(1);
        world.tick();
        for direction in &[Direction::East, Direction::South][..turns] {
            world.walk(2, *direction);
            world.tick();
        }
        world.ticks(held);
        world.release(1);
        world.tick();
        let sent = world.snapshot(1).unwrap().updates[0].motion.unwrap();
        assert_eq!(
            matches!(sent, MotionChange::Turn { .. }),
            turn,
            "{held} ticks, {turns} turns: {sent:?}"
        );
        world.check_views(true);
        world.ticks(30);
        world.check_views(true);
    }
}

#[test]
fn a_viewer_held_beyond_the_maximum_base_age_is_sent_a_full_snapshot() {
    let mut world = everyone_sees_everyone(3);
    let last = world.client(1).view.tick().unwrap();
    world.hold(1);
    world.tick();
    world.close(2);
    while world.now().since(last) < 65_535 {
        world.tick();
    }
    world.skin(3, 2);
    world.release(1);
    world.tick();
    let snapshot = world.snapshot(1).unwrap();
    assert_eq!(
        (snapshot.base, snapshot.enters.len(), snapshot.leaves.len()),
        (None, 2, 0)
    );
    world.check_views(true);
    world.skin(3, 1);
    world.tick();
    assert!(world.snapshot(1).unwrap().base.is_some());
    world.check_views(true);
}

#[test]
fn a_hold_before_the_join_applies_in_the_room() {
    let mut world = everyone_sees_everyone(2);
    world.open(3);
    world.hold(3);
    world.tick();
    world.join(3, "plaza");
    world.ticks(10);
    assert_eq!(world.client(3).view.iter().count(), 0);
    assert!(world.sees(1, 3).is_some(), "other players see it");
    world.leave(3);
    world.join(3, "plaza/2");
    world.ticks(3);
    world.release(3);
    world.tick();
    assert_eq!(world.snapshot(3).unwrap().base, None);
    world.check_views(true);
}

#[test]
fn a_hold_and_release_in_one_tick_have_no_effect() {
    let mut world = everyone_sees_everyone(2);
    world.hold(1);
    world.release(1);
    world.skin(2, 1);
    world.tick();
    assert!(world.snapshot(1).is_some());
    world.check_views(true);
}

/// Returns a world in which session 3 takes the slot that session 2 leaves in the same tick. Slots
/// are random, so this tries seeds until it happens.
fn slot_taken_over(before: impl Fn(&mut TestWorld)) -> TestWorld {
    for seed in 0..2000 {
        let mut config = interest(Interest::All);
        config.seed = seed;
        let mut world = TestWorld::new(config);
        (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
        world.open(3);
        world.tick();
        let slot = world.client(2).slot();
        before(&mut world);
        world.close(2);
        world.join(3, "plaza");
        world.tick();
        if world.client(3).slot() == slot {
            return world;
        }
    }
    panic!("none of 2000 seeds reused the slot");
}

#[test]
fn a_slot_with_a_new_owner_is_left_and_entered_in_one_frame() {
    let world = slot_taken_over(|world| world.ticks(3));
    let slot = world.client(3).slot();
    let snapshot = world.snapshot(1).unwrap();
    assert_eq!(snapshot.leaves, [slot]);
    assert_eq!(
        snapshot.enters.iter().map(|enter| enter.slot).collect::<Vec<_>>(),
        [slot]
    );
    assert_eq!(snapshot.updates, []);
    let entered = world.client(1).view.get(slot).unwrap();
    assert_eq!(
        entered.player().map(|seen| seen.player),
        Some(world.client(3).player)
    );
    world.check_views(true);
}

#[test]
fn a_released_viewer_sees_the_new_owner_of_a_slot() {
    let mut world = slot_taken_over(|world| {
        world.skin(2, 2);
        world.walk(2, Direction::East);
        world.tick();
        world.hold(1);
        world.ticks(3);
    });
    world.ticks(3);
    world.release(1);
    world.tick();
    world.check_views(true);
    world.walk(3, Direction::South);
    world.tick();
    world.check_views(true);
}

#[test]
fn views_are_correct_while_a_room_grows_to_hundreds() {
    for kind in [Interest::All, Interest::Near] {
        let mut config = interest(kind);
        config.maps = vec![Arc::new(open_map("plaza", 60, 40))];
        let mut world = TestWorld::new(config);
        let mut random = Stream::new(4, 4, Purpose::Game);
        let mut held = vec![false; 240];
        for session in 0..240 {
            world.open_and_join(session, "plaza");
            let other = u64::from(random.below(session as u32 + 1));
            match random.below(4) {
                0 if held[other as usize] => world.release(other),
                0 => world.hold(other),
                1 => world.leave(other),
                2 => world.join(other, "plaza"),
                _ => world.walk(other, Direction::ALL[random.below(9) as usize]),
            }
            held[other as usize] = world.client(other).held;
            world.tick();
            world.check_views(kind == Interest::All);
        }
        (0..240).for_each(|session| world.release(session));
        world.ticks(2);
        world.check_views(kind == Interest::All);
        assert!(world.output.counts.players > 100);
    }
}

/// Decodes every snapshot, and checks that all its players are within the viewer's interest in that
/// tick.
#[test]
fn no_snapshot_contains_a_player_out_of_sight() {
    let mut config = interest(Interest::Near);
    config.maps = vec![Arc::new(open_map("plaza", 60, 20))];
    let mut world = TestWorld::new(config);
    let mut random = Stream::new(6, 6, Purpose::Game);
    (0..40).for_each(|session| world.open_and_join(session, "plaza"));
    let (mut sent, mut hidden) = (0_u32, 0_u32);
    for _ in 0..900 {
        for session in 0..40 {
            match random.below(60) {
                0..3 => world.walk(session, Direction::ALL[random.below(9) as usize]),
                3 => world.skin(session, random.below(3) as u16),
                4 if random.below(10) == 0 => world.leave(session),
                5 | 6 => world.join(session, "plaza"),
                7 if random.below(4) == 0 => world.hold(session),
                8 => world.release(session),
                _ => {}
            }
        }
        world.tick();
        world.check_views(false);
        let ecs = world.sim.world();
        let proximity = ecs.get::<Proximity>(world.room("plaza").unwrap()).unwrap();
        for client in world.clients.values().filter(|client| client.room.is_some()) {
            for (snapshot, _) in &client.snapshots {
                let named = snapshot.enters.iter().map(|enter| enter.slot);
                for slot in named.chain(snapshot.updates.iter().map(|update| update.slot)) {
                    assert!(
                        proximity.are_near(client.slot(), slot),
                        "{slot:?} at {:?}",
                        world.now()
                    );
                    sent += 1;
                }
                hidden += world.output.counts.players - snapshot.updates.len() as u32;
            }
        }
    }
    assert!(sent > 1000 && hidden > 1000, "{sent} sent, {hidden} hidden");
}

#[test]
fn a_change_out_of_sight_sends_nothing() {
    let mut world = TestWorld::teleporting(interest(Interest::Near));
    (1..=3).for_each(|session| world.open_and_join(session, "plaza"));
    world.teleport(3, 256_000, 256_000);
    world.ticks(20);
    for tick in 0..30 {
        world.skin(3, 1 + tick % 2);
        world.tick();
        assert_eq!((world.snapshot(1), world.snapshot(2)), (None, None));
    }
    world.check_views(false);
}

#[test]
fn a_new_room_starts_with_a_full_snapshot() {
    let mut world = everyone_sees_everyone(4);
    world.join(1, "plaza/2");
    world.skin(2, 1);
    world.tick();
    let snapshot = world.snapshot(1).unwrap();
    let view = world.client(1).room().view;
    assert_eq!(
        (snapshot.view, snapshot.base, snapshot.enters.len()),
        (view, None, 1)
    );
    for _ in 0..59 {
        world.skin(2, 1 + world.now().0 as u16 % 2);
        world.tick();
        assert_eq!(world.snapshot(1), None, "nothing of the previous room");
    }
    world.join(1, "plaza");
    world.tick();
    assert_eq!(world.snapshot(1).unwrap().enters.len(), 4);
    world.check_views(true);
}

#[test]
fn several_joins_in_one_tick_send_one_full_snapshot_of_the_last_room() {
    let mut world = everyone_sees_everyone(2);
    world.open(3);
    for room in ["plaza", "plaza/2", "plaza", "plaza/3", "plaza"] {
        world.join(3, room);
        world.leave(3);
    }
    world.join(3, "plaza");
    world.tick();
    let snapshot = world.snapshot(3).unwrap();
    assert_eq!(
        (snapshot.base, snapshot.enters.len(), snapshot.view),
        (None, 3, 6)
    );
    for viewer in [1, 2] {
        let snapshot = world.snapshot(viewer).unwrap();
        assert_eq!(
            (snapshot.enters.len(), snapshot.leaves.len()),
            (1, 0),
            "a player that was never visible does not leave"
        );
    }
    world.check_views(true);
    // A player that was visible leaves and enters.
    world.leave(3);
    world.join(3, "plaza");
    world.tick();
    let snapshot = world.snapshot(1).unwrap();
    assert_eq!((snapshot.enters.len(), snapshot.leaves.len()), (1, 1));
    world.check_views(true);
}

#[test]
fn every_snapshot_comes_after_the_reliable_messages_of_its_tick() {
    let mut world = everyone_sees_everyone(5);
    for session in 1..=5 {
        world.chat(session, parlour_shared::message::Scope::Room, "x");
        world.skin(session, 1);
        world.join(session, "plaza/2");
    }
    world.tick();
    for session in (1..=5).map(SessionId) {
        let lanes: Vec<_> = world
            .output
            .frames
            .iter()
            .filter(|frame| frame.session == session)
            .map(|frame| frame.lane)
            .collect();
        let (last, before) = lanes.split_last().unwrap();
        assert_eq!(*last, parlour_tick::Lane::Snapshot);
        assert!(before.iter().all(|lane| *lane == parlour_tick::Lane::Reliable));
    }
}

#[test]
fn an_acknowledgement_alone_is_sent() {
    let mut world = everyone_sees_everyone(2);
    world.walk(1, Direction::Still);
    world.tick();
    assert_eq!(
        (world.snapshot_size(1), world.snapshot(2)),
        (Some(HEADER + ACK), None::<&Snapshot>)
    );
}

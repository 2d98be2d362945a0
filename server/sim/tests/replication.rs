//! Replication: what is sent, when, in how many bytes, and to nobody else.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

use std::sync::Arc;

use parlour_shared::{
    ids::{SessionId, Tick},
    message::{ClientMessage, Move},
    motion::Direction,
    rng::{Purpose, Stream},
    snapshot::{MotionChange, Snapshot},
};
use parlour_sim::{Interest, Proximity, SimConfig};
use parlour_tick::EventKind;
use support::{Stage, open_map, plaza};

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

/// So many players in the plaza, who all see each other.
fn everyone_sees_everyone(players: u64) -> Stage {
    let mut stage = Stage::teleporting(interest(Interest::All));
    (1..=players).for_each(|session| stage.open_and_join(session, "plaza"));
    stage.ticks(2);
    stage
}

#[test]
fn nothing_is_sent_when_nothing_changes() {
    for config in [interest(Interest::All), interest(Interest::Near)] {
        let mut stage = Stage::new(config);
        (1..=20).for_each(|session| stage.open_and_join(session, "plaza"));
        stage.ticks(10);
        let mut last: Vec<Tick> = (1..=20)
            .map(|session| stage.client(session).view.tick().unwrap())
            .collect();
        for _ in 0..200 {
            stage.tick();
            for session in 1..=20 {
                let last = &mut last[session as usize - 1];
                if stage.now().since(*last) == 60 {
                    assert_eq!(
                        stage.snapshot_size(session),
                        Some(HEADER),
                        "a sign of life after a second"
                    );
                    *last = stage.now();
                } else {
                    assert_eq!(stage.snapshot(session), None);
                }
            }
        }
    }
}

#[test]
fn a_turn_costs_5_bytes_for_each_neighbour_who_turned() {
    let mut stage = everyone_sees_everyone(11);
    let mut chance = Stream::new(1, 1, Purpose::Game);
    for _ in 0..30 {
        let turning = 1 + chance.below(10) as usize;
        let direction = chance.below(4) as usize;
        for session in 2..2 + turning as u64 {
            let now = stage
                .get::<parlour_sim::Motion>(session)
                .unwrap()
                .segment()
                .gait
                .heading
                .direction;
            let next = Direction::ALL[(now as usize + 1 + direction) % 9];
            stage.walk(session, next);
        }
        stage.tick();
        let snapshot = stage.snapshot(1).unwrap();
        let turns = snapshot
            .updates
            .iter()
            .filter(|update| matches!(update.motion, Some(MotionChange::Turn { .. })));
        assert_eq!(turns.count(), turning);
        assert_eq!(stage.snapshot_size(1), Some(HEADER + COUNT + 5 * turning));
        assert_eq!(
            stage.snapshot_size(2),
            Some(HEADER + ACK + COUNT + 5 * turning),
            "who turned is acknowledged"
        );
        stage.check_views(true);
        // On open ground: away from the edge, where a wall would turn them, too.
        (2..=11).for_each(|session| stage.teleport(session, 256_000, 256_000));
        stage.tick();
    }
}

#[test]
fn who_is_put_elsewhere_costs_12_bytes() {
    let mut stage = everyone_sees_everyone(6);
    for moved in 1..=5 {
        (2..2 + moved as u64).for_each(|session| stage.teleport(session, 100_000 * moved, 70_001));
        stage.tick();
        assert_eq!(stage.snapshot_size(1), Some(HEADER + COUNT + 12 * moved as usize));
        let updates = &stage.snapshot(1).unwrap().updates;
        assert!(
            updates
                .iter()
                .all(|update| matches!(update.motion, Some(MotionChange::Anchor { .. })))
        );
        stage.check_views(true);
    }
}

#[test]
fn a_viewer_that_was_held_gets_one_newer_delta_and_nothing_stale() {
    let mut stage = everyone_sees_everyone(5);
    stage.walk(2, Direction::East);
    stage.tick();
    let last = stage.now();
    stage.event(1, EventKind::Hold);
    let turns = [
        Direction::South,
        Direction::West,
        Direction::North,
        Direction::Still,
        Direction::East,
    ];
    for direction in turns {
        stage.walk(2, direction);
        stage.walk(3, direction);
        stage.skin(4, 1);
        stage.ticks(7);
        assert_eq!(stage.output.counts.held, 1);
    }
    stage.event(5, EventKind::Close);
    stage.open_and_join(6, "plaza");
    stage.ticks(50);
    stage.event(1, EventKind::Release);
    stage.tick();
    let snapshot = stage.snapshot(1).expect("at the tick of the release");
    assert_eq!(
        (snapshot.base, snapshot.tick),
        (Some(last), stage.now()),
        "relative to the last it was sent"
    );
    assert_eq!(
        (
            snapshot.leaves.len(),
            snapshot.enters.len(),
            snapshot.updates.len()
        ),
        (1, 1, 3)
    );
    stage.check_views(true);
    for _ in 1..60 {
        stage.tick();
        assert_eq!(stage.snapshot(1), None, "nothing is left over");
    }
    stage.check_views(true);
}

#[test]
fn who_was_held_while_nothing_happened_is_sent_nothing_until_a_sign_of_life_is_due() {
    let mut stage = everyone_sees_everyone(3);
    let last = stage.client(1).view.tick().unwrap();
    stage.event(1, EventKind::Hold);
    stage.ticks(20);
    stage.event(1, EventKind::Release);
    while stage.now().since(last) < 59 {
        stage.tick();
        assert_eq!(stage.snapshot(1), None);
    }
    stage.tick();
    assert_eq!(stage.snapshot_size(1), Some(HEADER));
}

#[test]
fn changes_while_held_are_told_in_the_cheapest_form_that_is_still_right() {
    // (ticks held after the last turn, turns, whether a turn is told): a turn is told by its age, which is a u8, and only
    // to who knows the segment before it.
    for (held, turns, turn) in [(0, 1, true), (254, 1, true), (255, 1, false), (10, 2, false)] {
        let mut stage = everyone_sees_everyone(2);
        stage.event(1, EventKind::Hold);
        stage.tick();
        for direction in &[Direction::East, Direction::South][..turns] {
            stage.walk(2, *direction);
            stage.tick();
        }
        stage.ticks(held);
        stage.event(1, EventKind::Release);
        stage.tick();
        let told = stage.snapshot(1).unwrap().updates[0].motion.unwrap();
        assert_eq!(
            matches!(told, MotionChange::Turn { .. }),
            turn,
            "{held} ticks, {turns} turns: {told:?}"
        );
        stage.check_views(true);
        stage.ticks(30);
        stage.check_views(true);
    }
}

#[test]
fn who_was_held_for_longer_than_a_base_can_be_old_gets_a_full_snapshot() {
    let mut stage = everyone_sees_everyone(3);
    let last = stage.client(1).view.tick().unwrap();
    stage.event(1, EventKind::Hold);
    stage.tick();
    stage.event(2, EventKind::Close);
    while stage.now().since(last) < 65_535 {
        stage.tick();
    }
    stage.skin(3, 2);
    stage.event(1, EventKind::Release);
    stage.tick();
    let snapshot = stage.snapshot(1).unwrap();
    assert_eq!(
        (snapshot.base, snapshot.enters.len(), snapshot.leaves.len()),
        (None, 2, 0)
    );
    stage.check_views(true);
    stage.skin(3, 1);
    stage.tick();
    assert!(stage.snapshot(1).unwrap().base.is_some());
    stage.check_views(true);
}

#[test]
fn a_hold_reaches_from_before_the_join_into_the_room() {
    let mut stage = everyone_sees_everyone(2);
    stage.open(3);
    stage.event(3, EventKind::Hold);
    stage.tick();
    stage.join(3, "plaza");
    stage.ticks(10);
    assert_eq!(stage.client(3).view.iter().count(), 0);
    assert!(stage.sees(1, 3).is_some(), "others see it all the same");
    stage.leave(3);
    stage.join(3, "plaza/2");
    stage.ticks(3);
    stage.event(3, EventKind::Release);
    stage.tick();
    assert_eq!(stage.snapshot(3).unwrap().base, None);
    stage.check_views(true);
}

#[test]
fn held_and_released_in_one_tick_is_nothing() {
    let mut stage = everyone_sees_everyone(2);
    stage.event(1, EventKind::Hold);
    stage.event(1, EventKind::Release);
    stage.skin(2, 1);
    stage.tick();
    assert!(stage.snapshot(1).is_some());
    stage.check_views(true);
}

/// A world in which the player of session 3 takes the slot that 2 gives up in the same tick: chance decides, so worlds
/// are tried until it does.
fn slot_taken_over(before: impl Fn(&mut Stage)) -> Stage {
    for seed in 0..2000 {
        let mut config = interest(Interest::All);
        config.seed = seed;
        let mut stage = Stage::new(config);
        (1..=2).for_each(|session| stage.open_and_join(session, "plaza"));
        stage.open(3);
        stage.tick();
        let slot = stage.client(2).slot();
        before(&mut stage);
        stage.event(2, EventKind::Close);
        stage.join(3, "plaza");
        stage.tick();
        if stage.client(3).slot() == slot {
            return stage;
        }
    }
    panic!("2000 worlds, and a slot of 64 never came up");
}

#[test]
fn a_slot_with_a_new_owner_is_left_and_entered_in_one_frame() {
    let stage = slot_taken_over(|stage| stage.ticks(3));
    let slot = stage.client(3).slot();
    let snapshot = stage.snapshot(1).unwrap();
    assert_eq!(snapshot.leaves, [slot]);
    assert_eq!(
        snapshot.enters.iter().map(|enter| enter.slot).collect::<Vec<_>>(),
        [slot]
    );
    assert_eq!(snapshot.updates, []);
    assert_eq!(
        stage.client(1).view.get(slot).unwrap().player,
        stage.client(3).id()
    );
    stage.check_views(true);
}

#[test]
fn a_slot_with_a_new_owner_is_told_to_those_who_were_held_meanwhile() {
    let mut stage = slot_taken_over(|stage| {
        stage.skin(2, 2);
        stage.walk(2, Direction::East);
        stage.tick();
        stage.event(1, EventKind::Hold);
        stage.ticks(3);
    });
    stage.ticks(3);
    stage.event(1, EventKind::Release);
    stage.tick();
    stage.check_views(true);
    stage.walk(3, Direction::South);
    stage.tick();
    stage.check_views(true);
}

#[test]
fn views_stay_right_while_the_room_grows_to_hundreds() {
    for kind in [Interest::All, Interest::Near] {
        let mut config = interest(kind);
        config.maps = vec![Arc::new(open_map("plaza", 60, 40))];
        let mut stage = Stage::new(config);
        let mut chance = Stream::new(4, 4, Purpose::Game);
        let mut held = vec![false; 240];
        for session in 0..240 {
            stage.open_and_join(session, "plaza");
            let other = u64::from(chance.below(session as u32 + 1));
            match chance.below(4) {
                0 if held[other as usize] => stage.event(other, EventKind::Release),
                0 => stage.event(other, EventKind::Hold),
                1 => stage.leave(other),
                2 => stage.join(other, "plaza"),
                _ => stage.walk(other, Direction::ALL[chance.below(9) as usize]),
            }
            held[other as usize] = stage.client(other).held;
            stage.tick();
            stage.check_views(kind == Interest::All);
        }
        (0..240).for_each(|session| stage.event(session, EventKind::Release));
        stage.ticks(2);
        stage.check_views(kind == Interest::All);
        assert!(stage.output.counts.players > 100);
    }
}

/// Every byte that is sent is decoded, and is of players within the viewer's interest at that tick.
#[test]
fn nobody_is_told_of_a_player_out_of_sight() {
    let mut config = interest(Interest::Near);
    config.maps = vec![Arc::new(open_map("plaza", 60, 20))];
    let mut stage = Stage::new(config);
    let mut chance = Stream::new(6, 6, Purpose::Game);
    (0..40).for_each(|session| stage.open_and_join(session, "plaza"));
    let (mut told, mut hidden) = (0_u32, 0_u32);
    for _ in 0..900 {
        for session in 0..40 {
            match chance.below(60) {
                0..3 => stage.walk(session, Direction::ALL[chance.below(9) as usize]),
                3 => stage.skin(session, chance.below(3) as u16),
                4 if chance.below(10) == 0 => stage.leave(session),
                5 | 6 => stage.join(session, "plaza"),
                7 if chance.below(4) == 0 => stage.event(session, EventKind::Hold),
                8 => stage.event(session, EventKind::Release),
                _ => {}
            }
        }
        stage.tick();
        stage.check_views(false);
        let world = stage.sim.world();
        let proximity = world.get::<Proximity>(stage.room("plaza").unwrap()).unwrap();
        for client in stage.clients.values().filter(|client| client.room.is_some()) {
            for (snapshot, _) in &client.snapshots {
                let named = snapshot.enters.iter().map(|enter| enter.slot);
                for slot in named.chain(snapshot.updates.iter().map(|update| update.slot)) {
                    assert!(
                        proximity.are_near(client.slot(), slot),
                        "{slot:?} at {:?}",
                        stage.now()
                    );
                    told += 1;
                }
                hidden += stage.output.counts.players - snapshot.updates.len() as u32;
            }
        }
    }
    assert!(told > 1000 && hidden > 1000, "{told} told, {hidden} not");
}

#[test]
fn a_change_of_someone_out_of_sight_is_no_reason_to_send_anything() {
    let mut stage = Stage::teleporting(interest(Interest::Near));
    (1..=3).for_each(|session| stage.open_and_join(session, "plaza"));
    stage.teleport(3, 256_000, 256_000);
    stage.ticks(20);
    for tick in 0..30 {
        stage.skin(3, 1 + tick % 2);
        stage.tick();
        assert_eq!((stage.snapshot(1), stage.snapshot(2)), (None, None));
    }
    stage.check_views(false);
}

#[test]
fn another_room_begins_with_a_full_snapshot() {
    let mut stage = everyone_sees_everyone(4);
    stage.join(1, "plaza/2");
    stage.skin(2, 1);
    stage.tick();
    let snapshot = stage.snapshot(1).unwrap();
    let view = stage.client(1).room.as_ref().unwrap().view;
    assert_eq!(
        (snapshot.view, snapshot.base, snapshot.enters.len()),
        (view, None, 1)
    );
    for _ in 0..59 {
        stage.skin(2, 1 + stage.now().0 as u16 % 2);
        stage.tick();
        assert_eq!(stage.snapshot(1), None, "nothing of the room it left");
    }
    stage.join(1, "plaza");
    stage.tick();
    assert_eq!(stage.snapshot(1).unwrap().enters.len(), 4);
    stage.check_views(true);
}

#[test]
fn to_join_leave_and_join_in_one_tick_gives_one_full_snapshot_of_the_last_stay() {
    let mut stage = everyone_sees_everyone(2);
    stage.open(3);
    for room in ["plaza", "plaza/2", "plaza", "plaza/3", "plaza"] {
        stage.join(3, room);
        stage.leave(3);
    }
    stage.join(3, "plaza");
    stage.tick();
    let snapshot = stage.snapshot(3).unwrap();
    assert_eq!(
        (snapshot.base, snapshot.enters.len(), snapshot.view),
        (None, 3, 6)
    );
    for viewer in [1, 2] {
        let snapshot = stage.snapshot(viewer).unwrap();
        assert_eq!(
            (snapshot.enters.len(), snapshot.leaves.len()),
            (1, 0),
            "who was never seen does not leave"
        );
    }
    stage.check_views(true);
    // The same by someone who was seen: it leaves and enters.
    stage.leave(3);
    stage.join(3, "plaza");
    stage.tick();
    let snapshot = stage.snapshot(1).unwrap();
    assert_eq!((snapshot.enters.len(), snapshot.leaves.len()), (1, 1));
    stage.check_views(true);
}

#[test]
fn every_snapshot_comes_after_the_reliable_messages_of_its_tick() {
    let mut stage = everyone_sees_everyone(5);
    for session in 1..=5 {
        stage.chat(session, parlour_shared::message::Scope::Room, "x");
        stage.skin(session, 1);
        stage.join(session, "plaza/2");
    }
    stage.tick();
    for session in (1..=5).map(SessionId) {
        let lanes: Vec<_> = stage
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
fn an_acknowledgement_alone_is_worth_a_frame() {
    let mut stage = everyone_sees_everyone(2);
    stage.say(1, ClientMessage::Move(Move::default()));
    stage.tick();
    assert_eq!(
        (stage.snapshot_size(1), stage.snapshot(2)),
        (Some(HEADER + ACK), None::<&Snapshot>)
    );
}

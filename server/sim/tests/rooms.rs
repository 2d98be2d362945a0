//! Rooms: made on the first join, full at their capacity, gone after they stood empty.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, Slot, Tick},
    message::{LeaveReason, Refusal, RoomEntered, RoomLeft, ServerMessage},
};
use parlour_sim::{Clock, InRoom, Interest, Player, Room, Rooms, Seats, Step, StepSet};
use parlour_tick::EventKind;
use support::{Stage, open_map, plaza};

#[test]
fn a_room_is_made_when_someone_joins_it() {
    let mut stage = Stage::new(plaza());
    stage.open_and_join(1, "plaza");
    stage.tick();
    let messages = stage.messages(1);
    let [ServerMessage::Welcome(_), ServerMessage::RoomEntered(entered)] = &messages[..] else {
        panic!("{messages:?}");
    };
    let expected = RoomEntered {
        request: 1,
        room: "plaza".into(),
        epoch: Epoch(1),
        view: 1,
        slot: entered.slot,
        tick: Tick(1),
        capacity: 1000,
        interest_px: Some(150),
        near_px: 150,
        seq: 0,
        map: open_map("plaza", 125, 1).info(),
        state: Vec::new(),
    };
    assert_eq!(*entered, expected);
    let snapshot = stage
        .snapshot(1)
        .expect("a full snapshot follows in the same tick");
    assert_eq!((snapshot.base, snapshot.view, snapshot.tick), (None, 1, Tick(1)));
    assert_eq!(snapshot.enters.len(), 1, "one sees oneself");
    assert_eq!((stage.output.counts.rooms, stage.output.counts.players), (1, 1));
}

#[test]
fn with_interest_in_all_no_distance_is_named() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut stage = Stage::new(config);
    stage.open_and_join(1, "plaza");
    stage.tick();
    let entered = stage.client(1).room.as_ref().unwrap();
    assert_eq!((entered.interest_px, entered.near_px), (None, 150));
}

#[test]
fn instances_of_a_map_are_rooms_of_their_own() {
    let mut stage = Stage::new(plaza());
    stage.open_and_join(1, "plaza");
    stage.open_and_join(2, "plaza/a");
    stage.open_and_join(3, "plaza/b-2_c");
    stage.ticks(10);
    assert_eq!(stage.output.counts.rooms, 3);
    for (session, epoch) in [(1, 1), (2, 2), (3, 3)] {
        assert_eq!(stage.client(session).view.iter().count(), 1);
        assert_eq!(stage.client(session).room.as_ref().unwrap().epoch, Epoch(epoch));
    }
}

#[test]
fn what_is_no_room_is_refused_and_nothing_happens() {
    let mut stage = Stage::new(plaza());
    stage.open_and_join(1, "plaza");
    stage.tick();
    let room = stage.get::<InRoom>(1).unwrap().0;
    stage.messages(1);
    let too_long = format!("plaza/{}", "x".repeat(43));
    let bad = [
        "",
        "/",
        "plaza/",
        "/a",
        "plaza/a/b",
        "Plaza",
        "pla za",
        "plaza/Ä",
        "atlantis",
        "atlantis/1",
        &too_long,
    ];
    for name in bad {
        stage.join(1, name);
    }
    stage.tick();
    assert_eq!(stage.refusals(1), vec![Refusal::NoSuchRoom; bad.len()]);
    assert_eq!(stage.get::<InRoom>(1).unwrap().0, room);
    assert_eq!(stage.output.counts.rooms, 1);
    // An instance has at most 15 bytes.
    stage.join(1, &too_long[..22]);
    stage.join(1, &too_long[..21]);
    stage.tick();
    assert_eq!(stage.client(1).room.as_ref().unwrap().room.len(), 21);
}

#[test]
fn a_full_room_takes_nobody_until_someone_goes() {
    let mut config = plaza();
    config.rules.capacity = 2;
    let mut stage = Stage::new(config);
    (1..=2).for_each(|session| stage.open_and_join(session, "plaza"));
    stage.open_and_join(3, "plaza/other");
    stage.tick();
    stage.join(3, "plaza");
    stage.tick();
    assert_eq!(stage.refusals(3), [Refusal::RoomFull]);
    assert_eq!(
        stage.client(3).room.as_ref().unwrap().room,
        "plaza/other",
        "it stays where it is"
    );
    stage.leave(1);
    stage.join(3, "plaza");
    stage.tick();
    assert_eq!(
        stage.client(3).room.as_ref().unwrap().room,
        "plaza",
        "in order: one goes, the other comes"
    );
    assert_eq!(stage.client(3).room.as_ref().unwrap().capacity, 2);
}

#[test]
fn who_is_there_cannot_join_again() {
    let mut stage = Stage::new(plaza());
    stage.open_and_join(1, "plaza");
    stage.join(1, "plaza");
    stage.tick();
    assert_eq!(stage.refusals(1), [Refusal::AlreadyThere]);
    assert_eq!(stage.get::<Player>(1).unwrap().view, 1);
}

#[test]
fn who_leaves_is_told_so_and_gets_no_more_snapshots() {
    let mut stage = Stage::new(plaza());
    stage.open(1);
    stage.leave(1);
    stage.tick();
    assert_eq!(stage.refusals(1), [Refusal::NotInRoom]);
    stage.join(1, "plaza");
    stage.tick();
    stage.messages(1);
    stage.leave(1);
    stage.tick();
    let left = RoomLeft {
        request: 9,
        epoch: Epoch(1),
        reason: LeaveReason::Asked,
    };
    assert_eq!(stage.messages(1), [ServerMessage::RoomLeft(left)]);
    for _ in 0..130 {
        stage.tick();
        assert_eq!(stage.snapshot(1), None);
    }
}

#[test]
fn who_joins_another_room_leaves_the_present_one() {
    let mut stage = Stage::new(plaza());
    (1..=2).for_each(|session| stage.open_and_join(session, "plaza"));
    stage.ticks(6);
    assert!(stage.sees(2, 1).is_some());
    stage.messages(1);
    stage.join(1, "plaza/2");
    stage.tick();
    let messages = stage.messages(1);
    let [ServerMessage::RoomLeft(left), ServerMessage::RoomEntered(entered)] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert_eq!(
        (left.request, left.epoch, left.reason),
        (0, Epoch(1), LeaveReason::Moved)
    );
    assert_eq!((entered.request, entered.epoch, entered.view), (1, Epoch(2), 2));
    assert_eq!(stage.snapshot(1).unwrap().base, None);
    assert!(stage.sees(2, 1).is_none());
}

#[test]
fn there_are_no_more_rooms_than_may_be() {
    let mut config = plaza();
    config.max_rooms = 1;
    config.rules.empty_ticks = 5;
    let mut stage = Stage::new(config);
    (1..=2).for_each(|session| stage.open(session));
    stage.join(1, "plaza");
    stage.join(2, "plaza/2");
    stage.tick();
    assert_eq!(stage.refusals(2), [Refusal::TooManyRooms]);
    stage.leave(1);
    stage.ticks(6);
    stage.join(2, "plaza/2");
    stage.tick();
    assert!(
        stage.room("plaza/2").is_some(),
        "there is a place again once the other room is gone"
    );
}

#[test]
fn an_empty_room_stands_for_exactly_its_time() {
    for empty_ticks in [1, 2, 10, 60] {
        let mut config = plaza();
        config.rules.empty_ticks = empty_ticks;
        let mut stage = Stage::new(config);
        stage.open_and_join(1, "plaza");
        stage.ticks(100);
        assert!(stage.room("plaza").is_some(), "never while someone is in it");
        stage.leave(1);
        stage.tick();
        for _ in 1..empty_ticks {
            stage.tick();
            assert!(stage.room("plaza").is_some());
        }
        stage.tick();
        assert!(
            stage.room("plaza").is_none(),
            "gone {empty_ticks} ticks after it became empty"
        );
        assert_eq!(stage.output.counts.rooms, 0);
        stage.join(1, "plaza");
        stage.tick();
        assert_eq!(
            stage.client(1).room.as_ref().unwrap().epoch,
            Epoch(2),
            "a new life has a new number"
        );
    }
}

#[test]
fn who_comes_back_in_time_keeps_the_room() {
    let mut config = plaza();
    config.rules.empty_ticks = 10;
    let mut stage = Stage::new(config);
    stage.open_and_join(1, "plaza");
    stage.tick();
    for _ in 0..5 {
        stage.leave(1);
        stage.ticks(9);
        stage.join(1, "plaza");
        stage.tick();
        assert_eq!(stage.client(1).room.as_ref().unwrap().epoch, Epoch(1));
    }
    stage.event(1, EventKind::Close);
    stage.ticks(11);
    assert!(
        stage.room("plaza").is_none(),
        "who closes leaves an empty room, too"
    );
}

#[test]
fn a_room_empty_for_no_time_at_all_goes_with_the_next_tick() {
    let mut config = plaza();
    config.rules.empty_ticks = 0;
    let mut stage = Stage::new(config);
    stage.open_and_join(1, "plaza");
    stage.ticks(3);
    stage.leave(1);
    stage.tick();
    assert!(stage.room("plaza").is_some());
    stage.tick();
    assert!(stage.room("plaza").is_none());
}

#[test]
fn the_number_of_the_view_wraps_and_views_stay_right() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut stage = Stage::new(config);
    stage.open_and_join(1, "plaza");
    stage.open_and_join(2, "plaza");
    stage.tick();
    for stay in 2..=600_u32 {
        if stay.is_multiple_of(3) {
            stage.leave(1);
            stage.join(1, "plaza");
        } else {
            stage.join(
                1,
                if stage.client(1).room.as_ref().unwrap().room == "plaza" {
                    "plaza/2"
                } else {
                    "plaza"
                },
            );
        }
        stage.tick();
        assert_eq!(stage.client(1).room.as_ref().unwrap().view, stay as u8);
        stage.check_views(true);
    }
}

#[test]
fn slots_are_unique_and_the_pool_is_at_most_half_full() {
    let mut config = plaza();
    config.maps.push(Arc::new(open_map("hall", 20, 3)));
    let mut stage = Stage::new(config);
    let mut pools = Vec::new();
    for session in 0..200 {
        stage.open_and_join(session, "hall");
        stage.tick();
        let room = stage.room("hall").unwrap();
        let seats = stage.sim.world().get::<Seats>(room).unwrap();
        assert_eq!(u64::from(seats.len()), session + 1);
        assert!(seats.pool() >= 2 * seats.len() as usize);
        let slots: Vec<Slot> = seats.iter().map(|(slot, _)| slot).collect();
        assert!(slots.is_sorted() && slots.len() == seats.len() as usize);
        pools.push(seats.pool());
    }
    pools.dedup();
    assert_eq!(pools, [64, 128, 256, 512]);
    assert_eq!(
        stage
            .sim
            .world()
            .get::<Room>(stage.room("hall").unwrap())
            .unwrap()
            .empty_since,
        None
    );
}

#[test]
fn a_room_that_game_logic_despawned_is_created_again() {
    let mut stage = Stage::with_plugins(plaza(), |app: &mut App| {
        let despawn = |mut commands: Commands, rooms: Res<Rooms>, clock: Res<Clock>| {
            if clock.tick == Tick(10) {
                rooms.iter().for_each(|room| commands.entity(room).despawn());
            }
        };
        app.add_systems(Step, despawn.in_set(StepSet::Simulate));
    });
    stage.open_and_join(1, "plaza");
    stage.tick();
    stage.leave(1);
    while stage.now() < Tick(10) {
        stage.tick();
    }
    stage.forget_messages();
    stage.join(1, "plaza");
    stage.tick();
    assert_eq!(stage.refusals(1), []);
    assert_eq!(stage.client(1).room.as_ref().unwrap().epoch.0, 2);
}

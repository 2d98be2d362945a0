//! Rooms: created by the first join, full at their capacity, removed after they were empty.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, Slot, Tick},
    message::{LeaveReason, Refusal, RoomEntered, RoomLeft, ServerMessage},
};
use parlour_sim::{Clock, InRoom, Interest, Player, Room, Rooms, Seats, StepSet, TickSchedule};
use parlour_testing::{SessionActions as _, TestWorld, maps::open_map, plaza};

#[test]
fn the_first_join_creates_a_room() {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(1, "plaza");
    world.tick();
    let messages = world.messages(1);
    let [ServerMessage::RoomEntered(entered)] = &messages[..] else {
        panic!("{messages:?}");
    };
    let expected = RoomEntered {
        room_type: "plaza".into(),
        properties: Vec::new(),
        extras: Vec::new(),
        speeds: vec![640, 1024],
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
    let snapshot = world
        .snapshot(1)
        .expect("a full snapshot follows in the same tick");
    assert_eq!((snapshot.base, snapshot.view, snapshot.tick), (None, 1, Tick(1)));
    assert_eq!(snapshot.enters.len(), 1, "a player sees itself");
    assert_eq!((world.output.counts.rooms, world.output.counts.players), (1, 1));
}

#[test]
fn a_room_that_is_created_again_in_a_later_world_has_a_higher_epoch() {
    let mut epochs = Vec::new();
    for first_epoch in [0, 257] {
        let mut config = plaza();
        config.first_epoch = first_epoch;
        let mut world = TestWorld::new(config);
        world.open_and_join(1, "plaza");
        world.tick();
        epochs.push(world.client(1).room().epoch);
    }
    assert_eq!(epochs, [Epoch(1), Epoch(258)]);
}

#[test]
fn with_interest_all_no_interest_distance_is_sent() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.tick();
    let entered = world.client(1).room();
    assert_eq!((entered.interest_px, entered.near_px), (None, 150));
}

#[test]
fn instances_of_a_map_are_separate_rooms() {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza/a");
    world.open_and_join(3, "plaza/b-2_c");
    world.ticks(10);
    assert_eq!(world.output.counts.rooms, 3);
    for (session, epoch) in [(1, 1), (2, 2), (3, 3)] {
        assert_eq!(world.client(session).view.iter().count(), 1);
        assert_eq!(world.client(session).room().epoch, Epoch(epoch));
    }
}

#[test]
fn a_join_with_an_invalid_name_is_refused() {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(1, "plaza");
    world.tick();
    let room = world.get::<InRoom>(1).unwrap().0;
    world.messages(1);
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
        world.join(1, name);
    }
    world.tick();
    assert_eq!(world.refusals(1), vec![Refusal::NoSuchRoom; bad.len()]);
    assert_eq!(world.get::<InRoom>(1).unwrap().0, room);
    assert_eq!(world.output.counts.rooms, 1);
    // An instance has at most 15 bytes.
    world.join(1, &too_long[..22]);
    world.join(1, &too_long[..21]);
    world.tick();
    assert_eq!(world.client(1).room().room.len(), 21);
}

#[test]
fn a_full_room_refuses_joins_until_a_player_leaves() {
    let mut config = plaza();
    config.rules.capacity = 2;
    let mut world = TestWorld::new(config);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.open_and_join(3, "plaza/other");
    world.tick();
    world.join(3, "plaza");
    world.tick();
    assert_eq!(world.refusals(3), [Refusal::RoomFull]);
    assert_eq!(
        world.client(3).room().room,
        "plaza/other",
        "the player stays in its room"
    );
    world.leave(1);
    world.join(3, "plaza");
    world.tick();
    assert_eq!(
        world.client(3).room().room,
        "plaza",
        "in order: one player leaves, then the other one joins"
    );
    assert_eq!(world.client(3).room().capacity, 2);
}

#[test]
fn a_player_cannot_join_its_present_room() {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(1, "plaza");
    world.join(1, "plaza");
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::AlreadyThere]);
    assert_eq!(world.get::<Player>(1).unwrap().view, 1);
}

#[test]
fn a_player_that_leaves_is_sent_no_more_snapshots() {
    let mut world = TestWorld::new(plaza());
    world.open(1);
    world.leave(1);
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::NotInRoom]);
    world.join(1, "plaza");
    world.tick();
    world.messages(1);
    world.leave(1);
    world.tick();
    let left = RoomLeft {
        request: 9,
        epoch: Epoch(1),
        reason: LeaveReason::Asked,
    };
    assert_eq!(world.messages(1), [ServerMessage::RoomLeft(left)]);
    for _ in 0..130 {
        world.tick();
        assert_eq!(world.snapshot(1), None);
    }
}

#[test]
fn joining_a_room_leaves_the_present_one() {
    let mut world = TestWorld::new(plaza());
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(6);
    assert!(world.sees(2, 1).is_some());
    world.messages(1);
    world.join(1, "plaza/2");
    world.tick();
    let messages = world.messages(1);
    let [ServerMessage::RoomLeft(left), ServerMessage::RoomEntered(entered)] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert_eq!(
        (left.request, left.epoch, left.reason),
        (0, Epoch(1), LeaveReason::Moved)
    );
    assert_eq!((entered.request, entered.epoch, entered.view), (1, Epoch(2), 2));
    assert_eq!(world.snapshot(1).unwrap().base, None);
    assert!(world.sees(2, 1).is_none());
}

#[test]
fn the_number_of_rooms_is_limited() {
    let mut config = plaza();
    config.max_rooms = 1;
    config.rules.empty_ticks = 5;
    let mut world = TestWorld::new(config);
    (1..=2).for_each(|session| world.open(session));
    world.join(1, "plaza");
    world.join(2, "plaza/2");
    world.tick();
    assert_eq!(world.refusals(2), [Refusal::TooManyRooms]);
    world.leave(1);
    world.ticks(6);
    world.join(2, "plaza/2");
    world.tick();
    assert!(
        world.room("plaza/2").is_some(),
        "there is space again after the other room is removed"
    );
}

#[test]
fn an_empty_room_is_removed_after_exactly_empty_ticks() {
    for empty_ticks in [1, 2, 10, 60] {
        let mut config = plaza();
        config.rules.empty_ticks = empty_ticks;
        let mut world = TestWorld::new(config);
        world.open_and_join(1, "plaza");
        world.ticks(100);
        assert!(world.room("plaza").is_some(), "never while a player is in it");
        world.leave(1);
        world.tick();
        for _ in 1..empty_ticks {
            world.tick();
            assert!(world.room("plaza").is_some());
        }
        world.tick();
        assert!(
            world.room("plaza").is_none(),
            "removed {empty_ticks} ticks after it became empty"
        );
        assert_eq!(world.output.counts.rooms, 0);
        world.join(1, "plaza");
        world.tick();
        assert_eq!(
            world.client(1).room().epoch,
            Epoch(2),
            "a new room has a new epoch"
        );
    }
}

#[test]
fn a_join_in_time_keeps_an_empty_room() {
    let mut config = plaza();
    config.rules.empty_ticks = 10;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.tick();
    for _ in 0..5 {
        world.leave(1);
        world.ticks(9);
        world.join(1, "plaza");
        world.tick();
        assert_eq!(world.client(1).room().epoch, Epoch(1));
    }
    world.close(1);
    world.ticks(11);
    assert!(
        world.room("plaza").is_none(),
        "a closed session also leaves an empty room"
    );
}

#[test]
fn with_empty_ticks_0_a_room_is_removed_in_the_next_tick() {
    let mut config = plaza();
    config.rules.empty_ticks = 0;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.ticks(3);
    world.leave(1);
    world.tick();
    assert!(world.room("plaza").is_some());
    world.tick();
    assert!(world.room("plaza").is_none());
}

#[test]
fn views_are_correct_when_their_number_wraps_around() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.tick();
    for stay in 2..=600_u32 {
        if stay.is_multiple_of(3) {
            world.leave(1);
            world.join(1, "plaza");
        } else {
            world.join(
                1,
                if world.client(1).room().room == "plaza" {
                    "plaza/2"
                } else {
                    "plaza"
                },
            );
        }
        world.tick();
        assert_eq!(world.client(1).room().view, stay as u8);
        world.check_views(true);
    }
}

#[test]
fn slots_are_unique_and_the_pool_is_at_most_half_full() {
    let mut config = plaza();
    config.maps.push(Arc::new(open_map("hall", 20, 3)));
    let mut world = TestWorld::new(config);
    let mut pools = Vec::new();
    for session in 0..200 {
        world.open_and_join(session, "hall");
        world.tick();
        let room = world.room("hall").unwrap();
        let seats = world.sim.world().get::<Seats>(room).unwrap();
        assert_eq!(u64::from(seats.len()), session + 1);
        assert!(seats.slot_count() >= 2 * seats.len() as usize);
        let slots: Vec<Slot> = seats.iter().map(|(slot, _)| slot).collect();
        assert!(slots.is_sorted() && slots.len() == seats.len() as usize);
        pools.push(seats.slot_count());
    }
    pools.dedup();
    assert_eq!(pools, [64, 128, 256, 512]);
    assert_eq!(
        world
            .sim
            .world()
            .get::<Room>(world.room("hall").unwrap())
            .unwrap()
            .empty_since,
        None
    );
}

#[test]
fn a_room_that_game_logic_despawned_can_be_created_again() {
    let mut world = TestWorld::with_plugins(plaza(), |app: &mut App| {
        let despawn = |mut commands: Commands, rooms: Res<Rooms>, clock: Res<Clock>| {
            if clock.tick == Tick(10) {
                rooms.iter().for_each(|room| commands.entity(room).despawn());
            }
        };
        app.add_systems(TickSchedule, despawn.in_set(StepSet::Simulate));
    });
    world.open_and_join(1, "plaza");
    world.tick();
    world.leave(1);
    while world.now() < Tick(10) {
        world.tick();
    }
    world.forget_messages();
    world.join(1, "plaza");
    world.tick();
    assert_eq!(world.refusals(1), []);
    assert_eq!(world.client(1).room().epoch.0, 2);
}

//! Sessions: how they arrive and depart.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::collections::BTreeSet;

use bevy_ecs::archetype::Archetype;
use parlour_shared::{
    ids::{PlayerId, SessionId},
    message::{ClientMessage, Hello, Refusal, RefusalClass, Scope},
    motion::Direction,
};
use parlour_sim::Interest;
use parlour_testing::{SessionActions as _, TestWorld, plaza};
use parlour_tick::{Arrival, EventKind, Report};

#[test]
fn a_player_that_arrives_is_in_no_room() {
    let mut world = TestWorld::new(plaza());
    world.open_as(7, "Ada");
    world.tick();
    assert_eq!(world.messages(7), [], "the node sends the welcome");
    assert_eq!(world.output.counts.sessions, 1);
    assert_eq!(world.output.counts.players, 0);
}

#[test]
fn a_departure_reports_the_player_and_the_next_arrival_is_the_same_player() {
    let mut world = TestWorld::new(plaza());
    let mut arrival = Arrival {
        skin: 2,
        ..Arrival::new(PlayerId(77), "Ada".into())
    };
    for _ in 0..3 {
        world.event(1, EventKind::Arrive(arrival.clone()));
        world.join(1, "plaza");
        world.tick();
        assert_eq!(world.client(1).room().room, "plaza");
        world.close(1);
        world.tick();
        let departed = world.output.reports.iter().find_map(|report| match report {
            Report::Departed { session, player } => Some((*session, player.clone())),
            _ => None,
        });
        let (session, departed) = departed.unwrap();
        assert_eq!(session, SessionId(1));
        // The counters continue: travel.rs and reports.rs.
        let counters = departed.counters;
        arrival.counters = counters;
        assert_eq!(departed, arrival);
    }
}

#[test]
fn a_second_arrival_of_a_player_is_ignored() {
    let mut world = TestWorld::new(plaza());
    let arrival = Arrival::new(PlayerId(77), "Ada".into());
    world.event(1, EventKind::Arrive(arrival.clone()));
    world.event(2, EventKind::Arrive(arrival));
    world.ticks(2);
    assert!(world.sim.player(SessionId(1)).is_some());
    assert_eq!(world.sim.player(SessionId(2)), None);
}

#[test]
fn a_name_of_24_characters_of_four_bytes_reaches_the_neighbours() {
    let mut world = TestWorld::new(plaza());
    let name = "\u{1F600}".repeat(24);
    world.open_as(1, &name);
    world.join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.ticks(6);
    assert_eq!(world.sees(2, 1).unwrap().player().unwrap().name, name);
}

#[test]
fn the_slot_of_the_first_player_is_random() {
    let slots: BTreeSet<u16> = (0..50)
        .map(|seed| {
            let mut config = plaza();
            config.seed = seed;
            let mut world = TestWorld::new(config);
            world.open_and_join(1, "plaza");
            world.tick();
            world.client(1).slot().0
        })
        .collect();
    assert!(
        slots.len() > 25,
        "the first player in a room has any slot: {slots:?}"
    );
}

#[test]
fn a_closed_session_is_removed_for_everyone() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut world = TestWorld::new(config);
    (1..=3).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(2);
    assert!(world.sees(1, 2).is_some() && world.sees(3, 2).is_some());
    let id = world.client(2).player;
    world.close(2);
    world.tick();
    for viewer in [1, 3] {
        assert!(world.client(viewer).view.find_player(id).is_none());
    }
    assert_eq!(world.sim.player(SessionId(2)), None);
    assert_eq!(
        (world.output.counts.sessions, world.output.counts.players),
        (2, 2)
    );
    world.chat(1, Scope::Room, "hello");
    world.tick();
    assert!(
        world
            .output
            .frames
            .iter()
            .all(|frame| frame.session != SessionId(2))
    );
    world.check_views(true);
}

#[test]
fn events_after_a_close_or_before_an_open_are_ignored() {
    let mut world = TestWorld::new(plaza());
    world.join(5, "plaza");
    world.close(5);
    world.hold(5);
    world.tick();
    assert!(world.output.frames.is_empty() && world.output.counts.rooms == 0);
    world.open(5);
    world.tick();
    world.close(5);
    world.close(5);
    world.join(5, "plaza");
    world.walk(5, Direction::East);
    world.chat(5, Scope::Room, "still here?");
    world.tick();
    assert!(world.output.frames.is_empty());
    assert_eq!(
        (world.output.counts.sessions, world.output.counts.rooms),
        (0, 0),
        "a closed session creates no room"
    );
    assert_eq!(world.output.counts.moves_dropped, 0);
}

#[test]
fn a_second_open_is_ignored() {
    let mut world = TestWorld::new(plaza());
    world.open(1);
    world.tick();
    let player = world.sim.player(SessionId(1));
    world.input.open_as(1, "Eve");
    world.tick();
    assert_eq!(world.sim.player(SessionId(1)), player);
    assert!(world.output.frames.is_empty());
}

#[test]
fn a_second_hello_is_refused_and_counted() {
    let mut world = TestWorld::new(plaza());
    world.open(1);
    world.send(1, ClientMessage::Hello(Hello::default()));
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::OutOfOrder]);
    assert_eq!(
        world.output.counts.refused.iter().collect::<Vec<_>>(),
        [(RefusalClass::OutOfOrder, 1)]
    );
}

#[test]
fn a_session_that_opens_and_closes_in_one_tick_is_never_visible() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.ticks(2);
    world.open_and_join(2, "plaza");
    world.chat(2, Scope::Room, "hello and goodbye");
    world.close(2);
    world.open_and_join(3, "plaza/3");
    world.close(3);
    world.forget_messages();
    world.tick();
    assert_eq!(world.chats(1).len(), 1, "its chat is sent");
    assert_eq!(world.snapshot(1), None);
    assert_eq!(
        (world.output.counts.sessions, world.output.counts.players),
        (1, 1)
    );
    world.ticks(3);
    world.check_views(true);
}

/// After all sessions are closed, a world has as many entities as a new one.
#[test]
fn closed_sessions_leave_no_entities() {
    let mut config = plaza();
    config.rules.empty_ticks = 5;
    let mut world = TestWorld::new(config);
    world.ticks(3);
    let entities = world.sim.world().entities().len();
    let spawned = |world: &TestWorld| {
        world
            .sim
            .world()
            .archetypes()
            .iter()
            .map(Archetype::len)
            .sum::<u32>()
    };
    let before = spawned(&world);
    for round in 0..20 {
        for session in 0..30 {
            world.open_and_join(100 * round + session, "plaza");
        }
        world.ticks(4);
        for session in 0..30 {
            world.close(100 * round + session);
        }
        world.ticks(8);
        assert_eq!(spawned(&world), before);
    }
    let grown = world.sim.world().entities().len() - entities;
    assert!(grown < 300, "entity ids are reused: {grown}");
}

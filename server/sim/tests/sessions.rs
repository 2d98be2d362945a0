//! Sessions: the welcome, names, ids, and the end of a session.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::collections::BTreeSet;

use bevy_ecs::archetype::Archetype;
use parlour_shared::{
    codec::SCHEMA,
    ids::{PlayerId, SessionId, Tick},
    message::{ClientMessage, Durability, Hello, Refusal, RefusalClass, Scope, ServerMessage, Welcome},
    motion::Direction,
};
use parlour_sim::Interest;
use parlour_testing::{SessionActions as _, TestWorld, maps::connected_maps, plaza};
use parlour_tick::EventKind;

#[test]
fn a_new_session_is_sent_a_welcome() {
    let mut config = plaza();
    config.maps = connected_maps();
    let mut world = TestWorld::new(config);
    world.ticks(4);
    world.open_as(7, "Ada");
    world.tick();
    let messages = world.messages(7);
    let [ServerMessage::Welcome(welcome)] = &messages[..] else {
        panic!("{messages:?}");
    };
    let expected = Welcome {
        protocol: 1,
        schema: SCHEMA,
        player: welcome.player,
        name: "Ada".into(),
        tick: Tick(5),
        tick_rate: 60,
        durability: Durability::L0,
        heartbeat_ms: 10_000,
        skins: ["a", "b", "c"].map(String::from).to_vec(),
        maps: ["east", "west"].map(String::from).to_vec(),
        extras: Vec::new(),
        session: None,
        resume: None,
    };
    assert_eq!(*welcome, expected);
    assert_eq!(world.output.counts.sessions, 1);
    assert_eq!(world.output.counts.players, 0, "a player is in no room yet");
}

#[test]
fn an_invalid_name_is_replaced() {
    let mut world = TestWorld::new(plaza());
    let bad = ["", &"x".repeat(97), &"\u{1F600}".repeat(25)];
    for (session, name) in (1..).zip(bad) {
        world.event(session, EventKind::Open { name: name.into() });
    }
    world.tick();
    for session in 1..=bad.len() as u64 {
        let welcome = world.client(session).welcome();
        assert_eq!(welcome.name, format!("guest-{:04x}", welcome.player.0 & 0xFFFF));
    }
}

#[test]
fn a_name_of_24_characters_of_four_bytes_reaches_the_neighbours() {
    let mut world = TestWorld::new(plaza());
    let name = "\u{1F600}".repeat(24);
    world.event(1, EventKind::Open { name: name.clone() });
    world.join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.ticks(6);
    assert_eq!(world.client(1).welcome().name, name);
    assert_eq!(world.sees(2, 1).unwrap().name, name);
}

#[test]
fn player_ids_are_unique_and_not_sequential() {
    let ids = |seed: u64| -> Vec<PlayerId> {
        let mut config = plaza();
        config.seed = seed;
        let mut world = TestWorld::new(config);
        (0..200).for_each(|session| world.open(session));
        world.tick();
        (0..200).map(|session| world.client(session).id()).collect()
    };
    let first = ids(1);
    assert_eq!(first, ids(1), "the same seed gives the same ids");
    assert_ne!(first, ids(2));
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 200);
    let steps: BTreeSet<u32> = first
        .windows(2)
        .map(|two| two[1].0.wrapping_sub(two[0].0))
        .collect();
    assert!(
        steps.len() > 190,
        "the differences of successive ids are different"
    );
    let rising = first.windows(2).filter(|two| two[0] < two[1]).count();
    assert!((70..130).contains(&rising), "{rising} of 199 rise");
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
    let id = world.client(2).id();
    world.close(2);
    world.tick();
    for viewer in [1, 3] {
        assert!(
            world
                .client(viewer)
                .view
                .iter()
                .all(|(_, seen)| seen.player != id)
        );
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
    let (welcome, player) = (world.client(1).welcome.clone(), world.sim.player(SessionId(1)));
    world.input.open_as(1, "Eve");
    world.tick();
    assert_eq!(world.client(1).welcome, welcome);
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

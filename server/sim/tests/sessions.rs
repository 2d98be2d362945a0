//! Sessions: the welcome, names, ids, and how they end.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

use std::collections::BTreeSet;

use bevy_ecs::archetype::Archetype;
use parlour_shared::{
    codec::SCHEMA,
    ids::{PlayerId, SessionId, Tick},
    message::{ClientMessage, Durability, Hello, Refusal, RefusalClass, Scope, ServerMessage, Welcome},
    motion::Direction,
};
use parlour_sim::Interest;
use parlour_tick::EventKind;
use support::{Stage, connected_maps, plaza};

#[test]
fn a_session_is_welcomed_with_everything_it_needs() {
    let mut config = plaza();
    config.maps = connected_maps();
    let mut stage = Stage::new(config);
    stage.ticks(4);
    stage.event(7, EventKind::Open { name: "Ada".into() });
    stage.tick();
    let messages = stage.messages(7);
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
    assert_eq!(stage.output.counts.sessions, 1);
    assert_eq!(stage.output.counts.players, 0, "a player is in no room yet");
}

#[test]
fn a_name_that_is_none_is_made_up() {
    let mut stage = Stage::new(plaza());
    let bad = ["", &"x".repeat(97), &"\u{1F600}".repeat(25)];
    for (session, name) in (1..).zip(bad) {
        stage.event(session, EventKind::Open { name: name.into() });
    }
    stage.tick();
    for session in 1..=bad.len() as u64 {
        let welcome = stage.client(session).welcome.as_ref().unwrap();
        assert_eq!(welcome.name, format!("guest-{:04x}", welcome.player.0 & 0xFFFF));
    }
}

#[test]
fn a_name_of_24_characters_of_four_bytes_reaches_the_neighbours() {
    let mut stage = Stage::new(plaza());
    let name = "\u{1F600}".repeat(24);
    stage.event(1, EventKind::Open { name: name.clone() });
    stage.join(1, "plaza");
    stage.open_and_join(2, "plaza");
    stage.ticks(6);
    assert_eq!(stage.client(1).welcome.as_ref().unwrap().name, name);
    assert_eq!(stage.sees(2, 1).unwrap().name, name);
}

#[test]
fn ids_differ_and_do_not_count() {
    let ids = |seed: u64| -> Vec<PlayerId> {
        let mut config = plaza();
        config.seed = seed;
        let mut stage = Stage::new(config);
        (0..200).for_each(|session| stage.open(session));
        stage.tick();
        (0..200).map(|session| stage.client(session).id()).collect()
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
        "the distance from one id to the next says nothing"
    );
    let rising = first.windows(2).filter(|two| two[0] < two[1]).count();
    assert!((70..130).contains(&rising), "{rising} of 199 rise");
}

#[test]
fn a_slot_does_not_tell_how_many_are_in_the_room() {
    let slots: BTreeSet<u16> = (0..50)
        .map(|seed| {
            let mut config = plaza();
            config.seed = seed;
            let mut stage = Stage::new(config);
            stage.open_and_join(1, "plaza");
            stage.tick();
            stage.client(1).slot().0
        })
        .collect();
    assert!(
        slots.len() > 25,
        "the first player in a room sits anywhere: {slots:?}"
    );
}

#[test]
fn who_closes_is_gone_for_everyone() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut stage = Stage::new(config);
    (1..=3).for_each(|session| stage.open_and_join(session, "plaza"));
    stage.ticks(2);
    assert!(stage.sees(1, 2).is_some() && stage.sees(3, 2).is_some());
    let id = stage.client(2).id();
    stage.event(2, EventKind::Close);
    stage.tick();
    for viewer in [1, 3] {
        assert!(
            stage
                .client(viewer)
                .view
                .iter()
                .all(|(_, seen)| seen.player != id)
        );
    }
    assert_eq!(stage.sim.player(SessionId(2)), None);
    assert_eq!(
        (stage.output.counts.sessions, stage.output.counts.players),
        (2, 2)
    );
    stage.chat(1, Scope::Room, "is she gone?");
    stage.tick();
    assert!(
        stage
            .output
            .frames
            .iter()
            .all(|frame| frame.session != SessionId(2))
    );
    stage.check_views(true);
}

#[test]
fn what_comes_after_a_close_or_before_an_open_is_ignored() {
    let mut stage = Stage::new(plaza());
    stage.join(5, "plaza");
    stage.event(5, EventKind::Close);
    stage.event(5, EventKind::Hold);
    stage.tick();
    assert!(stage.output.frames.is_empty() && stage.output.counts.rooms == 0);
    stage.open(5);
    stage.tick();
    stage.event(5, EventKind::Close);
    stage.event(5, EventKind::Close);
    stage.join(5, "plaza");
    stage.walk(5, Direction::East);
    stage.chat(5, Scope::Room, "still here?");
    stage.tick();
    assert!(stage.output.frames.is_empty());
    assert_eq!(
        (stage.output.counts.sessions, stage.output.counts.rooms),
        (0, 0),
        "nobody is no reason for a room"
    );
    assert_eq!(stage.output.counts.moves_dropped, 0);
}

#[test]
fn an_open_session_is_not_opened_again() {
    let mut stage = Stage::new(plaza());
    stage.open(1);
    stage.tick();
    let (welcome, player) = (stage.client(1).welcome.clone(), stage.sim.player(SessionId(1)));
    stage.input.events.push(parlour_tick::Event {
        session: SessionId(1),
        kind: EventKind::Open { name: "Eve".into() },
    });
    stage.tick();
    assert_eq!(stage.client(1).welcome, welcome);
    assert_eq!(stage.sim.player(SessionId(1)), player);
    assert!(stage.output.frames.is_empty());
}

#[test]
fn a_second_hello_is_refused_and_counted() {
    let mut stage = Stage::new(plaza());
    stage.open(1);
    stage.say(1, ClientMessage::Hello(Hello::default()));
    stage.tick();
    assert_eq!(stage.refusals(1), [Refusal::OutOfOrder]);
    assert_eq!(
        stage.output.counts.refused.iter().collect::<Vec<_>>(),
        [(RefusalClass::OutOfOrder, 1)]
    );
}

#[test]
fn who_comes_and_goes_in_one_tick_was_never_there_for_others() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut stage = Stage::new(config);
    stage.open_and_join(1, "plaza");
    stage.ticks(2);
    stage.open_and_join(2, "plaza");
    stage.chat(2, Scope::Room, "hello and goodbye");
    stage.event(2, EventKind::Close);
    stage.open_and_join(3, "plaza/3");
    stage.event(3, EventKind::Close);
    stage.forget_messages();
    stage.tick();
    assert_eq!(stage.chats(1).len(), 1, "what it said is heard");
    assert_eq!(stage.snapshot(1), None);
    assert_eq!(
        (stage.output.counts.sessions, stage.output.counts.players),
        (1, 1)
    );
    stage.ticks(3);
    stage.check_views(true);
}

/// A world that everyone left is, but for time and what was counted, as empty as a new one.
#[test]
fn nothing_is_left_of_sessions_that_are_over() {
    let mut config = plaza();
    config.rules.empty_ticks = 5;
    let mut stage = Stage::new(config);
    stage.ticks(3);
    let entities = stage.sim.world().entities().len();
    let spawned = |stage: &Stage| {
        stage
            .sim
            .world()
            .archetypes()
            .iter()
            .map(Archetype::len)
            .sum::<u32>()
    };
    let before = spawned(&stage);
    for round in 0..20 {
        for session in 0..30 {
            stage.open_and_join(100 * round + session, "plaza");
        }
        stage.ticks(4);
        for session in 0..30 {
            stage.event(100 * round + session, EventKind::Close);
        }
        stage.ticks(8);
        assert_eq!(spawned(&stage), before);
    }
    let grown = stage.sim.world().entities().len() - entities;
    assert!(grown < 300, "the places of entities are used again: {grown}");
}

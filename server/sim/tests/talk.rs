//! A room's bucket for what is said in it: bytes times listeners, for all speakers together.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

use parlour_shared::message::{ClientMessage, Refusal, RefusalClass, Scope, SetState, StateWrite};
use parlour_sim::{Interest, SimConfig, Simulation, TalkLimit};
use support::{Stage, plaza};

/// 6,000 bytes at once, then 100 a tick.
fn config() -> SimConfig {
    let mut config = plaza();
    config.rules.talk = TalkLimit {
        bytes_per_tick: 100,
        burst_ticks: 60,
    };
    config
}

/// A room with so many players.
fn stage(players: u64) -> Stage {
    let mut stage = Stage::teleporting(config());
    (1..=players).for_each(|session| stage.open_and_join(session, "plaza"));
    stage.ticks(7);
    stage.forget_messages();
    stage
}

/// Costs 100 bytes per listener.
const TEXT: &str = "it costs 64 bytes and those 36 bytes";

const NONE: [u32; 0] = [];

/// What a session was refused, as ticks to wait.
fn waits(stage: &mut Stage, session: u64) -> Vec<u32> {
    let wait = |refusal| match refusal {
        Refusal::RateLimited { retry_after_ms } => retry_after_ms * 60 / 1000,
        other => panic!("{other:?}"),
    };
    stage.refusals(session).into_iter().map(wait).collect()
}

fn write(stage: &mut Stage, session: u64, version: u32, value: &str) {
    let write = StateWrite {
        key: "k".into(),
        version,
        value: Some(value.into()),
    };
    let batch = SetState {
        request: 5,
        writes: vec![write],
    };
    stage.say(session, ClientMessage::SetState(batch));
}

#[test]
fn a_chat_costs_its_bytes_times_those_who_hear_it() {
    let mut stage = stage(3);
    assert_eq!(TEXT.len() + 64, 100);
    // Each costs 300.
    (0..20).for_each(|n| stage.chat(1 + n % 3, Scope::Room, TEXT));
    stage.tick();
    assert_eq!(stage.chats(2).len(), 20);
    for session in 1..=3 {
        stage.chat(session, Scope::Room, TEXT);
    }
    stage.tick();
    // A tick has passed: 100 of the 300 are there.
    for session in 1..=3 {
        assert_eq!(waits(&mut stage, session), [2], "for each speaker");
    }
    stage.chat(1, Scope::Room, TEXT);
    stage.tick();
    assert_eq!(waits(&mut stage, 1), [1]);
    stage.chat(1, Scope::Room, TEXT);
    stage.tick();
    assert_eq!(waits(&mut stage, 1), NONE, "at the tick that was named");
    assert_eq!(stage.chats(2).len(), 1);
}

#[test]
fn one_player_cannot_make_more_than_the_bucket_holds() {
    let mut stage = stage(10);
    let text = "x".repeat(2048);
    let mut sent = 0;
    for _ in 0..600 {
        stage.chat(1, Scope::Room, &text);
        stage.tick();
        let reliable = stage.output.frames.iter();
        let chats = reliable.filter(|frame| frame.end - frame.start > 2048);
        sent += chats.map(|frame| frame.end - frame.start).sum::<u32>();
    }
    // 6,000 at once and 100 a tick make 66,000; one chat costs more than a full bucket, which is taken for it.
    let a_chat = 10 * (2048 + 64);
    assert!(sent <= 11 * a_chat, "{sent} bytes");
    assert!(sent >= 9 * a_chat, "{sent} bytes");
}

#[test]
fn a_refusal_by_the_room_is_no_strike() {
    let mut stage = stage(2);
    (0..500).for_each(|_| stage.chat(1, Scope::Room, TEXT));
    stage.tick();
    assert_eq!(stage.refusals(1).len(), 470);
    assert_eq!(stage.closed, []);
}

#[test]
fn a_near_chat_costs_for_those_who_are_near() {
    let mut stage = stage(3);
    stage.teleport(3, 1000 * 256, 1000 * 256);
    stage.ticks(7);
    (0..31).for_each(|_| stage.chat(1, Scope::Near, TEXT));
    stage.tick();
    assert_eq!(
        waits(&mut stage, 1).len(),
        1,
        "30 to two listeners are 6,000 bytes"
    );
    assert_eq!(stage.chats(2).len(), 30);
}

#[test]
fn writes_to_the_state_come_from_the_same_bucket_and_those_that_are_not_done_cost_nothing() {
    let mut stage = stage(3);
    (0..200).for_each(|_| write(&mut stage, 1, 99, "not done"));
    stage.tick();
    assert_eq!(stage.refusals(1).len(), 200, "stale");
    // 64 + 1 + 35 bytes to three.
    (0..20).for_each(|version| write(&mut stage, 1, version, &"v".repeat(35)));
    stage.chat(2, Scope::Room, TEXT);
    write(&mut stage, 1, 20, "one too many");
    stage.tick();
    assert_eq!(waits(&mut stage, 2), [3]);
    assert_eq!(waits(&mut stage, 1), [3], "78 bytes to three are 234");
    stage.ticks(2);
    write(&mut stage, 1, 20, "now");
    stage.tick();
    assert_eq!(waits(&mut stage, 1), NONE);
}

#[test]
fn what_costs_more_than_a_full_bucket_waits_for_a_full_bucket() {
    let mut stage = stage(4);
    let text = "x".repeat(2000);
    stage.chat(1, Scope::Room, &text);
    stage.tick();
    assert_eq!(waits(&mut stage, 1), NONE);
    stage.chat(1, Scope::Room, "?");
    stage.tick();
    assert_eq!(waits(&mut stage, 1), [2], "4 * 65 bytes of which 100 are there");
    stage.chat(1, Scope::Room, &text);
    stage.tick();
    assert_eq!(waits(&mut stage, 1), [58]);
    stage.ticks(57);
    stage.chat(1, Scope::Room, &text);
    stage.tick();
    assert_eq!(waits(&mut stage, 1), NONE);
}

#[test]
fn rooms_have_a_bucket_each() {
    let mut stage = stage(1);
    stage.open_and_join(2, "plaza/2");
    stage.tick();
    stage.forget_messages();
    (0..100).for_each(|_| stage.chat(1, Scope::Room, TEXT));
    (0..60).for_each(|_| stage.chat(2, Scope::Room, TEXT));
    stage.tick();
    assert_eq!(stage.refusals(1).len(), 40);
    assert_eq!(stage.refusals(2), []);
}

#[test]
fn the_bucket_is_state() {
    let mut stage = stage(1);
    let hash = stage.output.hash;
    (0..60).for_each(|_| stage.chat(1, Scope::Room, TEXT));
    stage.tick();
    assert_ne!(stage.output.hash, hash);
    let mut bytes = Vec::new();
    stage.sim.save(&mut bytes);
    stage.sim = Simulation::load(config(), support::teleporting, &bytes).unwrap();
    stage.forget_messages();
    (0..2).for_each(|_| stage.chat(1, Scope::Room, TEXT));
    stage.input.sort();
    stage.sim.step(&mut stage.input, &mut stage.output);
    let refused: Vec<_> = stage.output.counts.refused.iter().collect();
    assert_eq!(
        refused,
        [(RefusalClass::RateLimited, 1)],
        "one of them is affordable after a tick"
    );
}

/// The sum behind the default, as docs/protocol.md has it.
#[test]
fn a_room_of_a_thousand_can_chat() {
    let limit = TalkLimit::default();
    let chat = (100 + 64) * 1000;
    assert_eq!(limit.bytes_per_tick * 60 / chat, 51);
    assert_eq!(limit.bytes_per_tick * limit.burst_ticks / chat, 204);
    let mut config = plaza();
    config.rules.interest = Interest::Near;
    config.rules.talk = limit;
    assert_eq!(config.rules.check(), Ok(()));
}

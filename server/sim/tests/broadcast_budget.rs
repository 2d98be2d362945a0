//! The limit on the bytes that a room broadcasts: bytes times listeners, for all senders together.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::message::{Refusal, RefusalClass, Scope};
use parlour_sim::{BroadcastLimit, Interest, SimConfig, Simulation};
use parlour_testing::{SessionActions as _, TestWorld, plaza};

/// A burst of 6,000 bytes, then 100 per tick.
fn config() -> SimConfig {
    let mut config = plaza();
    config.rules.broadcast = BroadcastLimit {
        bytes_per_tick: 100,
        burst_ticks: 60,
    };
    config
}

/// A world with this many players in one room.
fn world(players: u64) -> TestWorld {
    let mut world = TestWorld::teleporting(config());
    (1..=players).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(7);
    world.forget_messages();
    world
}

/// Costs 100 bytes per listener.
const TEXT: &str = "it costs 64 bytes and those 36 bytes";

const NONE: [u32; 0] = [];

/// Returns the ticks to wait of each refusal of a session.
fn waits(world: &mut TestWorld, session: u64) -> Vec<u32> {
    let wait = |refusal| match refusal {
        Refusal::RateLimited { retry_after_ms } => retry_after_ms * 60 / 1000,
        other => panic!("{other:?}"),
    };
    world.refusals(session).into_iter().map(wait).collect()
}

#[test]
fn a_chat_costs_its_bytes_times_its_listeners() {
    let mut world = world(3);
    assert_eq!(TEXT.len() + 64, 100);
    // Each chat costs 300 bytes.
    (0..20).for_each(|n| world.chat(1 + n % 3, Scope::Room, TEXT));
    world.tick();
    assert_eq!(world.chats(2).len(), 20);
    for session in 1..=3 {
        world.chat(session, Scope::Room, TEXT);
    }
    world.tick();
    // After a tick, 100 of the 300 bytes are available.
    for session in 1..=3 {
        assert_eq!(waits(&mut world, session), [2], "the same for each sender");
    }
    world.chat(1, Scope::Room, TEXT);
    world.tick();
    assert_eq!(waits(&mut world, 1), [1]);
    world.chat(1, Scope::Room, TEXT);
    world.tick();
    assert_eq!(waits(&mut world, 1), NONE, "at the tick that the refusal named");
    assert_eq!(world.chats(2).len(), 1);
}

#[test]
fn one_player_cannot_exceed_the_limit_of_the_room() {
    let mut world = world(10);
    let text = "x".repeat(2048);
    let mut sent = 0;
    for _ in 0..600 {
        world.chat(1, Scope::Room, &text);
        world.tick();
        let reliable = world.output.frames.iter();
        let chats = reliable.filter(|frame| frame.end - frame.start > 2048);
        sent += chats.map(|frame| frame.end - frame.start).sum::<u32>();
    }
    // The bucket has 6,000 bytes, and 60,000 more in 600 ticks. A chat costs more than a full
    // bucket, so each one empties it.
    let a_chat = 10 * (2048 + 64);
    assert!(sent <= 11 * a_chat, "{sent} bytes");
    assert!(sent >= 9 * a_chat, "{sent} bytes");
}

#[test]
fn a_refusal_over_the_room_limit_is_not_a_strike() {
    let mut world = world(2);
    (0..500).for_each(|_| world.chat(1, Scope::Room, TEXT));
    world.tick();
    assert_eq!(world.refusals(1).len(), 470);
    assert_eq!(world.closed, []);
}

#[test]
fn a_near_chat_costs_its_bytes_times_the_players_near() {
    let mut world = world(3);
    world.teleport(3, 1000 * 256, 1000 * 256);
    world.ticks(7);
    (0..31).for_each(|_| world.chat(1, Scope::Near, TEXT));
    world.tick();
    assert_eq!(
        waits(&mut world, 1).len(),
        1,
        "30 to two listeners are 6,000 bytes"
    );
    assert_eq!(world.chats(2).len(), 30);
}

#[test]
fn state_writes_use_the_same_bucket_and_refused_writes_cost_nothing() {
    let mut world = world(3);
    (0..200).for_each(|_| world.write(1, "k", 99, Some("refused")));
    world.tick();
    assert_eq!(world.refusals(1).len(), 200, "stale");
    // Each write costs 64 + 1 + 35 bytes, times three listeners.
    (0..20).for_each(|version| world.write(1, "k", version, Some(&"v".repeat(35))));
    world.chat(2, Scope::Room, TEXT);
    world.write(1, "k", 20, Some("one too many"));
    world.tick();
    assert_eq!(waits(&mut world, 2), [3]);
    assert_eq!(
        waits(&mut world, 1),
        [3],
        "78 bytes times three listeners are 234"
    );
    world.ticks(2);
    world.write(1, "k", 20, Some("now"));
    world.tick();
    assert_eq!(waits(&mut world, 1), NONE);
}

#[test]
fn a_message_larger_than_the_bucket_needs_a_full_bucket() {
    let mut world = world(4);
    let text = "x".repeat(2000);
    world.chat(1, Scope::Room, &text);
    world.tick();
    assert_eq!(waits(&mut world, 1), NONE);
    world.chat(1, Scope::Room, "?");
    world.tick();
    assert_eq!(
        waits(&mut world, 1),
        [2],
        "4 * 65 bytes, of which 100 are available"
    );
    world.chat(1, Scope::Room, &text);
    world.tick();
    assert_eq!(waits(&mut world, 1), [58]);
    world.ticks(57);
    world.chat(1, Scope::Room, &text);
    world.tick();
    assert_eq!(waits(&mut world, 1), NONE);
}

#[test]
fn each_room_has_a_separate_bucket() {
    let mut world = world(1);
    world.open_and_join(2, "plaza/2");
    world.tick();
    world.forget_messages();
    (0..100).for_each(|_| world.chat(1, Scope::Room, TEXT));
    (0..60).for_each(|_| world.chat(2, Scope::Room, TEXT));
    world.tick();
    assert_eq!(world.refusals(1).len(), 40);
    assert_eq!(world.refusals(2), []);
}

#[test]
fn the_bucket_is_part_of_the_state() {
    let mut world = world(1);
    let hash = world.output.hash;
    (0..60).for_each(|_| world.chat(1, Scope::Room, TEXT));
    world.tick();
    assert_ne!(world.output.hash, hash);
    let bytes = world.saved();
    world.sim = Simulation::load(config(), parlour_testing::teleport_plugin, &bytes).unwrap();
    world.forget_messages();
    (0..2).for_each(|_| world.chat(1, Scope::Room, TEXT));
    world.input.sort();
    world.sim.step(&mut world.input, &mut world.output);
    let refused: Vec<_> = world.output.counts.refused.iter().collect();
    assert_eq!(
        refused,
        [(RefusalClass::RateLimited, 1)],
        "after a tick, the bucket has bytes for one of them"
    );
}

/// docs/protocol.md states these numbers.
#[test]
fn the_default_limit_allows_51_chats_a_second_in_a_room_of_1000() {
    let limit = BroadcastLimit::default();
    let chat = (100 + 64) * 1000;
    assert_eq!(limit.bytes_per_tick * 60 / chat, 51);
    assert_eq!(limit.bytes_per_tick * limit.burst_ticks / chat, 204);
    let mut config = plaza();
    config.rules.interest = Interest::Near;
    config.rules.broadcast = limit;
    assert_eq!(config.rules.check(), Ok(()));
}

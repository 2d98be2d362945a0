//! Versioned room state: a write names the version that its client knows, and a stale write is
//! refused with the current versions.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{
    ids::Epoch,
    limits::{MAX_STATE_KEYS, MAX_STATE_VALUE_BYTES, MAX_STATE_WRITES},
    message::{KeyVersion, Refusal, Scope, ServerMessage, Stamp, StateChanged, StateEntry, StateWrite},
};
use parlour_sim::RoomState;
use parlour_testing::{SessionActions as _, TestWorld, plaza};

fn two() -> TestWorld {
    let mut world = TestWorld::new(plaza());
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    world.forget_messages();
    world
}

fn write(key: &str, version: u32, value: Option<&str>) -> StateWrite {
    StateWrite {
        key: key.into(),
        version,
        value: value.map(String::from),
    }
}

fn set(world: &mut TestWorld, session: u64, writes: &[StateWrite]) {
    world.write_all(session, writes.to_vec());
}

fn entry(key: &str, version: u32, value: Option<&str>) -> StateEntry {
    StateEntry {
        key: key.into(),
        version,
        value: value.map(String::from),
    }
}

fn entries(world: &TestWorld) -> Vec<StateEntry> {
    let room = world.room("plaza").unwrap();
    world.sim.world().get::<RoomState>(room).unwrap().entries()
}

fn stale(versions: &[(&str, u32)]) -> Refusal {
    let version = |(key, version): &(&str, u32)| KeyVersion {
        key: (*key).into(),
        version: *version,
    };
    Refusal::StaleVersion {
        current: versions.iter().map(version).collect(),
    }
}

#[test]
fn a_write_is_sent_to_all_players_of_the_room() {
    let mut world = two();
    set(
        &mut world,
        1,
        &[write("lamp", 0, Some("on")), write("door.1", 0, Some(""))],
    );
    world.tick();
    let stamp = Stamp {
        epoch: Epoch(1),
        seq: 1,
    };
    let changed = ServerMessage::StateChanged(StateChanged {
        stamp,
        tick: world.now(),
        player: Some(world.client(1).player),
        entries: vec![entry("lamp", 1, Some("on")), entry("door.1", 1, Some(""))],
    });
    assert_eq!(world.messages(2), std::slice::from_ref(&changed));
    let messages = world.messages(1);
    assert_eq!(messages[0], changed);
    assert!(matches!(&messages[1..], [ServerMessage::Accepted(accepted)] if accepted.stamp == Some(stamp)));
    let room = world.room("plaza").unwrap();
    assert_eq!(
        world.sim.world().get::<RoomState>(room).unwrap().get("lamp"),
        Some("on")
    );
}

#[test]
fn a_stale_write_is_refused_with_the_current_versions() {
    let mut world = two();
    set(
        &mut world,
        1,
        &[write("a", 0, Some("1")), write("b", 0, Some("1"))],
    );
    set(&mut world, 1, &[write("a", 1, Some("2"))]);
    // Session 2 saw the first batch only.
    set(
        &mut world,
        2,
        &[
            write("a", 1, Some("mine")),
            write("b", 1, Some("mine")),
            write("c", 7, Some("mine")),
        ],
    );
    world.tick();
    assert_eq!(
        world.refusals(2),
        [stale(&[("a", 2), ("c", 0)])],
        "the keys that differ, with their versions"
    );
    assert_eq!(
        entries(&world),
        [entry("a", 2, Some("2")), entry("b", 1, Some("1"))],
        "all or nothing"
    );
    set(
        &mut world,
        2,
        &[
            write("a", 2, Some("mine")),
            write("b", 1, None),
            write("c", 0, Some("mine")),
        ],
    );
    world.tick();
    assert_eq!(
        entries(&world),
        [entry("a", 3, Some("mine")), entry("c", 3, Some("mine"))]
    );
}

#[test]
fn only_one_of_two_writes_in_a_tick_succeeds() {
    let mut world = two();
    set(&mut world, 2, &[write("chair", 0, Some("two"))]);
    set(&mut world, 1, &[write("chair", 0, Some("one"))]);
    world.tick();
    assert_eq!(
        world.refusals(2),
        [stale(&[("chair", 1)])],
        "in canonical order, not in order of arrival"
    );
    assert_eq!(entries(&world), [entry("chair", 1, Some("one"))]);
}

#[test]
fn a_version_rises_across_a_deletion() {
    let mut world = two();
    set(&mut world, 1, &[write("k", 0, Some("a"))]);
    set(&mut world, 1, &[write("k", 1, None)]);
    set(&mut world, 1, &[write("k", 1, Some("stale"))]);
    set(&mut world, 1, &[write("k", 0, Some("b"))]);
    world.tick();
    assert_eq!(world.refusals(1), [stale(&[("k", 0)])]);
    assert_eq!(entries(&world), [entry("k", 3, Some("b"))]);
    let deleted = world.messages(2).into_iter().find_map(|message| match message {
        ServerMessage::StateChanged(changed) if changed.stamp.seq == 2 => Some(changed.entries),
        _ => None,
    });
    assert_eq!(deleted, Some(vec![entry("k", 2, None)]));
}

#[test]
fn senseless_batches_are_refused() {
    let mut world = two();
    let long_key = "k".repeat(49);
    let long_value = "v".repeat(MAX_STATE_VALUE_BYTES + 1);
    let many: Vec<StateWrite> = (0..=MAX_STATE_WRITES)
        .map(|n| write(&format!("k{n}"), 0, Some("v")))
        .collect();
    let bad: Vec<Vec<StateWrite>> = vec![
        vec![],
        vec![write("", 0, Some("v"))],
        vec![write("Key", 0, Some("v"))],
        vec![write("a key", 0, Some("v"))],
        vec![write(&long_key, 0, Some("v"))],
        vec![write("k", 0, Some(&long_value))],
        vec![write("k", 0, None)],
        vec![write("k", 0, Some("v")), write("k", 0, Some("w"))],
        many.clone(),
    ];
    for batch in &bad {
        set(&mut world, 1, batch);
    }
    world.tick();
    assert_eq!(world.refusals(1), vec![Refusal::BadState; bad.len()]);
    assert_eq!((entries(&world), world.messages(2)), (vec![], vec![]));
    set(&mut world, 1, &many[1..]);
    set(&mut world, 1, &[write(&long_key[1..], 0, Some(&long_value[1..]))]);
    world.tick();
    assert_eq!(entries(&world).len(), MAX_STATE_WRITES + 1);
}

#[test]
fn a_room_has_a_maximum_number_of_keys() {
    let mut world = two();
    let keys: Vec<String> = (0..MAX_STATE_KEYS + 1).map(|n| format!("k{n:02}")).collect();
    for batch in keys[..MAX_STATE_KEYS].chunks(MAX_STATE_WRITES) {
        let writes: Vec<StateWrite> = batch.iter().map(|key| write(key, 0, Some("v"))).collect();
        set(&mut world, 1, &writes);
    }
    world.tick();
    assert_eq!(entries(&world).len(), MAX_STATE_KEYS);
    world.forget_messages();
    set(&mut world, 1, &[write("one-more", 0, Some("v"))]);
    set(
        &mut world,
        1,
        &[write("k00", 1, Some("w")), write("one-more", 0, Some("v"))],
    );
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::StateFull, Refusal::StateFull]);
    assert_eq!(entries(&world)[0], entry("k00", 1, Some("v")), "all or nothing");
    // A batch may remove one key and add one. Existing keys can always be changed.
    set(
        &mut world,
        1,
        &[write("one-more", 0, Some("v")), write("k00", 1, None)],
    );
    set(&mut world, 1, &[write("k01", 1, Some("w"))]);
    world.tick();
    assert_eq!(world.accepted(1).len(), 2);
    assert_eq!(entries(&world).len(), MAX_STATE_KEYS);
}

#[test]
fn a_new_player_is_sent_the_state() {
    let mut world = two();
    let value = "v".repeat(MAX_STATE_VALUE_BYTES);
    for n in 0..MAX_STATE_KEYS {
        set(&mut world, 1, &[write(&format!("{n:048}"), 0, Some(&value))]);
    }
    world.open_and_join(3, "plaza");
    world.tick();
    let entered = world.client(3).room();
    assert_eq!(entered.state, entries(&world));
    assert_eq!(
        (entered.state.len(), entered.seq),
        (MAX_STATE_KEYS, MAX_STATE_KEYS as u32)
    );
    set(&mut world, 3, &[write(&format!("{:048}", 5), 6, Some("mine"))]);
    world.tick();
    assert_eq!(world.accepted(3).len(), 1, "a new player can write immediately");
}

#[test]
fn state_and_chat_share_the_stream_of_the_room() {
    let mut world = two();
    for version in 0..5 {
        set(&mut world, 1, &[write("k", version * 2, Some("v"))]);
        set(&mut world, 1, &[write("k", version * 2 + 1, Some("w"))]);
        world.chat(2, Scope::Room, "x");
        world.chat(2, Scope::Near, "not in it");
        world.tick();
    }
    for listener in [1, 2] {
        let stamps: Vec<u32> = world
            .messages(listener)
            .iter()
            .filter_map(|message| match message {
                ServerMessage::StateChanged(changed) => Some(changed.stamp.seq),
                ServerMessage::Chat(said) if said.scope == Scope::Room => Some(said.stamp.seq),
                _ => None,
            })
            .collect();
        assert_eq!(stamps, (1..=15).collect::<Vec<_>>());
    }
}

#[test]
fn the_state_is_removed_with_its_room() {
    let mut config = plaza();
    config.rules.empty_ticks = 3;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    set(&mut world, 1, &[write("k", 0, Some("v"))]);
    world.tick();
    world.leave(1);
    set(&mut world, 1, &[write("k", 1, Some("from outside"))]);
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::NotInRoom]);
    world.join(1, "plaza");
    world.tick();
    assert_eq!(
        world.client(1).room().state,
        [entry("k", 1, Some("v"))],
        "the room was empty for less than `empty_ticks`"
    );
    world.leave(1);
    world.ticks(5);
    world.join(1, "plaza");
    world.tick();
    assert_eq!(world.client(1).room().state, []);
}

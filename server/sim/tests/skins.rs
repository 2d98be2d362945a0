//! Skins: from the catalogue, sent with the next snapshot, kept in all rooms.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{
    message::{Durability, Refusal},
    snapshot::Update,
};
use parlour_sim::{Interest, Skin};
use parlour_testing::{SessionActions as _, TestWorld, plaza};

fn two_in_a_room() -> TestWorld {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut world = TestWorld::new(config);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    world.forget_messages();
    world
}

/// Returns the skin of a player as the client of a viewer knows it.
fn skin_seen(world: &TestWorld, viewer: u64, other: u64) -> u16 {
    let seen = world.sees(viewer, other).expect("in sight");
    seen.player().expect("a player").skin
}

#[test]
fn viewers_receive_a_skin_in_the_tick_of_its_change() {
    let mut world = two_in_a_room();
    world.skin(1, 2);
    world.tick();
    let accepted = world.accepted(1);
    assert_eq!(accepted.len(), 1);
    assert_eq!((accepted[0].request, accepted[0].tick), (8, world.now()));
    assert_eq!(
        (accepted[0].durability, accepted[0].stamp),
        (Durability::L0, None)
    );
    for viewer in [1, 2] {
        assert_eq!(skin_seen(&world, viewer, 1), 2);
        let update = Update {
            slot: world.client(1).slot(),
            motion: None,
            skin: Some(2),
            components: Vec::new(),
            owner: None,
            dropped: None,
        };
        assert_eq!(world.snapshot(viewer).unwrap().updates, [update]);
        assert_eq!(
            world.snapshot_size(viewer),
            Some(9 + 2 + 5),
            "header, count, and a record of 5 bytes"
        );
    }
}

#[test]
fn setting_the_present_skin_is_accepted_and_sends_nothing() {
    let mut world = two_in_a_room();
    world.skin(1, 0);
    world.tick();
    assert_eq!(world.accepted(1).len(), 1);
    assert_eq!((world.snapshot(1), world.snapshot(2)), (None, None));
}

#[test]
fn two_skins_in_one_tick_are_one_change() {
    let mut world = two_in_a_room();
    world.skin(1, 2);
    world.skin(1, 1);
    world.tick();
    assert_eq!(world.accepted(1).len(), 2);
    assert_eq!(skin_seen(&world, 2, 1), 1);
    world.skin(1, 2);
    world.skin(1, 1);
    world.tick();
    assert_eq!(
        world.snapshot(2),
        None,
        "two changes back to the same skin are no change"
    );
}

#[test]
fn an_unknown_skin_is_refused() {
    let mut world = two_in_a_room();
    for skin in [3, 4, u16::MAX] {
        world.skin(1, skin);
    }
    world.tick();
    assert_eq!(world.refusals(1), vec![Refusal::UnknownSkin; 3]);
    assert_eq!(*world.get::<Skin>(1).unwrap(), Skin(0));
    assert_eq!(world.snapshot(2), None);
}

#[test]
fn a_skin_is_kept_across_rooms_and_visible_to_new_players() {
    let mut world = two_in_a_room();
    world.skin(1, 2);
    world.join(1, "plaza/2");
    world.tick();
    assert_eq!(skin_seen(&world, 1, 1), 2);
    world.join(2, "plaza/2");
    world.open_and_join(3, "plaza/2");
    world.tick();
    for viewer in [2, 3] {
        assert_eq!(skin_seen(&world, viewer, 1), 2);
        let snapshot = world.snapshot(viewer).unwrap();
        assert!(
            snapshot
                .enters
                .iter()
                .any(|enter| enter.identity.player().unwrap().skin == 2)
                && snapshot.updates.is_empty()
        );
    }
}

#[test]
fn a_skin_can_be_chosen_before_joining() {
    let mut world = two_in_a_room();
    world.open(3);
    world.skin(3, 1);
    world.tick();
    assert_eq!(world.accepted(3).len(), 1);
    world.join(3, "plaza");
    world.tick();
    assert_eq!(skin_seen(&world, 1, 3), 1);
}

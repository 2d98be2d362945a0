//! Skins: from the catalogue, seen with the next snapshot, kept wherever one goes.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

use parlour_shared::{
    message::{Durability, Refusal},
    snapshot::Update,
};
use parlour_sim::{Interest, Skin};
use support::{Stage, plaza};

fn two_in_a_room() -> Stage {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut stage = Stage::new(config);
    (1..=2).for_each(|session| stage.open_and_join(session, "plaza"));
    stage.tick();
    stage.forget_messages();
    stage
}

#[test]
fn others_see_a_skin_with_the_tick_at_which_it_was_put_on() {
    let mut stage = two_in_a_room();
    stage.skin(1, 2);
    stage.tick();
    let accepted = stage.accepted(1);
    assert_eq!(accepted.len(), 1);
    assert_eq!((accepted[0].request, accepted[0].tick), (8, stage.now()));
    assert_eq!(
        (accepted[0].durability, accepted[0].stamp),
        (Durability::L0, None)
    );
    for viewer in [1, 2] {
        assert_eq!(stage.sees(viewer, 1).unwrap().skin, 2);
        let update = Update {
            slot: stage.client(1).slot(),
            motion: None,
            skin: Some(2),
            extras: Vec::new(),
        };
        assert_eq!(stage.snapshot(viewer).unwrap().updates, [update]);
        assert_eq!(
            stage.snapshot_size(viewer),
            Some(9 + 2 + 5),
            "header, count, and a record of 5 bytes"
        );
    }
}

#[test]
fn the_skin_one_wears_already_is_accepted_and_no_news() {
    let mut stage = two_in_a_room();
    stage.skin(1, 0);
    stage.tick();
    assert_eq!(stage.accepted(1).len(), 1);
    assert_eq!((stage.snapshot(1), stage.snapshot(2)), (None, None));
}

#[test]
fn two_skins_in_one_tick_are_one_change() {
    let mut stage = two_in_a_room();
    stage.skin(1, 2);
    stage.skin(1, 1);
    stage.tick();
    assert_eq!(stage.accepted(1).len(), 2);
    assert_eq!(stage.sees(2, 1).unwrap().skin, 1);
    stage.skin(1, 2);
    stage.skin(1, 1);
    stage.tick();
    assert_eq!(stage.snapshot(2), None, "there and back again is no change");
}

#[test]
fn what_is_not_in_the_catalogue_is_refused() {
    let mut stage = two_in_a_room();
    for skin in [3, 4, u16::MAX] {
        stage.skin(1, skin);
    }
    stage.tick();
    assert_eq!(stage.refusals(1), vec![Refusal::UnknownSkin; 3]);
    assert_eq!(*stage.get::<Skin>(1).unwrap(), Skin(0));
    assert_eq!(stage.snapshot(2), None);
}

#[test]
fn a_skin_is_kept_across_rooms_and_shown_to_who_comes_later() {
    let mut stage = two_in_a_room();
    stage.skin(1, 2);
    stage.join(1, "plaza/2");
    stage.tick();
    assert_eq!(stage.sees(1, 1).unwrap().skin, 2);
    stage.join(2, "plaza/2");
    stage.open_and_join(3, "plaza/2");
    stage.tick();
    for viewer in [2, 3] {
        assert_eq!(stage.sees(viewer, 1).unwrap().skin, 2);
        let snapshot = stage.snapshot(viewer).unwrap();
        assert!(snapshot.enters.iter().any(|enter| enter.skin == 2) && snapshot.updates.is_empty());
    }
}

#[test]
fn a_skin_can_be_chosen_before_joining() {
    let mut stage = two_in_a_room();
    stage.open(3);
    stage.skin(3, 1);
    stage.tick();
    assert_eq!(stage.accepted(3).len(), 1);
    stage.join(3, "plaza");
    stage.tick();
    assert_eq!(stage.sees(1, 3).unwrap().skin, 1);
}

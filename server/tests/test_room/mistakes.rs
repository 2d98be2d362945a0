//! Mistakes of a test end it with a text that says what to do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use parlour::{RoomType, prelude::*, testing::TestRoom};
use serde::{Deserialize, Serialize};

#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Gold(u32);

#[derive(Debug, Serialize, Deserialize)]
struct Dig {
    depth: u8,
}

fn mine(app: &mut App) {
    app.state_component::<Gold>("gold").player_message::<Dig>("dig");
    app.register_required_components::<Player, Gold>();
}

/// Returns the text of the panic.
fn mistake(act: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(act)).expect_err("it must panic");
    parlour_shared::text::panic_message(&*panic)
}

#[test]
fn a_wrong_name_and_a_wrong_body_are_explained() {
    let mut room = TestRoom::new(mine);
    let ada = room.join("Ada");
    room.send(ada, "dgi", &Dig { depth: 1 });
    let text = mistake(|| room.step());
    assert!(
        text.contains("`dgi` of Ada") && text.contains("no plugin declared"),
        "{text}"
    );
    room.send(ada, "dig", &(1_u8, 2_u8));
    let text = mistake(|| room.step());
    assert!(
        text.contains("`dig` of Ada") && text.contains("1 bytes after"),
        "{text}"
    );
    let request = room.send_bytes(ada, "dig", &[]);
    room.step();
    let answer = room.answer(ada, request);
    assert!(matches!(answer, Some(Err(Refusal::BadBody { .. }))), "{answer:?}");
}

#[test]
fn a_component_that_is_not_replicated_is_named() {
    let mut room = TestRoom::new(mine);
    let ada = room.join("Ada");
    assert_eq!(room.component::<Gold>(ada), Some(&Gold(0)));
    let text = mistake(|| _ = room.seen::<Gold>(ada, ada));
    assert!(
        text.contains("app.replicate::<") && text.contains("Gold"),
        "{text}"
    );
}

#[test]
fn a_message_that_is_not_declared_is_named() {
    let mut room = TestRoom::new(mine);
    let ada = room.join("Ada");
    let text = mistake(|| _ = room.received::<Dig>(ada));
    assert!(text.contains("app.client_message::<"), "{text}");
    let text = mistake(|| _ = room.objects("chair"));
    assert!(text.contains("ObjectKind::new(\"chair\")"), "{text}");
}

#[test]
fn a_place_in_a_wall_is_named() {
    let mut room = TestRoom::new(mine);
    let ada = room.join("Ada");
    let text = mistake(|| room.place(ada, Position::from_px(2, 900)));
    assert!(text.contains("Ada cannot stand at (2, 900) px"), "{text}");
    room.leave(ada);
    room.step();
    let text = mistake(|| room.place(ada, Position::from_px(900, 900)));
    assert!(text.contains("Ada is in no room"), "{text}");
}

#[test]
fn a_closed_session_and_a_refused_join_are_named() {
    let mut room = TestRoom::builder().rules(|rules| rules.capacity = 1).build();
    let ada = room.join("Ada");
    let text = mistake(|| _ = room.join("Bob"));
    assert!(text.contains("RoomFull") && text.contains("try_join"), "{text}");
    room.close(ada);
    room.step();
    let text = mistake(|| room.walk(ada, Direction::East));
    assert!(text.contains("the session of Ada is closed"), "{text}");
}

#[test]
fn a_room_that_does_not_exist_is_explained() {
    let room = TestRoom::new(mine);
    let text = mistake(|| _ = room.state("round"));
    assert!(text.contains("the first `join` creates it"), "{text}");
    let builder = TestRoom::builder().room_type(RoomType::new("tag").map("moon"));
    let text = mistake(|| _ = builder.build());
    assert!(text.contains("moon"), "{text}");
}

#[test]
fn a_condition_that_never_holds_ends_the_test() {
    let mut room = TestRoom::new(mine);
    let text = mistake(|| _ = room.step_until(1, |_| false));
    assert!(text.contains("not true after 1 s"), "{text}");
    assert_eq!(room.now(), Tick(60 + 1));
}

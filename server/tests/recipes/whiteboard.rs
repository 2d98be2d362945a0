//! One player at a time has the pen of a whiteboard, and all who see the whiteboard see who.

#[path = "../../examples/whiteboard.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use parlour::{
    prelude::*,
    testing::{TestObject, TestPlayer, TestRoom},
};
use parlour_shared::{codec, motion::WallGrid};
use parlour_testing::maps::map;

use crate::bots::{Bot, serve};
use example::{HangPen, LONGEST, NO_WHITEBOARD, TakePen, Text, Whiteboard, Write};

/// A room with two players in front of the whiteboard. Below is a wall, and a second room.
fn office() -> (TestRoom, TestPlayer, TestPlayer, TestObject) {
    let mut walls = WallGrid::new(20, 20, 16);
    (0..20).for_each(|column| walls.block(column, 10));
    let office = map("office", walls, Position::from_px(160, 150), Vec::new());
    let mut room = TestRoom::builder().map(office).plugin(Whiteboard).build();
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    let board = room.object("whiteboard");
    (room, ada, bob, board)
}

fn text(room: &TestRoom, viewer: TestPlayer, board: TestObject) -> String {
    room.seen::<Text>(viewer, board).unwrap().0
}

#[test]
fn one_player_has_the_pen_and_all_see_it_in_the_same_tick() {
    let (mut room, ada, bob, board) = office();
    assert_eq!(
        (text(&room, bob, board), room.owner(board)),
        ("Welcome".into(), None)
    );
    room.act(ada, board, "take_pen", &TakePen);
    room.act(bob, board, "take_pen", &TakePen);
    room.act(ada, board, "write", &Write("ours".into()));
    room.act(bob, board, "write", &Write("mine".into()));
    room.step();
    assert_eq!(room.refusals(ada), []);
    assert_eq!(room.refusals(bob), [Refusal::Taken, Refusal::NotYours]);
    for viewer in [ada, bob] {
        assert_eq!(text(&room, viewer, board), "ours");
    }
    assert_eq!(room.owner(board), Some(ada.id()));
}

#[test]
fn the_pen_is_free_when_it_is_hung_back_or_its_holder_is_gone() {
    type Release = fn(&mut TestRoom, TestPlayer, TestObject);
    let ways: [Release; 3] = [
        |room, ada, board| {
            room.act(ada, board, "hang_pen", &HangPen);
        },
        |room, ada, _| {
            room.leave(ada);
        },
        |room, ada, _| room.close(ada),
    ];
    for release in ways {
        let (mut room, ada, bob, board) = office();
        room.act(ada, board, "take_pen", &TakePen);
        room.step();
        release(&mut room, ada, board);
        room.step();
        assert_eq!(room.owner(board), None);
        room.act(bob, board, "take_pen", &TakePen);
        room.step();
        assert_eq!(room.owner(board), Some(bob.id()));
    }
}

#[test]
fn a_player_without_the_pen_cannot_hang_it_back() {
    let (mut room, ada, bob, board) = office();
    room.act(ada, board, "take_pen", &TakePen);
    room.act(bob, board, "hang_pen", &HangPen);
    room.step();
    assert_eq!(room.refusals(bob), [Refusal::NotYours]);
    assert_eq!(room.owner(board), Some(ada.id()));
}

#[test]
fn a_player_on_the_other_side_of_the_wall_does_not_reach_the_whiteboard() {
    let (mut room, ada, _, board) = office();
    room.place(ada, Position::from_px(160, 188));
    room.steps(2);
    assert!(room.sees(ada, board), "it is near");
    room.act(ada, board, "take_pen", &TakePen);
    room.step();
    assert_eq!(room.refusals(ada), [Refusal::OutOfReach]);
}

#[test]
fn a_player_has_no_pen() {
    let (mut room, ada, bob, _) = office();
    room.act(ada, bob, "take_pen", &TakePen);
    room.act(ada, bob, "write", &Write("!".into()));
    room.act(ada, bob, "hang_pen", &HangPen);
    room.step();
    let declined = Refusal::Declined { code: NO_WHITEBOARD };
    assert_eq!(
        room.refusals(ada),
        [declined.clone(), declined, Refusal::NotYours]
    );
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    let (mut room, ada, bob, board) = office();
    room.act(ada, board, "take_pen", &TakePen);
    room.act(ada, board, "write", &Write("x".repeat(LONGEST + 1)));
    room.act(ada, board, "write", &Write("x".repeat(LONGEST)));
    room.step();
    assert_eq!(room.refusals(ada), [Refusal::BadText]);
    assert_eq!(text(&room, bob, board).len(), LONGEST);
}

#[tokio::test]
async fn bots_take_the_pen_one_after_the_other() {
    let server = serve(Whiteboard);
    let mut ann = Bot::join(&server, "ann", "plaza").await;
    let mut bob = Bot::join(&server, "bob", "plaza").await;
    let board = ann.sees_object("whiteboard").await;
    bob.sees_object("whiteboard").await;
    ann.act(board, "take_pen", &TakePen).await.unwrap();
    assert_eq!(bob.act(board, "take_pen", &TakePen).await, Err(Refusal::Taken));
    ann.act(board, "write", &Write("Lunch?".into())).await.unwrap();
    ann.0.close().await.unwrap();
    // The pen is free again.
    let text = bob
        .wait_for(|bob, _| {
            let (_, board, seen) = bob.client().view().objects().next()?;
            let (_, bytes) = seen.components.first()?;
            board
                .owner
                .is_none()
                .then(|| codec::decode::<Text>(bytes).unwrap().0)
        })
        .await;
    assert_eq!(text, "Lunch?");
    bob.act(board, "take_pen", &TakePen).await.unwrap();
}

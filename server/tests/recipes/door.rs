//! A door that is solid while it is closed, and opens only to the player with the key.

#[path = "../../examples/door.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use parlour::{
    prelude::*,
    testing::{TestPlayer, TestRoom},
};

use crate::bots::{Bot, serve};
use example::{Doors, LOCKED, NO_DOOR, NO_KEY, Open, Take, Use};

/// A room with two players beside the door and the key.
fn two() -> (TestRoom, TestPlayer, TestPlayer) {
    let mut room = TestRoom::new(Doors);
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    room.place(bob, Position::from_px(990, 1020));
    room.step();
    (room, ada, bob)
}

#[test]
fn a_closed_door_is_solid() {
    let (mut room, ada, _) = two();
    room.walk(ada, Direction::East);
    room.seconds(2);
    assert_eq!(room.position(ada), Position::from_px(1028, 1000));
    let (key, door) = (room.object("key"), room.object("door"));
    room.place(ada, Position::from_px(1000, 1000));
    room.step();
    room.act(ada, key, "take", &Take);
    room.act(ada, door, "use", &Use);
    room.step();
    assert_eq!(room.refusals(ada), []);
    room.walk(ada, Direction::East);
    room.seconds(2);
    assert!(room.position(ada).x > Position::from_px(1100, 0).x);
}

#[test]
fn only_the_player_with_the_key_opens_the_door() {
    let (mut room, ada, bob) = two();
    let (key, door) = (room.object("key"), room.object("door"));
    let declined = |code| Some(Err(Refusal::Declined { code }));
    let request = room.act(ada, door, "use", &Use);
    room.step();
    assert_eq!(room.answer(ada, request), declined(LOCKED));
    let request = room.act(ada, key, "take", &Take);
    room.step();
    assert_eq!(room.answer(ada, request), Some(Ok(())));
    assert_eq!(room.owner(key), Some(ada.id()));
    let (take, open) = (
        room.act(bob, key, "take", &Take),
        room.act(bob, door, "use", &Use),
    );
    room.step();
    assert_eq!(room.answer(bob, take), Some(Err(Refusal::Taken)));
    assert_eq!(room.answer(bob, open), declined(LOCKED));
    assert_eq!(room.seen::<Open>(bob, door), Some(Open(false)));
    room.act(ada, door, "use", &Use);
    room.step();
    assert_eq!(room.seen::<Open>(bob, door), Some(Open(true)));
    room.act(ada, door, "use", &Use);
    room.step();
    assert_eq!(room.seen::<Open>(bob, door), Some(Open(false)));
}

#[test]
fn wrong_targets_are_refused() {
    let (mut room, ada, _) = two();
    let (key, door) = (room.object("key"), room.object("door"));
    let take = room.act(ada, door, "take", &Take);
    let open = room.act(ada, key, "use", &Use);
    room.step();
    let declined = |code| Some(Err(Refusal::Declined { code }));
    assert_eq!(room.answer(ada, take), declined(NO_KEY));
    assert_eq!(room.answer(ada, open), declined(NO_DOOR));
}

#[test]
fn the_key_follows_its_player_and_stays_where_the_player_left() {
    let (mut room, ada, bob) = two();
    let key = room.object("key");
    room.act(ada, key, "take", &Take);
    room.walk(ada, Direction::North);
    room.seconds(1);
    room.stop(ada);
    room.step();
    let (Position { x, y }, above) = (room.position(ada), room.position(key));
    assert_eq!((above.x, above.y), (x, y - 16 * UNITS_PER_PX));
    room.close(ada);
    room.steps(10);
    assert_eq!((room.owner(key), room.position(key)), (None, above));
    room.place(bob, above);
    room.step();
    let take = room.act(bob, key, "take", &Take);
    room.step();
    assert_eq!(room.answer(bob, take), Some(Ok(())));
}

#[tokio::test]
async fn a_bot_takes_the_key_and_opens_the_door() {
    let server = serve(Doors);
    let mut ada = Bot::join(&server, "Ada", "plaza").await;
    let key = ada.sees_object("key").await;
    let door = ada.sees_object("door").await;
    let locked = Refusal::Declined { code: LOCKED };
    assert_eq!(ada.act(door, "use", &Use).await, Err(locked));
    assert_eq!(ada.act(key, "take", &Take).await, Ok(()));
    assert_eq!(ada.act(door, "use", &Use).await, Ok(()));
    let open = ada.wait_for(|connection, _| {
        let mut objects = connection.client().view().objects();
        let (_, _, seen) = objects.find(|(_, object, _)| object.object == door)?;
        (seen.components == [(0, vec![1])]).then_some(())
    });
    open.await;
}

//! A guard sees players, but not through walls. It chases and catches them, and returns.

#[path = "../../examples/guard.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use parlour::{
    maps,
    prelude::*,
    testing::{TestObject, TestPlayer, TestRoom},
};

use crate::bots::{Bot, serve_map};
use example::{Alert, Caught, Guards};

const VAULT: &[u8] = include_bytes!("../../examples/maps/vault.tmx");

/// The vault with one player, who enters at this place, and the guard at its post.
fn vault(x: i32, y: i32, post: Position) -> (TestRoom, TestPlayer, TestObject) {
    let mut map = maps::parse("vault", "vault.tmx", VAULT).unwrap();
    map.spawns[0].position = Position::from_px(x, y);
    map.objects[0].position = post;
    let mut room = TestRoom::builder().map(map).plugin(Guards).build();
    let ada = room.join("Ada");
    let guard = room.object("guard");
    (room, ada, guard)
}

/// Where the map has the guard.
fn post() -> Position {
    let map = maps::parse("vault", "vault.tmx", VAULT).unwrap();
    map.objects[0].position
}

#[test]
fn a_guard_chases_and_catches_a_player() {
    // The player enters 180 px west of the guard, and is seen at once.
    let (mut room, ada, guard) = vault(604, 112, post());
    room.steps(10);
    assert_eq!(room.seen(ada, guard), Some(Alert::Chasing(ada.id())));
    assert!(room.position(guard).x < post().x, "it runs");
    // The player walks away, but the guard is faster.
    room.walk(ada, Direction::South);
    room.step_until(10, |room| !room.received::<Caught>(ada).is_empty());
    assert_eq!(room.position(ada), Position::from_px(604, 112), "sent back");
}

#[test]
fn a_guard_does_not_see_through_the_wall() {
    // As near as in the test above.
    let (mut room, ada, guard) = vault(380, 112, Position::from_px(560, 112));
    room.seconds(1);
    assert_eq!(room.seen(ada, guard), Some(Alert::Watching));
}

#[test]
fn a_guard_that_loses_sight_returns_to_its_post() {
    let (mut room, ada, guard) = vault(604, 112, post());
    room.steps(20);
    assert_ne!(room.position(guard), post());
    let place = room.position(ada);
    room.leave(ada);
    room.step();
    room.step_until(10, |room| room.component(guard) == Some(&Alert::Returning));
    let (here, there) = (room.position(guard), 20 * 256);
    assert!(
        (here.x - place.x).abs() < there && (here.y - place.y).abs() < there,
        "{here:?}"
    );
    room.step_until(10, |room| room.component(guard) == Some(&Alert::Watching));
    assert_eq!(room.position(guard), post());
}

#[tokio::test]
async fn a_bot_is_caught() {
    let server = serve_map("vault", VAULT, Guards);
    let mut ann = Bot::join(&server, "ann", "vault").await;
    // Around the wall: south, and then east.
    ann.0.steer(Direction::South);
    ann.wait_for(|ann, _| {
        let client = ann.client();
        (client.view().position(client.slot()?, client.view().tick()?)?.y > 420 * 256).then_some(())
    })
    .await;
    ann.0.steer(Direction::East);
    ann.wait_for(|ann, _| {
        let client = ann.client();
        (client.view().position(client.slot()?, client.view().tick()?)?.x > 700 * 256).then_some(())
    })
    .await;
    ann.0.steer(Direction::North);
    let Caught = ann.receive("caught").await;
}

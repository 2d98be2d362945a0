//! One player is "it" and passes it on by touching. Points are counted in rounds of a minute.

#[path = "../../examples/tag.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use parlour::{
    prelude::*,
    testing::{TestPlayer, TestRoom},
};

use crate::bots::{Bot, serve};
use example::{It, Points, RoundOver, tag};

/// A room with two players that are far from each other. The first one is "it".
fn two() -> (TestRoom, TestPlayer, TestPlayer) {
    let mut room = TestRoom::new(tag);
    let ada = room.join("Ada");
    room.place(ada, Position::from_px(200, 200));
    room.step();
    let bob = room.join("Bob");
    (room, ada, bob)
}

fn is_it(room: &TestRoom, player: TestPlayer) -> bool {
    room.component::<It>(player).is_some()
}

#[test]
fn the_first_player_is_it_and_passes_it_on_by_touching() {
    let (mut room, ada, bob) = two();
    assert_eq!((is_it(&room, ada), is_it(&room, bob)), (true, false));
    room.place(ada, Position::from_px(1000, 984));
    room.step();
    assert_eq!((is_it(&room, ada), is_it(&room, bob)), (false, true));
    assert!(room.seen::<It>(ada, bob).is_some() && room.seen::<It>(bob, ada).is_none());
    // Bob cannot tag back at once.
    room.steps(119);
    assert!(is_it(&room, bob));
    room.step();
    assert!(is_it(&room, ada));
}

#[test]
fn players_that_do_not_touch_pass_nothing_on() {
    let (mut room, ada, bob) = two();
    room.place(ada, Position::from_px(1000, 983));
    room.seconds(3);
    assert_eq!((is_it(&room, ada), is_it(&room, bob)), (true, false));
    room.walk(ada, Direction::South);
    room.steps(2);
    assert!(is_it(&room, bob));
}

#[test]
fn a_player_that_leaves_is_no_longer_it() {
    type Leave = fn(&mut TestRoom, TestPlayer);
    let ways: [Leave; 3] = [
        |room, ada| _ = room.leave(ada),
        |room, ada| room.close(ada),
        |room, ada| room.join_room(ada, "room/2"),
    ];
    for leave in ways {
        let (mut room, ada, bob) = two();
        room.seconds(1);
        assert_eq!(room.component::<Points>(ada), Some(&Points(1)));
        leave(&mut room, ada);
        room.step();
        assert!(is_it(&room, bob), "Bob is the only one left");
        if room.is_in_room(ada) {
            assert!(is_it(&room, ada), "Ada is alone in the other room");
            assert_eq!(room.component::<Points>(ada), Some(&Points(0)));
        }
    }
}

#[test]
fn the_player_with_the_fewest_points_wins_a_round() {
    let (mut room, ada, bob) = two();
    room.seconds(20);
    room.place(ada, Position::from_px(1000, 990));
    room.steps(2);
    room.place(ada, Position::from_px(200, 200));
    let is_over = |room: &mut TestRoom| room.component::<Points>(bob) == Some(&Points(0));
    assert_eq!(room.component::<Points>(ada), Some(&Points(20)));
    room.step_until(2, |room| room.component::<Points>(bob) == Some(&Points(1)));
    room.step_until(40, is_over);
    let over = RoundOver {
        winner: ada.id(),
        points: 20,
    };
    assert_eq!(room.received::<RoundOver>(ada), [over]);
    assert_eq!(room.received::<RoundOver>(bob).len(), 1);
    assert_eq!(room.component::<Points>(ada), Some(&Points(0)));
    // The next round ends a minute later.
    room.seconds(61);
    assert_eq!(room.received::<RoundOver>(ada).len(), 1);
}

/// Returns the players that are "it" on the screen of a bot.
fn seen_it(connection: &parlour_client::Connection) -> Vec<PlayerId> {
    let client = connection.client();
    let players = client.view().players();
    let its = players.filter(|(_, _, seen)| seen.components.iter().any(|(index, _)| *index == 0));
    its.map(|(_, player, _)| player.player).collect()
}

#[tokio::test]
async fn two_bots_at_the_same_place_tag_each_other() {
    let server = serve(tag);
    let mut ada = Bot::join(&server, "Ada", "plaza").await;
    let mut bob = Bot::join(&server, "Bob", "plaza").await;
    for next in [bob.id(), ada.id()] {
        for bot in [&mut ada, &mut bob] {
            bot.wait_for(|connection, _| (seen_it(connection) == [next]).then_some(()))
                .await;
        }
    }
}

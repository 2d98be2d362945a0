//! Coins disappear when a player touches them, count for the player, and come back after 10 s.

#[path = "../../examples/pickups.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use parlour::{prelude::*, testing::TestRoom};

use crate::bots::{Bot, serve};
use example::{Coins, PLACES_PX, Pickups};

#[test]
fn a_player_collects_the_coins_on_its_way() {
    let mut room = TestRoom::new(Pickups);
    let ada = room.join("Ada");
    assert_eq!(room.objects("coin").len(), PLACES_PX.len());
    room.walk(ada, Direction::East);
    room.seconds(1);
    assert_eq!(room.objects("coin"), []);
    assert_eq!(room.seen::<Coins>(ada, ada), Some(Coins(3)));
}

#[test]
fn a_coin_belongs_to_the_nearest_player() {
    let mut room = TestRoom::new(Pickups);
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    room.place(ada, Position::from_px(1033, 1000));
    room.place(bob, Position::from_px(1045, 1000));
    room.step();
    assert_eq!(room.objects("coin").len(), 2);
    assert_eq!(room.component::<Coins>(ada), Some(&Coins(0)));
    assert_eq!(room.component::<Coins>(bob), Some(&Coins(1)));
}

#[test]
fn a_coin_comes_back_after_ten_seconds() {
    let mut room = TestRoom::new(Pickups);
    let ada = room.join("Ada");
    let coins = room.objects("coin");
    room.place(ada, room.position(coins[1]));
    room.step();
    room.place(ada, Position::from_px(1000, 1200));
    room.step();
    assert_eq!(room.objects("coin"), [coins[0], coins[2]]);
    let ticks = room.step_until(11, |room| room.objects("coin").len() == 3);
    assert_eq!(ticks, 599, "one of the 600 ticks was before");
    // Nobody touches it.
    room.seconds(1);
    assert_eq!(room.objects("coin").len(), 3);
}

#[tokio::test]
async fn a_bot_collects_a_coin_and_sees_it_disappear() {
    let server = serve(Pickups);
    let mut ada = Bot::join(&server, "Ada", "plaza").await;
    let coin = ada.sees_object("coin").await;
    ada.0.steer(Direction::East);
    let collected = ada.wait_for(|connection, _| {
        let client = connection.client();
        let gone = client
            .view()
            .objects()
            .all(|(_, object, _)| object.object != coin);
        let own = client.view().get(client.slot()?)?;
        let coins = own.components.first().map(|(_, bytes)| bytes[0]);
        (gone && coins >= Some(1)).then_some(())
    });
    collected.await;
}

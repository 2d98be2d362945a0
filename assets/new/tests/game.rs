//! Steps the game without a network: a minute takes a moment.

use parlour::testing::TestRoom;

use my_game::{Game, ROUND, RoundOver, Wave, Waves};

#[test]
fn waves_are_counted_and_everyone_sees_them() {
    let mut room = TestRoom::new(Game);
    let ada = room.join("Ada");
    let bob = room.join("Bob");
    let request = room.send(ada, "wave", &Wave);
    room.step();
    assert_eq!(room.answer(ada, request), Some(Ok(())));
    assert_eq!(room.seen::<Waves>(bob, ada), Some(Waves(1)));
}

#[test]
fn a_round_ends_after_a_minute_and_the_next_one_begins_with_zero() {
    let mut room = TestRoom::new(Game);
    let ada = room.join("Ada");
    let bob = room.join("Bob");
    room.send(ada, "wave", &Wave);
    room.seconds(ROUND.as_secs() as u32);
    assert_eq!(room.received::<RoundOver>(bob), [RoundOver { most: 1 }]);
    assert_eq!(room.component::<Waves>(ada), Some(&Waves(0)));
}

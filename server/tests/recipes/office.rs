//! One player sits on a chair, which is free again when the player walks or leaves. Near chats do
//! not leave a quiet zone, and do not enter it.

#[path = "../../examples/office.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use parlour::{
    maps,
    prelude::*,
    testing::{TestObject, TestPlayer, TestRoom},
};
use parlour_client::{Command, Event};
use parlour_shared::message::Scope;

use crate::bots::{Bot, serve_map};
use example::{InZone, NO_CHAIR, Office, Sit, SitsOn};

const OFFICE: &[u8] = include_bytes!("../../examples/maps/office.tmx");
/// The first object of the map.
const CHAIR: ObjectId = ObjectId(1);

/// The office with two players, who reach the first two chairs.
fn office() -> (TestRoom, TestPlayer, TestPlayer, [TestObject; 2]) {
    let map = maps::parse("office", "office.tmx", OFFICE).unwrap();
    let mut room = TestRoom::builder().map(map).plugin(Office).build();
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    room.step();
    let mut chairs = room.objects("chair");
    chairs.sort_by_key(|chair| chair.id());
    (room, ada, bob, [chairs[0], chairs[1]])
}

fn sit(room: &mut TestRoom, player: TestPlayer, chair: TestObject) {
    room.act(player, chair, "sit", &Sit);
    room.step();
}

#[test]
fn one_player_sits_on_a_chair() {
    let (mut room, ada, bob, [chair, other]) = office();
    sit(&mut room, ada, chair);
    assert_eq!(room.owner(chair), Some(ada.id()));
    assert_eq!(room.seen_position(bob, ada), Some(room.position(chair)));
    sit(&mut room, bob, chair);
    assert_eq!(room.refusals(bob), [Refusal::Taken]);
    sit(&mut room, bob, other);
    assert_eq!(room.refusals(bob), []);
    assert_eq!(room.seen(ada, bob), Some(SitsOn(Some(other.id()))));
}

#[test]
fn a_chair_is_free_when_its_sitter_is_gone() {
    type Leave = fn(&mut TestRoom, TestPlayer, TestObject);
    let ways: [Leave; 4] = [
        |room, ada, _| room.walk(ada, Direction::East),
        |room, ada, _| {
            room.leave(ada);
        },
        |room, ada, _| room.close(ada),
        |room, ada, other| sit(room, ada, other),
    ];
    for leave in ways {
        let (mut room, ada, bob, [chair, other]) = office();
        sit(&mut room, ada, chair);
        room.steps(30);
        assert_eq!(room.owner(chair), Some(ada.id()), "it does not move");
        leave(&mut room, ada, other);
        room.steps(3);
        assert_eq!(room.owner(chair), None);
        sit(&mut room, bob, chair);
        assert_eq!(room.owner(chair), Some(bob.id()));
    }
}

#[test]
fn a_player_that_walked_away_sits_no_longer() {
    let (mut room, ada, bob, [chair, _]) = office();
    sit(&mut room, ada, chair);
    room.walk(ada, Direction::East);
    room.steps(2);
    assert_eq!(room.seen(bob, ada), Some(SitsOn(None)));
}

#[test]
fn a_player_is_no_chair() {
    let (mut room, ada, bob, _) = office();
    room.act(ada, bob, "sit", &Sit);
    room.step();
    assert_eq!(room.refusals(ada), [Refusal::Declined { code: NO_CHAIR }]);
}

#[test]
fn near_chats_stay_in_the_quiet_zone_and_outside_of_it() {
    let (mut room, ada, bob, _) = office();
    let library = room.object("quiet_zone");
    // Ada is just inside of the library, and Bob just outside.
    room.place(ada, Position::from_px(430, 256));
    room.place(bob, Position::from_px(400, 256));
    room.steps(2);
    assert_eq!(room.seen(bob, ada), Some(InZone(Some(library.id()))));
    assert_eq!(room.seen(ada, bob), Some(InZone(None)));
    for (speaker, other) in [(ada, bob), (bob, ada)] {
        room.say_near(speaker, "psst");
        room.step();
        assert_eq!((room.chats(speaker).len(), room.chats(other).len()), (1, 0));
    }
    // Chats to the room are for all.
    room.say(ada, "lunch!");
    room.step();
    assert_eq!(room.chats(bob).len(), 1);
    // Inside, they hear each other.
    room.place(bob, Position::from_px(450, 256));
    room.steps(2);
    room.say_near(ada, "psst");
    room.step();
    assert_eq!(room.chats(bob).len(), 1);
}

#[tokio::test]
async fn bots_share_a_chair() {
    let server = serve_map("office", OFFICE, Office);
    let mut ann = Bot::join(&server, "ann", "office").await;
    let mut bob = Bot::join(&server, "bob", "office").await;
    ann.sees_object("chair").await;
    bob.sees_object("chair").await;
    let chair = CHAIR;
    ann.act(chair, "sit", &Sit).await.unwrap();
    assert_eq!(bob.act(chair, "sit", &Sit).await, Err(Refusal::Taken));
    let owner_of_chair = |bob: &parlour_client::Connection| {
        let mut objects = bob.client().view().objects();
        let (_, object, _) = objects.find(|(_, object, _)| object.object == chair)?;
        Some(object.owner)
    };
    let ann_id = ann.id();
    bob.wait_for(|bob, _| owner_of_chair(bob)?.filter(|owner| *owner == ann_id))
        .await;
    ann.0.send(Command::walk(Direction::North)).await.unwrap();
    bob.wait_for(|bob, _| owner_of_chair(bob)?.is_none().then_some(()))
        .await;
    bob.act(chair, "sit", &Sit).await.unwrap();
    // Outside of quiet zones, those nearby hear each other.
    let text = "psst".to_owned();
    let scope = Scope::Near;
    ann.ask(Command::Say { scope, text }).await.unwrap();
    let heard = bob.wait_for(|_, event| match event {
        Event::Chat(said) => Some(said.text.clone()),
        _ => None,
    });
    assert_eq!(heard.await, "psst");
}

//! What spectators see and hear, and what they may not do.

use std::{io::Write as _, net::TcpStream};

use parlour_client::{Command, Event};
use parlour_shared::{
    ids::Slot,
    message::{Refusal, StateWrite},
    motion::Direction,
};
use parlour_testing::eventually;

use crate::support::{PlaybackServer, RECORDING, Spectator};

#[test]
fn a_walk_is_seen_as_it_was_at_every_tick() {
    let server = PlaybackServer::paused_at(20);
    let mut spectator = Spectator::in_room(&server, "plaza");
    spectator.check(&RECORDING);
    assert_eq!(
        spectator.tick().0,
        20,
        "a spectator that joins while playback is paused sees that tick"
    );
    let entered = &spectator.client().room().unwrap().entered;
    assert_eq!((entered.slot, entered.interest_px), (Slot::NOBODY, None));
    server.order("/play");
    assert!(
        spectator.check_until(&RECORDING, 120) >= 3,
        "turns are reported at their ticks"
    );
    let moved = RECORDING.players("plaza", spectator.tick())
        != RECORDING.players("plaza", parlour_shared::ids::Tick(20));
    assert!(moved, "there was something to see");
}

#[test]
fn spectators_receive_the_chats() {
    let server = PlaybackServer::paused_at(190);
    let mut spectator = Spectator::in_room(&server, "plaza");
    server.order("/play");
    let said = spectator.until(|event| match event {
        Event::Chat(said) => Some(said.clone()),
        _ => None,
    });
    assert_eq!(
        (said.name.as_str(), said.text.as_str()),
        ("bob b", "good morning")
    );
    assert_eq!((said.player, said.tick.0), (RECORDING.id("bob b"), 200));
}

#[test]
fn several_spectators_watch_different_rooms() {
    let server = PlaybackServer::paused_at(RECORDING.door() + 50);
    let mut one = Spectator::in_room(&server, "plaza");
    let mut other = Spectator::in_room(&server, "garden");
    let mut third = Spectator::in_room(&server, "plaza");
    assert_eq!(server.look()["spectators"], 3);
    server.order("/play");
    let until = RECORDING.door() + 120;
    for spectator in [&mut one, &mut other, &mut third] {
        spectator.check_until(&RECORDING, until);
    }
    drop(other);
    eventually("one is gone", || server.look()["spectators"] == 2);
    // Another room, while it plays.
    one.send(Command::Join {
        room: "garden".into(),
    });
    one.until(|event| matches!(event, Event::Left(_)).then_some(()));
    one.until(|event| matches!(event, Event::Entered).then_some(()));
    one.until(|event| matches!(event, Event::Snapshot { .. }).then_some(()));
    one.check(&RECORDING);
}

#[test]
fn the_past_cannot_be_changed() {
    let server = PlaybackServer::paused_at(50);
    let mut spectator = Spectator::new(&server);
    let welcome = spectator.client().welcome().unwrap();
    assert_eq!((welcome.name.as_str(), welcome.tick.0), ("spectator", 50));
    assert_eq!(welcome.maps, ["garden", "plaza"]);
    let join = |room: &str| Command::Join { room: room.into() };
    for room in ["plaza/elsewhere", "garden", "nowhere", ""] {
        assert_eq!(spectator.refused(join(room)), Refusal::NoSuchRoom, "{room}");
    }
    spectator.enter("plaza");
    let too_many = spectator.refused(join("plaza"));
    assert!(matches!(too_many, Refusal::RateLimited { .. }), "{too_many:?}");
    spectator.send(Command::Leave);
    spectator.until(|event| matches!(event, Event::Left(_)).then_some(()));
    assert_eq!(spectator.refused(Command::Leave), Refusal::NotInRoom);

    let mut spectator = Spectator::in_room(&server, "plaza");
    assert_eq!(spectator.refused(join("plaza")), Refusal::AlreadyThere);
    assert_eq!(spectator.refused(Command::say("hello?")), Refusal::NotInRoom);
    assert_eq!(
        spectator.refused(Command::SetSkin { skin: 0 }),
        Refusal::NotInRoom
    );
    let writes = vec![StateWrite::default()];
    assert_eq!(
        spectator.refused(Command::SetState { writes }),
        Refusal::NotInRoom
    );
    let (name, body) = ("x".into(), Vec::new());
    assert_eq!(
        spectator.refused(Command::Custom { name, body }),
        Refusal::NotInRoom
    );
    spectator.send(Command::walk(Direction::East));
    server.order("/play");
    spectator.check_until(&RECORDING, 150);
    spectator.send(Command::Leave);
    spectator.until(|event| matches!(event, Event::Left(_)).then_some(()));
    assert_eq!(
        server.look()["ended"],
        serde_json::Value::Null,
        "the world is the recorded one"
    );
}

#[test]
fn by_hand_it_is_json() {
    let server = PlaybackServer::paused_at(150);
    let address = server.inner.listen_addr();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(std::time::Duration::from_secs(30)))
        .unwrap();
    let mut client = crate::support::Json::upgrade(&mut stream);
    client.say(r#"{"hello": {"protocol": 1}}"#);
    assert_eq!(client.wait("welcome")["tick"], 150);
    client.say(r#"{"join": {"room": "plaza"}}"#);
    assert_eq!(client.wait("room_entered")["map"]["name"], "plaza");
    let snapshot = client.wait("snapshot");
    let names: Vec<&str> = snapshot["enters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|enter| enter["name"].as_str().unwrap())
        .collect();
    assert_eq!((names.len(), &snapshot["tick"]), (2, &150.into()));
    client.say(r#"{"chat": {"request": 9, "text": "hello"}}"#);
    let refused = client.wait("refused");
    assert_eq!(
        (&refused["request"], &refused["refusal"]),
        (&9.into(), &"not_in_room".into())
    );
    server.order("/play");
    assert_eq!(client.wait("chat")["text"], "good morning");
    stream.flush().unwrap();
}

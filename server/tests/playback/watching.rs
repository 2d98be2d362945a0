//! What spectators receive, and which requests are refused.

use parlour_client::{Command, Event};
use parlour_shared::{
    ids::{Slot, Tick},
    message::{Refusal, StateWrite},
    motion::Direction,
};
use parlour_testing::eventually;

use crate::{
    known_recording::RECORDING,
    playback_server::PlaybackServer,
    spectator::Spectator,
    support::{http, raw_client::RawClient},
};

#[test]
fn spectators_see_a_walk_as_it_was_recorded() {
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
    server.post("/play");
    assert!(
        spectator.check_until(&RECORDING, 120) >= 3,
        "turns are reported at their ticks"
    );
    let moved = RECORDING.players("plaza", spectator.tick()) != RECORDING.players("plaza", Tick(20));
    assert!(moved, "a player moved meanwhile");
}

#[test]
fn spectators_receive_the_chats() {
    let server = PlaybackServer::paused_at(190);
    let mut spectator = Spectator::in_room(&server, "plaza");
    server.post("/play");
    let said = spectator.wait_for(|event| match event {
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
    let server = PlaybackServer::paused_at(RECORDING.door_tick() + 50);
    let mut first = Spectator::in_room(&server, "plaza");
    let mut second = Spectator::in_room(&server, "garden");
    let mut third = Spectator::in_room(&server, "plaza");
    assert_eq!(server.status()["spectators"], 3);
    server.post("/play");
    let until = RECORDING.door_tick() + 120;
    for spectator in [&mut first, &mut second, &mut third] {
        spectator.check_until(&RECORDING, until);
    }
    drop(second);
    eventually("two spectators remain", || server.status()["spectators"] == 2);
    // Changes the room during playback.
    first.send(Command::join("garden"));
    first.wait_for_left();
    first.wait_for_entered();
    first.wait_for_snapshot();
    first.check(&RECORDING);
}

#[test]
fn requests_that_would_change_the_recorded_world_are_refused() {
    let server = PlaybackServer::paused_at(50);
    let mut spectator = Spectator::new(&server);
    let welcome = spectator.client().welcome().unwrap();
    assert_eq!(welcome.name, "spectator");
    assert_eq!(welcome.room_types, ["garden", "plaza"]);
    let join = |room: &str| Command::join(room);
    for room in ["plaza/elsewhere", "garden", "nowhere", ""] {
        assert_eq!(spectator.refusal(join(room)), Refusal::NoSuchRoom, "{room}");
    }
    spectator.join("plaza");
    let too_many = spectator.refusal(join("plaza"));
    assert!(matches!(too_many, Refusal::RateLimited { .. }), "{too_many:?}");
    spectator.send(Command::Leave);
    spectator.wait_for_left();
    assert_eq!(spectator.refusal(Command::Leave), Refusal::NotInRoom);

    let mut spectator = Spectator::in_room(&server, "plaza");
    assert_eq!(spectator.refusal(join("plaza")), Refusal::AlreadyThere);
    assert_eq!(spectator.refusal(Command::say("hello?")), Refusal::NotInRoom);
    assert_eq!(
        spectator.refusal(Command::SetSkin { skin: 0 }),
        Refusal::NotInRoom
    );
    let writes = vec![StateWrite::default()];
    assert_eq!(
        spectator.refusal(Command::SetState { writes }),
        Refusal::NotInRoom
    );
    let (name, body) = ("x".into(), Vec::new());
    assert_eq!(
        spectator.refusal(Command::Custom { name, body }),
        Refusal::NotInRoom
    );
    spectator.send(Command::walk(Direction::East));
    server.post("/play");
    spectator.check_until(&RECORDING, 150);
    spectator.send(Command::Leave);
    spectator.wait_for_left();
    assert!(!server.has_ended(), "the world still reaches the recorded states");
}

#[test]
fn a_spectator_can_use_json() {
    let server = PlaybackServer::paused_at(150);
    let stream = http::connect(server.inner.listen_addr());
    let mut client = RawClient::upgrade(stream, "parlour.v1.json");
    client.send_text(r#"{"hello": {"protocol": 1}}"#);
    assert_eq!(client.wait_for_json("welcome", |_| true)["name"], "spectator");
    client.send_text(r#"{"join": {"room": "plaza"}}"#);
    assert_eq!(
        client.wait_for_json("room_entered", |_| true)["map"]["name"],
        "plaza"
    );
    let snapshot = client.wait_for_json("snapshot", |_| true);
    let names: Vec<&str> = snapshot["enters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|enter| enter["identity"]["player"]["name"].as_str().unwrap())
        .collect();
    assert_eq!((names.len(), &snapshot["tick"]), (2, &150.into()));
    client.send_text(r#"{"chat": {"request": 9, "text": "hello"}}"#);
    let refused = client.wait_for_json("refused", |_| true);
    assert_eq!(
        (&refused["request"], &refused["refusal"]),
        (&9.into(), &"not_in_room".into())
    );
    server.post("/play");
    assert_eq!(client.wait_for_json("chat", |_| true)["text"], "good morning");
}

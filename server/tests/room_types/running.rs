//! Room types on a running server, and the list of its worlds.

use std::io::{Read as _, Write as _};

use bevy_app::App;
use parlour::RoomType;
use parlour_shared::message::{ClientMessage, Join, JoinMode, Property, Refusal, ServerMessage};
use parlour_sim::OptionSpec;
use parlour_testing::eventually;
use serde_json::Value;

use crate::support::{
    http,
    raw_client::RawClient,
    test_server::{TestServer, start_with},
};

/// Returns a server with a quiet type in the shared world, and a game with its own worlds.
fn start() -> TestServer {
    start_with(|options| {
        options.room_types = vec![
            RoomType::new("office")
                .map("plaza")
                .rules(|rules| rules.capacity = 1),
            RoomType::new("tag")
                .map("plaza")
                .plugins(|_: &mut App| {})
                .rules(|rules| rules.empty_ticks = 1)
                .option(OptionSpec::one_of("mode", ["classic"]))
                .own_world(),
        ];
    })
}

/// Returns the worlds that the admin port lists.
fn worlds(server: &TestServer) -> Vec<Value> {
    let answer = server.get_admin("/worlds");
    let (head, body) = http::head_and_body(&answer);
    assert!(head.contains("application/json"), "{head}");
    let node: Value = serde_json::from_str(body).unwrap();
    node["worlds"].as_array().unwrap().clone()
}

/// Returns the names of the worlds.
fn names(server: &TestServer) -> Vec<String> {
    let worlds = worlds(server);
    worlds
        .iter()
        .map(|world| world["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Sends a `POST` to the admin port. Returns the answer.
fn post(server: &TestServer, path: &str) -> String {
    let request =
        format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    let mut stream = server.connect_admin();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a join, and returns the refusal, or `None` if the player entered the room.
fn join(client: &mut RawClient, join: Join) -> Option<Refusal> {
    client.send(&ClientMessage::Join(join));
    client.wait_for(|message| match message {
        ServerMessage::RoomEntered(_) => Some(None),
        ServerMessage::Refused(refused) => Some(Some(refused.refusal)),
        _ => None,
    })
}

#[test]
fn a_type_without_code_is_in_the_shared_world_with_its_own_rules() {
    let server = start();
    let (mut ann, mut bob) = (server.player("ann"), server.player("bob"));
    assert_eq!(join(&mut ann, Join::room(1, "office")), None);
    assert_eq!(join(&mut bob, Join::room(1, "office")), Some(Refusal::RoomFull));
    assert_eq!(join(&mut bob, Join::room(2, "plaza")), None);
    eventually("both rooms are listed", || {
        let worlds = worlds(&server);
        let rooms = worlds[0]["rooms"].as_array().unwrap();
        let room = |at: usize, field: &str| rooms.get(at).map(|room| room[field].clone());
        worlds.len() == 1
            && worlds[0]["name"] == "main"
            && worlds[0]["type"].is_null()
            && room(0, "name") == Some("office".into())
            && room(0, "type") == Some("office".into())
            && room(0, "players") == Some(1.into())
            && room(0, "capacity") == Some(1.into())
            && room(1, "name") == Some("plaza".into())
            && room(1, "capacity") == Some(1000.into())
    });
    eventually("the figures of the world are listed", || {
        let main = &worlds(&server)[0];
        main["players"] == 2 && main["tick"].as_u64() > Some(60) && main["output_bytes"].as_u64() > Some(0)
    });
    server.await_metric("parlour_type_players{type=\"office\"}", 1.0);
    server.await_metric("parlour_type_rooms{type=\"plaza\"}", 1.0);
    server.await_metric("parlour_type_worlds{type=\"(main)\"}", 1.0);
}

#[test]
fn a_room_with_its_own_world_is_listed_until_it_is_empty() {
    let server = start();
    let mut ann = server.player("ann");
    assert_eq!(join(&mut ann, Join::room(1, "tag/7")), None);
    // The list may be a little older than the room.
    eventually("the world is listed", || {
        names(&server) == ["main", "tag.7"] && worlds(&server)[1]["state"] == "running"
    });
    let tag = &worlds(&server)[1];
    assert_eq!(
        (&tag["type"], &tag["own"], &tag["state"]),
        (&"tag".into(), &true.into(), &"running".into())
    );
    server.await_metric("parlour_type_worlds{type=\"tag\"}", 1.0);
    let history = post(&server, "/history/download?world=tag.7");
    assert_eq!(http::status_of(&history), 200, "{history}");
    ann.send(&ClientMessage::Leave { request: 2 });
    eventually("the world is over", || names(&server) == ["main"]);
    server.await_metric("parlour_worlds_ended_total{type=\"tag\"}", 1.0);
}

#[test]
fn options_of_a_type_are_checked_when_a_room_is_created() {
    let server = start();
    let mut ann = server.player("ann");
    let with_mode = |request, mode: &str| Join {
        request,
        room: "tag".to_owned(),
        mode: JoinMode::New,
        options: vec![Property {
            key: "mode".to_owned(),
            value: mode.to_owned(),
        }],
        ticket: None,
    };
    assert_eq!(join(&mut ann, with_mode(1, "wild")), Some(Refusal::BadOptions));
    assert_eq!(join(&mut ann, with_mode(2, "classic")), None);
}

#[test]
fn the_welcome_lists_all_room_types() {
    let server = start();
    let welcome = server.websocket("parlour.v1").hello("ann");
    assert_eq!(welcome.room_types, ["office", "plaza", "tag"]);
}

#[test]
fn a_world_that_runs_is_rebuilt_on_request_with_its_players() {
    let server = start();
    let mut ann = server.player("ann");
    assert_eq!(join(&mut ann, Join::room(1, "tag/7")), None);
    eventually("the world is listed", || names(&server) == ["main", "tag.7"]);
    for (at, name) in ["main", "tag.7"].into_iter().enumerate() {
        let answer = post(&server, &format!("/worlds/{name}/restart"));
        assert_eq!(http::status_of(&answer), 200, "{answer}");
        eventually("the world runs again", || {
            let world = &worlds(&server)[at];
            world["restarts"] == 1 && world["state"] == "running" && world["panics"] == 0
        });
    }
    // The restored world still has the player in the room.
    assert_eq!(
        join(&mut ann, Join::room(2, "tag/7")),
        Some(Refusal::AlreadyThere)
    );
    server.await_metric("parlour_world_restarts_total{type=\"tag\"}", 1.0);
}

#[test]
fn paths_of_unknown_worlds_are_answered_with_404() {
    let server = start();
    server.await_ready();
    eventually("the main world is listed", || names(&server) == ["main"]);
    let post = |path: &str| post(&server, path);
    let answer = post("/history?world=mian");
    assert_eq!(http::status_of(&answer), 404, "{answer}");
    assert!(answer.contains("did you mean `main`?"), "{answer}");
    assert_eq!(http::status_of(&post("/history/download?world=zoo")), 404);
    assert_eq!(http::status_of(&post("/history/download?world=main")), 200);
    assert_eq!(http::status_of(&server.get_admin("/worlds/main/restart")), 405);
    let answer = post("/worlds/mian/restart");
    assert_eq!(http::status_of(&answer), 404, "{answer}");
    assert!(answer.contains("did you mean `main`?"), "{answer}");
    assert_eq!(http::status_of(&post("/worlds/main")), 404);
}

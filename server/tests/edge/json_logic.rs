//! JSON clients send and receive the messages and components of game logic as JSON.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour::RoomType;
use parlour_shared::message::{Body, ServerMessage};
use parlour_sim::{
    ActionOn, Answer, FromPlayer, Logic, ObjectKind, Objects, Player, Reach, RoomEvent, SimulationApp as _,
    StepSet, TickSchedule, ToPlayers,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::{
    raw_client::RawClient,
    test_server::{TestServer, start_with},
};

#[derive(Clone, Serialize, Deserialize)]
struct Wave {
    times: u8,
}

#[derive(Clone, Serialize, Deserialize)]
struct Waved {
    times: u8,
    mood: Mood,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mood {
    Calm,
    Wild { arms: u8 },
}

#[derive(Component, Default, Serialize, Deserialize)]
struct Waves {
    count: u32,
}

#[derive(Clone, Serialize, Deserialize)]
struct Paint {
    colour: String,
}

#[derive(Component, Serialize, Deserialize)]
struct Colour {
    name: String,
}

#[derive(Component, Serialize, Deserialize)]
struct Round {
    number: u32,
}

fn waving(app: &mut App) {
    app.player_message::<Wave>("wave")
        .client_message::<Waved>("waved")
        .replicate::<Waves>("waves")
        .replicate_room::<Round>("round")
        .object_kind(ObjectKind::new("board").with::<Colour>("colour"))
        .player_action::<Paint>("paint", Reach::px(10_000).through_walls());
    app.register_required_components::<Player, Waves>();
    app.add_systems(
        TickSchedule,
        (furnish, wave, paint).chain().in_set(StepSet::Simulate),
    );
}

fn furnish(mut events: MessageReader<RoomEvent>, mut commands: Commands, mut objects: Objects) {
    for event in events.read() {
        if let RoomEvent::Created { room } = *event {
            commands.entity(room).insert(Round { number: 1 });
            let position = parlour_shared::motion::Position::from_px(500, 500);
            let board = objects.spawn(room, "board", position);
            board.unwrap().insert(Colour { name: "white".into() });
        }
    }
}

fn wave(
    mut waves: MessageReader<FromPlayer<Wave>>,
    mut waved: MessageWriter<ToPlayers<Waved>>,
    mut answers: MessageWriter<Answer<Wave>>,
    mut players: Query<&mut Waves>,
) {
    for wave in waves.read() {
        let times = wave.message.times;
        players.get_mut(wave.player).unwrap().count += u32::from(times);
        let mood = if times > 3 {
            Mood::Wild { arms: 2 }
        } else {
            Mood::Calm
        };
        waved.write(ToPlayers::near(wave.player, Waved { times, mood }).from(wave.player));
        answers.write(wave.accept());
    }
}

fn paint(
    mut paints: MessageReader<ActionOn<Paint>>,
    mut answers: MessageWriter<Answer<Paint>>,
    mut boards: Query<&mut Colour>,
) {
    for paint in paints.read() {
        boards
            .get_mut(paint.target)
            .unwrap()
            .name
            .clone_from(&paint.message.colour);
        answers.write(paint.accept());
    }
}

fn server() -> TestServer {
    start_with(|options| options.logic = Logic::new(waving))
}

fn json_player(server: &TestServer, name: &str) -> RawClient {
    let mut client = server.websocket("parlour.v1.json");
    client.hello_in_json(name);
    client
}

/// Finds the entry of an enter or an update that has this component.
fn component<'a>(snapshot: &'a Value, list: &str, name: &str) -> Option<&'a Value> {
    let entries = snapshot[list].as_array().unwrap();
    entries.iter().find_map(|entry| entry["components"].get(name))
}

#[test]
fn messages_and_components_of_game_logic_are_json() {
    let server = server();
    let mut ann = json_player(&server, "ann");
    ann.send_text(r#"{"join":{"request":1,"room":"plaza"}}"#);
    ann.wait_for_json("room_entered", |_| true);
    ann.wait_for_json("snapshot", |snapshot| {
        component(snapshot, "enters", "waves") == Some(&json!({"count": 0}))
    });
    ann.send_text(r#"{"custom":{"request":2,"name":"wave","body":{"times":3}}}"#);
    let waved = ann.wait_for_json("custom", |_| true);
    assert_eq!(waved["name"], "waved");
    assert_eq!(waved["body"], json!({"times": 3, "mood": "calm"}));
    ann.wait_for_json("snapshot", |snapshot| {
        component(snapshot, "updates", "waves") == Some(&json!({"count": 3}))
    });
    ann.send_text(r#"{"custom":{"request":3,"name":"wave","body":{"times":4}}}"#);
    let waved = ann.wait_for_json("custom", |_| true);
    assert_eq!(waved["body"]["mood"], json!({"wild": {"arms": 2}}));
}

#[test]
fn objects_and_rooms_have_json_components_and_actions_json_details() {
    let server = server();
    let mut ann = json_player(&server, "ann");
    ann.send_text(r#"{"join":{"request":1,"room":"plaza"}}"#);
    let changed = ann.wait_for_json("state_changed", |_| true);
    assert_eq!(changed["entries"][0]["key"], "round");
    assert_eq!(changed["entries"][0]["value"], r#"{"number":1}"#);
    let snapshot = ann.wait_for_json("snapshot", |snapshot| {
        component(snapshot, "enters", "colour") == Some(&json!({"name": "white"}))
    });
    let enters = snapshot["enters"].as_array().unwrap();
    let board = enters
        .iter()
        .find_map(|enter| enter["identity"].get("object"))
        .unwrap();
    let act = json!({"act": {
        "request": 2, "target": {"object": board["object"]}, "name": "paint", "body": {"colour": "red"},
    }});
    ann.send_text(&act.to_string());
    ann.wait_for_json("snapshot", |snapshot| {
        component(snapshot, "updates", "colour") == Some(&json!({"name": "red"}))
    });
    // A client that comes later has the state from the start.
    let mut bob = json_player(&server, "bob");
    bob.send_text(r#"{"join":{"request":1,"room":"plaza"}}"#);
    let entered = bob.wait_for_json("room_entered", |_| true);
    assert_eq!(entered["state"][0]["value"], r#"{"number":1}"#);
}

#[test]
fn a_bad_body_is_refused_with_a_sentence_and_an_unknown_name_without() {
    let server = server();
    let mut ann = json_player(&server, "ann");
    ann.send_text(r#"{"join":{"request":1,"room":"plaza"}}"#);
    for (text, refusal) in [
        (
            r#"{"custom":{"request":5,"name":"wave","body":{"times":"many"}}}"#,
            json!({"bad_body": {"reason": "`times` must be a whole number from 0 to 255, not text"}}),
        ),
        (
            r#"{"custom":{"request":5,"name":"wave"}}"#,
            json!({"bad_body": {"reason": "the body must be an object with fields, not null"}}),
        ),
        (
            r#"{"custom":{"request":5,"name":"weave","body":{"times":1}}}"#,
            json!("unknown_message"),
        ),
    ] {
        ann.send_text(text);
        let refused = ann.wait_for_json("refused", |refused| refused["request"] == 5);
        assert_eq!(refused["refusal"], refusal, "{text}");
    }
}

#[test]
fn a_binary_client_may_send_json_and_receives_binary() {
    let server = server();
    let mut ann = server.player_in_plaza("ann");
    let custom = parlour_shared::message::Custom {
        request: 2,
        name: "wave".into(),
        body: Body::Json(r#"{"times":3}"#.into()),
    };
    ann.send(&parlour_shared::message::ClientMessage::Custom(custom));
    let said = ann.wait_for(|message| match message {
        ServerMessage::Custom(said) => Some(said),
        _ => None,
    });
    assert_eq!(said.body, Body::Bytes(vec![3, 0]));
}

/// A type that has the names of [`waving`] with different types.
fn counting(app: &mut App) {
    #[derive(Clone, Serialize, Deserialize)]
    struct Wave(Vec<u16>);

    #[derive(Component, Default, Serialize, Deserialize)]
    struct Waves(String);

    fn wave(
        mut waves: MessageReader<FromPlayer<Wave>>,
        mut waved: MessageWriter<ToPlayers<Wave>>,
        mut players: Query<&mut Waves>,
    ) {
        for wave in waves.read() {
            players.get_mut(wave.player).unwrap().0 = format!("{} waves", wave.message.0.len());
            waved.write(ToPlayers::one(wave.player, wave.message.clone()));
        }
    }

    app.player_message::<Wave>("wave")
        .client_message::<Wave>("waved")
        .replicate::<Waves>("waves");
    app.register_required_components::<Player, Waves>();
    app.add_systems(TickSchedule, wave.in_set(StepSet::Simulate));
}

#[test]
fn a_name_has_the_type_of_the_room_type_in_which_the_player_is() {
    let server = start_with(|options| {
        options.logic = Logic::new(waving);
        options
            .room_types
            .push(RoomType::new("count").map("plaza").plugins(counting));
    });
    let mut ann = json_player(&server, "ann");
    for (request, room, body, waved, waves) in [
        (
            1,
            "plaza",
            json!({"times": 3}),
            json!({"times": 3, "mood": "calm"}),
            json!({"count": 3}),
        ),
        (2, "count", json!([300, 7]), json!([300, 7]), json!("2 waves")),
        (
            3,
            "plaza",
            json!({"times": 1}),
            json!({"times": 1, "mood": "calm"}),
            json!({"count": 1}),
        ),
    ] {
        // The message follows the join immediately, and is read where the join leads.
        ann.send_text(&json!({"join": {"request": request, "room": room}}).to_string());
        ann.send_text(&json!({"custom": {"request": 9, "name": "wave", "body": body}}).to_string());
        ann.wait_for_json("room_entered", |entered| entered["room_type"] == room);
        let said = ann.wait_for_json("custom", |_| true);
        assert_eq!(said["body"], waved, "{room}");
        ann.wait_for_json("snapshot", |snapshot| {
            let value = component(snapshot, "enters", "waves").or(component(snapshot, "updates", "waves"));
            value == Some(&waves)
        });
    }
}

#[test]
fn the_admin_port_describes_the_types_of_a_room_type() {
    let server = start_with(|options| {
        options.logic = Logic::new(waving);
        options
            .room_types
            .push(RoomType::new("count").map("plaza").plugins(counting));
    });
    server.await_ready();
    let answer = server.get_admin("/types/plaza.d.ts");
    for line in [
        "export interface PlayerMessages {\n  wave: { times: number };\n}",
        "export interface PlayerActions {\n  paint: { colour: string };\n}",
        r#"  waved: { times: number; mood: "calm" | { wild: { arms: number } } };"#,
        "export interface RoomComponents {\n  round: { number: number };\n}",
        "  board: {\n    colour?: { name: string };\n  };\n  player: {\n    waves?: { count: number };\n  };",
    ] {
        assert!(answer.contains(line), "{line}\n{answer}");
    }
    let answer = server.get_admin("/types/count.d.ts");
    assert!(answer.contains("  wave: Array<number>;"), "{answer}");
    let answer = server.get_admin("/types/plaza.json");
    let json = &answer[answer.find("\r\n\r\n").unwrap()..];
    let json: Value = serde_json::from_str(json.trim()).unwrap();
    assert_eq!(json["declarations"][0]["role"], "player_message");
    assert_eq!(
        json["declarations"][0]["shape"],
        json!({"struct": [{"name": "times", "shape": "u8"}]})
    );
    for (path, advice) in [
        ("/types/plazza.d.ts", "did you mean plaza?"),
        ("/types/plaza", "the path is /types/NAME.d.ts or /types/NAME.json"),
    ] {
        let answer = server.get_admin(path);
        assert!(
            answer.starts_with("HTTP/1.1 404") && answer.contains(advice),
            "{answer}"
        );
    }
}

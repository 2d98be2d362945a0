//! The JSON protocol, as a person would type it.

use serde_json::{Value, json};

use parlour_shared::websocket::OpCode;

use crate::support::{Client, Got, start};

fn send(client: &mut Client, message: &Value) {
    client.frame(OpCode::Text, message.to_string().as_bytes());
}

/// Waits for a message of a kind whose body `has` accepts.
fn wait(client: &mut Client, kind: &str, has: impl Fn(&Value) -> bool) -> Value {
    loop {
        let Got::Text(text) = client.next() else {
            panic!("not text")
        };
        let message: Value = serde_json::from_str(&text).unwrap();
        if let Some(body) = message.get(kind).filter(|body| has(body)) {
            return body.clone();
        }
    }
}

#[test]
fn walk_and_chat_by_hand() {
    let server = start();
    let mut ann = server.websocket("parlour.v1.json");
    send(&mut ann, &json!({"hello": {"protocol": 1, "name": "ann"}}));
    let welcome = wait(&mut ann, "welcome", |_| true);
    assert_eq!(welcome["name"], "ann");
    assert_eq!(welcome["maps"], json!(["plaza"]));
    send(&mut ann, &json!({"join": {"room": "plaza"}}));
    let entered = wait(&mut ann, "room_entered", |_| true);
    let slot = &entered["slot"];
    let of_slot = |list: &Value, slot: &Value| {
        let list = list.as_array().unwrap();
        list.iter().find(|entry| entry["slot"] == *slot).cloned()
    };
    let snapshot = wait(&mut ann, "snapshot", |snapshot| {
        of_slot(&snapshot["enters"], slot).is_some()
    });
    assert_eq!(snapshot["base"], Value::Null);

    let mut bob = server.player("bob");
    let entered = bob.join("plaza");
    let bob_slot = json!(entered.slot);
    wait(&mut ann, "snapshot", |snapshot| {
        of_slot(&snapshot["enters"], &bob_slot).is_some_and(|enter| enter["name"] == "bob")
    });
    send(&mut ann, &json!({"move": {"direction": "east"}}));
    let moved = wait(&mut ann, "snapshot", |snapshot| {
        of_slot(&snapshot["updates"], slot).is_some()
    });
    let update = of_slot(&moved["updates"], slot).unwrap();
    assert!(update["segment"].is_object(), "{update}");

    send(&mut ann, &json!({"chat": {"text": "hello"}}));
    let said = wait(&mut ann, "chat", |_| true);
    assert_eq!((&said["text"], &said["name"]), (&json!("hello"), &json!("ann")));
    send(&mut ann, &json!({"ping": {"nonce": 7}}));
    assert_eq!(wait(&mut ann, "pong", |_| true)["nonce"], 7);
    send(&mut ann, &json!("bye"));
    assert_eq!(ann.closed(), 1000);
}

//! The JSON protocol, typed by hand.

use serde_json::{Value, json};

use crate::support::test_server::start;

#[test]
fn a_session_can_be_played_in_json() {
    let server = start();
    let mut ann = server.websocket("parlour.v1.json");
    ann.send_text(r#"{"hello": {"protocol": 1, "name": "ann"}}"#);
    let welcome = ann.wait_for_json("welcome", |_| true);
    assert_eq!(welcome["name"], "ann");
    assert_eq!(welcome["room_types"], json!(["plaza"]));
    ann.send_text(r#"{"join": {"room": "plaza"}}"#);
    let entered = ann.wait_for_json("room_entered", |_| true);
    let slot = &entered["slot"];
    let of_slot = |list: &Value, slot: &Value| {
        let list = list.as_array().unwrap();
        list.iter().find(|entry| entry["slot"] == *slot).cloned()
    };
    let snapshot = ann.wait_for_json("snapshot", |snapshot| {
        of_slot(&snapshot["enters"], slot).is_some()
    });
    assert_eq!(snapshot["base"], Value::Null);

    let mut bob = server.player("bob");
    let entered = bob.join("plaza");
    let bob_slot = json!(entered.slot);
    ann.wait_for_json("snapshot", |snapshot| {
        of_slot(&snapshot["enters"], &bob_slot)
            .is_some_and(|enter| enter["identity"]["player"]["name"] == "bob")
    });
    ann.send_text(r#"{"move": {"direction": "east"}}"#);
    let moved = ann.wait_for_json("snapshot", |snapshot| {
        of_slot(&snapshot["updates"], slot).is_some()
    });
    let update = of_slot(&moved["updates"], slot).unwrap();
    assert!(update["segment"].is_object(), "{update}");

    ann.send_text(r#"{"chat": {"text": "hello"}}"#);
    let said = ann.wait_for_json("chat", |_| true);
    assert_eq!((&said["text"], &said["name"]), (&json!("hello"), &json!("ann")));
    ann.send_text(r#"{"ping": {"nonce": 7}}"#);
    assert_eq!(ann.wait_for_json("pong", |_| true)["nonce"], 7);
    ann.send_text(r#""bye""#);
    assert_eq!(ann.close_code(), 1000);
}

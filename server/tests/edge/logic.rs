//! A server with your own game logic: its messages work, and clients see its components.

use parlour_shared::{
    codec,
    message::{Body, ClientMessage, Custom, Refusal, ServerMessage},
    snapshot::Snapshot,
};
use parlour_sim::Logic;

use crate::{
    mood::{HAS_NO_MOOD, MoodPlugin, SetMood},
    support::{Client, Got, start, start_with},
};

fn set_mood(client: &mut Client, request: u32, mood: Option<u8>) {
    let mut body = Vec::new();
    codec::encode(&SetMood { mood }, &mut body);
    let name = "set_mood".into();
    let custom = Custom {
        request,
        name,
        body: Body(body),
    };
    client.say(&ClientMessage::Custom(custom));
}

/// Returns the request of the next answer, and its refusal. `None`: it was accepted.
fn answer(client: &mut Client) -> (u32, Option<Refusal>) {
    client.wait(|message| match message {
        ServerMessage::Accepted(accepted) => Some((accepted.request, None)),
        ServerMessage::Refused(refused) => Some((refused.request, Some(refused.refusal))),
        _ => None,
    })
}

#[test]
fn plugins_given_to_the_server_are_part_of_its_world() {
    let server = start_with(|options| {
        options.logic = Logic::new(|app| {
            app.add_plugins(MoodPlugin);
        });
    });
    let mut ann = server.websocket("parlour.v1");
    assert_eq!(ann.hello("ann").extras, ["mood"]);
    let mut bob = server.player("bob");
    let slot = ann.join("plaza").slot;
    set_mood(&mut ann, 5, None);
    let declined = Refusal::Declined { code: HAS_NO_MOOD };
    assert_eq!(answer(&mut ann), (5, Some(declined)));
    set_mood(&mut ann, 6, Some(7));
    assert_eq!(answer(&mut ann), (6, None));

    // Bob sees Ann's mood.
    bob.join("plaza");
    let extras = loop {
        let Got::Binary(payload) = bob.next() else {
            continue;
        };
        let mut snapshot = Snapshot::default();
        if snapshot.read(&payload).is_ok()
            && let Some(enter) = snapshot.enters.iter().find(|enter| enter.slot == slot)
        {
            break enter.extras.clone();
        }
    };
    assert_eq!(extras.len(), 1);
    assert_eq!(extras[0].0, 0, "the first declared component");
}

#[test]
fn without_plugins_their_messages_are_unknown() {
    let server = start();
    let mut ann = server.player("ann");
    set_mood(&mut ann, 5, Some(7));
    assert_eq!(answer(&mut ann), (5, Some(Refusal::UnknownMessage)));
}

#[test]
fn logic_that_cannot_be_added_fails_the_server_with_a_reason() {
    let server = start_with(|options| {
        options.logic = Logic::new(|app| {
            app.add_plugins((MoodPlugin, MoodPlugin));
        });
    });
    let reason = server.server.wait().unwrap_err().to_string();
    assert!(
        reason.contains("tick") && reason.contains("MoodPlugin"),
        "{reason}"
    );
}

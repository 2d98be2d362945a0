//! A server with plugins: their messages are answered, and clients see their components.

use parlour_shared::{
    message::{Body, ClientMessage, Custom, Refusal},
    snapshot::Snapshot,
};
use parlour_sim::Logic;
use parlour_testing::encoded;

use crate::{
    mood::{HAS_NO_MOOD, MoodPlugin, SetMood},
    support::{
        raw_client::{ConnectionEvent, RawClient},
        test_server::{start, start_with},
    },
};

fn set_mood(client: &mut RawClient, request: u32, mood: Option<u8>) {
    let custom = Custom {
        request,
        name: "set_mood".into(),
        body: Body::Bytes(encoded(&SetMood { mood })),
    };
    client.send(&ClientMessage::Custom(custom));
}

#[test]
fn messages_of_a_plugin_are_answered_and_its_components_are_replicated() {
    let server = start_with(|options| {
        options.logic = Logic::new(|app| {
            app.add_plugins(MoodPlugin);
        });
    });
    let mut ann = server.websocket("parlour.v1");
    ann.hello("ann");
    let mut bob = server.player("bob");
    let entered = ann.join("plaza");
    assert_eq!(entered.kinds[0].components, ["mood"]);
    let slot = entered.slot;
    set_mood(&mut ann, 5, None);
    let declined = Refusal::Declined { code: HAS_NO_MOOD };
    assert_eq!(ann.answer(), (5, Some(declined)));
    set_mood(&mut ann, 6, Some(7));
    assert_eq!(ann.answer(), (6, None));

    // Bob sees the mood of Ann.
    bob.join("plaza");
    let components = loop {
        let ConnectionEvent::Binary(payload) = bob.next_event() else {
            continue;
        };
        let mut snapshot = Snapshot::default();
        if snapshot.read(&payload).is_ok()
            && let Some(enter) = snapshot.enters.iter().find(|enter| enter.slot == slot)
        {
            break enter.components.clone();
        }
    };
    assert_eq!(components.len(), 1);
    assert_eq!(components[0].0, 0, "the first declared component");
}

#[test]
fn the_message_of_a_missing_plugin_is_unknown() {
    let server = start();
    let mut ann = server.player("ann");
    set_mood(&mut ann, 4, Some(7));
    assert_eq!(
        ann.answer(),
        (4, Some(Refusal::NotInRoom)),
        "no world has seen it"
    );
    ann.join("plaza");
    set_mood(&mut ann, 5, Some(7));
    assert_eq!(ann.answer(), (5, Some(Refusal::UnknownMessage)));
}

#[test]
fn a_server_with_logic_that_cannot_be_built_does_not_start() {
    let builder = parlour::Server::builder().plugins(|app: &mut bevy_app::App| {
        app.add_plugins((MoodPlugin, MoodPlugin));
    });
    let reason = builder.start().map(drop).unwrap_err().to_string();
    assert!(
        reason.contains("the built-in logic") && reason.contains("MoodPlugin"),
        "{reason}"
    );
}

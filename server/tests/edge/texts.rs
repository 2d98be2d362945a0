//! Names and chat texts are cleaned once, are the same for all clients, and close no connection.

use parlour::ServerOptions;
use parlour_shared::message::{Chat, ClientMessage, Refusal, Scope, ServerMessage, SetSkin};
use parlour_sim::Rate;
use parlour_testing::generous_rules;

use crate::support::{
    raw_client::RawClient,
    test_server::{TestServer, start, start_with},
};

/// More than the 20 senseless requests that close a connection with 4422.
const MANY: u32 = 21;

fn without_rate_limits(options: &mut ServerOptions) {
    options.sim.rules.rates = generous_rules().rates;
}

fn say(client: &mut RawClient, request: u32, text: &str) {
    client.send(&ClientMessage::Chat(Chat {
        request,
        scope: Scope::Room,
        text: text.into(),
    }));
}

fn next_chat(client: &mut RawClient) -> String {
    client.wait_for(|message| match message {
        ServerMessage::Chat(said) => Some(said.text),
        _ => None,
    })
}

/// Returns a binary client and a JSON client in one room.
fn binary_and_json_client(server: &TestServer) -> (RawClient, RawClient) {
    let ann = server.player_in_plaza("ann");
    let mut bob = server.websocket("parlour.v1.json");
    bob.hello("bob");
    bob.join("plaza");
    (ann, bob)
}

#[test]
fn persian_texts_with_joiners_are_delivered_unchanged() {
    let server = start_with(without_rate_limits);
    let (mut ann, mut bob) = binary_and_json_client(&server);
    let persian = "\u{646}\u{645}\u{6CC}\u{200C}\u{62E}\u{648}\u{627}\u{647}\u{645} \u{633}\u{6CC}\u{628}\u{200C}\u{647}\u{627} \u{631}\u{627}";
    for n in 1..=MANY {
        let text = format!("{persian} {n}");
        say(&mut bob, n, &text);
        assert_eq!(next_chat(&mut ann), text);
        assert_eq!(bob.answer(), (n, None));
    }
    say(&mut bob, 0, "still here");
    assert_eq!(next_chat(&mut ann), "still here");
}

#[test]
fn binary_and_json_clients_receive_the_same_clean_text() {
    let server = start_with(without_rate_limits);
    let (mut ann, mut bob) = binary_and_json_client(&server);
    let cases = [
        ("\u{1F469}\u{200D}\u{1F4BB}", "\u{1F469}\u{200D}\u{1F4BB}"),
        ("\u{639} 12\u{200E}!", "\u{639} 12\u{200E}!"),
        ("one\r\ntwo\tthree\r\n", "one\ntwo three"),
        ("cafe\u{301}\u{202E}", "caf\u{E9}"),
    ];
    for (text, clean) in cases {
        for speaker in [true, false] {
            say(if speaker { &mut ann } else { &mut bob }, 0, text);
            assert_eq!(next_chat(&mut ann), clean);
            assert_eq!(next_chat(&mut bob), clean);
        }
    }
}

#[test]
fn refused_texts_close_no_connection_and_unknown_skins_do() {
    let server = start_with(without_rate_limits);
    let (mut ann, _bob) = binary_and_json_client(&server);
    for request in 1..=MANY {
        say(&mut ann, request, "\u{1B}[31m");
        assert_eq!(ann.answer(), (request, Some(Refusal::BadText)));
    }
    say(&mut ann, 99, "still here");
    assert_eq!(next_chat(&mut ann), "still here");
    for request in 1..=MANY {
        ann.send(&ClientMessage::SetSkin(SetSkin { request, skin: 999 }));
    }
    assert_eq!(ann.close_code(), 4422);
}

#[test]
fn a_refused_text_is_answered_in_order_and_costs_a_token() {
    let server = start_with(|options| {
        options.sim.rules.rates.chat = Rate {
            burst: 3,
            every_ticks: 6000,
        };
    });
    let (mut ann, mut bob) = binary_and_json_client(&server);
    for (request, text) in (1..).zip(["one", "\u{FFFF}", "three", "four", "\u{3164}"]) {
        say(&mut ann, request, text);
    }
    assert_eq!(ann.answer(), (1, None));
    assert_eq!(ann.answer(), (2, Some(Refusal::BadText)));
    assert_eq!(ann.answer(), (3, None));
    for request in [4, 5] {
        let (answered, refusal) = ann.answer();
        assert_eq!(answered, request);
        assert!(
            matches!(refusal, Some(Refusal::RateLimited { .. })),
            "{refusal:?}"
        );
    }
    assert_eq!(
        (next_chat(&mut bob), next_chat(&mut bob)),
        ("one".into(), "three".into())
    );
}

#[test]
fn a_name_is_cleaned_and_an_invalid_one_is_replaced_by_a_guest_name() {
    let server = start();
    for subprotocol in ["parlour.v1", "parlour.v1.json"] {
        let name_in_welcome = |name: &str| server.websocket(subprotocol).hello(name).name;
        assert_eq!(name_in_welcome(" Zoe\u{308} \t\u{2003}L.\u{2800}"), "Zo\u{EB} L.");
        assert_eq!(name_in_welcome("\u{202E}Ada\u{200D}"), "Ada");
        for name in [
            "",
            "\u{3164}",
            "\u{2800}",
            "Ada\u{FFFF}",
            "Ada\u{7}",
            &"x".repeat(25),
        ] {
            let guest = name_in_welcome(name);
            assert!(guest.starts_with("guest-"), "{name:?}: {guest}");
        }
    }
}

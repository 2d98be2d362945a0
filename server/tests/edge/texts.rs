//! Names and chat texts on their way through the server: cleaned once, the same for all who get
//! them, and never a reason to close a connection.

use parlour_server::ServerOptions;
use parlour_shared::message::{Chat, ClientMessage, Refusal, Scope, ServerMessage, SetSkin};
use parlour_sim::Rate;

use crate::support::{Client, TestServer, start, start_with};

/// More than the 20 senseless requests that close a connection.
const MANY: u32 = 21;

fn unlimited(options: &mut ServerOptions) {
    let rates = &mut options.sim.rules.rates;
    rates.chat = Rate {
        burst: 1000,
        every_ticks: 1,
    };
    rates.skin = rates.chat;
}

fn say(client: &mut Client, request: u32, text: &str) {
    client.say(&ClientMessage::Chat(Chat {
        request,
        scope: Scope::Room,
        text: text.into(),
    }));
}

fn hear(client: &mut Client) -> String {
    client.wait(|message| match message {
        ServerMessage::Chat(said) => Some(said.text),
        _ => None,
    })
}

/// Returns the request of the next answer, and its refusal. `None`: it was accepted.
fn answer(client: &mut Client) -> (u32, Option<Refusal>) {
    client.wait(|message| match message {
        ServerMessage::Accepted(accepted) => Some((accepted.request, None)),
        ServerMessage::Refused(refused) => Some((refused.request, Some(refused.refusal))),
        _ => None,
    })
}

/// Joins a binary client and a JSON client to one room.
fn two(server: &TestServer) -> (Client, Client) {
    let mut ann = server.player("ann");
    let mut bob = server.websocket("parlour.v1.json");
    bob.hello("bob");
    ann.join("plaza");
    bob.join("plaza");
    (ann, bob)
}

#[test]
fn twenty_one_persian_messages_are_all_delivered() {
    let server = start_with(unlimited);
    let (mut ann, mut bob) = two(&server);
    let persian = "\u{646}\u{645}\u{6CC}\u{200C}\u{62E}\u{648}\u{627}\u{647}\u{645} \u{633}\u{6CC}\u{628}\u{200C}\u{647}\u{627} \u{631}\u{627}";
    for n in 1..=MANY {
        let text = format!("{persian} {n}");
        say(&mut bob, n, &text);
        assert_eq!(hear(&mut ann), text);
        assert_eq!(answer(&mut bob), (n, None));
    }
    say(&mut bob, 0, "still here");
    assert_eq!(hear(&mut ann), "still here");
}

#[test]
fn binary_and_json_say_and_hear_the_same_clean_text() {
    let server = start_with(unlimited);
    let (mut ann, mut bob) = two(&server);
    let cases = [
        ("\u{1F469}\u{200D}\u{1F4BB}", "\u{1F469}\u{200D}\u{1F4BB}"),
        ("\u{639} 12\u{200E}!", "\u{639} 12\u{200E}!"),
        ("one\r\ntwo\tthree\r\n", "one\ntwo three"),
        ("cafe\u{301}\u{202E}", "caf\u{E9}"),
    ];
    for (text, clean) in cases {
        for speaker in [true, false] {
            say(if speaker { &mut ann } else { &mut bob }, 0, text);
            assert_eq!(hear(&mut ann), clean);
            assert_eq!(hear(&mut bob), clean);
        }
    }
}

#[test]
fn refused_texts_do_not_close_a_connection_and_unknown_skins_do() {
    let server = start_with(unlimited);
    let (mut ann, _bob) = two(&server);
    for request in 1..=MANY {
        say(&mut ann, request, "\u{1B}[31m");
        assert_eq!(answer(&mut ann), (request, Some(Refusal::BadText)));
    }
    say(&mut ann, 99, "still here");
    assert_eq!(hear(&mut ann), "still here");
    for request in 1..=MANY {
        ann.say(&ClientMessage::SetSkin(SetSkin { request, skin: 999 }));
    }
    assert_eq!(ann.closed(), 4422);
}

#[test]
fn a_refused_text_is_answered_in_order_and_costs_a_token() {
    let server = start_with(|options| {
        options.sim.rules.rates.chat = Rate {
            burst: 3,
            every_ticks: 6000,
        };
    });
    let (mut ann, mut bob) = two(&server);
    for (request, text) in (1..).zip(["one", "\u{FFFF}", "three", "four", "\u{3164}"]) {
        say(&mut ann, request, text);
    }
    assert_eq!(answer(&mut ann), (1, None));
    assert_eq!(answer(&mut ann), (2, Some(Refusal::BadText)));
    assert_eq!(answer(&mut ann), (3, None));
    for request in [4, 5] {
        let (of, refusal) = answer(&mut ann);
        assert_eq!(of, request);
        assert!(
            matches!(refusal, Some(Refusal::RateLimited { .. })),
            "{refusal:?}"
        );
    }
    assert_eq!((hear(&mut bob), hear(&mut bob)), ("one".into(), "three".into()));
}

#[test]
fn names_are_cleaned_or_made_up() {
    let server = start();
    for subprotocol in ["parlour.v1", "parlour.v1.json"] {
        let welcomed = |name: &str| server.websocket(subprotocol).hello(name).name;
        assert_eq!(welcomed(" Zoe\u{308} \t\u{2003}L.\u{2800}"), "Zo\u{EB} L.");
        assert_eq!(welcomed("\u{202E}Ada\u{200D}"), "Ada");
        for name in [
            "",
            "\u{3164}",
            "\u{2800}",
            "Ada\u{FFFF}",
            "Ada\u{7}",
            &"x".repeat(25),
        ] {
            let made_up = welcomed(name);
            assert!(made_up.starts_with("guest-"), "{name:?}: {made_up}");
        }
    }
}

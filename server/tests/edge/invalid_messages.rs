//! A message that cannot be decoded closes the connection with 4400. A senseless request is
//! refused, and 20 of them within a minute close it with 4422.

use parlour_shared::{
    message::{Chat, ClientMessage, Join, Refusal, ServerMessage, SetSkin, SetState, StateWrite},
    websocket::OpCode,
};
use parlour_testing::{encoded, generous_rules};

use crate::support::test_server::{TestServer, start, start_with};

#[track_caller]
fn close_code(server: &TestServer, subprotocol: &str, payload: &[u8]) -> u16 {
    let mut client = server.websocket(subprotocol);
    client.hello("ann");
    let opcode = match subprotocol {
        "parlour.v1" => OpCode::Binary,
        _ => OpCode::Text,
    };
    client.send_frame(opcode, payload);
    client.close_code()
}

#[test]
fn bytes_that_cannot_be_decoded_are_closed_with_4400() {
    let server = start();
    let ping = encoded(&ClientMessage::Ping { nonce: 5 });
    let chat = encoded(&ClientMessage::Chat(Chat {
        text: "hi".into(),
        ..Chat::default()
    }));
    let mut long_text = chat.clone();
    *long_text.get_mut(3).unwrap() = 200;
    let cases: [(&str, Vec<u8>); 7] = [
        ("nothing", Vec::new()),
        ("unknown opcode", vec![250]),
        ("truncated", ping[..1].to_vec()),
        ("trailing bytes", [&ping[..], &[0]].concat()),
        ("overlong varint", vec![ping[0], 251, 5, 0]),
        ("length over the rest", long_text),
        ("65 writes", [&[6, 0, 65][..], &[0; 3 * 65]].concat()),
    ];
    for (fault, bytes) in cases {
        assert_eq!(close_code(&server, "parlour.v1", &bytes), 4400, "{fault}");
    }
    assert_eq!(server.metric("parlour_rejects_total{class=\"malformed\"}"), 7.0);
}

#[test]
fn text_that_cannot_be_decoded_is_closed_with_4400() {
    let server = start();
    let deeply_nested = format!("{{\"join\":{}", "[".repeat(10_000));
    let cases = [
        "",
        "{",
        "null",
        "{\"fly\":{}}",
        "{\"move\":{\"direction\":\"up\"}}",
        "{\"ping\":{}}",
        &deeply_nested,
    ];
    for text in cases {
        assert_eq!(
            close_code(&server, "parlour.v1.json", text.as_bytes()),
            4400,
            "{text:.20}"
        );
    }
}

#[test]
fn senseless_requests_are_refused_and_the_20th_is_closed_with_4422() {
    let server = start_with(|options| options.sim.rules.rates = generous_rules().rates);
    let mut client = server.player("ann");
    let join = |room: &str| ClientMessage::Join(Join::room(1, room));
    client.join("plaza");
    let mut refusal = |message: ClientMessage| {
        client.send(&message);
        client.wait_for(|message| match message {
            ServerMessage::Refused(refused) => Some(refused.refusal),
            _ => None,
        })
    };
    assert_eq!(refusal(join("No Such Room")), Refusal::NoSuchRoom);
    assert_eq!(
        refusal(ClientMessage::SetSkin(SetSkin {
            request: 1,
            skin: 999
        })),
        Refusal::UnknownSkin
    );
    let chat = |text: String| {
        ClientMessage::Chat(Chat {
            text,
            ..Chat::default()
        })
    };
    assert_eq!(refusal(chat("a\u{7}b".into())), Refusal::BadText);
    assert_eq!(refusal(chat("x".repeat(2049))), Refusal::BadText);
    let batch = |count| {
        ClientMessage::SetState(SetState {
            request: 1,
            writes: vec![StateWrite::default(); count],
        })
    };
    for count in [0, 9, 64] {
        assert_eq!(refusal(batch(count)), Refusal::BadState, "{count} writes");
    }
    server.await_metric("parlour_rejects_total{class=\"bad_text\"}", 2.0);
    // A missing room and refused texts do not count: 4 senseless requests so far.
    for _ in 4..19 {
        assert_eq!(refusal(batch(0)), Refusal::BadState);
    }
    client.send(&batch(0));
    assert_eq!(client.close_code(), 4422);
}

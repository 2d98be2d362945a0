//! Messages that cannot be decoded end the connection with 4400; senseless ones are refused, and
//! only too many end it.

use parlour_shared::{
    codec,
    message::{Chat, ClientMessage, Join, Refusal, ServerMessage, SetSkin, SetState, StateWrite},
    websocket::OpCode,
};

use crate::support::{TestServer, start};

fn encoded(message: &ClientMessage) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode(message, &mut bytes);
    bytes
}

#[track_caller]
fn closed(server: &TestServer, subprotocol: &str, payload: &[u8]) -> u16 {
    let mut client = server.websocket(subprotocol);
    client.hello("ann");
    let opcode = match subprotocol {
        "parlour.v1" => OpCode::Binary,
        _ => OpCode::Text,
    };
    client.frame(opcode, payload);
    client.closed()
}

#[test]
fn undecodable_bytes_are_4400() {
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
    for (what, bytes) in cases {
        assert_eq!(closed(&server, "parlour.v1", &bytes), 4400, "{what}");
    }
    assert_eq!(server.metric("parlour_rejects_total{class=\"malformed\"}"), 7.0);
}

#[test]
fn undecodable_text_is_4400() {
    let server = start();
    let bomb = format!("{{\"join\":{}", "[".repeat(10_000));
    let cases = [
        "",
        "{",
        "null",
        "{\"fly\":{}}",
        "{\"move\":{\"direction\":\"up\"}}",
        "{\"ping\":{}}",
        &bomb,
    ];
    for text in cases {
        assert_eq!(
            closed(&server, "parlour.v1.json", text.as_bytes()),
            4400,
            "{text:.20}"
        );
    }
}

#[test]
fn senseless_requests_are_refused_and_counted() {
    let server = start();
    let mut client = server.player("ann");
    let join = |room: &str| {
        ClientMessage::Join(Join {
            request: 1,
            room: room.into(),
        })
    };
    client.join("plaza");
    let mut refusal = |message: ClientMessage| {
        client.say(&message);
        client.wait(|message| match message {
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
    // Twenty in a minute are too many; what is limited before it is looked at does not count, and
    // texts never do.
    for _ in 0..60 {
        client.say(&ClientMessage::SetState(SetState::default()));
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    }
    assert_eq!(client.closed(), 4422);
}

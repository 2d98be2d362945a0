//! Messages from clients, byte by byte: `assets/wire/client.json`.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use std::collections::BTreeSet;

use parlour_shared::{
    codec::{self, SCHEMA},
    ids::{ObjectId, PlayerId, Tick},
    limits::PROTOCOL,
    message::{
        Act, ActTarget, Authenticate, Body, Chat, ClientMessage, Custom, Hello, Join, JoinMode, Move,
        MoveHeading, Property, Reserve, Scope, SetSkin, SetState, StateWrite,
    },
    motion::Direction,
};
use support::{
    golden::{File, bytes_of, quoted, to_hex, words},
    typed,
};

fn cases() -> Vec<(String, String, ClientMessage)> {
    let mut cases = vec![
        case(
            "hello",
            "A guest whose name the server picks",
            hello(Hello::default()),
        ),
        case(
            "hello_named",
            "A guest with a name, checked against the schema of these vectors",
            hello(Hello {
                schema: SCHEMA,
                name: "Ada".into(),
                ..Hello::default()
            }),
        ),
        case(
            "hello_every_field",
            "Every field set: a session is resumed",
            hello(Hello {
                schema: SCHEMA,
                name: "Zoë 🦊".into(),
                token: Some("a.b.c".into()),
                session: Some("s1".into()),
                resume: Some("r1".into()),
                received: 300,
                ..Hello::default()
            }),
        ),
        case("join", "Enter the first room of a type", join(1, "lobby")),
        case(
            "join_instance",
            "Enter a different room of that type",
            join(2, "lobby/blue_2"),
        ),
        case(
            "leave",
            "Leave the room, with a request number",
            ClientMessage::Leave { request: 3 },
        ),
        case(
            "leave_no_answer",
            "Leave the room, without a request number",
            ClientMessage::Leave { request: 0 },
        ),
    ];
    for (number, direction) in Direction::ALL.into_iter().enumerate() {
        let name = serde_json::to_value(direction)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned();
        let message = Move {
            seq: number as u32 + 1,
            tick: Tick(0),
            heading: MoveHeading::walk(direction),
        };
        cases.push(case(
            &format!("move_{name}"),
            &format!("Walk {name} at the next tick"),
            ClientMessage::Move(message),
        ));
    }
    let aimed = Move {
        seq: 70_000,
        tick: Tick(300),
        heading: MoveHeading::sprint(Direction::Southwest),
    };
    let chat = |scope, text: &str| {
        ClientMessage::Chat(Chat {
            request: 4,
            scope,
            text: text.into(),
        })
    };
    let write = |key: &str, version, value: Option<&str>| StateWrite {
        key: key.into(),
        version,
        value: value.map(str::to_owned),
    };
    let state = |writes| ClientMessage::SetState(SetState { request: 7, writes });
    let custom = |name: &str, body| {
        ClientMessage::Custom(Custom {
            request: 8,
            name: name.into(),
            body,
        })
    };
    let language = Property {
        key: "language".into(),
        value: "de".into(),
    };
    cases.extend([
        case(
            "move_aimed_sprint",
            "Sprint southwest from tick 300 on, with sequence number 70,000",
            ClientMessage::Move(aimed),
        ),
        case(
            "move_angle",
            "Walk at angle 70, a little west of south, at the second speed of the room",
            ClientMessage::Move(Move {
                seq: 11,
                tick: Tick(7201),
                heading: MoveHeading::Angle { angle: 70, speed: 1 },
            }),
        ),
        case(
            "chat_room",
            "A chat message to the whole room",
            chat(Scope::Room, "Hello, world"),
        ),
        case(
            "chat_near",
            "A chat message to nearby players, in two lines",
            chat(Scope::Near, "psst\nüber ☕"),
        ),
        case(
            "set_skin",
            "Change to skin 3",
            ClientMessage::SetSkin(SetSkin { request: 5, skin: 3 }),
        ),
        case(
            "set_skin_high",
            "Change to skin 300",
            ClientMessage::SetSkin(SetSkin {
                request: 6,
                skin: 300,
            }),
        ),
        case(
            "set_state_new",
            "Create a key",
            state(vec![write("door.open", 0, Some("yes"))]),
        ),
        case(
            "set_state_batch",
            "Change one key and delete a different one, in one batch",
            state(vec![write("score", 12, Some("")), write("door.open", 251, None)]),
        ),
        case(
            "custom",
            "A message for a plugin, in binary",
            custom("wave", Body::Bytes(vec![0x00, 0x7f, 0xff])),
        ),
        case(
            "custom_empty",
            "A message for a plugin, in binary and without fields",
            custom("wave", Body::default()),
        ),
        case(
            "custom_json",
            "A message for a plugin, in JSON",
            custom("wave", Body::Json(r#"{"times":3,"to":["Ada","Ünal"]}"#.into())),
        ),
        case(
            "custom_json_null",
            "A message for a plugin, in JSON and without fields",
            custom("wave", Body::Json("null".into())),
        ),
        case("bye", "Goodbye", ClientMessage::Bye),
        case(
            "join_existing",
            "Enter a room only if it exists",
            ClientMessage::Join(Join {
                mode: JoinMode::Existing,
                ..Join::room(8, "tag/x7")
            }),
        ),
        case(
            "join_new",
            "Enter a new room with two options",
            ClientMessage::Join(Join {
                mode: JoinMode::New,
                options: vec![
                    language.clone(),
                    Property {
                        key: "mode.rules".into(),
                        value: "freeze tag".into(),
                    },
                ],
                ..Join::room(8, "tag")
            }),
        ),
        case(
            "join_any",
            "Enter the fullest room with a free seat and this property, or a new one",
            ClientMessage::Join(Join {
                mode: JoinMode::Any,
                options: vec![language.clone()],
                ..Join::room(9, "tag")
            }),
        ),
        case(
            "join_ticket",
            "Enter the room in which a seat is reserved",
            ClientMessage::Join(Join {
                ticket: Some("b2f07nq4zr8s1xk6y3w5cd".into()),
                ..Join::room(10, "tag/4u0m2k9x7q1f8za")
            }),
        ),
        case(
            "reserve",
            "Reserve three seats in a new private room",
            ClientMessage::Reserve(Reserve {
                request: 11,
                seats: 3,
                room: "tag".into(),
                mode: JoinMode::Private,
                options: vec![language],
            }),
        ),
        case(
            "act_on_object",
            "Open the door with the id 300, without details",
            act(ActTarget::Object(ObjectId(300)), "open", Body::default()),
        ),
        case(
            "act_on_player",
            "Throw something at a player",
            act(
                ActTarget::Player(PlayerId(0xDEAD_BEEF)),
                "throw",
                Body::Bytes(vec![0x02, 0xff]),
            ),
        ),
        case(
            "act_json",
            "Throw something at a player, in JSON",
            act(
                ActTarget::Player(PlayerId(7)),
                "throw",
                Body::Json(r#""snowball""#.into()),
            ),
        ),
    ]);
    cases.push(case(
        "authenticate",
        "A newer token for the user of the session",
        ClientMessage::Authenticate(Authenticate {
            request: 13,
            token: "a.b.d".into(),
        }),
    ));
    cases.push(case(
        "ack",
        "300 messages of the session have arrived",
        ClientMessage::Ack { received: 300 },
    ));
    for nonce in [0, 250, 251, 65_535, 65_536, u32::MAX] {
        cases.push(case(
            &format!("ping_{nonce}"),
            &format!("Ping with nonce {nonce}"),
            ClientMessage::Ping { nonce },
        ));
    }
    cases
}

fn case(name: &str, meaning: &str, message: ClientMessage) -> (String, String, ClientMessage) {
    (name.to_owned(), meaning.to_owned(), message)
}

fn hello(hello: Hello) -> ClientMessage {
    ClientMessage::Hello(Hello {
        protocol: PROTOCOL,
        ..hello
    })
}

fn act(target: ActTarget, name: &str, body: Body) -> ClientMessage {
    ClientMessage::Act(Act {
        request: 12,
        target,
        name: name.into(),
        body,
    })
}

fn join(request: u32, room: &str) -> ClientMessage {
    ClientMessage::Join(Join::room(request, room))
}

#[test]
fn every_client_message_matches_its_vector() {
    let mut file = File::new(
        "client.json",
        "messages",
        "Messages from a client: the binary form and the JSON form of each. A body in binary has the JSON form \
         {\"bytes\": DIGITS}, which the server does not accept.",
    )
    .head("schema", SCHEMA.to_string());
    for (name, meaning, message) in cases() {
        let mut bytes = Vec::new();
        codec::encode(&message, &mut bytes);
        let json = serde_json::to_string(&message).unwrap();
        file.entry(&[
            ("name", quoted(&name)),
            ("meaning", quoted(&meaning)),
            ("hex", quoted(&to_hex(&bytes))),
            ("json", json),
        ]);
    }
    let vectors = file.check();
    for vector in &vectors {
        let (bytes, json) = (bytes_of(vector), vector["json"].to_string());
        let decoded = codec::decode_client(&bytes).unwrap();
        if !has_bytes(&decoded) {
            assert_eq!(decoded, codec::from_json(&json).unwrap(), "{}", vector["name"]);
        }
        let mut encoded = Vec::new();
        codec::encode(&decoded, &mut encoded);
        assert_eq!(encoded, bytes, "{}", vector["name"]);
    }
    every_variant_occurs(&vectors);
}

/// Returns whether the message has a body in binary, whose JSON form is only for reading.
fn has_bytes(message: &ClientMessage) -> bool {
    let body = match message {
        ClientMessage::Custom(custom) => &custom.body,
        ClientMessage::Act(act) => &act.body,
        _ => return false,
    };
    matches!(body, Body::Bytes(_))
}

fn every_variant_occurs(vectors: &[serde_json::Value]) {
    let registry = typed::registry();
    let opcodes: BTreeSet<u32> = vectors
        .iter()
        .map(|vector| u32::from(bytes_of(vector)[0]))
        .collect();
    for (number, name) in typed::variants(&registry, "ClientMessage") {
        assert!(opcodes.contains(&number), "no vector for {name}");
    }
    let mut found = BTreeSet::new();
    vectors
        .iter()
        .for_each(|vector| words(&vector["json"], &mut found));
    for name in ["ActTarget", "Direction", "JoinMode", "Scope"] {
        for (_, variant) in typed::variants(&registry, name) {
            assert!(found.contains(&variant), "no vector for {name} {variant}");
        }
    }
}

#[test]
fn json_may_omit_fields_that_have_a_default() {
    let message = codec::from_json(r#"{"move":{"direction":"east"}}"#).unwrap();
    assert_eq!(
        message,
        ClientMessage::Move(Move {
            heading: MoveHeading::walk(Direction::East),
            ..Move::default()
        })
    );
    assert_eq!(codec::from_json(r#""bye""#).unwrap(), ClientMessage::Bye);
    assert_eq!(
        codec::from_json(r#"{"leave":{}}"#).unwrap(),
        ClientMessage::Leave { request: 0 }
    );
    assert_eq!(
        codec::from_json(r#"{"join":{"room":"lobby"}}"#).unwrap(),
        join(0, "lobby")
    );
    assert_eq!(
        codec::from_json(r#"{"reserve":{"room":"tag","seats":2}}"#).unwrap(),
        ClientMessage::Reserve(Reserve {
            seats: 2,
            room: "tag".into(),
            ..Reserve::default()
        })
    );
    assert_eq!(
        codec::from_json(r#"{"act":{"target":{"player":7},"name":"tag"}}"#).unwrap(),
        ClientMessage::Act(Act {
            request: 0,
            target: ActTarget::Player(PlayerId(7)),
            name: "tag".into(),
            body: Body::Json("null".into())
        })
    );
    let chat = codec::from_json(r#"{"chat":{"text":"hi"}}"#).unwrap();
    assert_eq!(
        chat,
        ClientMessage::Chat(Chat {
            request: 0,
            scope: Scope::Room,
            text: "hi".into()
        })
    );
    assert_eq!(
        codec::from_json(r#"{"hello":{"protocol":1}}"#).unwrap(),
        hello(Hello::default())
    );
}

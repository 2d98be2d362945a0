//! Every message has one form: only what encoding writes decodes, and no input makes decoding
//! panic.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

use parlour_shared::{
    codec::{self, CodecError},
    ids::Tick,
    limits::{
        MAX_CHAT_BYTES, MAX_CLIENT_MESSAGE, MAX_DECODED_ITEMS, MAX_PROPERTIES, MAX_PROPERTY_VALUE_BYTES,
        MAX_ROOM_NAME_BYTES, MAX_STATE_VALUE_BYTES, MAX_STATE_WRITES, MAX_TICKET_BYTES, MAX_TOKEN_BYTES,
    },
    message::{
        Authenticate, Body, Chat, ClientMessage, Custom, Hello, Join, JoinMode, Move, MoveHeading, Property,
        Reserve, Scope, SetSkin, SetState, StateWrite,
    },
    motion::Direction,
};
use proptest::prelude::*;
use serde::Serialize;

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![0..=300_u32, 65_000..66_000_u32, any::<u32>()]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z/_-]{1,12}",
        "\\PC{1,40}",
        any::<String>()
    ]
}

fn mode() -> impl Strategy<Value = JoinMode> {
    prop_oneof![
        Just(JoinMode::Enter),
        Just(JoinMode::Existing),
        Just(JoinMode::New),
        Just(JoinMode::Private),
        Just(JoinMode::Any),
    ]
}

fn heading() -> impl Strategy<Value = MoveHeading> {
    let keys = (0..9usize, any::<bool>()).prop_map(|(direction, sprint)| MoveHeading::Keys {
        direction: Direction::ALL[direction],
        sprint,
    });
    let free = (any::<u8>(), any::<u8>()).prop_map(|(angle, speed)| MoveHeading::Angle { angle, speed });
    prop_oneof![keys, free]
}

fn message() -> impl Strategy<Value = ClientMessage> {
    let maybe = || prop::option::of(text());
    let hello = (
        any::<u16>(),
        number(),
        text(),
        maybe(),
        maybe(),
        maybe(),
        number(),
    );
    let write =
        (text(), number(), maybe()).prop_map(|(key, version, value)| StateWrite { key, version, value });
    let options = || {
        let option = (text(), text()).prop_map(|(key, value)| Property { key, value });
        prop::collection::vec(option, 0..4)
    };
    prop_oneof![
        hello.prop_map(
            |(protocol, schema, name, token, session, resume, received)| ClientMessage::Hello(Hello {
                protocol,
                schema,
                name,
                token,
                session,
                resume,
                received,
            })
        ),
        (number(), text(), mode(), options(), maybe()).prop_map(|(request, room, mode, options, ticket)| {
            ClientMessage::Join(Join {
                request,
                room,
                mode,
                options,
                ticket,
            })
        }),
        (number(), any::<u8>(), text(), mode(), options()).prop_map(
            |(request, seats, room, mode, options)| ClientMessage::Reserve(Reserve {
                request,
                seats,
                room,
                mode,
                options
            })
        ),
        number().prop_map(|request| ClientMessage::Leave { request }),
        (number(), number(), heading()).prop_map(|(seq, tick, heading)| {
            let tick = Tick(tick);
            ClientMessage::Move(Move { seq, tick, heading })
        }),
        (number(), any::<bool>(), text()).prop_map(|(request, near, text)| {
            let scope = if near { Scope::Near } else { Scope::Room };
            ClientMessage::Chat(Chat { request, scope, text })
        }),
        (number(), any::<u16>())
            .prop_map(|(request, skin)| ClientMessage::SetSkin(SetSkin { request, skin })),
        (number(), prop::collection::vec(write, 0..9))
            .prop_map(|(request, writes)| ClientMessage::SetState(SetState { request, writes })),
        (number(), text(), body())
            .prop_map(|(request, name, body)| { ClientMessage::Custom(Custom { request, name, body }) }),
        number().prop_map(|nonce| ClientMessage::Ping { nonce }),
        Just(ClientMessage::Bye),
        (number(), text())
            .prop_map(|(request, token)| ClientMessage::Authenticate(Authenticate { request, token })),
    ]
}

fn body() -> impl Strategy<Value = Body> {
    const JSON: [&str; 5] = ["null", "3", r#"{"times":3}"#, r#"[1,"a"]"#, r#""north""#];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60).prop_map(Body::Bytes),
        prop::sample::select(&JSON[..]).prop_map(|text| Body::Json(text.to_owned())),
    ]
}

fn encoded(message: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode(message, &mut bytes);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_encoded_message_decodes(message in message()) {
        prop_assert_eq!(codec::decode_client(&encoded(&message)), Ok(message));
    }

    #[test]
    fn json_round_trips(message in message()) {
        // Bytes have no type in JSON, so they are not read again.
        prop_assume!(!matches!(&message, ClientMessage::Custom(Custom { body: Body::Bytes(_), .. })));
        let json = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(codec::from_json(&json), Ok(message));
    }

    #[test]
    fn random_bytes_are_refused_or_canonical(opcode in 0..13_u8, mut bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        bytes.insert(0, opcode);
        if let Ok(message) = codec::decode_client(&bytes) {
            prop_assert_eq!(encoded(&message), bytes);
        }
    }

    #[test]
    fn changed_messages_are_refused_or_canonical(message in message(), at: prop::sample::Index, byte: u8, insert: bool) {
        let mut bytes = encoded(&message);
        let at = at.index(bytes.len());
        if insert {
            bytes.insert(at, byte);
        } else {
            bytes[at] = byte;
        }
        if let Ok(message) = codec::decode_client(&bytes) {
            prop_assert_eq!(encoded(&message), bytes);
        }
    }

    #[test]
    fn every_prefix_is_refused(message in message()) {
        let bytes = encoded(&message);
        for length in 0..bytes.len() {
            let refused = codec::decode_client(&bytes[..length]);
            prop_assert!(matches!(refused, Err(CodecError::Malformed(_))), "{} bytes: {:?}", length, refused);
        }
    }

    #[test]
    fn random_bytes_from_the_server_are_refused_or_canonical(opcode in 0..14_u8, mut bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        bytes.insert(0, opcode);
        if let Ok(message) = codec::decode_server(&bytes) {
            prop_assert_eq!(encoded(&message), bytes);
        }
    }
}

#[test]
fn a_server_message_with_a_number_in_a_longer_form_is_refused() {
    // An answer to request 1 at tick 2, in the shortest form and with either number in 16 bits.
    assert!(codec::decode_server(&[6, 1, 2, 0, 0]).is_ok());
    for longer in [&[6, 0xFB, 1, 0, 2, 0, 0][..], &[6, 1, 0xFB, 2, 0, 0, 0]] {
        assert_eq!(codec::decode_server(longer), Err(CodecError::NotCanonical));
    }
}

#[test]
fn the_largest_valid_contents_fit_in_a_message() {
    let write = |at: usize| StateWrite {
        key: format!("{at:048}"),
        version: u32::MAX,
        value: Some("v".repeat(MAX_STATE_VALUE_BYTES)),
    };
    let option = |at: usize| Property {
        key: format!("{at:048}"),
        value: "v".repeat(MAX_PROPERTY_VALUE_BYTES),
    };
    let largest = [
        ClientMessage::Join(Join {
            request: u32::MAX,
            room: "r".repeat(MAX_ROOM_NAME_BYTES),
            mode: JoinMode::Any,
            options: (0..MAX_PROPERTIES).map(option).collect(),
            ticket: Some("t".repeat(MAX_TICKET_BYTES)),
        }),
        ClientMessage::SetState(SetState {
            request: u32::MAX,
            writes: (0..MAX_STATE_WRITES).map(write).collect(),
        }),
        ClientMessage::Chat(Chat {
            request: u32::MAX,
            scope: Scope::Near,
            text: "c".repeat(MAX_CHAT_BYTES),
        }),
        ClientMessage::Hello(Hello {
            token: Some("t".repeat(MAX_TOKEN_BYTES)),
            ..Hello::default()
        }),
    ];
    for message in largest {
        let bytes = encoded(&message);
        assert!(bytes.len() < MAX_CLIENT_MESSAGE);
        assert_eq!(codec::decode_client(&bytes), Ok(message));
    }
}

#[test]
fn a_list_of_64_items_decodes_and_one_of_65_does_not() {
    let batch = |count| {
        ClientMessage::SetState(SetState {
            request: 1,
            writes: vec![StateWrite::default(); count],
        })
    };
    let join = |count| {
        ClientMessage::Join(Join {
            options: vec![Property::default(); count],
            ..Join::room(1, "tag")
        })
    };
    let reserve = |count| {
        ClientMessage::Reserve(Reserve {
            options: vec![Property::default(); count],
            ..Reserve::default()
        })
    };
    let lists: [&dyn Fn(usize) -> ClientMessage; 3] = [&batch, &join, &reserve];
    for list in lists {
        for count in [MAX_STATE_WRITES + 1, MAX_DECODED_ITEMS] {
            let json = serde_json::to_string(&list(count)).unwrap();
            assert_eq!(codec::decode_client(&encoded(&list(count))), Ok(list(count)));
            assert_eq!(codec::from_json(&json), Ok(list(count)));
        }
        let over = list(MAX_DECODED_ITEMS + 1);
        let json = serde_json::to_string(&over).unwrap();
        for refused in [codec::decode_client(&encoded(&over)), codec::from_json(&json)] {
            assert!(matches!(refused, Err(CodecError::Malformed(_))), "{refused:?}");
        }
    }
}

#[test]
fn a_length_in_the_input_does_not_cause_a_large_allocation() {
    // 2^40 writes or options, and texts of 2^40 bytes: refused without memory beyond that of the
    // message.
    for head in [&[6, 0][..], &[1, 0, 0, 0], &[10, 0, 1, 0, 0], &[4, 0, 0], &[7, 0]] {
        let mut bytes = head.to_vec();
        bytes.push(0xFD);
        bytes.extend_from_slice(&(1_u64 << 40).to_le_bytes());
        assert!(matches!(
            codec::decode_client(&bytes),
            Err(CodecError::Malformed(_))
        ));
    }
}

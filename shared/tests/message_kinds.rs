//! The kinds of messages have the numbers and names of the messages on the wire.

#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use parlour_shared::{
    codec,
    message::{ClientKind, ClientMessage, RefusalClass, ServerKind},
};
use support::typed::{registry, variants};

#[test]
fn kinds_have_the_numbers_and_names_of_the_variants() {
    let registry = registry();
    let client = ClientKind::ALL.map(|kind| (kind as u32, kind.name().to_owned()));
    let server = ServerKind::ALL.map(|kind| (kind as u32, kind.name().to_owned()));
    let refusals = RefusalClass::ALL.map(|class| (class as u32, class.name().to_owned()));
    assert_eq!(variants(&registry, "ClientMessage"), client);
    assert_eq!(variants(&registry, "ServerMessage"), server);
    assert_eq!(variants(&registry, "Refusal"), refusals);
}

#[test]
fn the_first_byte_of_a_message_is_its_kind() {
    let message = ClientMessage::Ping { nonce: 7 };
    let mut bytes = Vec::new();
    codec::encode(&message, &mut bytes);
    assert_eq!(ClientKind::from_number(bytes[0]), Some(message.kind()));
    assert_eq!(ServerKind::of(&[7, 1, 2]), Some(ServerKind::Refused));
    assert_eq!(ServerKind::of(&[ServerKind::ALL.len() as u8]), None);
    assert_eq!(ServerKind::of(&[]), None);
}

//! Bytes and texts that are not messages, and the class of each error:
//! `assets/wire/malformed.json`.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use parlour_shared::{
    codec::{self, CodecError},
    ids::Tick,
    limits::{MAX_COMPONENT_BYTES, MAX_NAME_BYTES},
    snapshot::{Snapshot, SnapshotError},
};
use serde_json::Value;
use support::{
    golden::{File, bytes_of, quoted, to_hex},
    typed,
};

/// The decoder that reads a vector.
#[derive(Clone, Copy, PartialEq)]
enum Reader {
    Client,
    Server,
    Snapshot,
}

impl Reader {
    fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Snapshot => "snapshot",
        }
    }

    /// Returns the class of the error, or `ok` if the bytes decode.
    fn class(self, bytes: &[u8]) -> &'static str {
        match self {
            Self::Client => codec::decode_client(bytes).map_or_else(codec_class, |_| "ok"),
            Self::Server => codec::decode_server(bytes).map_or_else(codec_class, |_| "ok"),
            Self::Snapshot => Snapshot::default()
                .read(bytes)
                .map_or_else(snapshot_class, |()| "ok"),
        }
    }
}

fn codec_class(error: CodecError) -> &'static str {
    match error {
        CodecError::Malformed(_) => "malformed",
        CodecError::TrailingBytes(_) => "trailing_bytes",
        CodecError::NotCanonical => "not_canonical",
        CodecError::NotEncodable(_) => unreachable!("an error of encoding"),
    }
}

fn snapshot_class(error: SnapshotError) -> &'static str {
    match error {
        SnapshotError::Truncated => "truncated",
        SnapshotError::TrailingBytes(_) => "trailing_bytes",
        SnapshotError::Opcode(_) => "opcode",
        SnapshotError::Bad(what) => what,
    }
}

type Case = (&'static str, &'static str, &'static str, Vec<u8>);

fn from_clients() -> Vec<Case> {
    vec![
        ("empty", "No bytes", "malformed", vec![]),
        (
            "opcode_too_high",
            "Number 255, which no message has",
            "malformed",
            vec![255],
        ),
        (
            "opcode_overlong",
            "A bye whose number takes three bytes",
            "not_canonical",
            vec![0xFB, 9, 0],
        ),
        (
            "truncated",
            "A join that ends within the room's name",
            "malformed",
            b"\x01\x00\x05lob".to_vec(),
        ),
        (
            "truncated_varint",
            "A ping whose number ends early",
            "malformed",
            vec![8, 0xFC, 1, 2],
        ),
        (
            "trailing",
            "A bye and one more byte",
            "trailing_bytes",
            vec![9, 0],
        ),
        (
            "two_messages",
            "Two messages in one",
            "trailing_bytes",
            vec![9, 9],
        ),
        (
            "overlong_16",
            "A ping with nonce 1, written in 16 bits",
            "not_canonical",
            vec![8, 0xFB, 1, 0],
        ),
        (
            "overlong_32",
            "The same in 32 bits",
            "not_canonical",
            vec![8, 0xFC, 1, 0, 0, 0],
        ),
        (
            "overlong_not_250",
            "The number 250 in 16 bits: it fits in one byte",
            "not_canonical",
            vec![8, 0xFB, 250, 0],
        ),
        (
            "varint_too_wide",
            "A number in 64 bits in a field of 32 bits",
            "malformed",
            { vec![8, 0xFD, 1, 0, 0, 0, 0, 0, 0, 0] },
        ),
        (
            "varint_reserved",
            "The byte 255, which begins no number",
            "malformed",
            vec![8, 0xFF],
        ),
        (
            "skin_over_u16",
            "A skin of 65,536",
            "malformed",
            vec![5, 0, 0xFC, 0, 0, 1, 0],
        ),
        (
            "bool_not_0_or_1",
            "A sprint of 2",
            "malformed",
            vec![3, 1, 0, 3, 2],
        ),
        (
            "option_not_0_or_1",
            "A token whose option byte is neither 0 nor 1",
            "malformed",
            vec![0, 1, 0, 0, 2, 0, 0],
        ),
        (
            "length_over_rest",
            "A text of 100 bytes that ends after 2",
            "malformed",
            b"\x04\x00\x00\x64hi".to_vec(),
        ),
        ("length_huge", "A text of 2^63 bytes", "malformed", {
            vec![4, 0, 0, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0x80]
        }),
        (
            "count_huge",
            "A batch of 2^32 - 1 writes",
            "malformed",
            vec![6, 0, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF],
        ),
        (
            "too_many_writes",
            "A batch of 65 writes; one of 9 to 64 decodes, and is refused with bad_state",
            "malformed",
            [&[6, 0, 65][..], &[0; 3 * 65]].concat(),
        ),
        (
            "too_many_options",
            "A join with 65 options; one with 9 to 64 decodes, and is refused with bad_options",
            "malformed",
            [&b"\x01\x00\x03tag\x04\x41"[..], &[0; 2 * 65], &[0]].concat(),
        ),
        (
            "seats_over_u8",
            "A reservation of 251 seats, whose number is written as a varint",
            "malformed",
            b"\x0A\x00\xFB\xFB\x00\x03tag\x00\x00".to_vec(),
        ),
        (
            "not_utf8",
            "A text that is not UTF-8",
            "malformed",
            vec![4, 0, 0, 2, 0xC3, 0x28],
        ),
    ]
}

fn from_server() -> Vec<Case> {
    vec![
        (
            "server_snapshot",
            "A snapshot, which is not a structured message",
            "malformed",
            vec![0, 1, 1],
        ),
        (
            "server_truncated",
            "A pong without its nonce",
            "malformed",
            vec![8],
        ),
        (
            "server_trailing",
            "A pong and one more byte",
            "trailing_bytes",
            vec![8, 1, 0],
        ),
    ]
}

/// A message that contains the number of an enum's variant as one byte.
struct Numbered {
    name: &'static str,
    reader: Reader,
    of: &'static str,
    /// The valid message.
    good: &'static [u8],
    /// The offset of the number.
    at: usize,
}

const NUMBERED: [Numbered; 11] = [
    numbered("unknown_opcode", Reader::Client, "ClientMessage", &[9], 0),
    numbered(
        "direction_out_of_range",
        Reader::Client,
        "Direction",
        &[3, 1, 0, 3, 0],
        3,
    ),
    numbered(
        "scope_out_of_range",
        Reader::Client,
        "Scope",
        b"\x04\x00\x00\x02hi",
        2,
    ),
    numbered(
        "join_mode_out_of_range",
        Reader::Client,
        "JoinMode",
        b"\x01\x00\x03tag\x04\x00\x00",
        6,
    ),
    numbered(
        "act_target_out_of_range",
        Reader::Client,
        "ActTarget",
        b"\x0b\x00\x01\x07\x03tag\x00\x00",
        2,
    ),
    numbered(
        "body_out_of_range",
        Reader::Client,
        "Body",
        b"\x07\x00\x04wave\x00\x00",
        7,
    ),
    numbered(
        "server_unknown_opcode",
        Reader::Server,
        "ServerMessage",
        &[8, 1],
        0,
    ),
    numbered(
        "server_refusal_out_of_range",
        Reader::Server,
        "Refusal",
        &[7, 0, 1],
        2,
    ),
    numbered(
        "server_durability_out_of_range",
        Reader::Server,
        "Durability",
        &[6, 0, 1, 0, 0],
        3,
    ),
    numbered(
        "server_leave_reason_out_of_range",
        Reader::Server,
        "LeaveReason",
        &[3, 0, 1, 0],
        3,
    ),
    numbered(
        "server_close_code_out_of_range",
        Reader::Server,
        "CloseCode",
        &[10, 0, 0],
        1,
    ),
];

const fn numbered(
    name: &'static str,
    reader: Reader,
    of: &'static str,
    good: &'static [u8],
    at: usize,
) -> Numbered {
    Numbered {
        name,
        reader,
        of,
        good,
        at,
    }
}

impl Numbered {
    /// Returns the message with the first number that no variant has, and the number of variants.
    fn out_of_range(&self) -> (Vec<u8>, u8) {
        let count = typed::variants(&typed::registry(), self.of).len() as u8;
        let mut bytes = self.good.to_vec();
        bytes[self.at] = count;
        (bytes, count)
    }
}

fn snapshots() -> Vec<Case> {
    // Opcode, flags, view, tick 256, age of the base.
    let with = |flags: u8, age: u16, rest: &[u8]| {
        let mut bytes = vec![0, flags, 1, 0, 1, 0, 0];
        bytes.extend_from_slice(&age.to_le_bytes());
        bytes.extend_from_slice(rest);
        bytes
    };
    // One enter in slot 9, up to its gait.
    let entity = |kind: u8, gait: u8, rest: &[u8]| {
        let head = [1, 0, 9, 0, kind, 2, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0, gait];
        with(9, 0, &[&head, rest].concat())
    };
    let enter = |gait: u8, name: &[u8], rest: &[u8]| {
        entity(0, gait, &[&[0, 0, name.len() as u8], name, rest].concat())
    };
    let object = |rest: &[u8]| entity(3, 0, rest);
    let bare_enter = |slot: u8| {
        let mut record = [0; 23];
        record[0] = slot;
        record
    };
    let update = |mask: u8, rest: &[u8]| with(16, 1, &[&[1, 0, 9, 0, mask], rest].concat());
    let long_component = [
        &[1, 0, MAX_COMPONENT_BYTES as u8 + 1][..],
        &[0; MAX_COMPONENT_BYTES + 1],
    ]
    .concat();
    vec![
        ("snapshot_empty", "No bytes", "truncated", vec![]),
        ("snapshot_opcode", "A pong", "opcode", vec![8, 1, 1]),
        (
            "snapshot_header_cut",
            "A header without the age of the base",
            "truncated",
            vec![0, 1, 1, 0, 1, 0, 0],
        ),
        (
            "snapshot_flag",
            "Flag 32, which is reserved",
            "flag",
            with(33, 0, &[]),
        ),
        (
            "snapshot_full_with_base",
            "A full snapshot with a base",
            "base",
            with(1, 1, &[]),
        ),
        (
            "snapshot_delta_to_itself",
            "A delta whose base is its own tick",
            "base",
            with(0, 0, &[]),
        ),
        (
            "snapshot_tick_zero",
            "Tick 0: the first tick is 1",
            "tick",
            vec![0, 1, 1, 0, 0, 0, 0, 0, 0],
        ),
        (
            "snapshot_base_at_zero",
            "A base at tick 0",
            "base",
            with(0, 256, &[]),
        ),
        (
            "snapshot_base_before_zero",
            "A base before tick 0",
            "base",
            with(0, 257, &[]),
        ),
        (
            "snapshot_ack_cut",
            "An incomplete acknowledgement",
            "truncated",
            with(3, 0, &[1, 0, 0, 0, 1]),
        ),
        (
            "snapshot_no_leaves",
            "A list of leaves that is empty",
            "count",
            with(4, 1, &[0, 0]),
        ),
        (
            "snapshot_leaves_cut",
            "Two leaves, of which the second is missing",
            "truncated",
            with(4, 1, &[2, 0, 9, 0]),
        ),
        (
            "snapshot_leaves_not_rising",
            "Leaves of slots 9 and 8, in this order",
            "slot order",
            with(4, 1, &[2, 0, 9, 0, 8, 0]),
        ),
        (
            "snapshot_leave_twice",
            "Two leaves of slot 9",
            "slot order",
            with(4, 1, &[2, 0, 9, 0, 9, 0]),
        ),
        (
            "snapshot_enters_not_rising",
            "Enters of slots 9 and 8, in this order",
            "slot order",
            with(9, 0, &[&[2, 0], &bare_enter(9)[..], &bare_enter(8)].concat()),
        ),
        (
            "snapshot_enter_twice",
            "Two enters of slot 9",
            "slot order",
            with(9, 0, &[&[2, 0], &bare_enter(9)[..], &bare_enter(9)].concat()),
        ),
        (
            "snapshot_updates_not_rising",
            "Turns of slots 9 and 8, in this order",
            "slot order",
            with(16, 1, &[2, 0, 9, 0, 1, 0, 3, 8, 0, 1, 0, 3]),
        ),
        (
            "snapshot_update_twice",
            "Two new skins of slot 9",
            "slot order",
            with(16, 1, &[2, 0, 9, 0, 4, 1, 0, 9, 0, 4, 2, 0]),
        ),
        (
            "snapshot_count_over_rest",
            "65,535 enters without their bytes",
            "truncated",
            with(9, 0, &[0xFF, 0xFF]),
        ),
        (
            "snapshot_trailing",
            "One byte too many",
            "trailing_bytes",
            with(0, 1, &[0]),
        ),
        (
            "snapshot_direction",
            "Direction 9: the directions are 0 to 8",
            "gait",
            enter(9, b"Bo", &[0, 0]),
        ),
        (
            "snapshot_gait_reserved",
            "A free gait with a direction",
            "gait",
            update(1, &[1, 0x81, 1, 0, 1, 0]),
        ),
        (
            "snapshot_velocity",
            "A free gait with a velocity of -32,768",
            "gait",
            update(1, &[1, 0x80, 0, 0x80, 1, 0]),
        ),
        (
            "snapshot_velocity_truncated",
            "A free gait without the last byte of its velocity",
            "truncated",
            update(1, &[1, 0x80, 1, 0, 1]),
        ),
        (
            "snapshot_name_not_utf8",
            "A name that is not UTF-8",
            "name",
            enter(0, &[0xC3, 0x28], &[0, 0]),
        ),
        (
            "snapshot_name_too_long",
            "A name of 97 bytes",
            "name",
            enter(0, &[b'a'; MAX_NAME_BYTES + 1], &[0, 0]),
        ),
        (
            "snapshot_components_cut",
            "An enter with the components 0 and 15, of which the second is missing",
            "truncated",
            enter(0, b"Bo", &[1, 0x80, 1, 7]),
        ),
        (
            "snapshot_component_empty",
            "An enter with a component without bytes",
            "component",
            enter(0, b"Bo", &[1, 0, 0]),
        ),
        (
            "snapshot_component_too_long",
            "A component of 65 bytes",
            "component",
            enter(0, b"Bo", &long_component),
        ),
        (
            "snapshot_object_component_empty",
            "An enter of an object with a component without bytes",
            "component",
            object(&[0, 1, 0, 0]),
        ),
        (
            "snapshot_object_owner",
            "An object whose owner is neither absent (0) nor present (1)",
            "owner",
            object(&[2, 0, 0, 0, 0, 0, 0]),
        ),
        (
            "snapshot_object_owner_cut",
            "An object whose owner ends after two bytes",
            "truncated",
            object(&[1, 7, 0]),
        ),
        (
            "snapshot_update_of_nothing",
            "An update that changes nothing",
            "update mask",
            update(0, &[]),
        ),
        (
            "snapshot_turn_and_anchor",
            "A turn and an anchor in the same update",
            "update mask",
            update(3, &[0; 11]),
        ),
        (
            "snapshot_update_reserved",
            "Bit 64 of the mask, which is reserved",
            "update mask",
            update(64, &[]),
        ),
        (
            "snapshot_skin_and_owner",
            "A skin, which only players have, and an owner, which only objects have",
            "update mask",
            update(20, &[0, 0, 0]),
        ),
        (
            "snapshot_dropped_and_owner",
            "A dropped one, which only players can be, and an owner, which only objects have",
            "update mask",
            update(48, &[0, 1]),
        ),
        (
            "snapshot_dropped",
            "A player that is neither dropped (1) nor not (0)",
            "dropped",
            update(32, &[2]),
        ),
        (
            "snapshot_update_without_components",
            "An update of components that names none",
            "component mask",
            update(8, &[0, 0]),
        ),
        (
            "snapshot_update_component_too_long",
            "An update of a component to 65 bytes",
            "component",
            update(8, &long_component),
        ),
        (
            "snapshot_update_owner",
            "An update of an owner to neither absent (0) nor present (1)",
            "owner",
            update(16, &[2, 0, 0, 0, 0]),
        ),
        ("snapshot_turn_at_zero", "A turn at tick 0", "turn", {
            vec![0, 16, 1, 5, 0, 0, 0, 1, 0, 1, 0, 9, 0, 1, 5, 0]
        }),
        ("snapshot_turn_before_zero", "A turn before tick 0", "turn", {
            vec![0, 16, 1, 5, 0, 0, 0, 1, 0, 1, 0, 9, 0, 1, 6, 0]
        }),
        (
            "snapshot_anchor_cut",
            "An anchor without its gait",
            "truncated",
            update(2, &[0; 8]),
        ),
    ]
}

fn texts() -> Vec<(&'static str, &'static str, String)> {
    let text = |text: &str| text.to_owned();
    vec![
        ("json_empty", "An empty text", text("")),
        ("json_not_json", "Not JSON", text("hello")),
        (
            "json_unknown_message",
            "A message that does not exist",
            text(r#"{"teleport":{"x":1}}"#),
        ),
        ("json_two_messages", "Two messages in one", text(r#""bye" "bye""#)),
        (
            "json_two_in_one_object",
            "Two messages in one object",
            text(r#"{"leave":{},"ping":{"nonce":1}}"#),
        ),
        (
            "json_unknown_field",
            "A field that a join does not have",
            text(r#"{"join":{"room":"lobby","fast":true}}"#),
        ),
        (
            "json_unknown_field_of_leave",
            "A misspelt field",
            text(r#"{"leave":{"requst":1}}"#),
        ),
        (
            "json_unknown_mode",
            "A mode that a join does not have",
            text(r#"{"join":{"room":"tag","mode":"random"}}"#),
        ),
        (
            "json_seats_over_u8",
            "A reservation of 256 seats",
            text(r#"{"reserve":{"room":"tag","seats":256}}"#),
        ),
        (
            "json_unknown_target",
            "A target that is neither an object nor a player",
            text(r#"{"act":{"target":{"room":1},"name":"open"}}"#),
        ),
        (
            "json_two_targets",
            "Two targets of one action",
            text(r#"{"act":{"target":{"object":1,"player":2},"name":"open"}}"#),
        ),
        (
            "json_missing_field",
            "A chat without a text",
            text(r#"{"chat":{"scope":"room"}}"#),
        ),
        (
            "json_field_twice",
            "A field twice",
            text(r#"{"chat":{"text":"a","text":"b"}}"#),
        ),
        (
            "json_wrong_type",
            "A number as a string",
            text(r#"{"ping":{"nonce":"1"}}"#),
        ),
        (
            "json_fraction",
            "A number that is not whole",
            text(r#"{"ping":{"nonce":1.5}}"#),
        ),
        (
            "json_negative",
            "A number below zero",
            text(r#"{"ping":{"nonce":-1}}"#),
        ),
        (
            "json_out_of_range",
            "A skin of 65,536",
            text(r#"{"set_skin":{"skin":65536}}"#),
        ),
        (
            "json_unknown_direction",
            "A direction that does not exist",
            text(r#"{"move":{"direction":"up"}}"#),
        ),
        (
            "json_hello_without_protocol",
            "A hello without the protocol version",
            text(r#"{"hello":{"name":"Ada"}}"#),
        ),
        (
            "json_body_cut",
            "A body that is not JSON",
            text(r#"{"custom":{"name":"wave","body":{"times":}}}"#),
        ),
        (
            "json_lone_surrogate",
            "Half of a surrogate pair",
            text(r#"{"chat":{"text":"\ud800"}}"#),
        ),
        ("json_nested", "A thousand brackets", "[".repeat(1000)),
    ]
}

#[test]
fn every_malformed_message_is_refused_with_the_class_of_its_vector() {
    let about = "Bytes and texts that are not messages. `reader` is the decoder that refuses them: the server's for binary \
                 messages (client) or JSON (client_json), or a client's for structured messages (server) or snapshots \
                 (snapshot). `error` is the class of the error. It is not on the wire: a test compares it to find out \
                 whether the decoder refuses a vector for the right reason. The server closes the connection with 4400, \
                 and a client closes it.";
    let mut file = File::new("malformed.json", "malformed", about);
    for (reader, cases) in [
        (Reader::Client, from_clients()),
        (Reader::Server, from_server()),
        (Reader::Snapshot, snapshots()),
    ] {
        for (name, meaning, error, bytes) in cases {
            assert_eq!(reader.class(&bytes), error, "{name}");
            file.entry(&[
                ("name", quoted(name)),
                ("meaning", quoted(meaning)),
                ("reader", quoted(reader.name())),
                ("hex", quoted(&to_hex(&bytes))),
                ("error", quoted(error)),
            ]);
        }
    }
    for case in NUMBERED {
        let (bytes, count) = case.out_of_range();
        let meaning = format!(
            "A {} with number {count}: the numbers are 0 to {}",
            case.of,
            count - 1
        );
        file.entry(&[
            ("name", quoted(case.name)),
            ("meaning", quoted(&meaning)),
            ("reader", quoted(case.reader.name())),
            ("hex", quoted(&to_hex(&bytes))),
            ("error", quoted("malformed")),
        ]);
    }
    for (name, meaning, text) in texts() {
        file.entry(&[
            ("name", quoted(name)),
            ("meaning", quoted(meaning)),
            ("reader", quoted("client_json")),
            ("text", quoted(&text)),
            ("error", quoted("malformed")),
        ]);
    }
    file.check().iter().for_each(check);
}

fn check(vector: &Value) {
    let name = &vector["name"];
    let readers = [Reader::Client, Reader::Server, Reader::Snapshot];
    match readers
        .into_iter()
        .find(|reader| vector["reader"] == reader.name())
    {
        Some(reader) => assert_eq!(
            reader.class(&bytes_of(vector)),
            vector["error"].as_str().unwrap(),
            "{name}"
        ),
        None => {
            let refused = codec::from_json(vector["text"].as_str().unwrap());
            assert!(
                matches!(refused, Err(CodecError::Malformed(_))),
                "{name}: {refused:?}"
            );
        }
    }
}

#[test]
fn vectors_with_a_number_out_of_range_have_no_other_fault() {
    for case in NUMBERED {
        let (bad, count) = case.out_of_range();
        assert_eq!(case.reader.class(&bad), "malformed", "{}", case.name);
        assert_eq!(case.reader.class(case.good), "ok", "{}", case.name);
        assert!(case.good[case.at] < count, "{}", case.name);
    }
}

#[test]
fn every_prefix_of_a_snapshot_is_truncated() {
    let mut bytes = Vec::new();
    let mut builder = parlour_shared::snapshot::Builder::begin(&mut bytes, 1, Tick(2), Some(Tick(1)), None);
    builder.section(parlour_shared::snapshot::flags::LEAVES, |out| {
        out.extend_from_slice(&[1, 0, 2, 0, 3, 0]);
        3
    });
    for length in 0..bytes.len() {
        assert_eq!(
            Snapshot::default().read(&bytes[..length]),
            Err(SnapshotError::Truncated),
            "{length} bytes"
        );
    }
    assert_eq!(Snapshot::default().read(&bytes), Ok(()));
}

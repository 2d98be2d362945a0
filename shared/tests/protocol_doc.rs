//! docs/protocol.md matches the types: every message, field, refusal and close code has its row.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use parlour_shared::{
    close::{Advice, CloseCode},
    codec::SNAPSHOT_OPCODE,
    limits::*,
    message::Refusal,
    motion::Direction,
};
use serde_reflection::{ContainerFormat, Format, Named, Registry, VariantFormat};
use support::typed;

const DOC: &str = include_str!("../../docs/protocol.md");

/// Returns the cells of every row of every table, without anchors.
fn rows() -> Vec<Vec<String>> {
    let cell = |text: &str| match text.split_once("</a>") {
        Some((_, rest)) => rest.to_owned(),
        None => text.trim().to_owned(),
    };
    let cells = |line: &str| line.trim_matches('|').split('|').map(cell).collect();
    DOC.lines()
        .filter(|line| line.starts_with('|'))
        .map(cells)
        .collect()
}

/// Whether a row begins with these cells. A cell may have a note in parentheses after the expected
/// text.
fn has_row(expected: &[&str]) -> bool {
    let fits = |(cell, expected): (&String, &&str)| {
        cell.trim() == *expected || cell.starts_with(&format!("{expected} ("))
    };
    rows()
        .iter()
        .any(|row| row.len() >= expected.len() && row.iter().zip(expected).all(fits))
}

fn type_name(format: &Format) -> String {
    match format {
        Format::U8 => "u8".into(),
        Format::U16 => "u16".into(),
        Format::U32 => "u32".into(),
        Format::I32 => "i32".into(),
        Format::Bool => "bool".into(),
        Format::Str => "string".into(),
        Format::Bytes => "bytes".into(),
        Format::Option(inner) => format!("option {}", type_name(inner)),
        Format::Seq(inner) => format!("list {}", type_name(inner)),
        Format::TypeName(name) => name.clone(),
        other => panic!("the protocol does not explain {other:?}"),
    }
}

fn fields(of: &[Named<Format>]) -> Vec<String> {
    of.iter()
        .map(|field| format!("{}: {}", field.name, type_name(&field.value)))
        .collect()
}

/// Returns the fields of an enum's variant, also if they are in a separate struct.
fn fields_of_variant(registry: &Registry, format: &VariantFormat) -> Vec<String> {
    match format {
        VariantFormat::Unit => Vec::new(),
        VariantFormat::Struct(named) => fields(named),
        VariantFormat::NewType(inner) => match &**inner {
            Format::TypeName(name) => fields_of_struct(registry, name),
            other => panic!("the protocol does not explain {other:?}"),
        },
        other => panic!("the protocol does not explain {other:?}"),
    }
}

fn fields_of_struct(registry: &Registry, name: &str) -> Vec<String> {
    let ContainerFormat::Struct(named) = &registry[name] else {
        panic!("{name} is not a struct")
    };
    fields(named)
}

#[test]
fn every_message_and_refusal_has_its_row() {
    let registry = typed::registry();
    for name in ["ClientMessage", "ServerMessage", "Refusal"] {
        let ContainerFormat::Enum(variants) = &registry[name] else {
            panic!("{name} is not an enum")
        };
        for (number, variant) in variants {
            if name == "ServerMessage" && *number == u32::from(SNAPSHOT_OPCODE) {
                continue;
            }
            let quoted: Vec<String> = fields_of_variant(&registry, &variant.value)
                .iter()
                .map(|field| format!("`{field}`"))
                .collect();
            let (number, title) = (number.to_string(), format!("`{}`", variant.name));
            assert!(
                has_row(&[&number, &title, &quoted.join(", ")]),
                "no row for {name} {number} {title} {quoted:?}"
            );
        }
    }
}

#[test]
fn every_field_of_every_struct_is_named_in_order() {
    let registry = typed::registry();
    for name in [
        "Stamp",
        "StateEntry",
        "KeyVersion",
        "MapInfo",
        "TileRect",
        "Door",
        "StateWrite",
        "Property",
        "EntityKind",
    ] {
        let mut rest = DOC
            .split_once(&format!("`{name}` "))
            .unwrap_or_else(|| panic!("no {name}"))
            .1;
        for field in fields_of_struct(&registry, name) {
            let at = rest
                .find(&format!("`{field}`"))
                .unwrap_or_else(|| panic!("no {field} in {name}"));
            rest = &rest[at..];
            let line_of_it = at < 200;
            assert!(line_of_it, "{field} of {name} is somewhere else");
        }
    }
}

#[test]
fn every_close_code_has_its_row_and_every_variant_its_number() {
    let registry = typed::registry();
    for ((number, name), code) in typed::variants(&registry, "CloseCode")
        .into_iter()
        .zip(CloseCode::ALL)
    {
        let row = [number.to_string(), code.code().to_string(), format!("`{name}`")];
        assert!(has_row(&row.each_ref().map(String::as_str)), "no row {row:?}");
    }
    assert_eq!(
        Direction::ALL.len(),
        typed::variants(&registry, "Direction").len()
    );
    for name in [
        "ActTarget",
        "Direction",
        "MoveHeading",
        "JoinMode",
        "Scope",
        "Durability",
        "LeaveReason",
    ] {
        let list = DOC
            .split_once(&format!("\n`{name}`: "))
            .unwrap_or_else(|| panic!("no {name}"))
            .1;
        let list = list.split("\n\n").next().unwrap().replace('\n', " ");
        for (number, variant) in typed::variants(&registry, name) {
            assert!(
                list.contains(&format!("{number} `{variant}`")),
                "no {number} {variant} in {name}"
            );
        }
    }
}

/// Returns the row that begins with these cells.
#[track_caller]
fn row(begin: &[&str]) -> Vec<String> {
    let row = rows().into_iter().find(|row| {
        row.len() >= begin.len() && row.iter().zip(begin).all(|(cell, begin)| cell.trim() == *begin)
    });
    row.unwrap_or_else(|| panic!("no row {begin:?}"))
}

#[test]
fn the_advice_for_each_close_code_matches_its_range() {
    for code in CloseCode::ALL {
        let name = serde_json::to_value(code).unwrap();
        let row = rows().into_iter().find(|row| {
            let number = code.code().to_string();
            row.len() == 5
                && row[1].trim() == number
                && row[2].trim() == format!("`{}`", name.as_str().unwrap())
        });
        let advice = row.unwrap_or_else(|| panic!("no row {name}"))[3]
            .trim()
            .to_owned();
        match code.advice() {
            Advice::Resume => assert!(advice.starts_with("reconnect"), "{name}: {advice}"),
            Advice::Reconnect => assert_eq!(advice, "reconnect as a new session", "{name}"),
            Advice::Stop => assert!(
                advice.starts_with("stop") || advice.starts_with("nothing"),
                "{name}: {advice}"
            ),
        }
    }
}

#[test]
fn the_starred_refusals_are_the_senseless_ones() {
    let registry = typed::registry();
    for (number, name) in typed::variants(&registry, "Refusal") {
        // A refusal with fields does not parse from its name. Only one of these is senseless.
        let parsed = match name.as_str() {
            "bad_body" => Ok(Refusal::BadBody {
                reason: String::new(),
            }),
            _ => serde_json::from_value::<Refusal>(name.clone().into()),
        };
        let senseless = parsed.is_ok_and(|refusal| refusal.is_senseless());
        let row = row(&[&number.to_string(), &format!("`{name}`")]);
        assert_eq!(row[3].trim().ends_with('*'), senseless, "{name}: {row:?}");
    }
}

#[test]
fn every_refusal_in_the_order_of_checks_exists() {
    let table = DOC.split_once("| request | in this order |\n").unwrap().1;
    let known: Vec<String> = typed::variants(&typed::registry(), "Refusal")
        .into_iter()
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    let lines = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let mut named = 0;
    for line in lines {
        let order = line.trim_matches('|').split('|').nth(1).unwrap();
        for refusal in order.split(", ").filter(|word| word.trim().starts_with('`')) {
            assert!(
                known.iter().any(|known| known == refusal.trim()),
                "{refusal} in {line}"
            );
            named += 1;
        }
    }
    assert_eq!(named, 36);
}

#[test]
fn the_table_of_limits_matches_the_code() {
    let kib = |bytes: usize| format!("{} KiB", bytes / 1024);
    let thousands = |number: u32| match number {
        ..1000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    };
    let limits = [
        (
            "a message from a client",
            vec![kib(MAX_CLIENT_MESSAGE), format!("{MAX_FRAGMENTS} fragments")],
        ),
        (
            "a message from the server",
            vec![format!("{} MiB", MAX_SERVER_FRAME >> 20)],
        ),
        (
            "a player's name, clean",
            vec![
                format!("{MAX_NAME_CHARS} code points"),
                format!("{MAX_NAME_BYTES} bytes"),
            ],
        ),
        ("a chat text, clean", vec![kib(MAX_CHAT_BYTES)]),
        (
            "a name or a chat text before it is cleaned",
            vec![kib(MAX_RAW_TEXT_BYTES)],
        ),
        ("a room's name", vec![format!("{MAX_ROOM_NAME_BYTES} bytes")]),
        ("a token", vec![kib(MAX_TOKEN_BYTES)]),
        (
            "options of a join, properties of a room",
            vec![
                format!("{MAX_PROPERTIES} with keys of {MAX_PROPERTY_KEY_BYTES} bytes"),
                format!("values of {MAX_PROPERTY_VALUE_BYTES} bytes"),
                format!("more than {MAX_DECODED_ITEMS} options is malformed"),
            ],
        ),
        (
            "a reservation",
            vec![
                format!("{MAX_RESERVED_SEATS} seats"),
                format!("{} s", RESERVATION_TICKS / TICK_RATE),
                format!("a ticket of {MAX_TICKET_BYTES} bytes"),
            ],
        ),
        (
            "room state",
            vec![
                format!("{MAX_STATE_KEYS} keys of {MAX_STATE_KEY_BYTES} bytes"),
                format!("values of {}", kib(MAX_STATE_VALUE_BYTES)),
                format!("{MAX_STATE_WRITES} writes in a batch"),
                format!("more than {MAX_DECODED_ITEMS} is malformed"),
            ],
        ),
        (
            "players in a room",
            vec![format!("{} at most", thousands(MAX_ROOM_CAPACITY))],
        ),
        (
            "the kinds of a room",
            vec![
                format!("{MAX_KINDS}, "),
                format!("{MAX_COMPONENTS} components of {MAX_COMPONENT_BYTES} bytes"),
            ],
        ),
        (
            "a plugin's message, the body of an `act`",
            vec![kib(MAX_CUSTOM_BYTES)],
        ),
        (
            "a command",
            vec![
                format!("{MAX_COMMAND_LATE_TICKS} ticks late"),
                format!("{MAX_COMMAND_EARLY_TICKS} ticks early"),
                format!("{} ahead", thousands(MAX_SEQUENCE_JUMP)),
            ],
        ),
        (
            "the base of a delta",
            vec![format!("{} ticks ago", thousands(MAX_BASE_AGE))],
        ),
    ];
    for (what, said) in limits {
        let row = row(&[what]);
        for said in said {
            assert!(row[1].contains(&said), "{what}: no {said:?} in {:?}", row[1]);
        }
    }
}

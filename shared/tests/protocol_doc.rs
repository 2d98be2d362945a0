//! docs/protocol.md says what the types say: every message, field, refusal and close code has its row.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

use parlour_shared::{close::CloseCode, codec::SNAPSHOT_OPCODE, motion::Direction};
use serde_reflection::{ContainerFormat, Format, Named, Registry, VariantFormat};
use support::typed;

const DOC: &str = include_str!("../../docs/protocol.md");

/// The cells of every row of every table, without anchors.
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

/// Whether there is a row that begins so; a cell may go on after what is asked for.
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

/// The fields of an enum's variant, also if they are those of a struct of its own.
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
        panic!("{name} is no struct")
    };
    fields(named)
}

#[test]
fn every_message_and_refusal_has_its_row() {
    let registry = typed::registry();
    for name in ["ClientMessage", "ServerMessage", "Refusal"] {
        let ContainerFormat::Enum(variants) = &registry[name] else {
            panic!("{name} is no enum")
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
    for name in ["Direction", "Scope", "Durability", "LeaveReason"] {
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

//! Declarations as a TypeScript module.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use parlour_sim::{Declaration, DeclaredAs, Shape, VariantShape};

/// The maximum bytes of one type. A longer one is `unknown`.
const MAX_TYPE_BYTES: usize = 16 * 1024;

/// Returns the module of a room type.
pub(super) fn module(room_type: &str, list: &[Declaration]) -> String {
    let of = |role: DeclaredAs| list.iter().filter(move |one| one.role == role);
    let mut out = format!("// The game logic of the room type {room_type:?}, as JSON clients see it.\n");
    for (name, about, role) in [
        (
            "PlayerMessages",
            "The bodies of `custom` messages to the server.",
            DeclaredAs::PlayerMessage,
        ),
        (
            "PlayerActions",
            "The bodies of `act` messages.",
            DeclaredAs::PlayerAction,
        ),
        (
            "ClientMessages",
            "The bodies of `custom` messages from the server.",
            DeclaredAs::ClientMessage,
        ),
        (
            "RoomComponents",
            "The values of room state that game logic replicates, as JSON text.",
            DeclaredAs::RoomComponent,
        ),
    ] {
        let _ = write!(out, "\n/** {about} */\nexport interface {name} {{\n");
        for one in of(role) {
            let _ = writeln!(out, "  {}: {};", key(one.name), json_type(one));
        }
        out.push_str("}\n");
    }
    out.push_str("\n/** The components of entities, by kind. An entity need not have all. */\n");
    out.push_str("export interface Components {\n");
    let mut kinds: BTreeMap<&str, Vec<&Declaration>> = BTreeMap::new();
    for one in list {
        if let DeclaredAs::Component(kind) = &one.role {
            kinds.entry(kind).or_default().push(one);
        }
    }
    for (kind, components) in kinds {
        let _ = writeln!(out, "  {}: {{", key(kind));
        for one in components {
            let _ = writeln!(out, "    {}?: {};", key(one.name), json_type(one));
        }
        out.push_str("  };\n");
    }
    out.push_str("}\n");
    out
}

/// Returns the type of the JSON form.
fn json_type(declaration: &Declaration) -> String {
    let mut writer = TypeWriter { out: String::new() };
    match declaration.json_shape() {
        Some(shape) if writer.shape(&shape).is_ok() => writer.out,
        _ => "unknown".to_owned(),
    }
}

/// Writes a type. Fails if it is too long.
struct TypeWriter {
    out: String,
}

impl TypeWriter {
    fn shape(&mut self, shape: &Shape) -> fmt::Result {
        match shape {
            Shape::Unit => self.text("null"),
            Shape::Bool => self.text("boolean"),
            Shape::Char | Shape::String => self.text("string"),
            Shape::U8
            | Shape::U16
            | Shape::U32
            | Shape::U64
            | Shape::U128
            | Shape::I8
            | Shape::I16
            | Shape::I32
            | Shape::I64
            | Shape::I128
            | Shape::F32
            | Shape::F64 => self.text("number"),
            Shape::Bytes => self.text("number[]"),
            Shape::Option(inner) => {
                self.shape(inner)?;
                self.text(" | null")
            }
            Shape::List(item) => {
                self.text("Array<")?;
                self.shape(item)?;
                self.text(">")
            }
            Shape::Map(_, value) => {
                self.text("{ [key: string]: ")?;
                self.shape(value)?;
                self.text(" }")
            }
            Shape::Tuple(items) => {
                self.text("[")?;
                for (nth, item) in items.iter().enumerate() {
                    self.text(if nth == 0 { "" } else { ", " })?;
                    self.shape(item)?;
                }
                self.text("]")
            }
            Shape::Struct(fields) if fields.is_empty() => self.text("{}"),
            Shape::Struct(fields) => {
                for (nth, field) in fields.iter().enumerate() {
                    self.text(if nth == 0 { "{ " } else { "; " })?;
                    self.text(&format!("{}: ", key(&field.name)))?;
                    self.shape(&field.shape)?;
                }
                self.text(" }")
            }
            Shape::Enum(variants) => {
                for (nth, variant) in variants.iter().enumerate() {
                    self.text(if nth == 0 { "" } else { " | " })?;
                    self.variant(variant)?;
                }
                Ok(())
            }
            Shape::Unknown => self.text("unknown"),
        }
    }

    /// Writes a variant: its name, or an object with it as the only key.
    fn variant(&mut self, variant: &VariantShape) -> fmt::Result {
        let Some(content) = &variant.content else {
            return self.text(&quoted(&variant.name));
        };
        self.text(&format!("{{ {}: ", key(&variant.name)))?;
        self.shape(content)?;
        self.text(" }")
    }

    fn text(&mut self, text: &str) -> fmt::Result {
        if self.out.len() + text.len() > MAX_TYPE_BYTES {
            return Err(fmt::Error);
        }
        self.out.push_str(text);
        Ok(())
    }
}

/// Returns a name as the key of an object.
fn key(name: &str) -> String {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_plain = name.starts_with(begins) && name.chars().all(|c| begins(c) || c.is_ascii_digit());
    if is_plain { name.to_owned() } else { quoted(name) }
}

fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

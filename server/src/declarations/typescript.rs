//! Declarations as a TypeScript module.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use parlour_sim::{Declaration, DeclaredAs, Shape};
use serde_reflection::{ContainerFormat, Format, Named, Registry, VariantFormat};

/// The maximum depth of types in types. What is deeper is `unknown`.
const MAX_DEPTH: usize = 16;
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
    let Some(Shape { format, types }) = declaration.json_shape() else {
        return "unknown".to_owned();
    };
    let mut writer = TypeWriter {
        types: &types,
        out: String::new(),
        depth: 0,
    };
    match writer.format(&format) {
        Ok(()) => writer.out,
        Err(fmt::Error) => "unknown".to_owned(),
    }
}

/// Writes a type. Fails if it is too long.
struct TypeWriter<'a> {
    types: &'a Registry,
    out: String,
    depth: usize,
}

impl TypeWriter<'_> {
    fn format(&mut self, format: &Format) -> fmt::Result {
        if self.depth == MAX_DEPTH {
            return self.text("unknown");
        }
        self.depth += 1;
        match format {
            Format::Variable(_) => self.text("unknown"),
            Format::TypeName(name) => match self.types.get(name) {
                Some(container) => self.container(container),
                None => self.text("unknown"),
            },
            Format::Unit => self.text("null"),
            Format::Bool => self.text("boolean"),
            Format::Char | Format::Str => self.text("string"),
            // A float that is not finite is null in JSON, but state has no floats.
            Format::I8
            | Format::I16
            | Format::I32
            | Format::I64
            | Format::I128
            | Format::U8
            | Format::U16
            | Format::U32
            | Format::U64
            | Format::U128
            | Format::F32
            | Format::F64 => self.text("number"),
            Format::Bytes => self.text("number[]"),
            Format::Option(inner) => self.format(inner).and_then(|()| self.text(" | null")),
            Format::Seq(item) => self.list(item),
            Format::TupleArray { content, .. } => self.list(content),
            Format::Map { value, .. } => {
                self.text("{ [key: string]: ")?;
                self.format(value)?;
                self.text(" }")
            }
            Format::Tuple(items) => self.tuple(items),
        }?;
        self.depth -= 1;
        Ok(())
    }

    fn container(&mut self, container: &ContainerFormat) -> fmt::Result {
        match container {
            ContainerFormat::UnitStruct => self.text("null"),
            ContainerFormat::NewTypeStruct(inner) => self.format(inner),
            ContainerFormat::TupleStruct(items) => self.tuple(items),
            ContainerFormat::Struct(fields) => self.fields(fields),
            ContainerFormat::Enum(variants) => {
                for (nth, variant) in variants.values().enumerate() {
                    if nth > 0 {
                        self.text(" | ")?;
                    }
                    self.variant(variant)?;
                }
                Ok(())
            }
        }
    }

    /// Writes a variant: its name, or an object with it as the only key.
    fn variant(&mut self, Named { name, value }: &Named<VariantFormat>) -> fmt::Result {
        if *value == VariantFormat::Unit {
            return self.text(&quoted(name));
        }
        self.text(&format!("{{ {}: ", key(name)))?;
        match value {
            VariantFormat::Unit | VariantFormat::Variable(_) => self.text("unknown"),
            VariantFormat::NewType(inner) => self.format(inner),
            VariantFormat::Tuple(items) => self.tuple(items),
            VariantFormat::Struct(fields) => self.fields(fields),
        }?;
        self.text(" }")
    }

    fn fields(&mut self, fields: &[Named<Format>]) -> fmt::Result {
        if fields.is_empty() {
            return self.text("{}");
        }
        for (nth, Named { name, value }) in fields.iter().enumerate() {
            self.text(if nth == 0 { "{ " } else { "; " })?;
            self.text(&format!("{}: ", key(name)))?;
            self.format(value)?;
        }
        self.text(" }")
    }

    fn tuple(&mut self, items: &[Format]) -> fmt::Result {
        self.text("[")?;
        for (nth, item) in items.iter().enumerate() {
            if nth > 0 {
                self.text(", ")?;
            }
            self.format(item)?;
        }
        self.text("]")
    }

    fn list(&mut self, item: &Format) -> fmt::Result {
        self.text("Array<")?;
        self.format(item)?;
        self.text(">")
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

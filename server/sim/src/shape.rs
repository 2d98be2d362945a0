//! The shapes of types: what serde asks a format for.

mod node;
mod tracer;

use std::panic::catch_unwind;

use serde::{Serialize, de::DeserializeOwned};

use node::Node;
use tracer::Tracer;

/// The shape of a type in a message or a component. The names are those of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Nothing: no bytes in binary, `null` in JSON.
    Unit,
    /// `true` or `false`.
    Bool,
    /// A whole number of 8 bits.
    U8,
    /// A whole number of 16 bits.
    U16,
    /// A whole number of 32 bits.
    U32,
    /// A whole number of 64 bits.
    U64,
    /// A whole number of 128 bits.
    U128,
    /// A whole number of 8 bits with a sign.
    I8,
    /// A whole number of 16 bits with a sign.
    I16,
    /// A whole number of 32 bits with a sign.
    I32,
    /// A whole number of 64 bits with a sign.
    I64,
    /// A whole number of 128 bits with a sign.
    I128,
    /// A float of 32 bits.
    F32,
    /// A float of 64 bits.
    F64,
    /// One character.
    Char,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A value or nothing.
    Option(Box<Shape>),
    /// Any number of values.
    List(Box<Shape>),
    /// Keys and values.
    Map(Box<Shape>, Box<Shape>),
    /// A fixed number of values, without names.
    Tuple(Vec<Shape>),
    /// Values with names.
    Struct(Vec<FieldShape>),
    /// One of several variants.
    Enum(Vec<VariantShape>),
    /// Not described: it is nested too deeply, as in a type that contains itself.
    Unknown,
}

impl Shape {
    /// Returns whether the binary form has no bytes.
    pub(crate) fn has_no_bytes(&self) -> bool {
        match self {
            Self::Unit => true,
            Self::Tuple(items) => items.iter().all(Self::has_no_bytes),
            Self::Struct(fields) => fields.iter().all(|field| field.shape.has_no_bytes()),
            _ => false,
        }
    }
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldShape {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariantShape {
    /// Its name.
    pub name: String,
    /// What it contains. `None`: nothing.
    pub content: Option<Shape>,
}

/// The maximum number of times that a type is traced. Each time visits one more variant of every
/// enum in it.
const MAX_TRACES: usize = 1_000;

/// Returns the shape of a type in JSON or in binary, which differ if the type says so. `None`: its
/// `Deserialize` does not accept the values that the trace makes up, panics on them, or asks for
/// what only some formats have.
pub(crate) fn shape_of<T: DeserializeOwned>(is_json: bool) -> Option<Shape> {
    // Nothing of the trace is left after a panic.
    catch_unwind(|| trace::<T>(is_json)).ok().flatten()
}

fn trace<T: DeserializeOwned>(is_json: bool) -> Option<Shape> {
    let mut root = Node::default();
    for _ in 0..MAX_TRACES {
        let mut nodes = 0;
        T::deserialize(Tracer::new(&mut root, is_json, &mut nodes)).ok()?;
        if root.is_complete() {
            return Some(root.into_shape());
        }
    }
    None
}

//! A deserializer that notes what a type asks for, and makes up values.

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, IntoDeserializer as _, MapAccess, SeqAccess, VariantAccess,
        Visitor,
    },
    forward_to_deserialize_any,
};

use super::{Shape, node::Node};

/// The maximum depth. Deeper options, lists and maps are empty, which ends types that contain
/// themselves.
const MAX_DEPTH: usize = 12;
/// The maximum number of places in a type.
const MAX_NODES: usize = 4_096;

/// Traces one place of a type.
pub(super) struct Tracer<'a> {
    node: &'a mut Node,
    is_json: bool,
    depth: usize,
    /// The number of places that this trace has visited.
    nodes: &'a mut usize,
}

impl<'a> Tracer<'a> {
    pub(super) fn new(root: &'a mut Node, is_json: bool, nodes: &'a mut usize) -> Self {
        Self {
            node: root,
            is_json,
            depth: 0,
            nodes,
        }
    }

    fn leaf(self, shape: Shape) {
        *self.node = Node::Leaf(shape);
    }

    /// Whether nothing more is visited below this place.
    fn is_deep(&self) -> bool {
        self.depth >= MAX_DEPTH || *self.nodes >= MAX_NODES
    }
}

/// Returns the tracer of a part.
fn part<'a>(
    node: &'a mut Node,
    is_json: bool,
    depth: usize,
    nodes: &'a mut usize,
) -> Result<Tracer<'a>, TraceError> {
    *nodes += 1;
    if *nodes > 2 * MAX_NODES || depth > 2 * MAX_DEPTH {
        return Err(TraceError);
    }
    Ok(Tracer {
        node,
        is_json,
        depth,
        nodes,
    })
}

/// A type cannot be described.
#[derive(Debug, thiserror::Error)]
#[error("the type cannot be described")]
pub(super) struct TraceError;

impl de::Error for TraceError {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

macro_rules! leaves {
    ($($method:ident $shape:ident $visit:ident $value:expr;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TraceError> {
            self.leaf(Shape::$shape);
            // Not 0, which types such as `NonZero` do not accept.
            visitor.$visit($value)
        })*
    };
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = TraceError;

    leaves! {
        deserialize_bool Bool visit_bool false;
        deserialize_u8 U8 visit_u8 1;
        deserialize_u16 U16 visit_u16 1;
        deserialize_u32 U32 visit_u32 1;
        deserialize_u64 U64 visit_u64 1;
        deserialize_u128 U128 visit_u128 1;
        deserialize_i8 I8 visit_i8 1;
        deserialize_i16 I16 visit_i16 1;
        deserialize_i32 I32 visit_i32 1;
        deserialize_i64 I64 visit_i64 1;
        deserialize_i128 I128 visit_i128 1;
        deserialize_f32 F32 visit_f32 1.0;
        deserialize_f64 F64 visit_f64 1.0;
        deserialize_char Char visit_char 'a';
        deserialize_str String visit_str "a";
        deserialize_string String visit_string "a".to_owned();
        deserialize_bytes Bytes visit_bytes &[];
        deserialize_byte_buf Bytes visit_byte_buf Vec::new();
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TraceError> {
        self.leaf(Shape::Unit);
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        let inner = part(self.node, self.is_json, self.depth + 1, self.nodes)?;
        visitor.visit_newtype_struct(inner)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TraceError> {
        if self.is_deep() {
            self.leaf(Shape::Unknown);
            return visitor.visit_none();
        }
        if !matches!(self.node, Node::Option(_)) {
            *self.node = Node::Option(Box::default());
        }
        let Node::Option(inner) = self.node else {
            return Err(TraceError);
        };
        visitor.visit_some(part(inner, self.is_json, self.depth + 1, self.nodes)?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TraceError> {
        if self.is_deep() {
            self.leaf(Shape::Unknown);
            return visitor.visit_seq(de::value::SeqDeserializer::<_, TraceError>::new(
                std::iter::empty::<u8>(),
            ));
        }
        if !matches!(self.node, Node::List(_)) {
            *self.node = Node::List(Box::default());
        }
        let Node::List(item) = self.node else {
            return Err(TraceError);
        };
        visitor.visit_seq(Parts::new(
            std::iter::once(&mut **item),
            self.is_json,
            self.depth,
            self.nodes,
        ))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TraceError> {
        if self.is_deep() {
            self.leaf(Shape::Unknown);
            return visitor.visit_map(de::value::MapDeserializer::<_, TraceError>::new(
                std::iter::empty::<(u8, u8)>(),
            ));
        }
        if !matches!(self.node, Node::Map(_)) {
            *self.node = Node::Map(Box::default());
        }
        let Node::Map(entry) = self.node else {
            return Err(TraceError);
        };
        let (key, value) = &mut **entry;
        visitor.visit_map(Parts::new(
            [key, value].into_iter(),
            self.is_json,
            self.depth,
            self.nodes,
        ))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, TraceError> {
        if len > MAX_NODES {
            return Err(TraceError);
        }
        if !matches!(self.node, Node::Tuple(_)) {
            *self.node = Node::Tuple((0..len).map(|_| Node::default()).collect());
        }
        let Node::Tuple(items) = self.node else {
            return Err(TraceError);
        };
        visitor.visit_seq(Parts::new(items.iter_mut(), self.is_json, self.depth, self.nodes))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        if !matches!(self.node, Node::Struct(_)) {
            *self.node = Node::Struct(fields.iter().map(|name| (*name, Node::default())).collect());
        }
        let Node::Struct(parts) = self.node else {
            return Err(TraceError);
        };
        let parts = parts.iter_mut().map(|(_, node)| node);
        let mut parts = Parts::new(parts, self.is_json, self.depth, self.nodes);
        let value = visitor.visit_seq(&mut parts)?;
        // With aliases there are more names than fields, and their order does not match.
        match parts.nodes.next() {
            None => Ok(value),
            Some(_) => Err(TraceError),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        if !matches!(self.node, Node::Enum(_)) {
            *self.node = Node::Enum(variants.iter().map(|name| (*name, Node::default())).collect());
        }
        let is_deep = self.is_deep();
        let Node::Enum(variants) = self.node else {
            return Err(TraceError);
        };
        // A variant that is not complete, or any. Variants of types that contain themselves become
        // complete when the depth ends.
        let next = variants.iter().position(|(_, node)| !node.is_complete());
        let next = match is_deep {
            // The first one is the least likely to contain the type itself.
            true => 0,
            false => next.unwrap_or(0),
        };
        if is_deep {
            for (_, node) in variants.iter_mut().filter(|(_, node)| !node.is_complete()) {
                *node = Node::Leaf(Shape::Unknown);
            }
        }
        let (name, node) = variants.get_mut(next).ok_or(TraceError)?;
        let content = part(node, self.is_json, self.depth + 1, self.nodes)?;
        visitor.visit_enum(Variant { name, content })
    }

    fn is_human_readable(&self) -> bool {
        self.is_json
    }

    /// Only formats that describe themselves have these.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, TraceError> {
        Err(TraceError)
    }

    forward_to_deserialize_any! { identifier ignored_any }
}

/// The parts of a list, a tuple, a struct or a map.
struct Parts<'a, I> {
    nodes: I,
    is_json: bool,
    depth: usize,
    visited: &'a mut usize,
}

impl<'a, I> Parts<'a, I> {
    fn new(nodes: I, is_json: bool, depth: usize, visited: &'a mut usize) -> Self {
        Self {
            nodes,
            is_json,
            depth,
            visited,
        }
    }
}

impl<'n, 'de, I: Iterator<Item = &'n mut Node>> Parts<'_, I> {
    fn next<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, TraceError> {
        let Some(node) = self.nodes.next() else {
            return Ok(None);
        };
        let tracer = part(node, self.is_json, self.depth + 1, self.visited)?;
        seed.deserialize(tracer).map(Some)
    }
}

impl<'n, 'de, I: Iterator<Item = &'n mut Node>> SeqAccess<'de> for Parts<'_, I> {
    type Error = TraceError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, TraceError> {
        self.next(seed)
    }
}

impl<'n, 'de, I: Iterator<Item = &'n mut Node>> MapAccess<'de> for Parts<'_, I> {
    type Error = TraceError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, TraceError> {
        self.next(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, TraceError> {
        self.next(seed)?.ok_or(TraceError)
    }
}

/// The variant that a trace visits.
struct Variant<'a> {
    name: &'static str,
    content: Tracer<'a>,
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = TraceError;
    type Variant = Tracer<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Tracer<'a>), TraceError> {
        let name: de::value::StrDeserializer<'_, TraceError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Tracer<'_> {
    type Error = TraceError;

    fn unit_variant(self) -> Result<(), TraceError> {
        *self.node = Node::Nothing;
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, TraceError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, TraceError> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TraceError> {
        self.deserialize_struct("", fields, visitor)
    }
}

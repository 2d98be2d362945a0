//! What is known about a type so far.

use super::{FieldShape, Shape, VariantShape};

/// A place in a type. Each trace of the type fills in more.
#[derive(Debug, Default)]
pub(super) enum Node {
    /// No trace has reached it.
    #[default]
    Unvisited,
    /// A shape without parts.
    Leaf(Shape),
    Option(Box<Node>),
    List(Box<Node>),
    Map(Box<(Node, Node)>),
    Tuple(Vec<Node>),
    Struct(Vec<(&'static str, Node)>),
    /// A variant without content is [`Node::Nothing`].
    Enum(Vec<(&'static str, Node)>),
    Nothing,
}

impl Node {
    /// Returns whether every part was visited.
    pub(super) fn is_complete(&self) -> bool {
        match self {
            Self::Unvisited => false,
            Self::Leaf(_) | Self::Nothing => true,
            Self::Option(inner) | Self::List(inner) => inner.is_complete(),
            Self::Map(entry) => entry.0.is_complete() && entry.1.is_complete(),
            Self::Tuple(items) => items.iter().all(Self::is_complete),
            Self::Struct(parts) | Self::Enum(parts) => parts.iter().all(|(_, part)| part.is_complete()),
        }
    }

    pub(super) fn into_shape(self) -> Shape {
        match self {
            Self::Unvisited => Shape::Unknown,
            Self::Nothing => Shape::Unit,
            Self::Leaf(shape) => shape,
            Self::Option(inner) => Shape::Option(Box::new(inner.into_shape())),
            Self::List(inner) => Shape::List(Box::new(inner.into_shape())),
            Self::Map(entry) => {
                let (key, value) = *entry;
                Shape::Map(Box::new(key.into_shape()), Box::new(value.into_shape()))
            }
            Self::Tuple(items) => Shape::Tuple(items.into_iter().map(Self::into_shape).collect()),
            Self::Struct(fields) => {
                let field = |(name, node): (&str, Self)| FieldShape {
                    name: name.to_owned(),
                    shape: node.into_shape(),
                };
                Shape::Struct(fields.into_iter().map(field).collect())
            }
            Self::Enum(variants) => {
                let variant = |(name, node): (&str, Self)| VariantShape {
                    name: name.to_owned(),
                    content: match node {
                        Self::Nothing => None,
                        node => Some(node.into_shape()),
                    },
                };
                Shape::Enum(variants.into_iter().map(variant).collect())
            }
        }
    }
}

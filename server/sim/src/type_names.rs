//! Names of types, for texts that tell a game maker what to write.

use std::any::type_name;

use bevy_ecs::prelude::*;

/// Stands for the type argument in the name of a generic type.
#[derive(Resource, Message)]
pub(crate) struct Placeholder;

/// Returns `M` of a name such as `Buffer<Message<M>>`, given `Buffer<Message<Placeholder>>`.
pub(crate) fn argument<'a>(name: &'a str, pattern: &str) -> Option<&'a str> {
    let (begin, end) = pattern.split_once(type_name::<Placeholder>())?;
    name.strip_prefix(begin)?.strip_suffix(end)
}

/// Returns the name of a type without the paths of modules: `Vec<Score>` for
/// `alloc::vec::Vec<game::tag::Score>`.
pub(crate) fn short(name: &str) -> String {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut short = String::new();
    let mut rest = name;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_path(c)).unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        short.push_str(path.rsplit("::").next().unwrap_or(path));
        let other = after.find(is_path).unwrap_or(after.len());
        short.push_str(&after[..other]);
        rest = &after[other..];
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_has_no_modules() {
        for (name, expected) in [
            ("u32", "u32"),
            ("alloc::vec::Vec<game::tag::Score>", "Vec<Score>"),
            ("(core::option::Option<a::B>, [c::D; 3])", "(Option<B>, [D; 3])"),
            ("&mut game::Score", "&mut Score"),
            ("", ""),
        ] {
            assert_eq!(short(name), expected);
        }
    }
}

//! The name of a new project: a crate, a directory and a room type.

use thiserror::Error;

use crate::room_types::is_type_name;

/// A valid name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProjectName(String);

/// Why a text is not a name, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum NameError {
    #[error(
        "{0:?} is not a name: use a-z, 0-9, - and _, begin with a letter, and write at most 32 characters, such as \
         my-game"
    )]
    Form(String),
    #[error("`{0}` is a word of Rust, which a crate cannot have as its name: write {0}-game, for example")]
    Keyword(String),
    #[error("`{0}` is the name of something that the project uses: write {0}-game, for example")]
    Taken(String),
}

/// The words that Rust keeps for itself.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Crates and directories that a project has anyway, and the name of the main world.
const TAKEN: &[&str] = &[
    "alloc",
    "bot",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "main",
    "parlour",
    "parlour_client",
    "proc_macro",
    "serde",
    "std",
    "test",
    "tokio",
];

impl ProjectName {
    pub(super) fn parse(text: &str) -> Result<Self, NameError> {
        let begins_with_letter = text.starts_with(|first: char| first.is_ascii_lowercase());
        if !begins_with_letter || !is_type_name(text) {
            return Err(NameError::Form(text.to_owned()));
        }
        let name = Self(text.to_owned());
        let module = name.module();
        if KEYWORDS.contains(&&*module) {
            return Err(NameError::Keyword(text.to_owned()));
        }
        if TAKEN.contains(&&*module) {
            return Err(NameError::Taken(text.to_owned()));
        }
        Ok(name)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the crate in Rust code.
    pub(super) fn module(&self) -> String {
        self.0.replace('-', "_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_crate_and_a_room_type() {
        assert_eq!(ProjectName::parse("my-game2").unwrap().module(), "my_game2");
        for text in [
            "",
            "2game",
            "-a",
            "_a",
            "My",
            "a b",
            "a/b",
            "..",
            "\u{e9}t\u{e9}",
            &"a".repeat(33),
        ] {
            assert!(
                matches!(ProjectName::parse(text), Err(NameError::Form(_))),
                "{text:?}"
            );
        }
        assert!(matches!(ProjectName::parse("match"), Err(NameError::Keyword(_))));
        for text in ["parlour-client", "main", "test", "serde"] {
            assert!(
                matches!(ProjectName::parse(text), Err(NameError::Taken(_))),
                "{text:?}"
            );
        }
    }
}

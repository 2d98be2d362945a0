//! A secret of the configuration, which is never printed.

use std::{fmt, fs::File, io, io::Read as _, path::Path, str::FromStr};

use subtle::ConstantTimeEq as _;
use thiserror::Error;

/// The minimum length of a secret. 16 random characters cannot be guessed over a network.
const MIN_BYTES: usize = 16;
const MAX_BYTES: usize = 512;

/// A secret, such as the token of the admin port. Its `Debug` form does not contain it.
#[derive(Clone)]
pub struct Secret(Box<str>);

/// Why a text cannot be a secret. The error does not contain the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("16 to 512 letters, digits and other visible ASCII characters without spaces")]
pub struct SecretError;

/// Why a file has no secret.
#[derive(Debug, Error)]
pub enum SecretFileError {
    /// The file cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// The content of the file cannot be a secret.
    #[error("its content must be {0}")]
    Content(#[from] SecretError),
}

impl Secret {
    /// Reads a secret from a file. A line break at the end does not belong to it.
    ///
    /// # Errors
    /// The file cannot be read, or its content cannot be a secret.
    pub fn read(path: &Path) -> Result<Self, SecretFileError> {
        let mut text = String::new();
        let most = MAX_BYTES as u64 + 2;
        File::open(path)?.take(most + 1).read_to_string(&mut text)?;
        Ok(text.trim_end_matches(['\r', '\n']).parse()?)
    }

    /// Returns whether a text is the secret. The time does not depend on where they differ.
    #[must_use]
    pub fn matches(&self, text: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(text).into()
    }

    /// Returns the secret, in order to send it to the owner's own server.
    #[cfg(feature = "cli")]
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        match is_visible && (MIN_BYTES..=MAX_BYTES).contains(&text.len()) {
            true => Ok(Self(text.into())),
            false => Err(SecretError),
        }
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_compared_as_a_whole_and_never_printed() {
        let secret: Secret = "correct-horse-battery".parse().unwrap();
        assert!(secret.matches(b"correct-horse-battery"));
        for other in [
            "",
            "correct-horse-batter",
            "correct-horse-battery!",
            "Correct-horse-battery",
        ] {
            assert!(!secret.matches(other.as_bytes()), "{other}");
        }
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }

    #[test]
    fn a_secret_has_at_least_16_visible_characters() {
        for (text, is_secret) in [
            ("x".repeat(15), false),
            ("x".repeat(16), true),
            ("x".repeat(512), true),
            ("x".repeat(513), false),
            ("sixteen letters ".to_owned(), false),
            ("sixteen-letters\n".to_owned(), false),
            ("é".repeat(20), false),
        ] {
            assert_eq!(text.parse::<Secret>().is_ok(), is_secret, "{text:?}");
        }
    }
}

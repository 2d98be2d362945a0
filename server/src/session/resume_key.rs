//! The secret with which a client resumes its session.

use std::fmt;

use subtle::ConstantTimeEq as _;

/// A secret of 128 random bits. Its text has 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ResumeKey([u8; 16]);

impl ResumeKey {
    /// Returns a key of these bits, for tests.
    #[cfg(test)]
    pub(crate) fn new(bits: [u8; 16]) -> Self {
        Self(bits)
    }

    /// Returns a key of the random source of the system.
    pub(crate) fn random() -> Self {
        let mut bits = [0; 16];
        // It fails only on a system without a random source.
        getrandom::fill(&mut bits).expect("the random source of the system");
        Self(bits)
    }

    /// Returns the text for the client.
    pub(crate) fn to_text(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// Returns whether a text is this key, in a time that does not depend on where they differ.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.to_text().as_bytes().ct_eq(text.as_bytes()).into()
    }
}

/// Omits the secret.
impl fmt::Debug for ResumeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResumeKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_is_the_key() {
        let key = ResumeKey::new([0x0a; 16]);
        let text = key.to_text();
        assert_eq!(text, "0a".repeat(16));
        assert!(key.is(&text));
        for wrong in [
            "",
            "0",
            &text[1..],
            &format!("{text}0"),
            &text.to_uppercase(),
            "0b0a",
        ] {
            assert!(!key.is(wrong), "{wrong}");
        }
        assert!(!format!("{key:?}").contains("0a"));
    }
}

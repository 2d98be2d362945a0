//! Text from a client that an error quotes. All such text from headers passes through [`Echo`], and
//! the parameters of a query are at most [`MAX_PARAMETER`] characters long.

use std::fmt;

/// The maximum number of characters that an error quotes, after escaping. A host name has at most
/// 253.
const MAX_ECHO: usize = 260;
/// The maximum number of characters of a parameter. Names, ids, moments and numbers are shorter.
pub(super) const MAX_PARAMETER: usize = 256;
/// Ends a text that was shortened.
const CUT: &str = "...";

/// A text from a client, escaped and shortened. It is printed in quotation marks.
///
/// A request head may have 8 KiB, and without a limit the answer could be ten times as large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Echo(String);

impl Echo {
    pub(super) fn new(bytes: &[u8]) -> Self {
        // More characters than this are cut anyway.
        let bytes = &bytes[..bytes.len().min(4 * MAX_ECHO)];
        let text = String::from_utf8_lossy(bytes);
        let mut escaped = text.escape_debug();
        let mut echo: String = escaped.by_ref().take(MAX_ECHO).collect();
        if escaped.next().is_some() {
            echo.push_str(CUT);
        }
        Self(echo)
    }
}

impl fmt::Display for Echo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_and_escaped() {
        let echo = |bytes: &[u8]| Echo::new(bytes).to_string();
        assert_eq!(echo(b"play.example.org"), "\"play.example.org\"");
        assert_eq!(echo(b"a\"b\n\x1b[1m\xff"), "\"a\\\"b\\n\\u{1b}[1m\u{fffd}\"");
        assert_eq!(echo("\u{202e}é".as_bytes()), "\"\\u{202e}é\"");
    }

    #[test]
    fn a_long_text_is_shortened_after_escaping() {
        for long in ["x".repeat(8000), "\u{1b}".repeat(8000), "é".repeat(4000)] {
            let echo = Echo::new(long.as_bytes()).to_string();
            assert_eq!(echo.chars().count(), MAX_ECHO + 2 + CUT.len(), "{echo}");
            assert!(echo.ends_with("...\""), "{echo}");
        }
        let longest = "x".repeat(MAX_ECHO);
        assert_eq!(
            Echo::new(longest.as_bytes()).to_string(),
            format!("\"{longest}\"")
        );
    }
}

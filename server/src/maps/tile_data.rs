//! The tiles of a layer, as the file writes them: how many there are, before anybody decodes them.

use super::{error::Fault, xml::Tag};

/// How tiles are written. Compressed ones are refused: how many come out is known too late.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    /// Numbers with commas between them.
    Csv,
    /// Four bytes each.
    Base64,
}

impl Encoding {
    /// The encoding that a `<data>` tag names.
    pub(super) fn of(tag: &Tag<'_>) -> Result<Self, Fault> {
        if tag.get("compression").is_some() {
            return Err(Fault::Compressed);
        }
        match tag.get("encoding") {
            Some("csv") => Ok(Self::Csv),
            Some("base64") => Ok(Self::Base64),
            _ => Err(Fault::Encoding),
        }
    }

    /// How many tiles a text stands for, if it stands for any.
    pub(super) fn count(self, text: &str) -> Result<usize, Fault> {
        // An entity could be a comma.
        if text.contains('&') {
            return Err(Fault::Encoding);
        }
        let text = text.trim();
        Ok(match self {
            Self::Csv => text.bytes().filter(|&byte| byte == b',').count() + 1,
            Self::Base64 => {
                let padding = text.bytes().rev().take_while(|&byte| byte == b'=').count();
                (text.len() / 4 * 3).saturating_sub(padding) / 4
            }
        })
    }

    /// Whether any of the tiles is not empty.
    pub(super) fn draws(self, text: &str) -> bool {
        text.trim().bytes().any(|byte| match self {
            Self::Csv => matches!(byte, b'1'..=b'9'),
            Self::Base64 => !matches!(byte, b'A' | b'='),
        })
    }
}

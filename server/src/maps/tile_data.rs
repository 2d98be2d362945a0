//! Counts the encoded tiles of a layer before the `tiled` crate decodes them.

use super::{error::Fault, xml::Tag};

/// The encoding of tiles. Compressed data is refused, because its size is known only after
/// decompressing it.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    /// Numbers with commas between them.
    Csv,
    /// Four bytes for each tile, in base64.
    Base64,
}

impl Encoding {
    /// Returns the encoding of a `<data>` tag.
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

    /// Returns the number of tiles that a text encodes.
    pub(super) fn count(self, text: &str) -> Result<usize, Fault> {
        // The entity `&#44;` is a comma that the count below would miss.
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

    /// Returns whether any tile is not empty.
    pub(super) fn uses_tiles(self, text: &str) -> bool {
        text.trim().bytes().any(|byte| match self {
            Self::Csv => matches!(byte, b'1'..=b'9'),
            Self::Base64 => !matches!(byte, b'A' | b'='),
        })
    }
}

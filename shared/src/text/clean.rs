//! Names and chat as others get them: in NFC, without what shows nothing. Done once, where a text
//! enters the server; the world and its recordings hold clean texts only, so that no table of
//! Unicode decides anything in them.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::{
    character::is_blank,
    pieces::{Piece, pieces},
};
use crate::limits::{MAX_CHAT_BYTES, MAX_NAME_CHARS, MAX_RAW_TEXT_BYTES};

/// Passes over a text. A clean text takes one, what people write takes two. When a pass removes a
/// character, NFC may reorder the marks around it so that the next pass removes more: a text must
/// be made for that.
const MAX_PASSES: usize = 4;

/// Why a name or a chat text cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// More than [`MAX_RAW_TEXT_BYTES`] as it came, [`MAX_CHAT_BYTES`] or [`MAX_NAME_CHARS`] when
    /// clean.
    #[error("too long")]
    TooLong,
    /// Nothing that would be seen.
    #[error("shows nothing")]
    ShowsNothing,
    /// A control character, or a private, unassigned or noncharacter code point.
    #[error("has U+{:04X} in it", u32::from(*.0))]
    Forbidden(char),
    /// Still changes after several passes: no text that a person wrote does.
    #[error("is a tangle of invisible characters")]
    Tangled,
}

/// A player's name as others see it: 1 to 24 code points in one line, blanks folded to one space
/// each. The same string comes back if it is clean already.
///
/// # Errors
///
/// If the text shows nothing, is too long, or has a code point that is allowed in no text.
///
/// ```
/// use parlour_shared::text::clean_name;
///
/// assert_eq!(clean_name("  Ada\u{3000} L.\u{200B} ".into()).as_deref(), Ok("Ada L."));
/// assert!(clean_name("\u{3164}".into()).is_err());
/// ```
pub fn clean_name(name: String) -> Result<String, TextError> {
    let name = clean(name, Form::Name)?;
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(TextError::TooLong);
    }
    Ok(name)
}

/// A chat text as others hear it: up to 2 KiB, lines end with a line feed. The same string comes
/// back if it is clean already.
///
/// # Errors
///
/// As [`clean_name`].
///
/// ```
/// use parlour_shared::text::clean_chat;
///
/// assert_eq!(clean_chat("one\r\ntwo\r\n".into()).as_deref(), Ok("one\ntwo"));
/// ```
pub fn clean_chat(text: String) -> Result<String, TextError> {
    let text = clean(text, Form::Chat)?;
    if text.len() > MAX_CHAT_BYTES {
        return Err(TextError::TooLong);
    }
    Ok(text)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Name,
    Chat,
}

/// Passes over the text until nothing changes, so that a clean text is its own clean form.
fn clean(mut text: String, form: Form) -> Result<String, TextError> {
    if text.len() > MAX_RAW_TEXT_BYTES {
        return Err(TextError::TooLong);
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    for _ in 0..MAX_PASSES {
        if !nfc.is_normalized(&text) {
            text = nfc.normalize(&text).into_owned();
        }
        match pass(&text, form)? {
            Some(changed) => text = changed,
            None => return Ok(text),
        }
    }
    Err(TextError::Tangled)
}

/// One pass: the text that it makes, or nothing if that is the same.
fn pass(text: &str, form: Form) -> Result<Option<String>, TextError> {
    let mut changed: Option<String> = None;
    let (mut at, mut shows, mut after_blank) = (0, false, true);
    for piece in pieces(text) {
        let (c, stays) = match piece {
            Piece::Shown(c) => (c, Some(c)),
            Piece::Direction(c) => (c, (form == Form::Chat).then_some(c)),
            Piece::Blank(c) | Piece::LineEnd(c) if form == Form::Name => (c, (!after_blank).then_some(' ')),
            Piece::Blank('\t') => ('\t', Some(' ')),
            Piece::Blank(c) => (c, Some(c)),
            // The line feed after it stays.
            Piece::LineEnd('\r') if text[at + 1..].starts_with('\n') => ('\r', None),
            Piece::LineEnd(c) => (c, Some('\n')),
            Piece::Hidden(c) => (c, None),
            Piece::Forbidden(c) => return Err(TextError::Forbidden(c)),
        };
        shows |= matches!(piece, Piece::Shown(_));
        if stays.is_some() {
            after_blank = matches!(piece, Piece::Blank(_) | Piece::LineEnd(_));
        }
        if changed.is_none() && stays != Some(c) {
            let mut start = String::with_capacity(text.len());
            start.push_str(&text[..at]);
            changed = Some(start);
        }
        if let (Some(changed), Some(c)) = (&mut changed, stays) {
            changed.push(c);
        }
        at += c.len_utf8();
    }
    if !shows {
        return Err(TextError::ShowsNothing);
    }
    let whole = changed.as_deref().unwrap_or(text);
    let trimmed = whole.trim_end_matches(is_blank).len();
    if trimmed < whole.len() {
        let changed = changed.get_or_insert_with(|| text.to_owned());
        changed.truncate(trimmed);
    }
    Ok(changed)
}

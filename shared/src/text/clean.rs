//! Cleans names and chat texts: converts them to NFC, and removes characters that show nothing.
//! This happens once, where a text enters the server. The world and its recordings contain only
//! clean texts, so they never depend on a Unicode table.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::{
    character::is_blank,
    code_points::{CodePoint, code_points},
};
use crate::limits::{MAX_CHAT_BYTES, MAX_NAME_CHARS, MAX_RAW_TEXT_BYTES};

/// Maximum number of passes over a text. A clean text needs one, and a text that a person wrote
/// needs at most two. When a pass removes a character, NFC may reorder the marks around it so that
/// the next pass removes more. Only crafted texts do that repeatedly.
const MAX_PASSES: usize = 4;

/// The reason why a name or chat text is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The text is longer than [`MAX_RAW_TEXT_BYTES`] before cleaning, or than [`MAX_CHAT_BYTES`]
    /// or [`MAX_NAME_CHARS`] after it.
    #[error("too long")]
    TooLong,
    /// The text has no visible character.
    #[error("shows nothing")]
    ShowsNothing,
    /// The text has a control character, or a private, unassigned or noncharacter code point.
    #[error("contains U+{:04X}", u32::from(*.0))]
    Forbidden(char),
    /// The text still changes after several passes. No text that a person wrote does.
    #[error("is a tangle of invisible characters")]
    Tangled,
}

/// Returns a player's name as others see it: 1 to 24 code points in one line, with each run of
/// blanks replaced by one space. A clean name is returned unchanged.
///
/// # Errors
/// [`TextError`] if the text shows nothing, is too long, has a code point that no text may have, or
/// is tangled.
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

/// Returns a chat text as others receive it: up to 2 KiB, with line feeds as line ends. A clean
/// text is returned unchanged.
///
/// # Errors
/// Like [`clean_name`].
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

/// Repeats passes until nothing changes, so that cleaning a clean text does not change it.
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

/// Runs one pass. Returns the changed text, or `None` if nothing changed.
fn pass(text: &str, form: Form) -> Result<Option<String>, TextError> {
    let mut changed: Option<String> = None;
    let (mut at, mut shows, mut after_blank) = (0, false, true);
    for code_point in code_points(text) {
        let (c, stays) = match code_point {
            CodePoint::Shown(c) => (c, Some(c)),
            CodePoint::Direction(c) => (c, (form == Form::Chat).then_some(c)),
            CodePoint::Blank(c) | CodePoint::LineEnd(c) if form == Form::Name => {
                (c, (!after_blank).then_some(' '))
            }
            CodePoint::Blank('\t') => ('\t', Some(' ')),
            CodePoint::Blank(c) => (c, Some(c)),
            // The line feed after it stays.
            CodePoint::LineEnd('\r') if text[at + 1..].starts_with('\n') => ('\r', None),
            CodePoint::LineEnd(c) => (c, Some('\n')),
            CodePoint::Hidden(c) => (c, None),
            CodePoint::Forbidden(c) => return Err(TextError::Forbidden(c)),
        };
        shows |= matches!(code_point, CodePoint::Shown(_));
        if stays.is_some() {
            after_blank = matches!(code_point, CodePoint::Blank(_) | CodePoint::LineEnd(_));
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

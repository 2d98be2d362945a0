//! Reads the XML of a map file. No number in the file determines the size of an allocation.
//!
//! The reader is stricter than XML: it accepts no document type, no CDATA, no prefixes, and only
//! plain names. So a text that it accepts can be parsed in only one way, and the `tiled` crate
//! reads what was checked here.

use super::error::Fault;

/// The maximum number of attributes of a tag.
const MAX_ATTRIBUTES: usize = 32;
/// The maximum length of a tag in bytes.
const MAX_TAG_BYTES: usize = 16 * 1024;

/// A tag, a text or a comment, in the order of the file.
#[derive(Debug)]
pub(super) enum XmlEvent<'a> {
    /// `<name …>`, or `<name …/>`, which has no end tag.
    Start { tag: Tag<'a>, empty: bool },
    /// `</name>`.
    End(&'a str),
    /// The text between two tags. Entities in it are not resolved.
    Text(&'a str),
    /// A comment, or the declaration at the top.
    Comment,
}

/// A start tag.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    /// Returns the value of an attribute. Entities in it are not resolved.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.attributes.iter().find(|(key, _)| *key == name)?;
        Some(found.1)
    }
}

/// Splits the text of a file into events.
pub(super) struct XmlReader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> XmlReader<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the offset of the next event, in bytes.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Returns the next event, or `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<XmlEvent<'a>>, Fault> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let (event, length) = match rest.strip_prefix('<') {
            None => {
                let length = rest.find('<').unwrap_or(rest.len());
                (XmlEvent::Text(&rest[..length]), length)
            }
            Some(inner) => match inner.as_bytes().first() {
                Some(b'!') => (XmlEvent::Comment, comment(rest)?),
                Some(b'?') => (XmlEvent::Comment, declaration(rest, self.at)?),
                Some(b'/') => {
                    let length = 1 + rest.find('>').ok_or(CUT_TAG)?;
                    (XmlEvent::End(name(rest[2..length - 1].trim_end())?), length)
                }
                _ => start(rest)?,
            },
        };
        self.at += length;
        Ok(Some(event))
    }
}

const CUT_TAG: Fault = Fault::Markup("the file ends in the middle of a tag");

/// Returns the length of `<!-- … -->`.
fn comment(rest: &str) -> Result<usize, Fault> {
    let inner = rest
        .strip_prefix("<!--")
        .ok_or(Fault::Markup("document types and CDATA are not supported"))?;
    let end = inner.find("-->").ok_or(CUT_TAG)?;
    Ok(4 + end + 3)
}

/// Returns the length of `<?xml … ?>`, which is allowed only at the top of the file.
fn declaration(rest: &str, at: usize) -> Result<usize, Fault> {
    let length = 1 + rest.find('>').ok_or(CUT_TAG)?;
    if at > '\u{FEFF}'.len_utf8() || !rest.starts_with("<?xml ") || !rest[..length].ends_with("?>") {
        return Err(Fault::Markup("processing instructions are not supported"));
    }
    Ok(length)
}

/// Returns a start tag and its length.
fn start(rest: &str) -> Result<(XmlEvent<'_>, usize), Fault> {
    let mut quote = None;
    let end = rest
        .bytes()
        .take(MAX_TAG_BYTES)
        .position(|byte| match (quote, byte) {
            (None, b'>') => true,
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                false
            }
            (Some(open), _) if open == byte => {
                quote = None;
                false
            }
            _ => false,
        })
        .ok_or(if rest.len() > MAX_TAG_BYTES {
            Fault::Markup("a tag is longer than 16 KiB")
        } else {
            CUT_TAG
        })?;
    let inner = &rest[1..end];
    let (inner, empty) = match inner.strip_suffix('/') {
        Some(inner) => (inner, true),
        None => (inner, false),
    };
    let split = inner.find(is_blank).unwrap_or(inner.len());
    let tag = Tag {
        name: name(&inner[..split])?,
        attributes: attributes(&inner[split..])?,
    };
    Ok((XmlEvent::Start { tag, empty }, end + 1))
}

fn attributes(mut rest: &str) -> Result<Vec<(&str, &str)>, Fault> {
    const BAD: Fault = Fault::Markup("attributes must be written name=\"value\", each once");
    let mut found: Vec<(&str, &str)> = Vec::new();
    loop {
        let trimmed = rest.trim_start_matches(is_blank);
        if trimmed.is_empty() {
            return Ok(found);
        }
        if trimmed.len() == rest.len() || found.len() == MAX_ATTRIBUTES {
            return Err(BAD);
        }
        let (key, after) = trimmed.split_once('=').ok_or(BAD)?;
        let key = name(key.trim_end_matches(is_blank))?;
        let after = after.trim_start_matches(is_blank);
        let quote = after
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\''))
            .ok_or(BAD)?;
        let (value, after) = after[1..].split_once(quote).ok_or(BAD)?;
        if found.iter().any(|(other, _)| *other == key) {
            return Err(BAD);
        }
        found.push((key, value));
        rest = after;
    }
}

/// Checks the name of an element or attribute: it has no prefix, and only characters that Tiled
/// writes.
fn name(text: &str) -> Result<&str, Fault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if text.is_empty() || !text.bytes().all(plain) {
        return Err(Fault::Markup(
            "names of elements and attributes are letters, digits, -, _ and .",
        ));
    }
    Ok(text)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

//! Reads the catalogue of skins, the possible looks of players, from a TOML file. The number of a
//! skin is its position in the file.

use std::{fs::File, io::Read, path::Path};

use thiserror::Error;
use toml::de::{DeTable, DeValue};

/// The maximum number of skins.
pub const MAX_SKINS: usize = 1024;
/// The maximum size of a catalogue in bytes.
const MAX_BYTES: u64 = 1024 * 1024;
/// The maximum length of an id in bytes.
const MAX_ID_BYTES: usize = 32;

const BUNDLED: &str = include_str!("../../assets/skins.toml");

/// All mistakes in a catalogue, one line each.
#[derive(Debug, Error)]
#[error("{}", .0.join("\n"))]
pub struct SkinErrors(pub Vec<String>);

/// Returns the ids in a catalogue: the named file, or the bundled catalogue for `None`.
///
/// # Errors
/// All mistakes in the file.
pub fn load(file: Option<&Path>) -> Result<Vec<String>, SkinErrors> {
    let Some(path) = file else {
        return parse("bundled skins.toml", BUNDLED);
    };
    let name = path.display().to_string();
    let read = || -> std::io::Result<String> {
        let mut text = String::new();
        let taken = File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
        if taken as u64 > MAX_BYTES {
            return Err(std::io::Error::other("larger than 1 MiB"));
        }
        Ok(text)
    };
    let text = read().map_err(|error| SkinErrors(vec![format!("{name}: cannot be read: {error}")]))?;
    parse(&name, &text)
}

/// Returns the ids in a catalogue in memory. `file` is its name in errors.
///
/// # Errors
/// All mistakes in the text.
pub fn parse(file: &str, text: &str) -> Result<Vec<String>, SkinErrors> {
    let line = |offset: usize| {
        let breaks = text.bytes().take(offset).filter(|&byte| byte == b'\n');
        format!("{file}:{}", 1 + breaks.count())
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let errors = errors.iter().map(|error| {
            let place = error
                .span()
                .map_or_else(|| file.to_owned(), |span| line(span.start));
            format!("{place}: not TOML: {}", error.message())
        });
        return Err(SkinErrors(errors.collect()));
    }
    let Some(DeValue::Array(skins)) = table.get_ref().get("skin").map(toml::Spanned::get_ref) else {
        return Err(SkinErrors(vec![format!("{file}: needs at least one [[skin]]")]));
    };
    let (mut ids, mut mistakes) = (Vec::new(), Vec::new());
    for skin in skins {
        let place = line(skin.span().start);
        let id = skin.get_ref().get("id").and_then(|id| id.get_ref().as_str());
        match id {
            Some(id) if !is_id(id) => mistakes.push(format!(
                "{place}: the id {id:?} must be 1 to {MAX_ID_BYTES} characters of a-z, 0-9 and -"
            )),
            Some(id) if ids.iter().any(|other| other == id) => {
                mistakes.push(format!("{place}: the id {id:?} is used twice"));
            }
            Some(id) => ids.push(id.to_owned()),
            None => mistakes.push(format!("{place}: needs an `id` in quotes")),
        }
        if ids.len() > MAX_SKINS {
            mistakes.push(format!("{place}: more than {MAX_SKINS} skins"));
            break;
        }
    }
    if ids.is_empty() && mistakes.is_empty() {
        mistakes.push(format!("{file}: needs at least one [[skin]]"));
    }
    if mistakes.is_empty() {
        Ok(ids)
    } else {
        Err(SkinErrors(mistakes))
    }
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_is_read_in_order() {
        let text = "[[skin]]\nid = \"teal\"\ntitle = \"Teal\"\n[[skin]]\nid = \"amber\"\n";
        assert_eq!(parse("f", text).unwrap(), ["teal", "amber"]);
    }

    #[test]
    fn every_mistake_is_reported_with_its_line() {
        let text = "[[skin]]\nid = \"Teal!\"\n[[skin]]\n[[skin]]\nid = \"a\"\n[[skin]]\nid = \"a\"\n";
        let errors = parse("f", text).unwrap_err().0;
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert!(errors[0].starts_with("f:1: the id \"Teal!\""), "{errors:?}");
        assert!(errors[1].starts_with("f:3: needs an `id`"), "{errors:?}");
        assert!(errors[2].ends_with("used twice"), "{errors:?}");
        assert!(parse("f", "skin = 3").is_err());
        assert!(parse("f", "skin = []").is_err());
        assert!(parse("f", "= =").is_err());
    }

    #[test]
    fn the_bundled_catalogue_has_no_mistakes() {
        assert!(!load(None).unwrap().is_empty());
    }
}

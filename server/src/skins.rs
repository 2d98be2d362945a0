//! The catalogue of skins, from a TOML file: what players may look like, in the order of their numbers.

use std::{fs::File, io::Read, path::Path};

use thiserror::Error;
use toml::de::{DeTable, DeValue};

/// Skins in a catalogue.
pub const MAX_SKINS: usize = 1024;
/// Bytes of a catalogue.
const MAX_BYTES: u64 = 1024 * 1024;
/// Bytes of a slug.
const MAX_SLUG_BYTES: usize = 32;

const BUNDLED: &str = include_str!("../../assets/skins.toml");

/// What is wrong with a catalogue, one line for each mistake.
#[derive(Debug, Error)]
#[error("{}", .0.join("\n"))]
pub struct SkinErrors(pub Vec<String>);

/// The slugs of the bundled catalogue, or of a file that replaces it.
///
/// # Errors
/// Everything that is wrong with it.
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

/// The slugs of a catalogue that is at hand. `file` is what errors call it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(file: &str, text: &str) -> Result<Vec<String>, SkinErrors> {
    let line = |offset: usize| {
        let breaks = text.bytes().take(offset).filter(|&byte| byte == b'\n');
        format!("{file}:{}", 1 + breaks.count())
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let errors = errors.iter().map(|error| {
            let place = error.span().map_or_else(|| file.to_owned(), |span| line(span.start));
            format!("{place}: not TOML: {}", error.message())
        });
        return Err(SkinErrors(errors.collect()));
    }
    let Some(DeValue::Array(skins)) = table.get_ref().get("skin").map(toml::Spanned::get_ref) else {
        return Err(SkinErrors(vec![format!("{file}: needs at least one [[skin]]")]));
    };
    let (mut slugs, mut mistakes) = (Vec::new(), Vec::new());
    for skin in skins.iter() {
        let place = line(skin.span().start);
        let slug = skin.get_ref().get("slug").and_then(|slug| slug.get_ref().as_str());
        match slug {
            Some(slug) if !is_slug(slug) => mistakes.push(format!(
                "{place}: the slug {slug:?} must be 1 to {MAX_SLUG_BYTES} characters of a-z, 0-9, - and _"
            )),
            Some(slug) if slugs.iter().any(|other| other == slug) => {
                mistakes.push(format!("{place}: the slug {slug:?} is used twice"));
            }
            Some(slug) => slugs.push(slug.to_owned()),
            None => mistakes.push(format!("{place}: needs a `slug` in quotes")),
        }
        if slugs.len() > MAX_SKINS {
            mistakes.push(format!("{place}: more than {MAX_SKINS} skins"));
            break;
        }
    }
    if slugs.is_empty() && mistakes.is_empty() {
        mistakes.push(format!("{file}: needs at least one [[skin]]"));
    }
    if mistakes.is_empty() { Ok(slugs) } else { Err(SkinErrors(mistakes)) }
}

fn is_slug(text: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    (1..=MAX_SLUG_BYTES).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_is_read_in_order() {
        let text = "[[skin]]\nslug = \"teal\"\ntitle = \"Teal\"\n[[skin]]\nslug = \"amber\"\n";
        assert_eq!(parse("f", text).unwrap(), ["teal", "amber"]);
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = "[[skin]]\nslug = \"Teal!\"\n[[skin]]\n[[skin]]\nslug = \"a\"\n[[skin]]\nslug = \"a\"\n";
        let errors = parse("f", text).unwrap_err().0;
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert!(errors[0].starts_with("f:1: the slug \"Teal!\""), "{errors:?}");
        assert!(errors[1].starts_with("f:3: needs a `slug`"), "{errors:?}");
        assert!(errors[2].ends_with("used twice"), "{errors:?}");
        assert!(parse("f", "skin = 3").is_err());
        assert!(parse("f", "skin = []").is_err());
        assert!(parse("f", "= =").is_err());
    }

    #[test]
    fn the_bundled_catalogue_is_good() {
        assert!(!load(None).unwrap().is_empty());
    }
}

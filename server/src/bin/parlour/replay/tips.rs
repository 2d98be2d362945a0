//! What to type instead of words that clap cannot understand, where its own tips do not help.

use std::env;

use clap::{
    Error,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{diff, export, retyped::quoted};

/// The error with a tip, if there is one.
pub(crate) fn tipped(mut error: Error) -> Error {
    let typed = env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    let typed: Vec<String> = typed.collect();
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) => word.clone(),
        _ => String::new(),
    };
    if let Some(tip) = tip(error.kind(), &unknown, &typed) {
        let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tips);
    }
    error
}

fn tip(kind: ErrorKind, unknown: &str, typed: &[String]) -> Option<String> {
    if !typed.iter().any(|word| word == "replay") {
        return None;
    }
    // What stands behind a flag; none if the flag is not there, or ends the line.
    let behind = |flag: &str| {
        let at = typed
            .iter()
            .position(|word| word.strip_prefix("--") == Some(flag))?;
        typed.get(at + 1).filter(|word| !word.starts_with('-'))
    };
    match kind {
        ErrorKind::UnknownArgument if !unknown.starts_with('-') => {
            let file = behind(export::WHAT)?;
            let file = if file == unknown { &quoted(file) } else { "FILE" };
            Some(format!(
                "an equals sign stands before the file to write: --export={file}"
            ))
        }
        ErrorKind::MissingRequiredArgument => {
            let file = quoted(behind(diff::WHAT)?);
            Some(format!(
                "the recording stands before --diff: parlour replay {file} --diff"
            ))
        }
        _ => None,
    }
}

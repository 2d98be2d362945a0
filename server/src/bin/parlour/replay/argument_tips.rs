//! Adds tips to errors of clap that do not help the user enough.

use std::env;

use clap::{
    Error,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{command_to_copy::quoted, diff, export};

/// Adds a tip to the error, if there is a tip for it.
pub(crate) fn with_tip(mut error: Error) -> Error {
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
    // The argument after a flag, or `None` if the flag is missing or last.
    let after = |flag: &str| {
        let at = typed
            .iter()
            .position(|word| word.strip_prefix("--") == Some(flag))?;
        typed.get(at + 1).filter(|word| !word.starts_with('-'))
    };
    match kind {
        ErrorKind::UnknownArgument if !unknown.starts_with('-') => {
            let file = after(export::WHAT)?;
            let file = if file == unknown { &quoted(file) } else { "FILE" };
            Some(format!(
                "use an equals sign before the file to write: --export={file}"
            ))
        }
        ErrorKind::MissingRequiredArgument => {
            let file = quoted(after(diff::WHAT)?);
            Some(format!(
                "put the recording before --diff: parlour replay {file} --diff"
            ))
        }
        _ => None,
    }
}

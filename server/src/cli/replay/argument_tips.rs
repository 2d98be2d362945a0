//! Adds tips to errors of clap that do not help the user enough.

use clap::{
    Error,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{super::program::Program, command_to_copy::quoted, what};

/// Adds a tip to the error, if there is a tip for it.
pub(crate) fn with_tip(program: &Program, mut error: Error) -> Error {
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) => word.clone(),
        _ => String::new(),
    };
    if let Some(tip) = tip(program, error.kind(), &unknown) {
        let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tips);
    }
    error
}

fn tip(program: &Program, kind: ErrorKind, unknown: &str) -> Option<String> {
    let typed = &program.words;
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
            let file = after(what::EXPORT)?;
            let file = if file == unknown { &quoted(file) } else { "FILE" };
            Some(format!(
                "use an equals sign before the file to write: --export={file}"
            ))
        }
        ErrorKind::MissingRequiredArgument => {
            let file = quoted(after(what::DIFF)?);
            Some(format!(
                "put the recording before --diff: {} replay {file} --diff",
                program.name
            ))
        }
        _ => None,
    }
}

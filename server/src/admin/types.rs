//! `/types/NAME.d.ts` and `/types/NAME.json`: what the game logic of a room type declares.

use hyper::Uri;

use super::Sources;
use crate::{
    http::{Answer, HttpProblem, ProblemKind, json, segment, text},
    suggest::closest,
};

/// `GET /types/NAME.d.ts` and `GET /types/NAME.json`.
pub(super) fn answer(sources: &Sources, uri: &Uri) -> Result<Answer, HttpProblem> {
    let file = segment(uri, 1);
    let missing = |detail: String| HttpProblem::new(ProblemKind::NotFound, detail);
    let (name, is_typescript) = match (file.strip_suffix(".d.ts"), file.strip_suffix(".json")) {
        (Some(name), _) => (name, true),
        (None, Some(name)) => (name, false),
        (None, None) => {
            return Err(missing(
                "the path is /types/NAME.d.ts or /types/NAME.json, with the name of a room type".to_owned(),
            ));
        }
    };
    let declarations = sources.types.get(name).ok_or_else(|| {
        if sources.types.names().next().is_none() {
            return missing("a recording is served here, which does not declare types".to_owned());
        }
        let advice = match closest(name, sources.types.names()) {
            Some(meant) => format!("; did you mean {meant}?"),
            None => String::new(),
        };
        missing(format!("there is no room type of this name{advice}"))
    })?;
    Ok(match is_typescript {
        true => text(declarations.typescript()),
        false => json(declarations.json().into_bytes()),
    })
}

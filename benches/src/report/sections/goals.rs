//! The goals of the project and their figures.

mod load_goals;
mod other_goals;

use super::goal::HEAD;
use crate::report::results::Results;
use other_goals::GOALS;

pub(super) fn section(results: &Results) -> String {
    let mut out = format!(
        "## Goals\n\nThe raw floor is a server with nothing but epoll, read and write.\n\n{HEAD}{}",
        load_goals::rows(&results.matrix)
    );
    for goal in GOALS {
        out += &goal.row(results);
    }
    out
}

//! The figures that the project set itself, and what was measured.

mod of_loads;
mod table;

use super::goal::HEAD;
use crate::report::results::Results;
use table::GOALS;

pub(super) fn section(results: &Results) -> String {
    let mut out = format!("## Goals\n\n{HEAD}{}", of_loads::rows(&results.matrix));
    for goal in GOALS {
        out += &goal.row(results);
    }
    out
}

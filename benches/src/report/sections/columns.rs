//! Markdown tables from a list of columns.

use std::borrow::Borrow;

/// The heading of a column, and the cell for each row.
pub(super) type Column<T> = (&'static str, fn(&T) -> String);

/// Returns a table with these columns. It ends with the line of the last row.
pub(super) fn table<T>(columns: &[Column<T>], rows: impl IntoIterator<Item: Borrow<T>>) -> String {
    let mut out = String::new();
    for (heading, _) in columns {
        let space = if heading.is_empty() { "" } else { " " };
        out += &format!("| {heading}{space}");
    }
    out += &format!("|\n{}|\n", "|---".repeat(columns.len()));
    for row in rows {
        for (_, cell) in columns {
            out += &format!("| {} ", cell(row.borrow()));
        }
        out += "|\n";
    }
    out
}

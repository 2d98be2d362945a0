//! Tables whose columns are listed: one more column is one row of its list.

use std::borrow::Borrow;

/// What stands at the head of a column, and what it says of each row.
pub(super) type Column<T> = (&'static str, fn(&T) -> String);

/// A table with these columns. Ends with the line of its last row.
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

//! Criterion's results, compared with older ones.

use crate::report::results::{
    Results,
    json::{number, text},
    parts::before,
};

pub(super) fn section(results: &Results) -> String {
    if results.parts.is_empty() {
        return String::new();
    }
    let before = before();
    let mut out = format!(
        "## Parts\n\nMedians measured by Criterion. \"Before\" is commit {}, which precedes the optimizations for large numbers of clients.\n",
        text(&before, "commit")
    );
    for (group, benches) in &results.parts {
        let mut benches: Vec<(&String, &f64)> = benches.iter().collect();
        benches.sort_by_key(|(id, _)| natural(id));
        out += &format!("\n### {group}\n\n| bench | before | now |\n|---|---|---|\n");
        for (id, nanoseconds) in benches {
            let was = number(&before["parts"][group], id);
            out += &format!("| {id} | {} | {} |\n", time(was), time(*nanoseconds));
        }
    }
    out
}

/// A sort key that puts `1000` after `50`.
fn natural(id: &str) -> (String, u64) {
    let (name, size) = id.rsplit_once('/').unwrap_or((id, ""));
    size.parse()
        .map_or((id.to_owned(), 0), |size| (name.to_owned(), size))
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n.is_nan() => "–".to_owned(),
        n if n < 1e3 => format!("{n:.1} ns"),
        n if n < 1e6 => format!("{:.1} us", n / 1e3),
        n => format!("{:.2} ms", n / 1e6),
    }
}

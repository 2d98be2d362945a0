//! The soak: ten minutes with clients that come and go, in which the server's resources must not
//! grow.

use crate::report::{
    number::rounded,
    plots::SOAK,
    results::{
        Results,
        json::{median, number},
    },
};

/// The sampled fields, and their titles in the document.
const SAMPLED: [(&str, &str); 5] = [
    ("rss_kb", "memory (VmRSS), KB"),
    ("fds", "open descriptors"),
    ("threads", "threads"),
    ("connections", "connections"),
    ("websockets", "WebSockets"),
];

/// Returns the growth of memory in KB per minute: a least squares fit over the second half, after
/// the warm-up. NaN: there are no samples.
pub(super) fn slope_kb_per_minute(results: &Results) -> f64 {
    let half = &results.soak[results.soak.len() / 2..];
    let points: Vec<(f64, f64)> = half
        .iter()
        .map(|sample| (number(sample, "s") / 60.0, number(sample, "rss_kb")))
        .collect();
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let up: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let across: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    up / across
}

/// Returns the growth of memory in percent per minute.
pub(super) fn growth_percent(results: &Results) -> f64 {
    let all = results.soak.iter().map(|sample| number(sample, "rss_kb"));
    slope_kb_per_minute(results) / median(all) * 100.0
}

pub(super) fn section(results: &Results) -> String {
    let samples = &results.soak;
    let Some(last) = samples.last() else {
        return String::new();
    };
    let mut out = format!(
        "## Soak\n\n\
         {} walkers in rooms of 50 for {} minutes. Each minute {} % of them leave and are replaced. The server is sampled\n\
         every few seconds. In the second half its memory grows by {:.1} KB per minute ({:.2} %).\n\n\
         | what | first quarter | second | third | last | highest |\n|---|---|---|---|---|---|\n",
        rounded(number(last, "clients"), 0),
        rounded(number(last, "s") / 60.0, 0),
        number(last, "churn_percent"),
        slope_kb_per_minute(results),
        growth_percent(results),
    );
    for (name, title) in SAMPLED {
        let quarter = samples.len().div_ceil(4);
        let mut cells: Vec<String> = samples
            .chunks(quarter)
            .map(|chunk| rounded(median(chunk.iter().map(|sample| number(sample, name))), 0))
            .collect();
        cells.resize(4, "–".to_owned());
        let highest = samples
            .iter()
            .map(|sample| number(sample, name))
            .fold(f64::NAN, f64::max);
        out += &format!("| {title} | {} | {} |\n", cells.join(" | "), rounded(highest, 0));
    }
    out + &format!("\nMedians of each quarter.\n\n![memory of the server in the soak](plots/{SOAK})\n")
}

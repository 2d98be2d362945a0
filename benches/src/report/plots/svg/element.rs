//! Elements of an SVG document, as text.

use std::fmt::Write as _;

/// Returns the start of the document, with the styles of all classes.
pub(super) fn head(title: &str, [width, height]: [f64; 2], left: f64) -> String {
    let title = escape(title);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">
<style>
svg {{ background: #ffffff; }}
text {{ font: 12px system-ui, sans-serif; fill: #333333; }}
.title {{ font-size: 14px; font-weight: 600; }}
.grid {{ stroke: #e4e4e4; }}
.axis {{ stroke: #777777; }}
.mark {{ stroke: #777777; stroke-dasharray: 5 4; }}
.line {{ fill: none; stroke-width: 2; }}
.ring {{ fill: #ffffff; stroke-width: 2; }}
.c0 {{ stroke: #1f6fb2; }} .dot.c0 {{ fill: #1f6fb2; }}
.c1 {{ stroke: #c8501e; }} .dot.c1 {{ fill: #c8501e; }}
.c2 {{ stroke: #2c8a4b; }} .dot.c2 {{ fill: #2c8a4b; }}
.c3 {{ stroke: #8a4fb0; }} .dot.c3 {{ fill: #8a4fb0; }}
@media (prefers-color-scheme: dark) {{
svg {{ background: #14171c; }}
text {{ fill: #d6d9de; }}
.grid {{ stroke: #2b3038; }}
.axis, .mark {{ stroke: #8b929c; }}
.ring {{ fill: #14171c; }}
.c0 {{ stroke: #6db3f2; }} .dot.c0 {{ fill: #6db3f2; }}
.c1 {{ stroke: #f0905f; }} .dot.c1 {{ fill: #f0905f; }}
.c2 {{ stroke: #6fcf8f; }} .dot.c2 {{ fill: #6fcf8f; }}
.c3 {{ stroke: #c79be6; }} .dot.c3 {{ fill: #c79be6; }}
}}
</style>
<text class="title" x="{left}" y="22">{title}</text>
"#,
    )
}

/// Adds a dot or a ring in the colour of its line.
pub(super) fn circle(svg: &mut String, class: &str, [x, y]: [f64; 2]) {
    let _ = writeln!(svg, r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="4"/>"#);
}

/// Adds a line's dot and name to the legend, which is above the plot area.
pub(super) fn legend(svg: &mut String, class: &str, x: f64, name: &str) {
    let _ = writeln!(
        svg,
        r#"<circle class="{class}" cx="{:.1}" cy="40" r="4"/>"#,
        x + 4.0
    );
    text(svg, [x + 14.0, 44.0], "start", name);
}

pub(super) fn polyline(svg: &mut String, class: &str, places: &[[f64; 2]]) {
    let places: Vec<String> = places.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        r#"<polyline class="{class}" points="{}"/>"#,
        places.join(" ")
    );
}

pub(super) fn line(svg: &mut String, class: &str, [x1, y1, x2, y2]: [f64; 4]) {
    let _ = writeln!(
        svg,
        r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
    );
}

pub(super) fn text(svg: &mut String, [x, y]: [f64; 2], anchor: &str, words: &str) {
    let words = escape(words);
    let _ = writeln!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{words}</text>"#
    );
}

/// Adds a text that reads from bottom to top.
pub(super) fn upright(svg: &mut String, [x, y]: [f64; 2], words: &str) {
    let words = escape(words);
    let turn = format!("rotate(-90 {x:.1} {y:.1})");
    let _ = writeln!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="middle" transform="{turn}">{words}</text>"#
    );
}

fn escape(words: &str) -> String {
    words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

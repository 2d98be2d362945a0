//! Plots of lines over two axes as SVG: no script, no font of its own, readable on light and dark pages.

use std::fmt::Write as _;

use crate::report::number::plain;

const WIDTH: f64 = 680.0;
const HEIGHT: f64 = 360.0;
/// Around the area of the lines: left, top, right, bottom.
const MARGIN: [f64; 4] = [72.0, 56.0, 24.0, 52.0];
/// Colours that stand out from white and from near black; further lines begin anew.
const COLOURS: usize = 4;

/// What is drawn.
pub(super) struct Plot {
    pub(super) title: String,
    /// With its unit.
    pub(super) x: String,
    /// With its unit.
    pub(super) y: String,
    pub(super) lines: Vec<Line>,
    /// A horizontal line and what it stands for.
    pub(super) mark: Option<(f64, String)>,
    /// Both axes begin at zero, unless y is to show small changes of a large figure.
    pub(super) y_from_zero: bool,
}

/// One line, its points in the order of x.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<Point>,
}

/// One point; a hollow one is drawn as a ring.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) hollow: bool,
}

impl Plot {
    /// The document. Points that are no numbers are left out.
    pub(super) fn draw(&self) -> String {
        let points = || {
            let all = self.lines.iter().flat_map(|line| &line.points);
            all.filter(|point| point.x.is_finite() && point.y.is_finite())
        };
        let marked = self.mark.iter().map(|(y, _)| *y);
        let (x_axis, y_axis) = (
            Axis::over(points().map(|point| point.x), true),
            Axis::over(points().map(|point| point.y).chain(marked), self.y_from_zero),
        );
        let [left, top, right, bottom] = MARGIN;
        let place_x = |x| left + x_axis.share(x) * (WIDTH - left - right);
        let place_y = |y| HEIGHT - bottom - y_axis.share(y) * (HEIGHT - top - bottom);
        let mut svg = head(&self.title);
        for x in x_axis.ticks() {
            let (at, low) = (place_x(x), HEIGHT - bottom);
            line(&mut svg, "grid", [at, top, at, low]);
            text(&mut svg, [at, low + 18.0], "middle", &x_axis.label(x));
        }
        for y in y_axis.ticks() {
            let at = place_y(y);
            line(&mut svg, "grid", [left, at, WIDTH - right, at]);
            text(&mut svg, [left - 8.0, at + 4.0], "end", &y_axis.label(y));
        }
        line(
            &mut svg,
            "axis",
            [left, HEIGHT - bottom, WIDTH - right, HEIGHT - bottom],
        );
        line(&mut svg, "axis", [left, top, left, HEIGHT - bottom]);
        text(
            &mut svg,
            [(left + WIDTH - right) / 2.0, HEIGHT - 12.0],
            "middle",
            &self.x,
        );
        upright(&mut svg, [18.0, (top + HEIGHT - bottom) / 2.0], &self.y);
        if let Some((y, name)) = &self.mark {
            let at = place_y(*y);
            line(&mut svg, "mark", [left, at, WIDTH - right, at]);
            text(&mut svg, [left + 8.0, at - 5.0], "start", name);
        }
        let mut legend = left;
        for (number, drawn) in self.lines.iter().enumerate() {
            let class = number % COLOURS;
            let places = drawn
                .points
                .iter()
                .filter(|point| point.x.is_finite() && point.y.is_finite());
            let places: Vec<(f64, f64, bool)> = places
                .map(|point| (place_x(point.x), place_y(point.y), point.hollow))
                .collect();
            let path: Vec<String> = places.iter().map(|(x, y, _)| format!("{x:.1},{y:.1}")).collect();
            let _ = writeln!(
                svg,
                r#"<polyline class="line c{class}" points="{}"/>"#,
                path.join(" ")
            );
            // So many points that rings would hide the line.
            if places.len() <= 20 {
                for (x, y, hollow) in places {
                    let full = if hollow { "ring" } else { "dot" };
                    let _ = writeln!(
                        svg,
                        r#"<circle class="{full} c{class}" cx="{x:.1}" cy="{y:.1}" r="4"/>"#
                    );
                }
            }
            let _ = writeln!(
                svg,
                r#"<circle class="dot c{class}" cx="{:.1}" cy="40" r="4"/>"#,
                legend + 4.0
            );
            text(&mut svg, [legend + 14.0, 44.0], "start", &drawn.name);
            legend += 34.0 + 7.2 * drawn.name.chars().count() as f64;
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// From, to and step of an axis, all round numbers.
struct Axis {
    from: f64,
    to: f64,
    step: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, from_zero: bool) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let (low, high) = if low.is_finite() { (low, high) } else { (0.0, 1.0) };
        let low = if from_zero { low.min(0.0) } else { low };
        let rough = ((high - low) / 5.0).max(high.abs() * 1e-3).max(1e-9);
        let power = 10_f64.powf(rough.log10().floor());
        let nice = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .find(|factor| factor * power >= rough);
        let step = nice.unwrap_or(10.0) * power;
        let from = (low / step).floor() * step;
        let to = ((high / step).ceil() * step).max(from + step);
        Self { from, to, step }
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let count = ((self.to - self.from) / self.step).round() as u32;
        (0..=count).map(|tick| self.from + f64::from(tick) * self.step)
    }

    /// With as many places behind the point as the step has.
    fn label(&self, value: f64) -> String {
        let places = (-self.step.log10().floor()).max(0.0) as usize;
        plain(value, places)
    }
}

fn head(title: &str) -> String {
    let title = escape(title);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">
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
        left = MARGIN[0]
    )
}

fn line(svg: &mut String, class: &str, [x1, y1, x2, y2]: [f64; 4]) {
    let _ = writeln!(
        svg,
        r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
    );
}

fn text(svg: &mut String, [x, y]: [f64; 2], anchor: &str, words: &str) {
    let words = escape(words);
    let _ = writeln!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{words}</text>"#
    );
}

fn upright(svg: &mut String, [x, y]: [f64; 2], words: &str) {
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

#[cfg(test)]
mod tests {
    use super::Axis;

    #[test]
    fn axes_have_round_steps() {
        let axis = Axis::over([0.0, 4_870.0].into_iter(), true);
        assert_eq!(
            axis.ticks().map(|tick| axis.label(tick)).collect::<Vec<_>>(),
            ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]
        );
        let axis = Axis::over([0.31, 0.42].into_iter(), true);
        assert_eq!(
            axis.ticks().map(|tick| axis.label(tick)).last().as_deref(),
            Some("0.5")
        );
    }

    #[test]
    fn an_axis_over_nothing_is_still_one() {
        assert_eq!(Axis::over([].into_iter(), true).ticks().count(), 6);
        assert!(Axis::over([7.0].into_iter(), false).ticks().count() >= 2);
    }
}

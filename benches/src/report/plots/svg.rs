//! Line plots as SVG, without scripts or fonts, and readable on light and dark pages.

mod axis;
mod element;

use axis::Axis;
use element::{circle, head, legend, line, polyline, text, upright};

const WIDTH: f64 = 680.0;
const HEIGHT: f64 = 360.0;
/// Margins of the plot area: left, top, right, bottom.
const MARGIN: [f64; 4] = [72.0, 56.0, 24.0, 52.0];
/// With more points than this, dots and rings would hide the line and are left out.
const MAX_CIRCLES: usize = 20;
/// Number of line colours, all visible on white and on near black. More lines reuse them.
const COLOURS: usize = 4;

/// A plot with its titles and lines.
pub(super) struct Plot {
    pub(super) title: String,
    /// Quantity and unit of the axes.
    pub(super) x_title: String,
    pub(super) y_title: String,
    pub(super) lines: Vec<Line>,
    /// A horizontal line and its label.
    pub(super) mark: Option<(f64, String)>,
    /// Whether y begins at zero, as x does. Set it to `false` to show small changes of a large
    /// figure.
    pub(super) y_from_zero: bool,
}

/// One line. Its points are sorted by x.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<Point>,
}

/// One point. A hollow point is drawn as a ring.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) hollow: bool,
}

impl Plot {
    /// Returns the SVG document. Points that are NaN are left out.
    pub(super) fn draw(&self) -> String {
        let [left, ..] = MARGIN;
        let mut svg = head(&self.title, [WIDTH, HEIGHT], left);
        let area = Area::of(self);
        area.draw_grid(&mut svg);
        area.draw_axes(&mut svg, &self.x_title, &self.y_title);
        if let Some((y, name)) = &self.mark {
            area.draw_mark(&mut svg, *y, name);
        }
        let mut legend_x = left;
        for (number, line) in self.lines.iter().enumerate() {
            let colour = number % COLOURS;
            area.draw_line(&mut svg, line, colour);
            legend(&mut svg, &format!("dot c{colour}"), legend_x, &line.name);
            legend_x += 34.0 + 7.2 * line.name.chars().count() as f64;
        }
        svg.push_str("</svg>\n");
        svg
    }
}

impl Line {
    fn finite_points(&self) -> impl Iterator<Item = &Point> {
        let points = self.points.iter();
        points.filter(|point| point.x.is_finite() && point.y.is_finite())
    }
}

/// The plot area: maps values to positions on the page.
struct Area {
    x: Axis,
    y: Axis,
}

impl Area {
    fn of(plot: &Plot) -> Self {
        let points = || plot.lines.iter().flat_map(Line::finite_points);
        let marked = plot.mark.iter().map(|(y, _)| *y);
        Self {
            x: Axis::over(points().map(|point| point.x), true),
            y: Axis::over(points().map(|point| point.y).chain(marked), plot.y_from_zero),
        }
    }

    fn place_x(&self, x: f64) -> f64 {
        let [left, _, right, _] = MARGIN;
        left + self.x.share(x) * (WIDTH - left - right)
    }

    fn place_y(&self, y: f64) -> f64 {
        let [_, top, _, bottom] = MARGIN;
        HEIGHT - bottom - self.y.share(y) * (HEIGHT - top - bottom)
    }

    fn draw_grid(&self, svg: &mut String) {
        let [left, top, right, bottom] = MARGIN;
        for x in self.x.ticks() {
            let (at, low) = (self.place_x(x), HEIGHT - bottom);
            line(svg, "grid", [at, top, at, low]);
            text(svg, [at, low + 18.0], "middle", &self.x.label(x));
        }
        for y in self.y.ticks() {
            let at = self.place_y(y);
            line(svg, "grid", [left, at, WIDTH - right, at]);
            text(svg, [left - 8.0, at + 4.0], "end", &self.y.label(y));
        }
    }

    fn draw_axes(&self, svg: &mut String, x_title: &str, y_title: &str) {
        let [left, top, right, bottom] = MARGIN;
        let low = HEIGHT - bottom;
        line(svg, "axis", [left, low, WIDTH - right, low]);
        line(svg, "axis", [left, top, left, low]);
        text(
            svg,
            [(left + WIDTH - right) / 2.0, HEIGHT - 12.0],
            "middle",
            x_title,
        );
        upright(svg, [18.0, (top + HEIGHT - bottom) / 2.0], y_title);
    }

    fn draw_mark(&self, svg: &mut String, y: f64, name: &str) {
        let [left, _, right, _] = MARGIN;
        let at = self.place_y(y);
        line(svg, "mark", [left, at, WIDTH - right, at]);
        text(svg, [left + 8.0, at - 5.0], "start", name);
    }

    fn draw_line(&self, svg: &mut String, line: &Line, colour: usize) {
        let place = |point: &Point| [self.place_x(point.x), self.place_y(point.y)];
        let places: Vec<[f64; 2]> = line.finite_points().map(place).collect();
        polyline(svg, &format!("line c{colour}"), &places);
        if places.len() > MAX_CIRCLES {
            return;
        }
        for (point, place) in line.finite_points().zip(places) {
            let shape = if point.hollow { "ring" } else { "dot" };
            circle(svg, &format!("{shape} c{colour}"), place);
        }
    }
}

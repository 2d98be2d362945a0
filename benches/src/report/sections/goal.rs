//! A figure that the project set itself: what is wanted, how it is read from the results, and the
//! row that says whether it was met.

use crate::report::{number::rounded, results::Results};

/// A goal, as the tables of goals list them. All that is to be known of one is here, so that one
/// more is one row.
pub(super) struct Goal {
    /// What is measured, as the document names it.
    pub(super) what: &'static str,
    pub(super) wanted: Wanted,
    /// NaN: not measured. Infinite: looked for and not seen.
    pub(super) read: fn(&Results) -> f64,
    pub(super) shown: Shown,
}

impl Goal {
    pub(super) fn row(&self, results: &Results) -> String {
        let row = Row {
            what: self.what.to_owned(),
            wanted: self.wanted,
            figure: (self.read)(results),
            shown: self.shown,
            at: None,
        };
        row.text()
    }
}

/// What a figure is to be.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    AtMost(f64),
    AtLeast(f64),
}

impl Wanted {
    /// NaN: nothing is wanted.
    pub(super) fn bound(self) -> f64 {
        let (Self::AtMost(bound) | Self::AtLeast(bound)) = self;
        bound
    }

    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtMost(bound) => figure <= bound,
            Self::AtLeast(bound) => figure >= bound,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::AtMost(_) => "<=",
            Self::AtLeast(_) => ">=",
        }
    }
}

/// How a goal and its figure are written.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    unit: &'static str,
    /// The unit of the figure, where that is said in a shorter way.
    figure_unit: &'static str,
    /// None: two, but none if the figure is whole or large.
    places: Option<usize>,
}

/// A figure that counts something.
pub(super) const COUNT: Shown = unit("");

/// A figure in this unit.
pub(super) const fn unit(unit: &'static str) -> Shown {
    Shown {
        unit,
        figure_unit: unit,
        places: None,
    }
}

impl Shown {
    /// With so many places behind the point, whatever the figure.
    pub(super) const fn places(self, places: usize) -> Self {
        Self {
            places: Some(places),
            ..self
        }
    }

    /// The figure in this unit, which says the same as that of the goal in a shorter way.
    pub(super) const fn figure_unit(self, figure_unit: &'static str) -> Self {
        Self { figure_unit, ..self }
    }

    fn bound(self, bound: f64) -> String {
        let number = if bound >= 1000.0 {
            rounded(bound, 0)
        } else {
            bound.to_string()
        };
        with_unit(number, self.unit)
    }

    fn figure(self, figure: f64) -> String {
        if figure.is_infinite() {
            return "not seen".to_owned();
        }
        let few = figure.fract() == 0.0 || figure >= 100.0;
        let places = self.places.unwrap_or(if few { 0 } else { 2 });
        with_unit(rounded(figure, places), self.figure_unit)
    }
}

fn with_unit(number: String, unit: &str) -> String {
    if unit.is_empty() {
        number
    } else {
        number + " " + unit
    }
}

/// The clients that a figure was measured with.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) clients: f64,
    /// Whether they are as many as the goal speaks of, and held: a figure at fewer meets nothing.
    pub(super) enough: bool,
}

/// A goal and its figure, ready to be written.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) wanted: Wanted,
    pub(super) figure: f64,
    pub(super) shown: Shown,
    pub(super) at: Option<At>,
}

impl Row {
    /// A line of a table with the columns of [`HEAD`].
    pub(super) fn text(&self) -> String {
        let Self { what, wanted, .. } = self;
        let goal = format!("{} {}", wanted.sign(), self.shown.bound(wanted.bound()));
        if self.figure.is_nan() {
            return format!("| {what} | {goal} | not measured | |\n");
        }
        let is_met = wanted.is_met(self.figure) && self.at.is_none_or(|at| at.enough);
        let verdict = if is_met { "met" } else { "**missed**" };
        let at = self
            .at
            .map_or_else(String::new, |at| format!(" at {}", rounded(at.clients, 0)));
        let figure = self.shown.figure(self.figure);
        format!("| {what} | {goal} | {figure}{at} | {verdict} |\n")
    }
}

/// Above rows of goals.
pub(super) const HEAD: &str = "| what | goal | measured | |\n|---|---|---|---|\n";

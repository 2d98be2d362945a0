//! A goal: its bound, how its figure is read from the results, and the row that shows whether it is
//! met.

use crate::report::{number::rounded, results::Results};

/// A goal in a table of goals.
pub(super) struct Goal {
    /// What is measured, as shown in the document.
    pub(super) what: &'static str,
    pub(super) bound: Bound,
    /// Reads the figure. NaN: not measured. Infinite: the awaited event did not happen.
    pub(super) read: fn(&Results) -> f64,
    pub(super) format: Format,
}

impl Goal {
    pub(super) fn row(&self, results: &Results) -> String {
        let row = Row {
            what: self.what.to_owned(),
            bound: self.bound,
            figure: (self.read)(results),
            format: self.format,
            at: None,
        };
        row.text()
    }
}

/// The bound of a figure.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    /// Returns the limit. NaN: there is no goal.
    pub(super) fn limit(self) -> f64 {
        let (Self::AtMost(limit) | Self::AtLeast(limit)) = self;
        limit
    }

    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtMost(limit) => figure <= limit,
            Self::AtLeast(limit) => figure >= limit,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::AtMost(_) => "<=",
            Self::AtLeast(_) => ">=",
        }
    }
}

/// The format of a goal and its figure.
#[derive(Clone, Copy)]
pub(super) struct Format {
    unit: &'static str,
    /// The unit of the figure, which may be a shorter form of the goal's.
    figure_unit: &'static str,
    /// Decimal places. `None`: two, or zero if the figure is whole or large.
    places: Option<usize>,
}

/// The format of a count.
pub(super) const COUNT: Format = unit("");

/// The format of a figure in this unit.
pub(super) const fn unit(unit: &'static str) -> Format {
    Format {
        unit,
        figure_unit: unit,
        places: None,
    }
}

impl Format {
    /// Sets the number of decimal places.
    pub(super) const fn places(self, places: usize) -> Self {
        Self {
            places: Some(places),
            ..self
        }
    }

    /// Sets a shorter form of the unit for the figure.
    pub(super) const fn figure_unit(self, figure_unit: &'static str) -> Self {
        Self { figure_unit, ..self }
    }

    fn limit(self, limit: f64) -> String {
        let number = if limit >= 1000.0 {
            rounded(limit, 0)
        } else {
            limit.to_string()
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

/// The number of clients that a figure was measured with.
#[derive(Clone, Copy)]
pub(super) struct ClientCount {
    pub(super) clients: f64,
    /// Whether they were held. If not, the goal is missed.
    pub(super) is_held: bool,
    /// The number in the goal. With fewer clients, the goal is missed. NaN: any number.
    pub(super) goal: f64,
}

impl ClientCount {
    fn is_enough(self) -> bool {
        self.is_held && !self.is_too_few()
    }

    fn is_too_few(self) -> bool {
        self.clients < self.goal
    }

    fn text(self) -> String {
        let clients = rounded(self.clients, 0);
        if self.is_too_few() {
            format!(" at {clients} instead of {}", rounded(self.goal, 0))
        } else if self.is_held {
            format!(" at {clients}")
        } else {
            format!(" at {clients}, not held")
        }
    }
}

/// A goal and its figure: one row of a table.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) bound: Bound,
    pub(super) figure: f64,
    pub(super) format: Format,
    pub(super) at: Option<ClientCount>,
}

impl Row {
    /// Returns the row, with the columns of [`HEAD`].
    pub(super) fn text(&self) -> String {
        let Self { what, bound, .. } = self;
        let goal = format!("{} {}", bound.sign(), self.format.limit(bound.limit()));
        if self.figure.is_nan() {
            return format!("| {what} | {goal} | not measured | |\n");
        }
        let is_met = bound.is_met(self.figure) && self.at.is_none_or(ClientCount::is_enough);
        let verdict = if is_met { "met" } else { "**missed**" };
        let at = self.at.map_or_else(String::new, ClientCount::text);
        let figure = self.format.figure(self.figure);
        format!("| {what} | {goal} | {figure}{at} | {verdict} |\n")
    }
}

/// The head of a table of goals.
pub(super) const HEAD: &str = "| what | goal | measured | |\n|---|---|---|---|\n";

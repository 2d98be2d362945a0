//! One figure that the project set itself.

use crate::report::number::plain;

/// One row of the table.
pub(super) struct Goal {
    pub(super) what: String,
    pub(super) goal: f64,
    pub(super) unit: &'static str,
    pub(super) measured: f64,
    /// More is better.
    pub(super) at_least: bool,
    /// With how many clients it was measured, and whether those are as many as it is a goal for, and held.
    pub(super) at: Option<(f64, bool)>,
}

impl Goal {
    pub(super) fn at_most(what: impl Into<String>, goal: f64, unit: &'static str, measured: f64) -> Self {
        Self {
            what: what.into(),
            goal,
            unit,
            measured,
            at_least: false,
            at: None,
        }
    }

    pub(super) fn at_least(what: impl Into<String>, goal: f64, unit: &'static str, measured: f64) -> Self {
        Self {
            at_least: true,
            ..Self::at_most(what, goal, unit, measured)
        }
    }

    pub(super) fn row(&self) -> String {
        let Self { what, unit, .. } = self;
        let sign = if self.at_least { ">=" } else { "<=" };
        let unit = if unit.is_empty() {
            String::new()
        } else {
            format!(" {unit}")
        };
        let goal = if self.goal >= 1000.0 {
            plain(self.goal, 0)
        } else {
            self.goal.to_string()
        };
        if self.measured.is_nan() {
            return format!("| {what} | {sign} {goal}{unit} | not measured | |\n");
        }
        let met = if self.at_least {
            self.measured >= self.goal
        } else {
            self.measured <= self.goal
        };
        let met = met && self.at.is_none_or(|(_, enough)| enough);
        let met = if met { "met" } else { "**missed**" };
        let measured = match self.measured {
            many if many.is_infinite() => "not seen".to_owned(),
            whole if whole.fract() == 0.0 || whole >= 100.0 => plain(whole, 0) + &unit,
            part => plain(part, 2) + &unit,
        };
        let at = self
            .at
            .map_or_else(String::new, |(clients, _)| format!(" at {}", plain(clients, 0)));
        format!("| {what} | {sign} {goal}{unit} | {measured}{at} | {met} |\n")
    }
}

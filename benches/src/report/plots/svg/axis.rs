//! Axes with round numbers.

use crate::report::number::rounded;

/// The ends and the step of an axis, all round numbers.
pub(super) struct Axis {
    from: f64,
    to: f64,
    step: f64,
}

impl Axis {
    pub(super) fn over(values: impl Iterator<Item = f64>, from_zero: bool) -> Self {
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

    /// Returns the position of a value between the ends, from 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }

    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> {
        let count = ((self.to - self.from) / self.step).round() as u32;
        (0..=count).map(|tick| self.from + f64::from(tick) * self.step)
    }

    /// Formats a value with as many decimal places as the step has.
    pub(super) fn label(&self, value: f64) -> String {
        let places = (-self.step.log10().floor()).max(0.0) as usize;
        rounded(value, places)
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    #[test]
    fn an_axis_has_round_steps() {
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
    fn an_axis_without_values_still_has_ticks() {
        assert_eq!(Axis::over([].into_iter(), true).ticks().count(), 6);
        assert!(Axis::over([7.0].into_iter(), false).ticks().count() >= 2);
    }
}

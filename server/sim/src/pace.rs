//! How often viewers are sent snapshots: 60 times a second while there is room, more seldom under pressure. What is
//! close to a viewer is told first: with each other step down only what is farther away waits longer.

use parlour_shared::{ids::Tick, limits::TICK_RATE};

/// How often something is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cadence {
    /// With each tick.
    #[default]
    Hz60,
    /// With every second.
    Hz30,
    /// With every third.
    Hz20,
    /// With every sixth.
    Hz10,
}

impl Cadence {
    /// All of them, from the most often.
    pub const ALL: [Self; 4] = [Self::Hz60, Self::Hz30, Self::Hz20, Self::Hz10];

    /// Times a second.
    #[must_use]
    pub fn hz(self) -> u32 {
        match self {
            Self::Hz60 => 60,
            Self::Hz30 => 30,
            Self::Hz20 => 20,
            Self::Hz10 => 10,
        }
    }

    /// Ticks from one to the next.
    pub(crate) fn every(self) -> u32 {
        TICK_RATE / self.hz()
    }
}

/// How far down the node, or one viewer, has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step(u8);

/// What each step sends of all that is visible, and of what is close.
const STEPS: [(Cadence, Cadence); 7] = [
    (Cadence::Hz60, Cadence::Hz60),
    (Cadence::Hz30, Cadence::Hz60),
    (Cadence::Hz30, Cadence::Hz30),
    (Cadence::Hz20, Cadence::Hz30),
    (Cadence::Hz20, Cadence::Hz20),
    (Cadence::Hz10, Cadence::Hz20),
    (Cadence::Hz10, Cadence::Hz10),
];

impl Step {
    /// Everything with each tick.
    pub const FULL: Self = Self(0);
    /// Everything ten times a second.
    pub const LAST: Self = Self(STEPS.len() as u8 - 1);

    /// The step with this number; none if there are not so many.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (number <= Self::LAST.0).then_some(Self(number))
    }

    /// Its number: 0 is [`Self::FULL`].
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// So many steps further down, as far as there are any.
    #[must_use]
    pub fn down(self, steps: u8) -> Self {
        Self(self.0.saturating_add(steps).min(Self::LAST.0))
    }

    /// One step up.
    #[must_use]
    pub fn up(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

/// What the pressure on the node allows in a tick. Measured outside, and given with the input of the tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// For everyone the same, whatever happens.
    Fixed(Cadence),
    /// For everyone as this step says; for a viewer whose connection took no data lately, more seldom.
    Adaptive(Step),
}

impl Default for Pace {
    fn default() -> Self {
        Self::Adaptive(Step::FULL)
    }
}

/// What a viewer is to be told in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    /// What is close to it.
    Close,
    /// All that it can see.
    All,
}

impl Pace {
    /// How often a viewer that has itself gone down to a step is sent all it can see, and what is close.
    fn of(self, own: Step) -> (Cadence, Cadence) {
        match self {
            Self::Fixed(cadence) => (cadence, cadence),
            Self::Adaptive(step) => STEPS[usize::from(step.max(own).0)],
        }
    }

    /// How often such a viewer is sent all it can see.
    pub(crate) fn cadence(self, own: Step) -> Cadence {
        self.of(own).0
    }

    /// What such a viewer is due in a tick. Phases spread viewers evenly over the ticks. `last` is when it had its
    /// turn last; without one, everything is due.
    pub(crate) fn due(self, own: Step, phase: u32, tick: Tick, last: Option<Tick>) -> Due {
        let (all, close) = self.of(own);
        let turn = |cadence: Cadence| tick.0.wrapping_add(phase).is_multiple_of(cadence.every());
        if turn(all) || last.is_none_or(|last| tick.since(last) > all.every()) {
            Due::All
        } else if close < all && turn(close) {
            Due::Close
        } else {
            Due::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_sends_anything_more_often_than_the_one_above() {
        for pair in STEPS.windows(2) {
            let ((all, close), (next_all, next_close)) = (pair[0], pair[1]);
            assert!(close <= all && next_close <= next_all);
            assert!(all <= next_all && close <= next_close);
        }
    }

    #[test]
    fn phases_spread_viewers_evenly_and_each_has_its_turn() {
        for cadence in Cadence::ALL {
            let pace = Pace::Fixed(cadence);
            for tick in 100..160 {
                let due = |phase: &u32| {
                    let last = Some(Tick(tick - 1));
                    pace.due(Step::FULL, *phase, Tick(tick), last) == Due::All
                };
                assert_eq!((0..60).filter(due).count() as u32, cadence.hz());
            }
        }
    }
}

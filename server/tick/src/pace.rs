//! How often viewers are sent snapshots: 60 times a second normally, and less often under pressure.
//! Every second level slows only entities that are not near the viewer.

use parlour_shared::limits::TICK_RATE;

/// How often something is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cadence {
    /// Every tick.
    #[default]
    Hz60,
    /// Every second tick.
    Hz30,
    /// Every third tick.
    Hz20,
    /// Every sixth tick.
    Hz10,
}

impl Cadence {
    /// All of them, most frequent first.
    pub const ALL: [Self; 4] = [Self::Hz60, Self::Hz30, Self::Hz20, Self::Hz10];

    /// Returns the cadence with this many snapshots per second, if there is one.
    #[must_use]
    pub fn from_hz(hz: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|cadence| cadence.hz() == hz)
    }

    /// Returns how often per second.
    #[must_use]
    pub fn hz(self) -> u32 {
        match self {
            Self::Hz60 => 60,
            Self::Hz30 => 30,
            Self::Hz20 => 20,
            Self::Hz10 => 10,
        }
    }

    /// Returns the number of ticks from one snapshot to the next.
    #[must_use]
    pub fn every_ticks(self) -> u32 {
        TICK_RATE / self.hz()
    }
}

/// How far the snapshot rate of the node, or of one viewer, is reduced. 0 is the full rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaceLevel(u8);

/// For each level: how often a viewer is sent everything that it can see, and how often what is
/// nearby.
const LEVELS: [(Cadence, Cadence); 7] = [
    (Cadence::Hz60, Cadence::Hz60),
    (Cadence::Hz30, Cadence::Hz60),
    (Cadence::Hz30, Cadence::Hz30),
    (Cadence::Hz20, Cadence::Hz30),
    (Cadence::Hz20, Cadence::Hz20),
    (Cadence::Hz10, Cadence::Hz20),
    (Cadence::Hz10, Cadence::Hz10),
];

impl PaceLevel {
    /// Sends everything every tick.
    pub const FULL: Self = Self(0);
    /// Sends everything ten times a second.
    pub const LAST: Self = Self(LEVELS.len() as u8 - 1);

    /// Returns the level with this number, or `None` if it is over [`Self::LAST`].
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (number <= Self::LAST.0).then_some(Self(number))
    }

    /// Returns its number: 0 is [`Self::FULL`].
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// Returns the pace level this many steps slower, at most [`Self::LAST`].
    #[must_use]
    pub fn down(self, levels: u8) -> Self {
        Self(self.0.saturating_add(levels).min(Self::LAST.0))
    }

    /// Returns the next faster pace level, at most [`Self::FULL`].
    #[must_use]
    pub fn up(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

/// How often viewers are sent snapshots in a tick. The tick thread measures the pressure and passes
/// the result in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The same cadence for everyone, under any pressure. Only rooms may be slower.
    Fixed(Cadence),
    /// This level for everyone, and a slower one for a viewer whose connection recently took no
    /// data.
    Adaptive(PaceLevel),
}

impl Default for Pace {
    fn default() -> Self {
        Self::Adaptive(PaceLevel::FULL)
    }
}

impl Pace {
    /// Returns how often a viewer at `level` is sent everything that it can see, and how often
    /// what is nearby. Together, the two are at most as frequent as `most`, the cadence of the
    /// viewer's room.
    #[must_use]
    // Always inlined: the search for due viewers calls it for each viewer, and a quiet world's does
    // so rarely. With two callers the compiler left a call in the first, 50 instructions per
    // viewer.
    #[allow(clippy::inline_always, reason = "see above")]
    #[inline(always)]
    pub fn cadences(self, level: PaceLevel, most: Cadence) -> (Cadence, Cadence) {
        let (all, nearby) = match self {
            Self::Fixed(cadence) => (cadence, cadence),
            Self::Adaptive(of_all) => LEVELS[usize::from(of_all.max(level).0)],
        };
        // A slower cadence is greater.
        match (all.max(most), nearby.max(most)) {
            // 20 and 30 times a second fall into different ticks: together, they are 40.
            (Cadence::Hz20, Cadence::Hz30) if most == Cadence::Hz30 => (Cadence::Hz20, Cadence::Hz20),
            cadences => cadences,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_level_sends_anything_more_often_than_the_level_before() {
        for pair in LEVELS.windows(2) {
            let ((all, nearby), (next_all, next_nearby)) = (pair[0], pair[1]);
            assert!(nearby <= all && next_nearby <= next_all);
            assert!(all <= next_all && nearby <= next_nearby);
        }
    }

    #[test]
    fn no_pace_sends_anything_more_often_than_the_cadence_of_the_room() {
        let levels = (0..=PaceLevel::LAST.0).map(|number| Pace::Adaptive(PaceLevel(number)));
        for pace in levels.chain(Cadence::ALL.map(Pace::Fixed)) {
            for most in Cadence::ALL {
                let (all, nearby) = pace.cadences(PaceLevel::FULL, most);
                assert!(nearby <= all, "{pace:?} {most:?}");
                let due = |tick: &u32| {
                    tick.is_multiple_of(all.every_ticks()) || tick.is_multiple_of(nearby.every_ticks())
                };
                let sent = (0..TICK_RATE).filter(due).count() as u32;
                assert!(sent <= most.hz(), "{pace:?} {most:?}");
                let (without, _) = pace.cadences(PaceLevel::FULL, Cadence::Hz60);
                assert_eq!(all, without.max(most), "the room slows nothing else");
            }
        }
    }
}

//! What happens at which tick.

use std::collections::BTreeMap;

use parlour_shared::{
    ids::SessionId,
    rng::{Purpose, Stream},
};
use parlour_tick::{Event, EventKind, TickInput};

use crate::Acts;

/// What happens at which tick: for a [`TestWorld`](crate::TestWorld), a recording, or whoever else runs ticks.
#[derive(Clone, Debug, Default)]
pub struct Script {
    events: BTreeMap<u32, Vec<Event>>,
    now: u32,
}

impl Script {
    /// Writes so many ticks by chance: `write` is called with each tick, at which the script is, and with chance that
    /// only the seed and the tick decide.
    pub fn by_chance(seed: u64, ticks: u32, mut write: impl FnMut(&mut Self, u32, &mut Stream)) -> Self {
        let mut script = Self::default();
        for tick in 1..=ticks {
            let chance = &mut Stream::new(seed, tick.into(), Purpose::Game);
            write(script.at(tick), tick, chance);
        }
        script
    }

    /// What is written next happens at this tick; the first one is 1.
    pub fn at(&mut self, tick: u32) -> &mut Self {
        self.now = tick;
        self
    }

    /// The input of a tick, in order.
    #[must_use]
    pub fn input(&self, tick: u32) -> TickInput {
        let mut input = TickInput {
            events: self.events.get(&tick).cloned().unwrap_or_default(),
            ..TickInput::default()
        };
        input.sort();
        input
    }

    /// The inputs of so many ticks from the first.
    #[must_use]
    pub fn inputs(&self, ticks: u32) -> Vec<TickInput> {
        (1..=ticks).map(|tick| self.input(tick)).collect()
    }
}

impl Acts for Script {
    fn event(&mut self, session: u64, kind: EventKind) {
        assert!(self.now > 0, "at which tick?");
        let session = SessionId(session);
        self.events
            .entry(self.now)
            .or_default()
            .push(Event { session, kind });
    }
}

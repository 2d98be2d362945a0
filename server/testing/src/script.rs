//! Events by tick.

use std::collections::BTreeMap;

use parlour_shared::rng::{Purpose, Stream};
use parlour_tick::{EventKind, TickInput};

use crate::SessionActions;

/// Events by tick, added with the methods of [`SessionActions`]. [`TestWorld::play`] runs them;
/// [`input`](Self::input) gives them to recordings and servers.
///
/// [`TestWorld::play`]: crate::TestWorld::play
#[derive(Clone, Debug, Default)]
pub struct Script {
    inputs: BTreeMap<u32, TickInput>,
    now: u32,
}

impl Script {
    /// Calls `write` for each tick from 1 to `ticks`, with the script at that tick and a random
    /// stream that depends on the seed and the tick only.
    pub fn random(seed: u64, ticks: u32, mut write: impl FnMut(&mut Self, u32, &mut Stream)) -> Self {
        let mut script = Self::default();
        for tick in 1..=ticks {
            let random = &mut Stream::new(seed, tick.into(), Purpose::Game);
            write(script.at(tick), tick, random);
        }
        script
    }

    /// Chooses the tick of the events that follow. The first tick is 1.
    pub fn at(&mut self, tick: u32) -> &mut Self {
        self.now = tick;
        self
    }

    /// Returns the input of a tick, sorted as the server does.
    #[must_use]
    pub fn input(&self, tick: u32) -> TickInput {
        let mut input = self.inputs.get(&tick).cloned().unwrap_or_default();
        input.sort();
        input
    }

    /// Returns the inputs of ticks 1 to `ticks`.
    #[must_use]
    pub fn inputs(&self, ticks: u32) -> Vec<TickInput> {
        (1..=ticks).map(|tick| self.input(tick)).collect()
    }
}

impl SessionActions for Script {
    fn event(&mut self, session: u64, kind: EventKind) {
        assert!(self.now > 0, "choose a tick with `at` first");
        self.inputs.entry(self.now).or_default().event(session, kind);
    }
}

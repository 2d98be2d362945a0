//! The last tick before everybody left: a server that stops closes all sessions, and its last tick shows nobody.

use parlour_shared::{ids::Tick, limits::TICK_RATE};

use super::{Replay, ReplayError, presence::Presence, tape::Spot};

/// Those who leave together do so within so many ticks: each I/O thread closes its own sessions.
const TOGETHER: u32 = TICK_RATE;

impl Replay {
    /// If nobody is there after a tick, an earlier one: of the second before the last player left, the last tick with the
    /// most players. None if somebody is there, or nobody ever was. Reads back from the tick as far as need be, and runs
    /// nothing.
    ///
    /// # Errors
    /// [`ReplayError`] if it cannot be read.
    pub fn before_all_left(&mut self, tick: Tick) -> Result<Option<Tick>, ReplayError> {
        let beginning = self.tape.beginning();
        let mut spots: Vec<Spot> = self.tape.keyframes().filter(|spot| spot.tick() <= tick).collect();
        if spots.first() != Some(&beginning) {
            spots.insert(0, beginning);
        }
        let mut end = tick;
        while let Some(spot) = spots.pop() {
            let found = self.presences(spot, end)?;
            if end == tick && found.values().any(|presence| presence.closed.is_none()) {
                return Ok(None);
            }
            let last = |presence: &Presence| presence.closed.map_or(end, |closed| Tick(closed.0 - 1));
            let there = found.values().filter(|presence| presence.from <= last(presence));
            if let Some(last_left) = there.clone().map(last).max() {
                let count = |tick: &Tick| {
                    let present = there
                        .clone()
                        .filter(|one| one.from <= *tick && *tick <= last(one));
                    (present.count(), *tick)
                };
                let ticks = last_left.0.saturating_sub(TOGETHER - 1)..=last_left.0;
                let most = ticks.map(Tick).max_by_key(count);
                // The world that a file begins with may be that of a tick which is not in it.
                let range = self.tape.range();
                return Ok(most.filter(|tick| range.is_some_and(|(first, _)| first <= *tick)));
            }
            end = spot.tick();
        }
        Ok(None)
    }
}

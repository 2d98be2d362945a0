//! Finds the last tick before everyone left: a stopping server closes all sessions, so its last
//! tick has no players.

use parlour_shared::{ids::Tick, limits::TICK_RATE};

use super::{Replay, ReplayError, presence::Presence, tape::TapePosition};

/// Sessions that leave together do so within this many ticks, because each I/O thread closes its
/// own.
const TOGETHER: u32 = TICK_RATE;

impl Replay {
    /// If nobody is there after a tick, returns the last tick with the most players within the
    /// second before the last player left. Returns `None` if somebody is there, or nobody ever was.
    /// Reads back from the tick as far as necessary, and runs nothing.
    ///
    /// # Errors
    /// [`ReplayError`] if the recording cannot be read.
    pub fn before_all_left(&mut self, tick: Tick) -> Result<Option<Tick>, ReplayError> {
        let beginning = self.tape.beginning();
        let mut positions: Vec<TapePosition> = self
            .tape
            .keyframes()
            .filter(|position| position.tick() <= tick)
            .collect();
        if positions.first() != Some(&beginning) {
            positions.insert(0, beginning);
        }
        let mut end = tick;
        while let Some(position) = positions.pop() {
            let found = self.presences(position, end)?;
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
                // A file may start with the world of a tick that is not in the recording.
                let range = self.tape.range();
                return Ok(most.filter(|tick| range.is_some_and(|(first, _)| first <= *tick)));
            }
            end = position.tick();
        }
        Ok(None)
    }
}

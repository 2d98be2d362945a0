//! Finds the last tick before all players left. A stopping server closes all sessions, so its last
//! tick has no players.

use parlour_shared::{ids::Tick, limits::TICK_RATE};

use super::{Replay, ReplayError, presence::Presence, recording_files::FilePosition};

/// Sessions that a stop closes leave within this many ticks. They do not all leave in one tick,
/// because each I/O thread closes its own sessions.
const TOGETHER: u32 = TICK_RATE;

impl Replay {
    /// If there are no players after a tick, returns the last tick with the most players within the
    /// second before the last player left. Returns `None` if there are players, or never were any.
    /// Reads backwards from the tick as far as necessary, without running ticks.
    ///
    /// # Errors
    /// [`ReplayError`] if the recording cannot be read.
    pub fn before_all_left(&mut self, tick: Tick) -> Result<Option<Tick>, ReplayError> {
        let beginning = self.files.beginning();
        let mut positions: Vec<FilePosition> = self
            .files
            .keyframes()
            .filter(|position| position.tick() <= tick)
            .collect();
        if positions.first() != Some(&beginning) {
            positions.insert(0, beginning);
        }
        let mut end = tick;
        while let Some(position) = positions.pop() {
            let found = self.presences(position, end)?;
            if end == tick && found.iter().any(|presence| presence.closed.is_none()) {
                return Ok(None);
            }
            let last = |presence: &Presence| presence.closed.map_or(end, |closed| Tick(closed.0 - 1));
            let there = found.iter().filter(|presence| presence.from <= last(presence));
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
                let range = self.files.range();
                return Ok(most.filter(|tick| range.is_some_and(|(first, _)| first <= *tick)));
            }
            end = position.tick();
        }
        Ok(None)
    }
}

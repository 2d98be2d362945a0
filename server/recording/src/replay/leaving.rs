//! The last tick before everybody left: a server that stops closes all sessions, and its last tick shows nobody.

use std::collections::{BTreeSet, VecDeque};

use parlour_shared::{
    ids::{SessionId, Tick},
    limits::TICK_RATE,
};
use parlour_tick::EventKind;

use super::{Replay, ReplayError, lookup::saved, tape::Spot};
use crate::format::Item;

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
        let world = self.fresh();
        let beginning = self.tape.beginning();
        let mut spots: Vec<Spot> = self.tape.keyframes().filter(|spot| spot.tick() <= tick).collect();
        if spots.first() != Some(&beginning) {
            spots.insert(0, beginning);
        }
        let mut end = tick;
        while let Some(spot) = spots.pop() {
            let mut open: BTreeSet<SessionId> = BTreeSet::new();
            let mut seen = Seen::default();
            for item in self.tape.read_from(spot) {
                match item? {
                    Item::Keyframe { tick, state } if tick <= end => {
                        open = saved(&world, &state).map(|player| player.session).collect();
                        seen.note(tick, open.len());
                    }
                    Item::Tick(record) if record.tick <= end => {
                        for event in &record.input.events {
                            match event.kind {
                                EventKind::Open { .. } => drop(open.insert(event.session)),
                                EventKind::Close => drop(open.remove(&event.session)),
                                _ => {}
                            }
                        }
                        seen.note(record.tick, open.len());
                    }
                    Item::Keyframe { .. } | Item::Tick(_) => break,
                }
            }
            if end == tick && !open.is_empty() {
                return Ok(None);
            }
            if let Some(most) = seen.most() {
                // The world that a file begins with may be that of a tick which is not in it.
                return Ok(Some(most).filter(|tick| self.tape.first_tick() <= Some(*tick)));
            }
            end = spot.tick();
        }
        Ok(None)
    }
}

/// The last ticks with anyone in them, and how many those were.
#[derive(Default)]
struct Seen(VecDeque<(Tick, usize)>);

impl Seen {
    fn note(&mut self, tick: Tick, count: usize) {
        if count == 0 {
            return;
        }
        self.0.push_back((tick, count));
        while self
            .0
            .front()
            .is_some_and(|(first, _)| tick.since(*first) >= TOGETHER)
        {
            self.0.pop_front();
        }
    }

    /// The last tick with the most.
    fn most(&self) -> Option<Tick> {
        let most = self.0.iter().max_by_key(|(tick, count)| (*count, *tick));
        most.map(|(tick, _)| *tick)
    }
}

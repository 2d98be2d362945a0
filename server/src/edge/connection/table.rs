//! The WebSocket connections of one I/O thread, by place.

use std::{rc::Rc, time::Instant};

use parlour_shared::ids::SessionId;

use super::Connection;
use crate::edge::sweep_schedule::SweepSchedule;

/// The maximum number of places, which is more than a process has descriptors.
const MAX_PLACES: usize = 1 << 24;

/// The connections of one I/O thread, by place.
pub(in crate::edge) struct ConnectionTable {
    places: Vec<Option<Rc<Connection>>>,
    sweep: SweepSchedule,
    free: Vec<usize>,
    count: usize,
}

impl ConnectionTable {
    /// Creates a table without places.
    pub(in crate::edge) fn new() -> Self {
        Self {
            places: Vec::new(),
            sweep: SweepSchedule::new(Instant::now()),
            free: Vec::new(),
            count: 0,
        }
    }

    /// Adds a connection. Returns its place, or `None` if all places are taken.
    pub(in crate::edge) fn insert(&mut self, connection: &Rc<Connection>) -> Option<usize> {
        let place = match self.free.pop() {
            Some(place) => place,
            None if self.places.len() < MAX_PLACES => {
                self.places.push(None);
                self.sweep.add_place();
                self.places.len() - 1
            }
            None => return None,
        };
        self.places[place] = Some(Rc::clone(connection));
        self.count += 1;
        Some(place)
    }

    /// Removes the connection in a place.
    pub(in crate::edge) fn remove(&mut self, place: usize) {
        if self.places.get_mut(place).and_then(Option::take).is_some() {
            self.sweep.forget(place);
            self.free.push(place);
            self.count -= 1;
        }
    }

    /// Returns the connection in a place.
    pub(in crate::edge) fn get(&self, place: usize) -> Option<&Rc<Connection>> {
        self.places.get(place)?.as_ref()
    }

    /// Returns the connection in a place, if its session is this one.
    pub(in crate::edge) fn get_open(&self, place: usize, session: SessionId) -> Option<&Rc<Connection>> {
        self.get(place)
            .filter(|connection| connection.session_id() == Some(session))
    }

    /// Schedules a check of a place by the sweep at this time, unless an earlier one is scheduled.
    pub(in crate::edge) fn schedule(&self, place: usize, when: Instant) {
        self.sweep.schedule(place, when);
    }

    /// Returns the next connection, from this place on, that the sweep must check now, and its
    /// place.
    pub(in crate::edge) fn take_due(&self, from: usize, now: Instant) -> Option<(usize, &Rc<Connection>)> {
        let place = self.sweep.take_due(from, now)?;
        // Nothing is due in an empty place.
        Some((place, self.get(place)?))
    }

    /// Returns the number of places that are or were taken: one more than the highest.
    pub(in crate::edge) fn places(&self) -> usize {
        self.places.len()
    }

    /// Returns the number of connections.
    pub(in crate::edge) fn count(&self) -> usize {
        self.count
    }
}

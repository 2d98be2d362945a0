//! The WebSocket connections of one I/O thread, by place. A session id names its place, so finding one is an index.

use std::{rc::Rc, time::Instant};

use parlour_shared::ids::SessionId;

use super::Connection;
use crate::{
    bridge::route::{self, MAX_PLACES},
    edge::agenda::Agenda,
};

/// Places, taken or free.
pub(in crate::edge) struct Table {
    places: Vec<Option<Rc<Connection>>>,
    agenda: Agenda,
    free: Vec<usize>,
    count: usize,
}

impl Table {
    /// Without a place.
    pub(in crate::edge) fn new() -> Self {
        Self {
            places: Vec::new(),
            agenda: Agenda::new(Instant::now()),
            free: Vec::new(),
            count: 0,
        }
    }

    /// Gives a connection a place; `None` if there is none left.
    pub(in crate::edge) fn insert(&mut self, connection: &Rc<Connection>) -> Option<usize> {
        let place = match self.free.pop() {
            Some(place) => place,
            None if self.places.len() < MAX_PLACES => {
                self.places.push(None);
                self.agenda.add_place();
                self.places.len() - 1
            }
            None => return None,
        };
        self.places[place] = Some(Rc::clone(connection));
        self.count += 1;
        Some(place)
    }

    /// Takes the connection in a place out.
    pub(in crate::edge) fn remove(&mut self, place: usize) {
        if self.places.get_mut(place).and_then(Option::take).is_some() {
            self.agenda.forget(place);
            self.free.push(place);
            self.count -= 1;
        }
    }

    /// The connection in a place.
    pub(in crate::edge) fn get(&self, place: usize) -> Option<&Rc<Connection>> {
        self.places.get(place)?.as_ref()
    }

    /// The connection of an open session.
    pub(in crate::edge) fn find(&self, session: SessionId) -> Option<&Rc<Connection>> {
        self.get(route::place_of(session))
            .filter(|connection| connection.session() == Some(session))
    }

    /// Has the sweep look at a place then, if it would not sooner.
    pub(in crate::edge) fn look_at(&self, place: usize, when: Instant) {
        self.agenda.look_at(place, when);
    }

    /// The next connection that the sweep has to look at now, from this place on, and its place.
    pub(in crate::edge) fn take_due(&self, from: usize, now: Instant) -> Option<(usize, &Rc<Connection>)> {
        let place = self.agenda.take_due(from, now)?;
        // Nothing is due in an empty place.
        Some((place, self.get(place)?))
    }

    /// Places that are or were taken: one more than the highest.
    pub(in crate::edge) fn places(&self) -> usize {
        self.places.len()
    }

    /// Connections.
    pub(in crate::edge) fn count(&self) -> usize {
        self.count
    }
}

//! The WebSocket connections of one I/O thread, by place. A session id names its place, so finding one is an index.

use std::rc::Rc;

use parlour_shared::ids::SessionId;

use super::connection::Connection;
use crate::bridge::route::{self, MAX_PLACES};

/// Places, taken or free.
#[derive(Default)]
pub(super) struct Table {
    places: Vec<Option<Rc<Connection>>>,
    free: Vec<usize>,
    count: usize,
}

impl Table {
    /// Gives a connection a place; `None` if there is none left.
    pub(super) fn insert(&mut self, connection: &Rc<Connection>) -> Option<usize> {
        let place = match self.free.pop() {
            Some(place) => place,
            None if self.places.len() < MAX_PLACES => {
                self.places.push(None);
                self.places.len() - 1
            }
            None => return None,
        };
        self.places[place] = Some(Rc::clone(connection));
        self.count += 1;
        Some(place)
    }

    /// Takes the connection in a place out.
    pub(super) fn remove(&mut self, place: usize) {
        if self.places.get_mut(place).and_then(Option::take).is_some() {
            self.free.push(place);
            self.count -= 1;
        }
    }

    /// The connection in a place.
    pub(super) fn get(&self, place: usize) -> Option<&Rc<Connection>> {
        self.places.get(place)?.as_ref()
    }

    /// The connection of an open session.
    pub(super) fn find(&self, session: SessionId) -> Option<&Rc<Connection>> {
        self.get(route::place_of(session))
            .filter(|connection| connection.session() == Some(session))
    }

    /// Places that are or were taken: one more than the highest.
    pub(super) fn places(&self) -> usize {
        self.places.len()
    }

    /// Connections.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

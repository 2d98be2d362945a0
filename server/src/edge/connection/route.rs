//! Where the events of a session go: to the desk, or directly to the world in which the desk has
//! placed it. `bridge.rs` explains the order.

use std::{cell::Cell, time::Instant};

use parlour_shared::{ids::SessionId, message::ClientMessage};
use parlour_tick::{Arrival, WorldId};

use super::Connection;
use crate::bridge::{
    forwarded::{Forwarded, ForwardedKind},
    inbound::{Inbound, InboundKind},
    route::{MAX_TICK_THREADS, WorldPlace},
};

/// The route of one session.
#[derive(Debug, Default)]
pub(super) struct SessionRoute {
    /// The number of its last event, wherever it was sent. The opening is 0. It wraps.
    number: Cell<u32>,
    /// The placement that it obeys. `None`: its events go to the desk.
    placement: Cell<Option<Placement>>,
    /// Whether the connection takes no data, as it was last sent to anyone.
    held: Cell<bool>,
    /// The same, as it was last sent to the desk.
    held_at_desk: Cell<bool>,
}

/// A [`WorldPlace`] and the number of the placement, in few bytes.
#[derive(Clone, Copy, Debug)]
struct Placement {
    world: WorldId,
    number: u32,
    thread: u8,
}

const _: () = assert!(MAX_TICK_THREADS <= 1 << u8::BITS);

impl SessionRoute {
    fn next_number(&self) -> u32 {
        let number = self.number.get().wrapping_add(1);
        self.number.set(number);
        number
    }
}

impl Connection {
    /// Notifies the desk of a new session.
    pub(super) fn route_opening(&self, session: SessionId, player: Arrival) {
        self.io.rings.desk.control(Forwarded {
            session,
            number: self.route.number.get(),
            kind: ForwardedKind::Opened(player),
        });
    }

    /// Notifies the desk of the end of a session.
    pub(super) fn route_closing(&self, session: SessionId) {
        self.to_desk(session, ForwardedKind::Closed);
    }

    /// Sends whether the connection takes no data.
    pub(in crate::edge) fn set_held(&self, held: bool) {
        let Some(session) = self.session() else {
            return;
        };
        self.route.held.set(held);
        match self.route.placement.get() {
            Some(placement) => {
                if let Some(ring) = self.io.rings.worlds.get(usize::from(placement.thread)) {
                    self.route.next_number();
                    ring.control(inbound(session, placement, InboundKind::Held(held)));
                }
            }
            None => self.tell_desk_held(session),
        }
    }

    /// Sends a message to the world of the session or to the desk, or drops and counts it.
    pub(in crate::edge) fn route_message(
        &self,
        session: SessionId,
        arrived: Instant,
        message: ClientMessage,
    ) {
        let rings = &self.io.rings;
        let needs_desk = matches!(
            message,
            ClientMessage::Join(_) | ClientMessage::Leave { .. } | ClientMessage::Reserve(_)
        );
        if let Some(placement) = self.route.placement.get().filter(|_| !needs_desk) {
            let Some(ring) = rings.worlds.get(usize::from(placement.thread)) else {
                return;
            };
            let kind = InboundKind::Message { arrived, message };
            // A number for each event that was sent: the desk waits for none that was dropped.
            if ring.message(inbound(session, placement, kind)) {
                self.route.next_number();
            }
            return;
        }
        // Room for the message and for what `leave_world` sends: a message that is dropped must not
        // change the route.
        if !rings.desk.has_room(2) {
            rings.desk.count_dropped();
            return;
        }
        self.leave_world(session);
        self.to_desk(session, ForwardedKind::Message { arrived, message });
    }

    /// Obeys a placement of the desk, unless newer events of the session are under way to the desk.
    pub(in crate::edge) fn place_in_world(&self, place: WorldPlace, number: u32) {
        if number == self.route.number.get() {
            self.route.placement.set(Some(Placement {
                world: place.world,
                number,
                thread: place.thread as u8,
            }));
        }
    }

    /// Sends the events of the session to the desk from now on.
    pub(in crate::edge) fn recall(&self) {
        if let Some(session) = self.session() {
            self.leave_world(session);
            self.to_desk(session, ForwardedKind::Recalled);
        }
    }

    /// Returns the tick thread of the session's world; 0 while it is not placed.
    pub(in crate::edge) fn tick_thread(&self) -> usize {
        let placement = self.route.placement.get();
        placement.map_or(0, |placement| usize::from(placement.thread))
    }

    fn leave_world(&self, session: SessionId) {
        let was_placed = self.route.placement.take().is_some();
        // The desk must know it before it sends the session to a different world.
        if was_placed && self.route.held.get() != self.route.held_at_desk.get() {
            self.tell_desk_held(session);
        }
    }

    fn tell_desk_held(&self, session: SessionId) {
        let held = self.route.held.get();
        self.route.held_at_desk.set(held);
        self.to_desk(session, ForwardedKind::Held(held));
    }

    fn to_desk(&self, session: SessionId, kind: ForwardedKind) {
        self.io.rings.desk.control(Forwarded {
            session,
            number: self.route.next_number(),
            kind,
        });
    }
}

fn inbound(session: SessionId, placement: Placement, kind: InboundKind) -> Inbound {
    Inbound {
        session,
        world: placement.world,
        placed: placement.number,
        kind,
    }
}

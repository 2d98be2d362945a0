//! Where the events of one session go: to the desk, or directly to the world in which the desk has
//! placed it. `bridge.rs` explains the order.

use std::{cell::Cell, time::Instant};

use parlour_shared::{ids::SessionId, message::ClientMessage};
use parlour_tick::{Arrival, WorldId};

use super::{
    forwarded::{ForwardSender, Forwarded, ForwardedKind},
    inbound::{Inbound, InboundKind, InboundSender},
    link_state::LinkState,
    route::{MAX_TICK_THREADS, WorldPlace},
    tick_status::{TickStatus, TickThreads},
};
use crate::auth::RoomGrants;

/// The sending ends of the rings of an I/O thread.
pub(crate) struct IoRings {
    pub(crate) desk: ForwardSender,
    /// By tick thread.
    pub(crate) worlds: Vec<InboundSender>,
}

impl IoRings {
    /// Sends waiting events, as many as there is room for.
    pub(crate) fn flush(&self) {
        self.desk.flush();
        for world in &self.worlds {
            world.flush();
        }
    }

    /// Returns whether a receiver does not keep up, so that no new session may open. A tick thread
    /// that stands still does not count: new rooms are created on others.
    pub(crate) fn is_choked(&self, threads: &TickThreads) -> bool {
        let mut worlds = self.worlds.iter().zip(threads.iter());
        let is_choked = |(ring, thread): (&InboundSender, &TickStatus)| {
            ring.is_choked() && thread.progress().frozen().is_none()
        };
        self.desk.is_choked() || worlds.any(is_choked)
    }
}

/// The route of one session, on its I/O thread.
#[derive(Debug, Default)]
pub(crate) struct SessionRoute {
    /// The number of its last event, wherever it was sent. The opening is 0. It wraps.
    number: Cell<u32>,
    /// The placement that it obeys. `None`: its events go to the desk.
    placement: Cell<Option<Placement>>,
    /// The state of the link, as it was last sent to anyone.
    link: Cell<LinkState>,
    /// The same, as it was last sent to the desk.
    link_at_desk: Cell<LinkState>,
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
    /// Notifies the desk of a new session, and of the rooms that its user may join.
    pub(crate) fn open(
        &self,
        rings: &IoRings,
        session: SessionId,
        player: Arrival,
        grants: Option<RoomGrants>,
    ) {
        rings.desk.control(Forwarded {
            session,
            number: self.number.get(),
            kind: ForwardedKind::Opened { player, grants },
        });
    }

    /// Notifies the desk of the end of the session.
    pub(crate) fn close(&self, rings: &IoRings, session: SessionId) {
        self.to_desk(rings, session, ForwardedKind::Closed);
    }

    /// Sends whether the link takes no data.
    pub(crate) fn set_held(&self, rings: &IoRings, session: SessionId, held: bool) {
        self.set_link(rings, session, self.link.get().held(held));
    }

    /// Sends that the link was lost.
    pub(crate) fn drop_link(&self, rings: &IoRings, session: SessionId) {
        self.set_link(rings, session, self.link.get().dropped());
    }

    /// Sends that the session has a new link. `reset`: messages were lost.
    pub(crate) fn resume(&self, rings: &IoRings, session: SessionId, reset: bool) {
        self.set_link(rings, session, self.link.get().resumed(reset));
    }

    fn set_link(&self, rings: &IoRings, session: SessionId, link: LinkState) {
        self.link.set(link);
        let Some(placement) = self.placement.get() else {
            self.tell_desk_link(rings, session);
            return;
        };
        if let Some(ring) = rings.worlds.get(usize::from(placement.thread)) {
            self.next_number();
            ring.control(inbound(session, placement, InboundKind::Link(link)));
        }
    }

    /// Sends a message to the world of the session or to the desk, or drops and counts it.
    pub(crate) fn send(&self, rings: &IoRings, session: SessionId, arrived: Instant, message: ClientMessage) {
        let needs_desk = matches!(
            message,
            ClientMessage::Join(_) | ClientMessage::Leave { .. } | ClientMessage::Reserve(_)
        );
        if let Some(placement) = self.placement.get().filter(|_| !needs_desk) {
            let Some(ring) = rings.worlds.get(usize::from(placement.thread)) else {
                return;
            };
            let kind = InboundKind::Message { arrived, message };
            // A number for each event that was sent: the desk waits for none that was dropped.
            if ring.message(inbound(session, placement, kind)) {
                self.next_number();
            }
            return;
        }
        // Room for the message and for what `leave_world` sends: a message that is dropped must not
        // change the route.
        if !rings.desk.has_room(2) {
            rings.desk.count_dropped();
            return;
        }
        self.leave_world(rings, session);
        self.to_desk(rings, session, ForwardedKind::Message { arrived, message });
    }

    /// Obeys a placement of the desk, unless newer events of the session are under way to the desk.
    pub(crate) fn place(&self, place: WorldPlace, number: u32) {
        if number == self.number.get() {
            self.placement.set(Some(Placement {
                world: place.world,
                number,
                thread: place.thread as u8,
            }));
        }
    }

    /// Sends the events of the session to the desk from now on, and confirms it.
    pub(crate) fn recall(&self, rings: &IoRings, session: SessionId) {
        self.leave_world(rings, session);
        self.to_desk(rings, session, ForwardedKind::Recalled);
    }

    /// Returns the tick thread of the session's world; 0 while it is not placed.
    pub(crate) fn tick_thread(&self) -> usize {
        let placement = self.placement.get();
        placement.map_or(0, |placement| usize::from(placement.thread))
    }

    fn leave_world(&self, rings: &IoRings, session: SessionId) {
        let was_placed = self.placement.take().is_some();
        // The desk must know it before it sends the session to a different world.
        if was_placed && self.link.get() != self.link_at_desk.get() {
            self.tell_desk_link(rings, session);
        }
    }

    fn tell_desk_link(&self, rings: &IoRings, session: SessionId) {
        let link = self.link.get();
        self.link_at_desk.set(link);
        self.to_desk(rings, session, ForwardedKind::Link(link));
    }

    fn to_desk(&self, rings: &IoRings, session: SessionId, kind: ForwardedKind) {
        let number = self.next_number();
        rings.desk.control(Forwarded {
            session,
            number,
            kind,
        });
    }

    fn next_number(&self) -> u32 {
        let number = self.number.get().wrapping_add(1);
        self.number.set(number);
        number
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

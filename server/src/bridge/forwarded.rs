//! From the sockets to the desk: sessions that open and close, and the events of sessions that are
//! not placed in a world. Joins, leaves and reservations always go to the desk.

use std::time::Instant;

use parlour_shared::{ids::SessionId, message::ClientMessage};
use parlour_tick::Arrival;

use super::{
    event_ring::{EventReceiver, EventSender},
    link_state::LinkState,
};
use crate::auth::RoomGrants;

/// The size of one ring: 8,192 events of 144 bytes are 1.2 MB. 5,000 clients that connect and join
/// at the same time send two events each, and the desk handles about one per microsecond.
pub(crate) const RING: usize = 8 * 1024;

/// An event of a session on its way to the desk.
#[derive(Debug)]
pub(crate) struct Forwarded {
    pub(crate) session: SessionId,
    /// The number of the event, over all events of the session, wherever they are sent. The opening
    /// is 0. It wraps.
    pub(crate) number: u32,
    pub(crate) kind: ForwardedKind,
}

/// The kind of event.
#[derive(Debug)]
pub(crate) enum ForwardedKind {
    Opened {
        player: Arrival,
        /// The rooms that the user may join. `None`: all.
        grants: Option<RoomGrants>,
    },
    Closed,
    /// The link changed.
    Link(LinkState),
    /// Answers a [`super::outbound::DeskOutput::Recall`].
    Recalled,
    Message {
        arrived: Instant,
        message: ClientMessage,
    },
}

/// The end of an I/O thread.
pub(crate) type ForwardSender = EventSender<Forwarded>;
/// The end of the desk.
pub(crate) type ForwardReceiver = EventReceiver<Forwarded>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_documented_size() {
        assert!(size_of::<Forwarded>() <= 144, "{}", size_of::<Forwarded>());
    }
}

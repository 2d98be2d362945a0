//! From the sockets to the worlds: the events of sessions that are placed, directly from their I/O
//! thread to the tick thread of their world, which empties its rings once per tick.

use std::time::Instant;

use parlour_shared::{ids::SessionId, message::ClientMessage};
use parlour_tick::WorldId;

use super::{
    event_ring::{EventReceiver, EventSender},
    link_state::LinkState,
};

/// The room for events in the rings of one I/O thread to all tick threads together: 16,384 events
/// of 144 bytes are 2.4 MB, and 3 per tick for each of 5,000 players.
const EVENTS: usize = 16 * 1024;
/// The minimum size of one ring, because all players of an I/O thread may be in one world. Four I/O
/// threads and four tick threads have 16 rings of this size, which are 9.4 MB.
const MIN_RING: usize = 4 * 1024;

/// An event of a session on its way to the tick.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) session: SessionId,
    pub(crate) world: WorldId,
    /// The number of the placement under which it was sent. Until the world has seen that
    /// placement, the event waits: what the desk sent to the world before comes first.
    pub(crate) placed: u32,
    pub(crate) kind: InboundKind,
}

/// The kind of event.
#[derive(Debug)]
pub(crate) enum InboundKind {
    /// The link changed.
    Link(LinkState),
    Message {
        arrived: Instant,
        message: ClientMessage,
    },
}

/// The end of an I/O thread.
pub(crate) type InboundSender = EventSender<Inbound>;
/// The end of a tick thread.
pub(crate) type InboundReceiver = EventReceiver<Inbound>;

/// Returns the size of the ring from one I/O thread to one of this number of tick threads.
pub(crate) fn ring_size(tick_threads: usize) -> usize {
    (EVENTS / tick_threads.max(1)).max(MIN_RING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_documented_size() {
        assert!(size_of::<Inbound>() <= 144, "{}", size_of::<Inbound>());
        assert_eq!(ring_size(1), EVENTS);
        assert_eq!(16 * MIN_RING * 144, 9_437_184);
    }
}

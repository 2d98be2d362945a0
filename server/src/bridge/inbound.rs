//! From the sockets to the world: one ring per I/O thread, which the tick thread empties once per
//! tick.

use std::{cell::RefCell, collections::VecDeque, time::Instant};

use parlour_shared::{ids::SessionId, message::ClientMessage};
use parlour_tick::Arrival;
use rtrb::{Consumer, Producer, PushError, RingBuffer};

use crate::metrics::Counter;

/// The size of one ring: 16,384 events of 136 bytes are 2.2 MB, and 3 per tick for each of 5,000
/// players.
pub(crate) const RING: usize = 16 * 1024;
/// Control events that may wait outside a full ring before new connections are turned away.
const CHOKED: usize = 1024;

/// An event of a session on its way to the tick.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) session: SessionId,
    pub(crate) arrived: Instant,
    pub(crate) kind: InboundKind,
}

/// The kind of event.
#[derive(Debug)]
pub(crate) enum InboundKind {
    Open(Arrival),
    Close,
    Hold,
    Release,
    Message(ClientMessage),
}

/// The end of the I/O thread.
pub(crate) struct InboundSender {
    state: RefCell<SendQueue>,
    dropped: Counter,
}

struct SendQueue {
    ring: Producer<Inbound>,
    /// Events that must not be lost, in order, while the ring is full. At most two per connection,
    /// and two for each time its socket stops and starts to take data, which happens only while the
    /// tick thread keeps up.
    waiting: VecDeque<Inbound>,
}

/// The end of the tick thread.
pub(crate) type InboundReceiver = Consumer<Inbound>;

/// Creates both ends.
pub(crate) fn ring(dropped: Counter) -> (InboundSender, InboundReceiver) {
    let (producer, consumer) = RingBuffer::new(RING);
    let sender = InboundSender {
        state: RefCell::new(SendQueue {
            ring: producer,
            waiting: VecDeque::new(),
        }),
        dropped,
    };
    (sender, consumer)
}

impl InboundSender {
    /// Sends an event that must not be lost, now or as soon as there is room.
    pub(crate) fn control(&self, session: SessionId, kind: InboundKind) {
        let mut state = self.state.borrow_mut();
        let event = Inbound {
            session,
            arrived: Instant::now(),
            kind,
        };
        state.waiting.push_back(event);
        state.flush();
    }

    /// Sends a message, or drops and counts it if there is no room.
    pub(crate) fn message(&self, session: SessionId, arrived: Instant, message: ClientMessage) {
        let mut state = self.state.borrow_mut();
        state.flush();
        let event = Inbound {
            session,
            arrived,
            kind: InboundKind::Message(message),
        };
        // While control events wait, a message would overtake them.
        if !state.waiting.is_empty() || state.ring.push(event).is_err() {
            self.dropped.increment(1);
        }
    }

    /// Sends waiting events, as many as there is room for.
    pub(crate) fn flush(&self) {
        self.state.borrow_mut().flush();
    }

    /// Returns whether the tick thread does not keep up, so that no new session may open.
    pub(crate) fn is_choked(&self) -> bool {
        self.state.borrow().waiting.len() > CHOKED
    }
}

impl SendQueue {
    fn flush(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(PushError::Full(event)) = self.ring.push(event) {
                self.waiting.push_front(event);
                return;
            }
        }
        if self.waiting.capacity() > CHOKED {
            self.waiting = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn messages_are_dropped_and_control_waits_when_the_ring_is_full() {
        let metrics = Metrics::new();
        let dropped = || metrics.value("parlour_drops_total{reason=\"inbound_full\"}");
        let (sender, mut receiver) = ring(metrics.edge.dropped_inbound_full.clone());
        let session = SessionId(7);
        for nonce in 0..RING as u32 {
            sender.message(session, Instant::now(), ClientMessage::Ping { nonce });
        }
        assert_eq!(dropped(), 0.0);
        sender.message(session, Instant::now(), ClientMessage::Bye);
        sender.control(session, InboundKind::Close);
        assert_eq!(dropped(), 1.0);
        for _ in 0..2 {
            receiver.pop().unwrap();
        }
        // The close goes first, although nothing flushed it since.
        sender.message(session, Instant::now(), ClientMessage::Bye);
        let rest: Vec<_> = std::iter::from_fn(|| receiver.pop().ok()).collect();
        assert!(matches!(rest[rest.len() - 2].kind, InboundKind::Close));
        assert!(matches!(
            rest[rest.len() - 1].kind,
            InboundKind::Message(ClientMessage::Bye)
        ));
    }
}

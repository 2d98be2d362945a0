//! From the sockets to the world: one ring per I/O thread, emptied once per tick.

use std::{cell::RefCell, collections::VecDeque, time::Instant};

use parlour_shared::{ids::SessionId, message::ClientMessage};
use rtrb::{Consumer, Producer, PushError, RingBuffer};

use crate::metrics::Counter;

/// Events that one ring holds: 16,384 of 136 bytes are 2.2 MB, and 3 per tick for each of 5,000 players.
pub(crate) const RING: usize = 16 * 1024;
/// Control events that may wait outside a full ring before new connections are turned away.
const CHOKED: usize = 1024;

/// Something that happened to a session, on its way to the tick.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) session: SessionId,
    pub(crate) arrived: Instant,
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum What {
    Open { name: String },
    Close,
    Hold,
    Release,
    Message(ClientMessage),
}

/// The I/O thread's end.
pub(crate) struct InboundSender {
    state: RefCell<Sending>,
    dropped: Counter,
}

struct Sending {
    ring: Producer<Inbound>,
    /// Events that must not be lost, in order, while the ring is full. Bounded by two per connection and two per
    /// change between taking and not taking data, which needs the tick thread that is behind.
    waiting: VecDeque<Inbound>,
}

/// The tick thread's end.
pub(crate) type InboundReceiver = Consumer<Inbound>;

/// Both ends.
pub(crate) fn ring(dropped: Counter) -> (InboundSender, InboundReceiver) {
    let (producer, consumer) = RingBuffer::new(RING);
    let sender = InboundSender {
        state: RefCell::new(Sending {
            ring: producer,
            waiting: VecDeque::new(),
        }),
        dropped,
    };
    (sender, consumer)
}

impl InboundSender {
    /// Sends what the world must learn, now or as soon as there is room.
    pub(crate) fn control(&self, session: SessionId, what: What) {
        let mut state = self.state.borrow_mut();
        let event = Inbound {
            session,
            arrived: Instant::now(),
            what,
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
            what: What::Message(message),
        };
        // While something waits, a message would overtake it.
        if !state.waiting.is_empty() || state.ring.push(event).is_err() {
            self.dropped.increment(1);
        }
    }

    /// Sends what waits, as far as there is room.
    pub(crate) fn flush(&self) {
        self.state.borrow_mut().flush();
    }

    /// The tick thread does not keep up: no new sessions, please.
    pub(crate) fn is_choked(&self) -> bool {
        self.state.borrow().waiting.len() > CHOKED
    }
}

impl Sending {
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
        sender.control(session, What::Close);
        assert_eq!(dropped(), 1.0);
        for _ in 0..2 {
            receiver.pop().unwrap();
        }
        // The close is first in line, though there was no call for it since.
        sender.message(session, Instant::now(), ClientMessage::Bye);
        let rest: Vec<_> = std::iter::from_fn(|| receiver.pop().ok()).collect();
        assert!(matches!(rest[rest.len() - 2].what, What::Close));
        assert!(matches!(
            rest[rest.len() - 1].what,
            What::Message(ClientMessage::Bye)
        ));
    }
}

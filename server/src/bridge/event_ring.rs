//! The sending end of a ring of events from an I/O thread. It never waits: when the ring is full,
//! messages are dropped and counted, and events that must not be lost wait in a list.

use std::{cell::RefCell, collections::VecDeque};

use rtrb::{Consumer, Producer, PushError, RingBuffer};

use super::wake::WakeSender;
use crate::metrics::Counter;

/// Events that may wait outside a full ring before new connections are turned away.
const CHOKED: usize = 1024;

/// The end of the I/O thread.
pub(crate) struct EventSender<T> {
    state: RefCell<SendQueue<T>>,
    dropped: Counter,
    /// Wakes the receiver. `None`: it looks by itself, once per tick.
    wake: Option<WakeSender>,
}

struct SendQueue<T> {
    ring: Producer<T>,
    /// Events that must not be lost, in order, while the ring is full. At most three per session,
    /// and two for each time its socket stops and starts to take data, which happens only while the
    /// receiver keeps up.
    waiting: VecDeque<T>,
}

/// The end of the thread that handles the events.
pub(crate) type EventReceiver<T> = Consumer<T>;

/// Creates both ends of a ring with room for `capacity` events.
pub(crate) fn event_ring<T>(
    capacity: usize,
    dropped: Counter,
    wake: Option<WakeSender>,
) -> (EventSender<T>, EventReceiver<T>) {
    let (producer, consumer) = RingBuffer::new(capacity);
    let sender = EventSender {
        state: RefCell::new(SendQueue {
            ring: producer,
            waiting: VecDeque::new(),
        }),
        dropped,
        wake,
    };
    (sender, consumer)
}

impl<T> EventSender<T> {
    /// Sends an event that must not be lost, now or as soon as there is room.
    pub(crate) fn control(&self, event: T) {
        let mut state = self.state.borrow_mut();
        state.waiting.push_back(event);
        self.flush_and_wake(&mut state);
    }

    /// Sends a message, or drops and counts it if there is no room. Returns whether it was sent.
    pub(crate) fn message(&self, event: T) -> bool {
        let mut state = self.state.borrow_mut();
        state.flush();
        // While other events wait, a message would overtake them.
        let sent = state.waiting.is_empty() && state.ring.push(event).is_ok();
        if sent {
            self.wake();
        } else {
            self.dropped.increment(1);
        }
        sent
    }

    /// Returns whether there is room for this number of events.
    pub(crate) fn has_room(&self, events: usize) -> bool {
        let mut state = self.state.borrow_mut();
        state.flush();
        state.waiting.is_empty() && state.ring.slots() >= events
    }

    /// Counts a message that was dropped for lack of room.
    pub(crate) fn count_dropped(&self) {
        self.dropped.increment(1);
    }

    /// Sends waiting events, as many as there is room for.
    pub(crate) fn flush(&self) {
        let mut state = self.state.borrow_mut();
        if !state.waiting.is_empty() {
            self.flush_and_wake(&mut state);
        }
    }

    /// Returns whether the receiver does not keep up, so that no new session may open.
    pub(crate) fn is_choked(&self) -> bool {
        self.state.borrow().waiting.len() > CHOKED
    }

    fn flush_and_wake(&self, state: &mut SendQueue<T>) {
        if state.flush() {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(wake) = &self.wake {
            wake.wake();
        }
    }
}

impl<T> SendQueue<T> {
    /// Returns whether an event was sent.
    fn flush(&mut self) -> bool {
        let mut sent = false;
        while let Some(event) = self.waiting.pop_front() {
            if let Err(PushError::Full(event)) = self.ring.push(event) {
                self.waiting.push_front(event);
                return sent;
            }
            sent = true;
        }
        if self.waiting.capacity() > CHOKED {
            self.waiting = VecDeque::new();
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    const RING: usize = 64;

    #[test]
    fn messages_are_dropped_and_control_waits_when_the_ring_is_full() {
        let metrics = Metrics::new(1);
        let dropped = || metrics.value("parlour_drops_total{reason=\"inbound_full\"}");
        let (sender, mut receiver) = event_ring(RING, metrics.edge.dropped_inbound_full.clone(), None);
        for _ in 0..RING {
            assert!(sender.message("message"));
        }
        assert_eq!(dropped(), 0.0);
        assert!(!sender.message("late"));
        sender.control("close");
        assert_eq!(dropped(), 1.0);
        for _ in 0..2 {
            receiver.pop().unwrap();
        }
        // The close goes first, although nothing flushed it since.
        assert!(sender.message("last"));
        let rest: Vec<_> = std::iter::from_fn(|| receiver.pop().ok()).collect();
        assert_eq!(rest[rest.len() - 2..], ["close", "last"]);
    }
}

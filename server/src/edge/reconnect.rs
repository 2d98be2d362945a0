//! Chooses when closed clients may come back: at random times within a window that grows with the
//! number of clients, so that they do not all reach a restarted server at the same time.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use parlour_shared::rng::{Purpose, Stream};

use crate::metrics::Gauge;

/// The earliest time at which a client may come back.
const SOONEST: Duration = Duration::from_millis(500);

/// The window over which clients are spread. The I/O threads share it.
pub(super) struct Spread {
    window: Duration,
    rate: u32,
    /// The current number of WebSocket connections, which is also a metric.
    clients: AtomicU32,
    websockets: Gauge,
    /// The number of clients when the server failed or began to stop. The last clients to be closed
    /// get the same window as the first.
    leaving: AtomicU32,
    seed: u64,
}

impl Spread {
    /// Spreads clients over at least `window`, and so that at most `rate` come back per second.
    pub(super) fn new(window: Duration, rate: u32, websockets: Gauge, seed: u64) -> Self {
        Self {
            window,
            rate: rate.max(1),
            clients: AtomicU32::new(0),
            websockets,
            leaving: AtomicU32::new(0),
            seed,
        }
    }

    /// Counts a client that connected.
    pub(super) fn entered(&self) {
        self.clients.fetch_add(1, Ordering::Relaxed);
        self.websockets.increment(1);
    }

    /// Counts a client that disconnected.
    pub(super) fn left(&self) {
        self.clients.fetch_sub(1, Ordering::Relaxed);
        self.websockets.decrement(1);
    }

    /// Notes that all current clients are about to be closed.
    pub(super) fn all_leave(&self) {
        // After a failure each I/O thread does this, and the second may find fewer clients.
        self.leaving.fetch_max(self.clients(), Ordering::Relaxed);
    }

    /// Returns a random stream for an I/O thread.
    pub(super) fn random(&self, thread: usize) -> RefCell<Stream> {
        RefCell::new(Stream::new(self.seed, thread as u64, Purpose::Reconnect))
    }

    /// Returns the time after which one client may come back, in milliseconds.
    pub(super) fn after_ms(&self, random: &RefCell<Stream>) -> u32 {
        let clients = self.clients().max(self.leaving.load(Ordering::Relaxed));
        let window = self.window.max(Duration::from_secs(clients.into()) / self.rate);
        let ms = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        ms(SOONEST).saturating_add(random.borrow_mut().below(ms(window)))
    }

    fn clients(&self) -> u32 {
        self.clients.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(clients: u32, leaving: bool) -> Vec<u32> {
        let spread = Spread::new(Duration::from_secs(2), 100, Gauge::noop(), 1);
        (0..clients).for_each(|_| spread.entered());
        if leaving {
            spread.all_leave();
            (0..clients).for_each(|_| spread.left());
        }
        let random = spread.random(0);
        (0..1000).map(|_| spread.after_ms(&random)).collect()
    }

    #[test]
    fn the_window_is_as_configured_for_few_clients_and_grows_with_many() {
        for (clients, leaving, window) in [(10, false, 2000), (3000, false, 30_000), (3000, true, 30_000)] {
            let times = times(clients, leaving);
            let (least, most) = (*times.iter().min().unwrap(), *times.iter().max().unwrap());
            assert!(least >= 500 && most < 500 + window, "{least} to {most}");
            assert!(
                least < 500 + window / 20 && most > 500 + window / 20 * 19,
                "{clients}: {least} to {most}"
            );
        }
    }
}

//! When closed clients may come back: at random, within a time that grows with their number. So they do not all reach a
//! restarted server at once.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use parlour_shared::rng::{Purpose, Stream};

use crate::metrics::Gauge;

/// Nobody comes back before it.
const SOONEST: Duration = Duration::from_millis(500);

/// How far clients are spread. Shared by the I/O threads.
pub(super) struct Spread {
    window: Duration,
    rate: u32,
    /// WebSocket connections now, here and as a metric.
    clients: AtomicU32,
    websockets: Gauge,
    /// How many there were when the server failed or began to stop: the last to be closed are spread like the first.
    leaving: AtomicU32,
    seed: u64,
}

impl Spread {
    /// Over `window` at least, and so that not more than `rate` come in a second.
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

    /// A client is here.
    pub(super) fn entered(&self) {
        self.clients.fetch_add(1, Ordering::Relaxed);
        self.websockets.increment(1);
    }

    /// A client is gone.
    pub(super) fn left(&self) {
        self.clients.fetch_sub(1, Ordering::Relaxed);
        self.websockets.decrement(1);
    }

    /// All clients that are here now are about to be closed.
    pub(super) fn all_leave(&self) {
        // At a failure each I/O thread says so, and the second may find fewer of them.
        self.leaving.fetch_max(self.clients(), Ordering::Relaxed);
    }

    /// A stream of chance for an I/O thread.
    pub(super) fn chance(&self, thread: usize) -> RefCell<Stream> {
        RefCell::new(Stream::new(self.seed, thread as u64, Purpose::Reconnect))
    }

    /// A time for one client, in milliseconds.
    pub(super) fn after_ms(&self, chance: &RefCell<Stream>) -> u32 {
        let clients = self.clients().max(self.leaving.load(Ordering::Relaxed));
        let window = self.window.max(Duration::from_secs(clients.into()) / self.rate);
        let ms = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        ms(SOONEST).saturating_add(chance.borrow_mut().below(ms(window)))
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
        let chance = spread.chance(0);
        (0..1000).map(|_| spread.after_ms(&chance)).collect()
    }

    #[test]
    fn the_window_is_as_set_for_few_and_grows_with_many() {
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

//! Rate limits per key, such as the address of a client or the name of a user.
//!
//! The crate `governor` decides (the generic cell rate algorithm, GCRA). The memory is our own,
//! because it must have a bound: see `key_limiter/memory.rs`.

mod memory;
#[cfg(test)]
mod tests;

use std::{
    hash::Hash,
    num::NonZero,
    time::{Duration, Instant},
};

use governor::{Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware};

use crate::{attempt_rate::AttemptRate, metrics::LimiterMetrics};
use memory::KeyMemory;

/// A rate limit for each key. Threads share it.
pub(crate) struct KeyLimiter<K: Clone + Eq + Hash, C: Clock = Uptime> {
    limiter: RateLimiter<K, KeyMemory<K, C>, C, NoOpMiddleware<C::Instant>>,
}

impl<K: Clone + Eq + Hash, C: Clock + Clone> KeyLimiter<K, C> {
    /// Creates a limiter that remembers at most this number of keys. If there are more, it forgets
    /// those that were not used for longest. They may then use their burst again.
    pub(crate) fn new(rate: AttemptRate, capacity: usize, clock: C, metrics: LimiterMetrics) -> Self {
        // An `AttemptRate` has neither a burst nor an interval of zero.
        let interval = rate.interval().max(Duration::from_nanos(1));
        let burst = NonZero::new(rate.burst()).unwrap_or(NonZero::<u32>::MIN);
        let quota = Quota::with_period(interval)
            .unwrap_or(Quota::per_second(NonZero::<u32>::MIN))
            .allow_burst(burst);
        let memory = KeyMemory::new(interval * rate.burst(), capacity, clock.clone(), metrics);
        Self {
            limiter: RateLimiter::new(quota, memory, clock),
        }
    }

    /// Makes one attempt.
    ///
    /// # Errors
    /// The limit of the key is reached. The error is the time until the next attempt can succeed.
    pub(crate) fn attempt(&self, key: &K) -> Result<(), Duration> {
        let attempt = self.limiter.check_key(key);
        attempt.map_err(|until| until.wait_time_from(self.limiter.clock().now()))
    }
}

/// The time since the clock was created.
#[derive(Clone, Debug)]
pub(crate) struct Uptime(Instant);

impl Default for Uptime {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Uptime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

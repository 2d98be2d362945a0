//! The memory of a rate limit per key, with a bound.
//!
//! There are two generations of keys. A key that is used moves to the young generation. After the
//! time in which an empty limit fills, the old generation is dropped and the young one becomes old:
//! nothing is lost, because the limit of a key that was not used for that long is full, like that
//! of a new key. If the young generation has half of the keys that the memory may hold, the same
//! happens earlier. Keys whose limit was not full yet are then lost, and counted as evicted.
//!
//! So each attempt takes constant time, except that one of many drops a generation.

use std::{
    collections::HashMap,
    hash::Hash,
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use governor::{
    clock::{Clock, Reference},
    nanos::Nanos,
    state::StateStore,
};

use crate::metrics::LimiterMetrics;

/// The keys of a limiter, each with the time at which its limit is full again.
pub(super) struct KeyMemory<K, C: Clock> {
    clock: C,
    start: C::Instant,
    /// The time in which an empty limit fills.
    fill: u64,
    /// The maximum number of keys of a generation.
    half: usize,
    metrics: LimiterMetrics,
    generations: Mutex<Generations<K>>,
}

/// The keys, with times in nanoseconds since the start.
struct Generations<K> {
    young: HashMap<K, u64>,
    old: HashMap<K, u64>,
    /// When the young generation began.
    since: u64,
}

impl<K: Clone + Eq + Hash, C: Clock> KeyMemory<K, C> {
    pub(super) fn new(fill: Duration, capacity: usize, clock: C, metrics: LimiterMetrics) -> Self {
        Self {
            start: clock.now(),
            clock,
            fill: u64::try_from(fill.as_nanos()).unwrap_or(u64::MAX),
            half: (capacity / 2).max(1),
            metrics,
            generations: Mutex::new(Generations {
                young: HashMap::new(),
                old: HashMap::new(),
                since: 0,
            }),
        }
    }

    /// Drops the old generation if it is time.
    fn turn(&self, generations: &mut Generations<K>, now: u64) {
        let age = now.saturating_sub(generations.since);
        if age < self.fill && generations.young.len() < self.half {
            return;
        }
        generations.since = now;
        let young = mem::take(&mut generations.young);
        let mut dropped = mem::replace(&mut generations.old, young);
        let evicted = dropped.values().filter(|full_at| **full_at > now).count();
        self.metrics.evictions.increment(evicted as u64);
        if age >= self.fill.saturating_mul(2) {
            // There was no attempt since it was time for this turn, so all limits are full.
            dropped = mem::take(&mut generations.old);
        }
        drop(dropped);
    }
}

impl<K: Clone + Eq + Hash, C: Clock> StateStore for KeyMemory<K, C> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let now = self.clock.now().duration_since(self.start).as_u64();
        // Poison can be ignored: a panic cannot leave a generation half changed.
        let mut lock = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let generations = &mut *lock;
        self.turn(generations, now);
        let old = generations.old.remove(key);
        let known = generations.young.get(key).copied().or(old);
        let measured = measure(known.map(Nanos::from));
        // A key over its limit is also kept: its attempts are a reason not to forget it.
        let full_at = match &measured {
            Ok((_, full_at)) => Some(full_at.as_u64()),
            Err(_) => known,
        };
        if let Some(full_at) = full_at {
            generations.young.insert(key.clone(), full_at);
        }
        let keys = generations.young.len() + generations.old.len();
        self.metrics.keys.set(keys as f64);
        measured.map(|(outcome, _)| outcome)
    }
}

use std::{collections::HashMap, sync::Arc};

use governor::clock::FakeRelativeClock;
use proptest::prelude::*;

use super::*;
use crate::metrics::Metrics;

/// A limiter in virtual time.
struct Virtual<K: Clone + Eq + Hash> {
    limiter: KeyLimiter<K, FakeRelativeClock>,
    clock: FakeRelativeClock,
    metrics: Metrics,
}

fn limiter<K: Clone + Eq + Hash>(rate: &str, capacity: usize) -> Virtual<K> {
    let (clock, metrics) = (FakeRelativeClock::default(), Metrics::new(1));
    let counters = metrics.edge.handshake_limiter();
    let limiter = KeyLimiter::new(rate.parse().unwrap(), capacity, clock.clone(), counters);
    Virtual {
        limiter,
        clock,
        metrics,
    }
}

impl<K: Clone + Eq + Hash> Virtual<K> {
    /// Returns how many of these attempts succeed now.
    fn succeed(&self, key: &K, attempts: u32) -> u32 {
        (0..attempts)
            .filter(|_| self.limiter.attempt(key).is_ok())
            .count() as u32
    }

    fn advance(&self, ms: u64) {
        self.clock.advance(Duration::from_millis(ms));
    }

    fn keys(&self) -> f64 {
        self.metrics.value("parlour_limiter_keys{limit=\"handshakes\"}")
    }

    fn evictions(&self) -> f64 {
        self.metrics
            .value("parlour_limiter_evictions_total{limit=\"handshakes\"}")
    }
}

/// The same limit for one key, as a bucket of nanoseconds.
struct Bucket {
    credit: u128,
    last: u128,
}

impl Bucket {
    fn attempt(&mut self, now: u128, rate: AttemptRate) -> Result<(), u128> {
        let interval = rate.interval().as_nanos();
        self.credit = (self.credit + now - self.last).min(interval * u128::from(rate.burst()));
        self.last = now;
        match self.credit.checked_sub(interval) {
            Some(left) => self.credit = left,
            None => return Err(interval - self.credit),
        }
        Ok(())
    }
}

#[test]
fn a_key_has_its_burst_and_then_its_rate() {
    let limits = limiter("5 burst, 10/s", 100);
    assert_eq!(limits.succeed(&"a", 20), 5);
    assert_eq!(limits.succeed(&"b", 20), 5, "each key has its own limit");
    assert_eq!(limits.limiter.attempt(&"a"), Err(Duration::from_millis(100)));
    limits.advance(60);
    assert_eq!(limits.limiter.attempt(&"a"), Err(Duration::from_millis(40)));
    limits.advance(150);
    assert_eq!(limits.succeed(&"a", 20), 2);
    limits.advance(60_000);
    assert_eq!(limits.succeed(&"a", 20), 5);
}

#[test]
fn a_key_may_be_the_name_of_a_user() {
    let limits = limiter::<Arc<str>>("2 burst, 1/s", 100);
    assert_eq!(limits.succeed(&"ada".into(), 3), 2);
    assert_eq!(limits.succeed(&"grace".into(), 3), 2);
}

#[test]
fn unused_keys_are_forgotten_when_their_limit_is_full() {
    let limits = limiter("10 burst, 10/s", 1000);
    for key in 0..100 {
        assert_eq!(limits.succeed(&key, 20), 10);
    }
    assert_eq!(limits.keys(), 100.0);
    limits.advance(1100);
    assert_eq!(limits.succeed(&0, 1), 1);
    assert_eq!(limits.keys(), 100.0, "the keys are old, but still there");
    limits.advance(1100);
    assert_eq!(limits.succeed(&0, 1), 1);
    assert_eq!(limits.keys(), 1.0);
    assert_eq!(limits.evictions(), 0.0);
}

#[test]
fn too_many_keys_are_evicted_except_those_in_use() {
    let limits = limiter("2 burst, 1/m", 100);
    assert_eq!(limits.succeed(&0, 3), 2);
    for key in 1..10_000 {
        assert_eq!(limits.succeed(&key, 3), 2);
        assert_eq!(
            limits.succeed(&0, 1),
            0,
            "a key that still tries is not forgotten"
        );
        assert!(limits.keys() <= 100.0, "{}", limits.keys());
    }
    assert!(
        (9_000.0..10_000.0).contains(&limits.evictions()),
        "{}",
        limits.evictions()
    );
}

proptest! {
    #[test]
    fn attempts_succeed_as_in_a_bucket_for_each_key(
        (burst, count) in (1u32..6, 1u32..20),
        steps in prop::collection::vec((0u64..400, 0u8..6), 1..300),
    ) {
        let rate = AttemptRate::new(burst, count, Duration::from_secs(1)).unwrap();
        let limits = limiter(&rate.to_string(), 100);
        let mut buckets = HashMap::new();
        let mut now = 0;
        let mut successes: HashMap<u8, Vec<u128>> = HashMap::new();
        for (ms, key) in steps {
            limits.advance(ms);
            now += u128::from(ms) * 1_000_000;
            let full = rate.interval().as_nanos() * u128::from(burst);
            let bucket = buckets.entry(key).or_insert(Bucket { credit: full, last: now });
            let expected = bucket.attempt(now, rate);
            let attempt = limits.limiter.attempt(&key).map_err(|wait| wait.as_nanos());
            prop_assert_eq!(attempt, expected);
            if attempt.is_ok() {
                successes.entry(key).or_default().push(now);
            }
        }
        // Never more than the burst and the rate times the time, between any two successes.
        for times in successes.values() {
            for (first, begin) in times.iter().enumerate() {
                for (last, end) in times.iter().enumerate().skip(first) {
                    let most = u128::from(burst) + (end - begin) / rate.interval().as_nanos();
                    prop_assert!((last - first + 1) as u128 <= most);
                }
            }
        }
        prop_assert_eq!(limits.evictions(), 0.0);
    }

    #[test]
    fn the_number_of_keys_is_bounded_whatever_the_order(
        capacity in 2usize..20,
        steps in prop::collection::vec((0u64..2000, 0u8..100), 1..300),
    ) {
        let limits = limiter("3 burst, 1/s", capacity);
        for (ms, key) in steps {
            limits.advance(ms);
            let _ = limits.limiter.attempt(&key);
            prop_assert!(limits.keys() <= capacity as f64);
        }
    }
}

//! A histogram with fixed bounds. Samples are counted immediately: nothing is kept to be counted
//! later.

use std::sync::atomic::{AtomicU64, Ordering};

use ::metrics::HistogramFn;

/// The number of samples up to each bound, and their sum.
pub(super) struct Buckets {
    bounds: &'static [f64],
    /// One per bound, and one for samples above the last.
    counts: Box<[AtomicU64]>,
    /// The bits of a float.
    sum: AtomicU64,
}

/// The numbers at one moment.
pub(super) struct BucketCounts {
    /// Each bound with the samples up to it, including those of lower bounds.
    pub(super) up_to: Vec<(f64, u64)>,
    pub(super) count: u64,
    pub(super) sum: f64,
}

impl Buckets {
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0.0_f64.to_bits()),
        }
    }

    pub(super) fn counts(&self) -> BucketCounts {
        let mut count = 0;
        let mut sums = self.counts.iter().map(|bucket| {
            count += bucket.load(Ordering::Relaxed);
            count
        });
        let up_to = self.bounds.iter().copied().zip(&mut sums).collect();
        sums.for_each(drop);
        BucketCounts {
            up_to,
            count,
            sum: f64::from_bits(self.sum.load(Ordering::Relaxed)),
        }
    }
}

impl HistogramFn for Buckets {
    fn record(&self, value: f64) {
        if value.is_nan() {
            // It would make the sum useless forever.
            return;
        }
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        let add = |sum| (f64::from_bits(sum) + value).to_bits();
        self.sum.update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

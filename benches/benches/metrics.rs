//! Updating metrics: through handles, as the server does in a tick, and by name, as game logic may.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use criterion::{Criterion, criterion_group, criterion_main};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram, with_local_recorder};
use parlour::MetricsRecorder;

/// The number of handles of each kind that a tick updates.
struct Handles {
    histograms: Vec<Histogram>,
    gauges: Vec<Gauge>,
    counters: Vec<Counter>,
}

impl Handles {
    fn new() -> Self {
        let many = |count: u32| (0..count).map(|number| number.to_string());
        Self {
            histograms: many(3)
                .map(|number| histogram!("bench_seconds", "number" => number))
                .collect(),
            gauges: many(10)
                .map(|number| gauge!("bench", "number" => number))
                .collect(),
            counters: many(6)
                .map(|number| counter!("bench_total", "number" => number))
                .collect(),
        }
    }

    fn tick(&self, value: u32) {
        for histogram in &self.histograms {
            histogram.record(f64::from(value) / 10_000.0);
        }
        for gauge in &self.gauges {
            gauge.set(value);
        }
        for counter in &self.counters {
            counter.increment(value.into());
        }
    }
}

fn counting(criterion: &mut Criterion) {
    let recorder = MetricsRecorder::default();
    let mut group = criterion.benchmark_group("metrics");
    with_local_recorder(&recorder, || {
        let handles = Handles::new();
        let mut value = 0;
        group.bench_function("all of a tick", |bencher| {
            bencher.iter(|| {
                value = (value + 1) % 700;
                handles.tick(value);
            });
        });
        group.bench_function("a counter by name", |bencher| {
            bencher.iter(|| counter!("bench_goals_total", "team" => "red").increment(1));
        });
    });
    group.bench_function("all as text", |bencher| bencher.iter(|| recorder.render()));
}

criterion_group!(benches, counting);
criterion_main!(benches);

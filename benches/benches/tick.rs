//! Whole ticks without the sends: walkers and jittering players in rooms of 50.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use parlour_benches::{Crowd, Load};

fn tick(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tick");
    for players in [1_000, 5_000, 10_000] {
        for (name, load) in [
            ("walkers", Load::walkers(players)),
            ("jitter", Load::jitter(players)),
        ] {
            let mut crowd = Crowd::new(load);
            group.bench_function(BenchmarkId::new(name, players), |bencher| {
                bencher.iter_custom(|ticks| {
                    let mut spent = std::time::Duration::ZERO;
                    for _ in 0..ticks {
                        crowd.prepare();
                        let start = std::time::Instant::now();
                        crowd.step();
                        spent += start.elapsed();
                    }
                    spent
                });
            });
        }
    }
}

criterion_group!(benches, tick);
criterion_main!(benches);

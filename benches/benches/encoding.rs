//! Snapshots: packing their records on the server, and reading and applying them in a client.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use parlour_shared::{snapshot::Snapshot, view::View};
use snapshots::{pack_enters, pack_turns};

#[path = "../src/bin/instruction-count/snapshots.rs"]
mod snapshots;

fn encoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encoding");
    group.throughput(Throughput::Elements(50));
    let mut bytes = Vec::new();
    group.bench_function("pack 50 enters", |bencher| {
        bencher.iter(|| {
            bytes.clear();
            pack_enters(&mut bytes);
        });
    });
    group.bench_function("pack 50 turns", |bencher| {
        bencher.iter(|| {
            bytes.clear();
            pack_turns(&mut bytes);
        });
    });
    let (mut first, mut second) = (Vec::new(), Vec::new());
    pack_enters(&mut first);
    pack_turns(&mut second);
    let mut snapshot = Snapshot::default();
    group.bench_function("read 50 turns", |bencher| bencher.iter(|| snapshot.read(&second)));
    let mut view = View::default();
    group.bench_function("read and apply 50 enters and 50 turns", |bencher| {
        bencher.iter(|| {
            view.enter_room(1);
            for bytes in [&first, &second] {
                snapshot.read(bytes).expect("a valid snapshot");
                view.apply(&snapshot).expect("a valid snapshot");
            }
        });
    });
}

criterion_group!(benches, encoding);
criterion_main!(benches);

//! Snapshots: packing their records on the server, and reading and applying them in a client.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use parlour_shared::{
    ids::{PlayerId, Slot, Tick},
    motion::{Direction, Gait, Heading, Position},
    snapshot::{Builder, EnterFields, Snapshot, fields, flags, write_enter, write_turn, write_update_head},
    view::View,
};

const GAIT: Gait = Gait {
    heading: Heading {
        direction: Direction::East,
        sprint: false,
    },
    blocked_x: false,
    blocked_y: false,
};

/// A full snapshot of 50 players.
fn full(out: &mut Vec<u8>) {
    let mut builder = Builder::begin(out, 1, Tick(100), None, None);
    builder.section(flags::ENTERS, |out| {
        for slot in 0..50 {
            let enter = EnterFields {
                slot: Slot(slot),
                player: PlayerId(u32::from(slot)),
                position: Position::from_px(100, 100),
                gait: GAIT,
                skin: 3,
                name: "a walker",
                extras: 0,
            };
            write_enter(out, &enter);
        }
        50
    });
}

/// A delta in which all 50 players turned.
fn delta(out: &mut Vec<u8>) {
    let mut builder = Builder::begin(out, 1, Tick(101), Some(Tick(100)), None);
    builder.section(flags::UPDATES, |out| {
        for slot in 0..50 {
            write_update_head(out, Slot(slot), fields::TURN);
            write_turn(out, 0, GAIT);
        }
        50
    });
}

fn encoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encoding");
    group.throughput(Throughput::Elements(50));
    let mut bytes = Vec::new();
    group.bench_function("pack 50 enters", |bencher| {
        bencher.iter(|| {
            bytes.clear();
            full(&mut bytes);
        });
    });
    group.bench_function("pack 50 turns", |bencher| {
        bencher.iter(|| {
            bytes.clear();
            delta(&mut bytes);
        });
    });
    let (mut first, mut second) = (Vec::new(), Vec::new());
    full(&mut first);
    delta(&mut second);
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

//! Who is near whom: the R-tree beside brute force and a uniform grid, so that the price of the tree is known.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use parlour_shared::{
    ids::Slot,
    motion::Position,
    rng::{Purpose, Stream},
};
use parlour_sim::{Neighbours, Placed, Reach};

/// Players at random on a square in which each has about 20 others within 150 px.
fn players(count: u32) -> Vec<Placed> {
    let area = f64::from(count) * std::f64::consts::PI * 150.0 * 150.0 / 20.0;
    let side = area.sqrt() as u32;
    let mut chance = Stream::new(3, u64::from(count), Purpose::Game);
    let place = |slot| Placed {
        slot: Slot(slot as u16),
        position: Position::from_px(chance.below(side) as i32, chance.below(side) as i32),
    };
    (0..count).map(place).collect()
}

/// What all three have in common: looking at each candidate.
fn look(player: &Placed, candidates: &[Placed], reach: Reach) -> usize {
    let near = |other: &&Placed| player.position.distance_squared(other.position) <= reach.enter_squared;
    candidates.iter().filter(near).count()
}

fn by_brute_force(placed: &[Placed], reach: Reach) -> usize {
    placed.iter().map(|player| look(player, placed, reach)).sum()
}

fn by_tree(neighbours: &mut Neighbours, placed: &[Placed], reach: Reach) -> usize {
    let mut found = 0;
    neighbours.visit_by_tree(placed, reach, |player, candidates| {
        found += look(player, candidates, reach)
    });
    found
}

/// A grid of cells as wide as the reach: sorted by cell, each cell's candidates are three runs of cells.
fn by_grid(sorted: &mut Vec<Placed>, candidates: &mut Vec<Placed>, placed: &[Placed], reach: Reach) -> usize {
    let cell = |placed: &Placed| (placed.position.y / reach.leave, placed.position.x / reach.leave);
    sorted.clear();
    sorted.extend_from_slice(placed);
    sorted.sort_unstable_by_key(cell);
    let mut found = 0;
    let mut start = 0;
    while start < sorted.len() {
        let (row, column) = cell(&sorted[start]);
        let end = start + sorted[start..].partition_point(|other| cell(other) == (row, column));
        candidates.clear();
        for row in row - 1..=row + 1 {
            let from = sorted.partition_point(|other| cell(other) < (row, column - 1));
            let to = sorted.partition_point(|other| cell(other) <= (row, column + 1));
            candidates.extend_from_slice(&sorted[from..to]);
        }
        found += sorted[start..end]
            .iter()
            .map(|player| look(player, candidates, reach))
            .sum::<usize>();
        start = end;
    }
    found
}

fn proximity(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("proximity");
    let reach = Reach::from_px(150);
    let (mut neighbours, mut sorted, mut candidates) = (Neighbours::default(), Vec::new(), Vec::new());
    for count in [50, 200, 1_000, 10_000] {
        let placed = players(count);
        let expected = by_brute_force(&placed, reach);
        assert_eq!(expected, by_tree(&mut neighbours, &placed, reach));
        assert_eq!(expected, by_grid(&mut sorted, &mut candidates, &placed, reach));
        if count <= 1_000 {
            group.bench_function(BenchmarkId::new("brute force", count), |bencher| {
                bencher.iter(|| by_brute_force(&placed, reach));
            });
        }
        group.bench_function(BenchmarkId::new("r-tree", count), |bencher| {
            bencher.iter(|| by_tree(&mut neighbours, &placed, reach));
        });
        group.bench_function(BenchmarkId::new("grid", count), |bencher| {
            bencher.iter(|| by_grid(&mut sorted, &mut candidates, &placed, reach));
        });
    }
}

criterion_group!(benches, proximity);
criterion_main!(benches);

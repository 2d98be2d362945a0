//! Proximity: the grid compared with an R-tree and with brute force, which shows why the server
//! uses a grid. Each figure is one check of all players; in a large room a tick checks a sixth of
//! them.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use parlour_shared::{
    ids::Slot,
    motion::Position,
    rng::{Purpose, Stream},
};
use parlour_sim::{Grid, NearRadius, SlotPosition};
use rstar::{AABB, RTree, RTreeObject};

/// Players at random places of a square. Each has about 20 others within 150 px.
fn players(count: u32) -> Vec<SlotPosition> {
    let area = f64::from(count) * std::f64::consts::PI * 150.0 * 150.0 / 20.0;
    let side = area.sqrt() as u32;
    let mut random = Stream::new(3, u64::from(count), Purpose::Game);
    let place = |slot| SlotPosition {
        slot: Slot(slot as u16),
        position: Position::from_px(random.below(side) as i32, random.below(side) as i32),
    };
    (0..count).map(place).collect()
}

/// Counts the candidates near the player. All three algorithms end with this step.
fn count_near(player: &SlotPosition, candidates: &[SlotPosition], reach: NearRadius) -> usize {
    let near =
        |other: &&SlotPosition| player.position.distance_squared(other.position) <= reach.enter_squared;
    candidates.iter().filter(near).count()
}

fn by_brute_force(placed: &[SlotPosition], reach: NearRadius) -> usize {
    placed
        .iter()
        .map(|player| count_near(player, placed, reach))
        .sum()
}

fn by_grid(grid: &mut Grid, placed: &[SlotPosition], reach: NearRadius) -> usize {
    grid.fill(placed, reach);
    let mut found = 0;
    for player in grid.iter() {
        grid.around(reach, player.position, |_, distance| {
            found += usize::from(distance <= reach.enter_squared);
        });
    }
    found
}

#[derive(Clone, Copy)]
struct Leaf(SlotPosition);

impl RTreeObject for Leaf {
    type Envelope = AABB<[i32; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_point([self.0.position.x, self.0.position.y])
    }
}

/// Builds a tree by bulk load, and queries it once for all players of a cell.
fn by_tree(
    sorted: &mut Vec<SlotPosition>,
    candidates: &mut Vec<SlotPosition>,
    placed: &[SlotPosition],
    reach: NearRadius,
) -> usize {
    let side = reach.leave;
    let cell = |placed: &SlotPosition| (placed.position.y / side, placed.position.x / side);
    sorted.clear();
    sorted.extend_from_slice(placed);
    sorted.sort_unstable_by_key(cell);
    let tree = RTree::bulk_load(placed.iter().copied().map(Leaf).collect());
    let mut found = 0;
    for neighbourhood in sorted.chunk_by(|one, other| cell(one) == cell(other)) {
        let (row, column) = cell(&neighbourhood[0]);
        let around = AABB::from_corners(
            [(column - 1) * side, (row - 1) * side],
            [(column + 2) * side, (row + 2) * side],
        );
        candidates.clear();
        candidates.extend(tree.locate_in_envelope_intersecting(around).map(|leaf| leaf.0));
        found += neighbourhood
            .iter()
            .map(|player| count_near(player, candidates, reach))
            .sum::<usize>();
    }
    found
}

fn proximity(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("proximity");
    let reach = NearRadius::from_px(150);
    let (mut grid, mut sorted, mut candidates) = (Grid::default(), Vec::new(), Vec::new());
    for count in [50, 200, 1_000, 10_000] {
        let placed = players(count);
        let expected = by_brute_force(&placed, reach);
        assert_eq!(expected, by_grid(&mut grid, &placed, reach));
        assert_eq!(expected, by_tree(&mut sorted, &mut candidates, &placed, reach));
        if count <= 1_000 {
            group.bench_function(BenchmarkId::new("brute force", count), |bencher| {
                bencher.iter(|| by_brute_force(&placed, reach));
            });
        }
        group.bench_function(BenchmarkId::new("r-tree", count), |bencher| {
            bencher.iter(|| by_tree(&mut sorted, &mut candidates, &placed, reach));
        });
        group.bench_function(BenchmarkId::new("grid", count), |bencher| {
            bencher.iter(|| by_grid(&mut grid, &placed, reach));
        });
    }
}

criterion_group!(benches, proximity);
criterion_main!(benches);

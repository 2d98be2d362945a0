//! Space: the index of resting entities compared with an R-tree. It shows why the server uses its
//! own grid: the tree is slower in every operation, and allocates memory when it changes.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use criterion::{Criterion, criterion_group, criterion_main};
use parlour_shared::{
    ids::Slot,
    motion::Position,
    rng::{Purpose, Stream},
};
use parlour_sim::{NearRadius, RestingIndex, SlotPosition};
use rstar::{AABB, RTree, RTreeObject};

const RESTING: u32 = 20_000;
const MOVERS: u32 = 500;
/// Each entity has about 20 others within 150 px.
const SIDE_PX: u32 = 8_400;

#[derive(Clone, Copy, PartialEq)]
struct TreeEntity(SlotPosition);

impl RTreeObject for TreeEntity {
    type Envelope = AABB<[i32; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_point([self.0.position.x, self.0.position.y])
    }
}

fn entities(count: u32, seed: u64) -> Vec<SlotPosition> {
    let mut random = Stream::new(seed, u64::from(count), Purpose::Game);
    let entity = |slot| SlotPosition {
        slot: Slot(slot as u16),
        position: Position::from_px(random.below(SIDE_PX) as i32, random.below(SIDE_PX) as i32),
    };
    (0..count).map(entity).collect()
}

fn grid_of(entities: &[SlotPosition], radius: NearRadius) -> RestingIndex {
    let mut index = RestingIndex::new(radius.leave);
    entities.iter().for_each(|entity| index.insert(*entity));
    index
}

fn tree_of(entities: &[SlotPosition]) -> RTree<TreeEntity> {
    RTree::bulk_load(entities.iter().copied().map(TreeEntity).collect())
}

fn near_in_tree(tree: &RTree<TreeEntity>, radius: NearRadius, from: Position) -> usize {
    let (low, high) = (
        [from.x - radius.leave, from.y - radius.leave],
        [from.x + radius.leave, from.y + radius.leave],
    );
    let candidates = tree.locate_in_envelope(AABB::from_corners(low, high));
    let within = |entity: &&TreeEntity| from.distance_squared(entity.0.position) <= radius.leave_squared;
    candidates.filter(within).count()
}

fn near_in_grid(index: &RestingIndex, radius: NearRadius, from: Position) -> usize {
    let mut found = 0;
    index.around(radius, from, |_, _| found += 1);
    found
}

fn space(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("space");
    let (resting, movers) = (entities(RESTING, 5), entities(MOVERS, 6));
    let radius = NearRadius::from_px(150);
    let (mut grid, mut tree) = (grid_of(&resting, radius), tree_of(&resting));
    for mover in &movers {
        let (one, other) = (
            near_in_grid(&grid, radius, mover.position),
            near_in_tree(&tree, radius, mover.position),
        );
        assert_eq!(one, other);
    }

    group.bench_function("grid: 500 queries among 20,000", |bencher| {
        bencher.iter(|| {
            movers
                .iter()
                .map(|mover| near_in_grid(&grid, radius, mover.position))
                .sum::<usize>()
        });
    });
    group.bench_function("r-tree: 500 queries among 20,000", |bencher| {
        bencher.iter(|| {
            movers
                .iter()
                .map(|mover| near_in_tree(&tree, radius, mover.position))
                .sum::<usize>()
        });
    });

    // 500 of them start and stop to rest.
    let moving: Vec<SlotPosition> = resting
        .iter()
        .step_by((RESTING / MOVERS) as usize)
        .copied()
        .collect();
    group.bench_function("grid: 500 removed and inserted", |bencher| {
        bencher.iter(|| {
            for entity in &moving {
                grid.remove(entity.slot);
            }
            for entity in &moving {
                grid.insert(*entity);
            }
        });
    });
    group.bench_function("r-tree: 500 removed and inserted", |bencher| {
        bencher.iter(|| {
            for entity in &moving {
                tree.remove(&TreeEntity(*entity));
            }
            for entity in &moving {
                tree.insert(TreeEntity(*entity));
            }
        });
    });

    group.bench_function("grid: 20,000 inserted", |bencher| {
        bencher.iter(|| grid_of(&resting, radius));
    });
    group.bench_function("r-tree: 20,000 bulk loaded", |bencher| {
        bencher.iter(|| tree_of(&resting));
    });
}

criterion_group!(benches, space);
criterion_main!(benches);

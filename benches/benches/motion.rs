//! Motion: a turn on open ground, a turn among walls, and a walk of one minute.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use criterion::{Criterion, criterion_group, criterion_main};
use parlour_shared::{
    ids::Tick,
    motion::{Direction, Heading, Position, WallGrid, contact, turn},
    rng::{Purpose, Stream},
};

/// 125 x 125 tiles of 16 px, every 20th a wall.
fn walls() -> WallGrid {
    let mut walls = WallGrid::new(125, 125, 16);
    let mut random = Stream::new(4, 0, Purpose::Game);
    for _ in 0..125 * 125 / 20 {
        walls.block(random.below(125) as u16, random.below(125) as u16);
    }
    walls
}

fn motion(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("motion");
    let heading = Heading::walk(Direction::Southeast);
    let place = Position::from_px(1000, 1000);
    let open = WallGrid::new(125, 125, 16);
    group.bench_function("turn, open ground", |bencher| {
        bencher.iter(|| turn(&open, place, heading, Tick(1)))
    });
    let walls = walls();
    group.bench_function("turn, among walls", |bencher| {
        bencher.iter(|| turn(&walls, place, heading, Tick(1)))
    });
    let course = turn(&open, place, heading, Tick(1));
    group.bench_function("next contact, no walls", |bencher| {
        bencher.iter(|| contact(&open, &course, course.review));
    });
    group.bench_function("a minute of walking, two turns a second", |bencher| {
        bencher.iter(|| {
            let mut random = Stream::new(5, 0, Purpose::Game);
            let mut course = turn(&walls, place, heading, Tick(1));
            for tick in (2..3600).map(Tick) {
                if tick >= course.review {
                    course = contact(&walls, &course, tick);
                }
                if tick.0.is_multiple_of(30) {
                    let direction = Direction::ALL[random.below(9) as usize];
                    course = turn(&walls, course.segment.at(tick), Heading::walk(direction), tick);
                }
            }
            course
        });
    });
}

criterion_group!(benches, motion);
criterion_main!(benches);

//! Paths: the shortest way, however often the search is suspended, saved and loaded; and an entity
//! that follows one stays clear of walls and arrives exactly.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::collections::VecDeque;

use parlour_shared::{ids::Epoch, motion::WallGrid};
use parlour_sim::{
    FollowPath, HalfSize, PathFinder, PathQueue, PathQueueFull, PathRequest, PathResult, SearchProgress,
    StableId, TileCell, TileSearch, Walkable,
};
use proptest::prelude::*;

const WIDTH: u16 = 24;
const HEIGHT: u16 = 18;
const PLAYER: HalfSize = HalfSize {
    half_x: 2048,
    half_y: 2048,
};

fn tile() -> impl Strategy<Value = TileCell> {
    (0..i32::from(WIDTH), 0..i32::from(HEIGHT)).prop_map(|(column, row)| TileCell { column, row })
}

fn walls() -> impl Strategy<Value = WallGrid> {
    let blocked = prop::collection::vec((0..WIDTH, 0..HEIGHT), 0..150);
    (blocked, prop_oneof![Just(16_u16), Just(8)]).prop_map(|(blocked, tile_px)| {
        let mut walls = WallGrid::new(WIDTH, HEIGHT, tile_px);
        for (column, row) in blocked {
            walls.block(column, row);
        }
        walls
    })
}

fn size() -> impl Strategy<Value = HalfSize> {
    prop_oneof![
        Just(PLAYER),
        Just(HalfSize { half_x: 0, half_y: 0 }),
        (0..5_000_i32, 0..5_000_i32).prop_map(|(half_x, half_y)| HalfSize { half_x, half_y }),
    ]
}

fn neighbours(map: Walkable<'_>, from: TileCell) -> Vec<(TileCell, u32)> {
    let at = |columns: i32, rows: i32| TileCell {
        column: from.column + columns,
        row: from.row + rows,
    };
    let mut found = Vec::new();
    for (columns, rows) in (-1..=1).flat_map(|columns| (-1..=1).map(move |rows| (columns, rows))) {
        let is_free = [at(columns, rows), at(columns, 0), at(0, rows)]
            .into_iter()
            .all(|tile| map.is_free(tile));
        match (columns, rows) {
            (0, 0) => {}
            (0, _) | (_, 0) if is_free => found.push((at(columns, rows), 12)),
            _ if is_free => found.push((at(columns, rows), 17)),
            _ => {}
        }
    }
    found
}

/// Returns the least cost of a path, by relaxing all steps until nothing changes.
fn least_cost(map: Walkable<'_>, from: TileCell, to: TileCell) -> Option<u32> {
    let at = |tile: TileCell| tile.row as usize * usize::from(WIDTH) + tile.column as usize;
    let mut costs = vec![u32::MAX; usize::from(WIDTH) * usize::from(HEIGHT)];
    if !map.is_free(from) || !map.is_free(to) {
        return None;
    }
    costs[at(from)] = 0;
    let mut open = VecDeque::from([from]);
    while let Some(tile) = open.pop_front() {
        for (next, cost) in neighbours(map, tile) {
            let cost = costs[at(tile)] + cost;
            if cost < costs[at(next)] {
                costs[at(next)] = cost;
                open.push_back(next);
            }
        }
    }
    (costs[at(to)] != u32::MAX).then_some(costs[at(to)])
}

/// Returns the cost of a path, and checks each of its steps.
fn cost_of(map: Walkable<'_>, from: TileCell, turns: &[TileCell]) -> u32 {
    let (mut here, mut total) = (from, 0);
    for &turn in turns {
        while here != turn {
            let next = TileCell {
                column: here.column + (turn.column - here.column).signum(),
                row: here.row + (turn.row - here.row).signum(),
            };
            let step = neighbours(map, here).into_iter().find(|(tile, _)| *tile == next);
            total += step.expect("each step of a path is possible").1;
            here = next;
        }
    }
    total
}

fn request(number: u32, from: TileCell, to: TileCell) -> PathRequest {
    PathRequest {
        requester: StableId::game(number),
        room: StableId::room(Epoch(1)),
        size: PLAYER,
        from,
        to,
    }
}

/// Runs a queue to its end. Returns each answer with its tick.
fn answers(
    mut queue: PathQueue,
    walls: &WallGrid,
    nodes: u32,
    reload: bool,
) -> Vec<(u32, StableId, Option<Vec<TileCell>>)> {
    let (mut finder, mut all) = (PathFinder::default(), Vec::new());
    for tick in 0.. {
        if queue.is_empty() {
            break;
        }
        let map = |request: &PathRequest| Some(Walkable::new(walls, request.size));
        queue.run(nodes, &mut finder, map, |request, result| {
            let path = match result {
                PathResult::Found(path) => Some(path.to_vec()),
                PathResult::NoPath | PathResult::TooFar => None,
            };
            all.push((tick, request.requester, path));
        });
        if reload {
            queue = serde_json::from_value(serde_json::to_value(&queue).unwrap()).unwrap();
            finder = PathFinder::default();
        }
    }
    all
}

proptest! {
    #[test]
    fn a_path_is_possible_and_the_shortest(
        walls in walls(),
        size in size(),
        (from, to) in (tile(), tile()),
        nodes in 1_u32..50,
    ) {
        let map = Walkable::new(&walls, size);
        let (mut search, mut path) = (TileSearch::default(), Vec::new());
        search.begin(map, from, to);
        let expected = least_cost(map, from, to);
        prop_assert_eq!(search.run(map, u32::MAX) == SearchProgress::Found, expected.is_some());
        let used = search.nodes();
        prop_assert!(used <= u32::from(WIDTH) * u32::from(HEIGHT), "each tile is a node at most once");
        if expected.is_some() {
            search.path(map, &mut path);
            prop_assert_eq!(Some(cost_of(map, from, &path)), expected);
            prop_assert_eq!(path.last().copied(), (from != to).then_some(to));
        }
        // The same in many parts, in the memory of the first search.
        let whole = path.clone();
        search.begin(map, from, to);
        let mut progress = search.run(map, nodes);
        while progress == SearchProgress::Suspended {
            progress = search.run(map, nodes);
        }
        prop_assert_eq!(search.nodes(), used);
        if progress == SearchProgress::Found {
            search.path(map, &mut path);
        }
        prop_assert_eq!(path, whole);
    }

    #[test]
    fn a_loaded_queue_answers_in_the_same_ticks(
        walls in walls(),
        asked in prop::collection::vec((tile(), tile()), 0..12),
        nodes in 1_u32..200,
    ) {
        let mut queue = PathQueue::default();
        for (number, (from, to)) in (0..).zip(asked) {
            queue.push(request(number, from, to)).unwrap();
        }
        let expected = answers(queue.clone(), &walls, nodes, false);
        prop_assert_eq!(answers(queue, &walls, nodes, true), expected);
    }

    #[test]
    fn an_entity_that_follows_a_path_arrives_and_touches_no_wall(
        walls in walls(),
        (from, to) in (tile(), tile()),
        speed in 50_u16..4_096,
    ) {
        let map = Walkable::new(&walls, PLAYER);
        let (mut search, mut path) = (TileSearch::default(), Vec::new());
        search.begin(map, from, to);
        if search.run(map, u32::MAX) == SearchProgress::Found {
            search.path(map, &mut path);
            let mut follow = FollowPath::default();
            follow.begin(&path);
            let (mut here, mut ticks) = (map.centre(from), 0);
            while here != map.centre(to) {
                let velocity = follow.velocity(map, here, speed);
                let squared = i64::from(velocity.x).pow(2) + i64::from(velocity.y).pow(2);
                prop_assert!(squared <= i64::from(speed).pow(2));
                here.x += i32::from(velocity.x);
                here.y += i32::from(velocity.y);
                prop_assert!(walls.is_free(here), "{:?} overlaps a wall", here);
                ticks += 1;
                prop_assert!(ticks < 200_000, "it arrives");
            }
            follow.velocity(map, here, speed);
            prop_assert!(follow.is_done());
        }
    }
}

#[test]
fn a_queue_is_bounded_and_a_requester_can_cancel() {
    let walls = WallGrid::new(WIDTH, HEIGHT, 16);
    let (from, to) = (TileCell { column: 1, row: 1 }, TileCell { column: 20, row: 9 });
    let mut queue = PathQueue::default();
    for number in 0..PathQueue::MOST as u32 {
        queue.push(request(number, from, to)).unwrap();
    }
    assert_eq!(queue.push(request(9_999, from, to)), Err(PathQueueFull));
    let mut queue = PathQueue::default();
    for number in 0..3 {
        queue.push(request(number, from, to)).unwrap();
    }
    queue.cancel(StableId::game(0));
    queue.cancel(StableId::game(2));
    let answers = answers(queue, &walls, 1_000, false);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].1, StableId::game(1));
    assert!(
        answers[0].2.as_ref().is_some_and(|path| path.len() == 2),
        "{answers:?}"
    );
}

#[test]
fn a_pushed_entity_goes_on_to_its_target() {
    let walls = WallGrid::new(WIDTH, HEIGHT, 16);
    let map = Walkable::new(&walls, PLAYER);
    let mut follow = FollowPath::default();
    follow.begin(&[TileCell { column: 20, row: 3 }]);
    let mut here = map.centre(TileCell { column: 2, row: 3 });
    for tick in 0..500 {
        let velocity = follow.velocity(map, here, 640);
        here.x += i32::from(velocity.x);
        here.y += i32::from(velocity.y);
        if tick % 40 == 20 {
            here.y += 9_000;
        }
    }
    assert!(follow.is_done());
}

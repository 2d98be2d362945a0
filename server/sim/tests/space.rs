//! Space: the indexes and all queries return the same as a search through all entities.

use std::collections::BTreeMap;

use parlour_shared::{
    ids::{KindId, Slot},
    motion::{Position, WallGrid},
};
use parlour_sim::{
    FoundSlot, Grid, HalfSize, HitTarget, KindSet, NearRadius, RayHit, Rect, RestingIndex, SlotPosition,
    SpaceView,
};
use proptest::prelude::*;

/// The sizes of four kinds. The first is that of players; the second has bodies of size 0.
const SIZES: [HalfSize; 4] = [
    HalfSize {
        half_x: 2048,
        half_y: 2048,
    },
    HalfSize { half_x: 0, half_y: 0 },
    HalfSize {
        half_x: 9000,
        half_y: 512,
    },
    HalfSize {
        half_x: 100,
        half_y: 30_000,
    },
];

/// The side of the scenes: 40 tiles of 8 px.
const TILES: u16 = 40;
const TILE: i32 = 8 * 256;
const SIDE: i32 = TILES as i32 * TILE;

#[derive(Clone, Debug)]
struct Thing {
    slot: Slot,
    kind: KindId,
    position: Position,
    moves: bool,
}

#[derive(Clone, Debug)]
struct Scene {
    things: Vec<Thing>,
    walls: WallGrid,
}

/// Positions anywhere, often on a coarse raster, so that edges coincide.
fn position() -> impl Strategy<Value = Position> {
    let coordinate = || prop_oneof![0..SIDE, (0..=TILES).prop_map(|tile| i32::from(tile) * TILE)];
    (coordinate(), coordinate()).prop_map(|(x, y)| Position { x, y })
}

fn scene() -> impl Strategy<Value = Scene> {
    let thing = (0_u8..4, position(), any::<bool>());
    let things = prop::collection::btree_map(0_u16..500, thing, 0..60);
    let walls = prop::collection::vec((0..TILES, 0..TILES), 0..40);
    (things, walls).prop_map(|(things, blocked)| {
        let things = things.into_iter().map(|(slot, (kind, position, moves))| Thing {
            slot: Slot(slot),
            kind: KindId(kind),
            position,
            moves,
        });
        let mut walls = WallGrid::new(TILES, TILES, 8);
        for (column, row) in blocked {
            walls.block(column, row);
        }
        Scene {
            things: things.collect(),
            walls,
        }
    })
}

fn kinds() -> impl Strategy<Value = KindSet> {
    prop_oneof![
        Just(KindSet::ALL),
        Just(KindSet::PLAYERS),
        Just(KindSet::OBJECTS),
        prop::collection::vec(0_u8..4, 0..4).prop_map(|kinds| kinds.into_iter().map(KindId).collect()),
    ]
}

impl Scene {
    /// Calls `ask` with a view of this scene. Its resting entities are in two indexes.
    fn view<T>(&self, ask: impl FnOnce(&SpaceView<'_>) -> T) -> T {
        let mut resting = [RestingIndex::new(20_000), RestingIndex::new(1_000)];
        let mut kinds = vec![KindId::PLAYER; 500];
        let mut movers = Vec::new();
        for thing in &self.things {
            kinds[thing.slot.index()] = thing.kind;
            let entity = thing.entity();
            match thing.moves {
                true => movers.push(entity),
                false => resting[thing.slot.index() % 2].insert(entity),
            }
        }
        let mut moving = Grid::default();
        moving.fill(&movers, NearRadius::from_px(30));
        ask(&SpaceView {
            resting: &resting,
            moving: &moving,
            kinds: &kinds,
            sizes: &SIZES,
            walls: &self.walls,
        })
    }

    fn of_kinds(&self, kinds: KindSet) -> impl Iterator<Item = &Thing> {
        self.things.iter().filter(move |thing| kinds.contains(thing.kind))
    }

    fn by_distance(&self, from: Position, radius: i32, kinds: KindSet) -> Vec<FoundSlot> {
        let most = i64::from(radius) * i64::from(radius);
        let found = self.of_kinds(kinds).map(|thing| FoundSlot {
            distance_squared: from.distance_squared(thing.position),
            slot: thing.slot,
            position: thing.position,
        });
        let mut found: Vec<_> = found.filter(|found| found.distance_squared <= most).collect();
        found.sort_by_key(|found| (found.distance_squared, found.slot));
        found
    }
}

impl Thing {
    fn entity(&self) -> SlotPosition {
        SlotPosition {
            slot: self.slot,
            position: self.position,
        }
    }

    fn body(&self) -> Rect {
        Rect::of_body(self.position, SIZES[usize::from(self.kind.0)])
    }
}

/// An exact fraction with a positive denominator.
type Fraction = (i128, i128);

fn less(one: Fraction, other: Fraction) -> bool {
    one.0 * other.1 < other.0 * one.1
}

/// Returns where a moved body begins to overlap a rectangle. Between two points at which an edge
/// meets an edge, nothing changes, so this looks at the middle of each such stretch.
fn oracle_touch(from: Position, to: Position, size: HalfSize, rect: Rect) -> Option<Fraction> {
    let wide = |value: i32| i128::from(value);
    let (dx, dy) = (wide(to.x) - wide(from.x), wide(to.y) - wide(from.y));
    // The stretches of the moved body and of the rectangle, each at least one unit.
    let size = (wide(size.half_x), wide(size.half_y));
    let (left, right) = (wide(rect.left), wide(rect.right).max(wide(rect.left) + 1));
    let (top, bottom) = (wide(rect.top), wide(rect.bottom).max(wide(rect.top) + 1));
    let low_high = |half: i128| (-half, half.max(1));
    let (x, y) = (low_high(size.0), low_high(size.1));
    let mut ends: Vec<Fraction> = vec![(0, 1), (1, 1)];
    for (from, length, edges) in [
        (
            wide(from.x),
            dx,
            [left - x.1, left - x.0, right - x.0, right - x.1],
        ),
        (
            wide(from.y),
            dy,
            [top - y.1, top - y.0, bottom - y.0, bottom - y.1],
        ),
    ] {
        if length != 0 {
            let end = |edge: i128| ((edge - from) * length.signum(), length.abs());
            ends.extend(
                edges
                    .map(end)
                    .into_iter()
                    .filter(|end| !less(*end, (0, 1)) && !less((1, 1), *end)),
            );
        }
    }
    ends.sort_by(|one, other| (one.0 * other.1).cmp(&(other.0 * one.1)));
    ends.windows(2).find_map(|pair| {
        let (begin, end) = (pair[0], pair[1]);
        if !less(begin, end) {
            return None;
        }
        // In units of 1 / scale.
        let scale = 2 * begin.1 * end.1;
        let middle = begin.0 * end.1 + end.0 * begin.1;
        let (here_x, here_y) = (
            wide(from.x) * scale + dx * middle,
            wide(from.y) * scale + dy * middle,
        );
        let overlaps = here_x + x.0 * scale < right * scale
            && left * scale < here_x + x.1 * scale
            && here_y + y.0 * scale < bottom * scale
            && top * scale < here_y + y.1 * scale;
        overlaps.then_some(begin)
    })
}

fn oracle_hit(
    scene: &Scene,
    (from, to): (Position, Position),
    size: HalfSize,
    kinds: KindSet,
    except: Option<Slot>,
) -> Option<RayHit> {
    let mut first: Option<(Fraction, HitTarget)> = None;
    let mut consider = |part: Option<Fraction>, target| {
        if let Some(part) = part
            && first.is_none_or(|(earliest, _)| less(part, earliest))
        {
            first = Some((part, target));
        }
    };
    // Two tiles beyond the map are enough: all of them are walls.
    for row in -2..i32::from(TILES) + 2 {
        for column in (-2..i32::from(TILES) + 2).filter(|&column| scene.walls.is_wall(column, row)) {
            let tile = Rect {
                left: column * TILE,
                top: row * TILE,
                right: (column + 1) * TILE,
                bottom: (row + 1) * TILE,
            };
            consider(oracle_touch(from, to, size, tile), HitTarget::Wall);
        }
    }
    for thing in scene.of_kinds(kinds).filter(|thing| Some(thing.slot) != except) {
        consider(
            oracle_touch(from, to, size, thing.body()),
            HitTarget::Entity(thing.slot),
        );
    }
    let (part, target) = first?;
    let along = |from: i32, to: i32| {
        let length = i128::from(to) - i128::from(from);
        from + (length * part.0 / part.1) as i32
    };
    let position = Position {
        x: along(from.x, to.x),
        y: along(from.y, to.y),
    };
    Some(RayHit { target, position })
}

#[derive(Clone, Debug)]
enum Change {
    Insert(u16, Position),
    Remove(u16),
    Clear,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        20 => (0_u16..300, position()).prop_map(|(slot, place)| Change::Insert(slot, place)),
        10 => (0_u16..300).prop_map(Change::Remove),
        1 => Just(Change::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_resting_index_equals_a_map_of_positions(
        changes in prop::collection::vec(change(), 0..400),
        reach in 1..100_000,
        rect in (position(), position()),
        near_px in 1_u32..300,
    ) {
        let (mut index, mut model) = (RestingIndex::new(reach), BTreeMap::new());
        for change in changes {
            match change {
                Change::Insert(slot, position) => {
                    index.insert(SlotPosition { slot: Slot(slot), position });
                    model.insert(slot, position);
                }
                Change::Remove(slot) => {
                    prop_assert_eq!(index.remove(Slot(slot)), model.remove(&slot));
                }
                Change::Clear => {
                    index.clear();
                    model.clear();
                }
            }
            prop_assert_eq!(index.len(), model.len());
        }
        for slot in 0..310 {
            prop_assert_eq!(index.position(Slot(slot)), model.get(&slot).copied());
        }
        let (one, other) = rect;
        let rect = Rect {
            left: one.x.min(other.x),
            top: one.y.min(other.y),
            right: one.x.max(other.x),
            bottom: one.y.max(other.y),
        };
        let mut found = Vec::new();
        index.in_rect(rect, |slot, position| found.push((slot.0, position)));
        found.sort_by_key(|(slot, _)| *slot);
        let expected = model.iter().filter(|(_, position)| rect.contains(**position));
        prop_assert_eq!(found, expected.map(|(slot, position)| (*slot, *position)).collect::<Vec<_>>());
        let (radius, mut found) = (NearRadius::from_px(near_px), Vec::new());
        index.around(radius, one, |slot, distance| found.push((slot.0, distance)));
        found.sort_unstable();
        let distances = model.iter().map(|(slot, position)| (*slot, one.distance_squared(*position)));
        let expected: Vec<_> = distances.filter(|(_, distance)| *distance <= radius.leave_squared).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn circles_and_the_nearest_equal_a_search_through_all(
        scene in scene(),
        centre in position(),
        radius in 0..2 * SIDE,
        count in 0_usize..20,
        kinds in kinds(),
    ) {
        scene.view(|view| {
            let mut found = Vec::new();
            view.in_circle(centre, radius, kinds, &mut found);
            let mut expected = scene.by_distance(centre, radius, kinds);
            prop_assert_eq!(&found, &expected);
            view.nearest(centre, count, radius, kinds, &mut found);
            expected.truncate(count);
            prop_assert_eq!(found, expected);
            Ok(())
        })?;
    }

    #[test]
    fn rectangles_equal_a_search_through_all(
        scene in scene(),
        (one, other) in (position(), position()),
        kinds in kinds(),
    ) {
        let rect = Rect {
            left: one.x.min(other.x),
            top: one.y.min(other.y),
            right: one.x.max(other.x),
            bottom: one.y.max(other.y),
        };
        scene.view(|view| {
            let mut found = Vec::new();
            view.in_rect(rect, kinds, &mut found);
            let inside = scene.of_kinds(kinds).filter(|thing| rect.contains(thing.position));
            prop_assert_eq!(&found, &inside.map(Thing::entity).collect::<Vec<_>>());
            view.touching(rect, kinds, &mut found);
            let touching = scene.of_kinds(kinds).filter(|thing| rect.overlaps(&thing.body()));
            prop_assert_eq!(&found, &touching.map(Thing::entity).collect::<Vec<_>>());
            Ok(())
        })?;
    }

    #[test]
    fn the_first_hit_equals_a_search_through_all(
        scene in scene(),
        line in (position(), position()),
        kind in 0_usize..4,
        kinds in kinds(),
        except in prop::option::of(0_u16..500),
    ) {
        let (size, except) = (SIZES[kind], except.map(Slot));
        let hit = scene.view(|view| view.first_hit(line.0, line.1, size, kinds, except));
        prop_assert_eq!(hit, oracle_hit(&scene, line, size, kinds, except));
    }

    #[test]
    fn sight_is_mutual_and_ends_at_walls_and_blocking_bodies(
        scene in scene(),
        (one, other) in (position(), position()),
        blocking in kinds(),
    ) {
        let blocked_by = |kinds| {
            let hit = oracle_hit(&scene, (one, other), HalfSize::default(), kinds, None);
            hit.map(|hit| hit.target)
        };
        scene.view(|view| {
            prop_assert_eq!(view.in_sight(one, other), view.in_sight(other, one));
            prop_assert_eq!(view.in_sight(one, other), blocked_by(KindSet::EMPTY).is_none());
            let past = view.in_sight_past(one, other, blocking, [None, None]);
            prop_assert_eq!(past, blocked_by(blocking).is_none());
            Ok(())
        })?;
    }
}

#[test]
fn a_line_along_the_edge_of_two_walls_is_blocked() {
    let mut walls = WallGrid::new(TILES, TILES, 8);
    walls.block(10, 4);
    walls.block(10, 5);
    let scene = Scene {
        things: Vec::new(),
        walls,
    };
    let at = |x: i32| Position { x, y: 5 * TILE };
    assert!(!scene.view(|view| view.in_sight(at(1000), at(SIDE - 1000))));
    assert!(scene.view(|view| view.in_sight(at(1000), at(10 * TILE - 1))));
}

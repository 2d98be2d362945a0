//! A room of a test, in which every query is answered by a search through all entities.

use std::sync::Arc;

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::KindId,
    motion::{Position, WallGrid},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    EntityKinds, FoundEntity, HalfSize, HitTarget, KindSet, RayHit, Rect, RoomSpace, SimConfig, Space,
};
use parlour_testing::{generous_rules, maps::map};

/// The side of the map: 40 tiles of 16 px.
const TILES: u16 = 40;
const TILE: i32 = 16 * 256;
const SIDE: i32 = TILES as i32 * TILE;

/// The entities of a room, in the order of their slots.
pub(crate) struct Scene<'a> {
    pub(crate) all: Vec<FoundEntity>,
    pub(crate) kinds: &'a EntityKinds,
    pub(crate) walls: &'a WallGrid,
}

/// A position anywhere, often on the edge of a tile.
pub(crate) fn position(random: &mut Stream) -> Position {
    let mut coordinate = || match random.below(3) {
        0 => random.below(u32::from(TILES) + 1) as i32 * TILE,
        _ => random.below(SIDE as u32) as i32,
    };
    let (x, y) = (coordinate(), coordinate());
    Position { x, y }
}

impl Scene<'_> {
    /// Compares one query of each sort. Returns the number of entities that were found.
    pub(crate) fn compare(&self, space: &Space, room: RoomSpace<'_>, random: &mut Stream) -> u32 {
        let (from, mut to) = (position(random), position(random));
        // Some lines lead along the edges of tiles.
        match random.below(8) {
            0 => to.x = from.x,
            1 => to.y = from.y,
            _ => {}
        }
        let kinds = match random.below(5) {
            0 => KindSet::ALL,
            1 => KindSet::PLAYERS,
            2 => KindSet::OBJECTS,
            3 => space.kinds(&["bell", "beam", "no such kind"]),
            _ => space.kinds(&["player", "chair", "pin"]),
        };
        let radius = random.below(SIDE as u32) as i32 - 100;
        let (mut found, mut count) = (Vec::new(), 0);
        room.in_circle(from, radius, kinds, &mut found);
        let mut expected = self.by_distance(from, radius, kinds);
        assert_eq!(found, expected);
        let nearest = random.below(9) as usize;
        room.nearest(from, nearest, radius, kinds, &mut found);
        expected.truncate(nearest);
        assert_eq!(found, expected);
        count += found.len();

        let rect = Rect {
            left: from.x.min(to.x),
            top: from.y.min(to.y),
            right: from.x.max(to.x),
            bottom: from.y.max(to.y),
        };
        let inside = |kinds| -> Vec<FoundEntity> {
            let inside = self
                .of_kinds(kinds)
                .filter(|entity| rect.contains(entity.position));
            inside.copied().collect()
        };
        room.in_rect(rect, kinds, &mut found);
        assert_eq!(found, inside(kinds));
        room.players_in(rect, &mut found);
        assert_eq!(found, inside(KindSet::PLAYERS));
        room.objects_in(rect, &mut found);
        assert_eq!(found, inside(KindSet::OBJECTS));
        count += found.len();
        room.touching(rect, kinds, &mut found);
        let touching = self
            .of_kinds(kinds)
            .filter(|entity| rect.overlaps(&self.body(entity)));
        assert_eq!(found, touching.copied().collect::<Vec<_>>());
        count += found.len();

        let size = self.size(KindId(random.below(5) as u8));
        let any = |random: &mut Stream| {
            let at = random.below(self.all.len() as u32 + 1) as usize;
            self.all.get(at).map(|entity| entity.entity)
        };
        let except = any(random);
        let hit = room.first_hit(from, to, size, kinds, except);
        assert_eq!(hit, self.first_hit((from, to), size, kinds, except.as_slice()));

        let except: Vec<Entity> = [any(random), any(random)].into_iter().flatten().collect();
        let blocked_by = |kinds| self.first_hit((from, to), HalfSize::default(), kinds, &except);
        assert_eq!(room.can_see(from, to), blocked_by(KindSet::EMPTY).is_none());
        assert_eq!(room.can_see(from, to), room.can_see(to, from));
        let past = room.can_see_past(from, to, kinds, &except);
        assert_eq!(past, blocked_by(kinds).is_none());
        count as u32
    }

    fn of_kinds(&self, kinds: KindSet) -> impl Iterator<Item = &FoundEntity> {
        self.all.iter().filter(move |entity| kinds.contains(entity.kind))
    }

    fn size(&self, kind: KindId) -> HalfSize {
        self.kinds.get(kind).unwrap().size().into()
    }

    fn body(&self, entity: &FoundEntity) -> Rect {
        Rect::of_body(entity.position, self.size(entity.kind))
    }

    pub(crate) fn by_distance(&self, from: Position, radius: i32, kinds: KindSet) -> Vec<FoundEntity> {
        let most = i64::from(radius) * i64::from(radius);
        let distance = |entity: &FoundEntity| from.distance_squared(entity.position);
        let near = self
            .of_kinds(kinds)
            .filter(|entity| radius >= 0 && distance(entity) <= most);
        let mut found: Vec<_> = near.copied().collect();
        found.sort_by_key(|entity| (distance(entity), entity.slot));
        found
    }

    fn first_hit(
        &self,
        (from, to): (Position, Position),
        size: HalfSize,
        kinds: KindSet,
        except: &[Entity],
    ) -> Option<RayHit> {
        let mut first: Option<(Fraction, HitTarget)> = None;
        let mut consider = |part: Option<Fraction>, target| {
            if let Some(part) = part
                && first.is_none_or(|(earliest, _)| less(part, earliest))
            {
                first = Some((part, target));
            }
        };
        // One tile beyond the map is enough: all of them are walls.
        for row in -1..i32::from(TILES) + 1 {
            for column in (-1..i32::from(TILES) + 1).filter(|&column| self.walls.is_wall(column, row)) {
                let tile = Rect {
                    left: column * TILE,
                    top: row * TILE,
                    right: (column + 1) * TILE,
                    bottom: (row + 1) * TILE,
                };
                consider(oracle_touch(from, to, size, tile), HitTarget::Wall);
            }
        }
        // The entities are ordered by slot.
        for entity in self
            .of_kinds(kinds)
            .filter(|entity| !except.contains(&entity.entity))
        {
            let part = oracle_touch(from, to, size, self.body(entity));
            consider(part, HitTarget::Entity(entity.entity));
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

/// A map with scattered walls.
pub(crate) fn config(seed: u64) -> SimConfig {
    let random = &mut Stream::new(seed, 0, Purpose::Game);
    let mut walls = WallGrid::new(TILES, TILES, 16);
    for _ in 0..60 {
        // The spawn point is free.
        walls.block(2 + random.below(38) as u16, 2 + random.below(38) as u16);
    }
    let mut config = SimConfig::new(vec![Arc::new(map(
        "plaza",
        walls,
        Position::from_px(16, 16),
        Vec::new(),
    ))]);
    config.rules = generous_rules();
    config
}

//! Queries along a straight line: the first hit, and sight.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Slot,
    motion::{Position, UNITS_PER_PX},
};

use super::{
    HalfSize, KindSet, Rect, RoomSpace,
    ray::{LinePart, Ray, first_wall},
};

/// What a line touched first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RayHit {
    /// The wall or entity.
    pub target: HitTarget,
    /// Where the centre of the moved body was when it touched the target, rounded toward the start
    /// of the line.
    pub position: Position,
}

/// A wall or an entity that a line touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitTarget {
    /// A wall.
    Wall,
    /// A player or an object.
    Entity(Entity),
}

/// A line is searched for entities in pieces of this length, so that a long diagonal does not
/// search its whole bounding box.
const PIECE: i64 = 256 * UNITS_PER_PX as i64;

impl RoomSpace<'_> {
    /// Moves a body of size `size` along the straight line from `from` to `to`, and returns what it
    /// touches first: a wall, or an entity of one of the kinds. The entity `except` is ignored. Of
    /// several that it touches at the same point, a wall comes first, then the entity with the
    /// lowest slot. The cost grows with the length of the line.
    #[must_use]
    pub fn first_hit(
        &self,
        from: Position,
        to: Position,
        size: HalfSize,
        kinds: KindSet,
        except: Option<Entity>,
    ) -> Option<RayHit> {
        let ray = Ray { from, to, size };
        let wall = first_wall(self.walls, &ray);
        // What is beyond the wall cannot be first, and is not searched.
        let entity = first_entity(self, &ray, wall, kinds, except.as_slice());
        let (part, target) = match (wall, entity) {
            (Some(wall), Some((part, entity))) if part < wall => (part, HitTarget::Entity(entity)),
            (Some(wall), _) => (wall, HitTarget::Wall),
            (None, Some((part, entity))) => (part, HitTarget::Entity(entity)),
            (None, None) => return None,
        };
        let position = ray.at(part);
        Some(RayHit { target, position })
    }

    /// Returns whether no wall lies on the straight line between two positions.
    #[must_use]
    pub fn can_see(&self, one: Position, other: Position) -> bool {
        let line = Ray {
            from: one,
            to: other,
            size: HalfSize::default(),
        };
        first_wall(self.walls, &line).is_none()
    }

    /// Returns whether neither a wall nor an entity of one of the kinds lies on the straight line
    /// between two positions. The entities `except` are ignored.
    #[must_use]
    pub fn can_see_past(&self, one: Position, other: Position, blocking: KindSet, except: &[Entity]) -> bool {
        let line = Ray {
            from: one,
            to: other,
            size: HalfSize::default(),
        };
        self.can_see(one, other) && first_entity(self, &line, None, blocking, except).is_none()
    }
}

/// Returns the first entity that the body touches. Of several at the same point, the one with the
/// lowest slot. Entities that it touches after `limit` need not be found.
fn first_entity(
    space: &RoomSpace<'_>,
    ray: &Ray,
    limit: Option<LinePart>,
    kinds: KindSet,
    except: &[Entity],
) -> Option<(LinePart, Entity)> {
    let (dx, dy) = ray.length();
    let pieces = (dx.abs().max(dy.abs()) / PIECE).max(1);
    let mut first: Option<(LinePart, Slot, Entity)> = None;
    for piece in 0..pieces {
        let part = |numerator| LinePart {
            numerator,
            denominator: pieces,
        };
        let (begin, searched) = (part(piece), part(piece + 1));
        let limit = limit.filter(|limit| *limit < searched);
        if limit.is_some_and(|limit| limit <= begin) {
            break;
        }
        let (begin, end) = (ray.at(begin), ray.at(limit.unwrap_or(searched)));
        // The ends are rounded, by less than one unit.
        let swept = Rect {
            left: begin.x.min(end.x),
            top: begin.y.min(end.y),
            right: begin.x.max(end.x),
            bottom: begin.y.max(end.y),
        };
        let margin = HalfSize {
            half_x: ray.size.half_x.saturating_add(2),
            half_y: ray.size.half_y.saturating_add(2),
        };
        space.each_touching(swept.grown(margin), kinds, |found, body| {
            if except.contains(&found.entity) {
                return;
            }
            let Some(part) = ray.touches(body) else { return };
            let is_first = first.is_none_or(|(earliest, lowest, _)| (part, found.slot) < (earliest, lowest));
            if is_first {
                first = Some((part, found.slot, found.entity));
            }
        });
        // An entity that is touched exactly at the end may be in the next piece.
        if first.is_some_and(|(part, ..)| part < searched) {
            break;
        }
    }
    first.map(|(part, _, entity)| (part, entity))
}

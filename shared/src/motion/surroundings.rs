//! What can stop a body: walls, and other bodies.

use super::{BodySize, Bounds, Position, Velocity, WallGrid};

/// A solid body that stops others, where it is before their step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blocker {
    /// The place that it covers.
    pub bounds: Bounds,
    /// Whether it moves. A body near a blocker that moves is reviewed in every tick.
    pub moves: bool,
}

/// What can stop a body.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The walls.
    pub walls: &'a WallGrid,
    /// The size of the body.
    pub body: BodySize,
    /// The solid bodies that overlap [`Self::reach`], or that move and can come there before the
    /// next review. The body itself is not one of them.
    pub blockers: &'a [Blocker],
}

impl<'a> From<&'a WallGrid> for Surroundings<'a> {
    /// Returns the surroundings of a player whom only walls stop.
    fn from(walls: &'a WallGrid) -> Self {
        Self {
            walls,
            body: BodySize::PLAYER,
            blockers: &[],
        }
    }
}

impl Surroundings<'_> {
    /// Whether the body would overlap no wall and no blocker.
    #[must_use]
    pub fn is_free(&self, position: Position) -> bool {
        let bounds = self.body.at(position);
        self.walls.is_free_for(self.body, position)
            && !self
                .blockers
                .iter()
                .any(|blocker| blocker.bounds.overlaps(&bounds))
    }

    /// Returns the area in which a blocker can stop a body before its next review, if the body is
    /// at this position before its next step.
    #[must_use]
    pub fn reach(walls: &WallGrid, body: BodySize, position: Position, velocity: Velocity) -> Bounds {
        // A step leads to the review. From there the body crosses at most one tile along each axis,
        // or makes one step, before the next review.
        let along = |speed: i16| {
            let step = i32::from(speed).abs();
            step + step.max(walls.tile())
        };
        let (x, y) = (along(velocity.x), along(velocity.y));
        let body = body.at(position);
        Bounds {
            left: body.left.saturating_sub(x),
            top: body.top.saturating_sub(y),
            right: body.right.saturating_add(x),
            bottom: body.bottom.saturating_add(y),
        }
    }
}

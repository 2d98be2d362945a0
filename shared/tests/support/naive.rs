//! A slow model of motion: it steps every tick, and every step checks every wall.

use parlour_shared::motion::{Gait, HALF_BODY, Heading, Position, UNITS_PER_PX, WallGrid};

/// A body on a map.
#[derive(Clone, Debug)]
pub(crate) struct Walker {
    walls: Vec<Square>,
    size: (i32, i32),
    pub(crate) position: Position,
    pub(crate) gait: Gait,
}

/// A tile that is a wall, in units, excluding its right and lower edges.
#[derive(Clone, Copy, Debug)]
struct Square {
    left: i32,
    top: i32,
    side: i32,
}

impl Walker {
    pub(crate) fn new(grid: &WallGrid, position: Position) -> Self {
        let (width, height) = grid.size();
        let side = i32::from(grid.tile_px()) * UNITS_PER_PX;
        let tiles =
            (0..i32::from(height)).flat_map(|row| (0..i32::from(width)).map(move |column| (column, row)));
        let walls = tiles
            .filter(|&(column, row)| grid.is_wall(column, row))
            .map(|(column, row)| Square {
                left: column * side,
                top: row * side,
                side,
            })
            .collect();
        let size = (i32::from(width) * side, i32::from(height) * side);
        Self {
            walls,
            size,
            position,
            gait: Gait::default(),
        }
    }

    /// Whether the body is within the map and overlaps no wall.
    pub(crate) fn is_free(&self, Position { x, y }: Position) -> bool {
        let within = |middle: i32, size: i32| middle >= HALF_BODY && middle <= size - HALF_BODY;
        let overlaps = |middle: i32, start: i32, side: i32| {
            middle + HALF_BODY > start && middle - HALF_BODY < start + side
        };
        within(x, self.size.0)
            && within(y, self.size.1)
            && !self
                .walls
                .iter()
                .any(|wall| overlaps(x, wall.left, wall.side) && overlaps(y, wall.top, wall.side))
    }

    /// Moves by one tick: as far as possible along x, then along y.
    pub(crate) fn step(&mut self) {
        let (position, gait) = self.next(self.gait.heading);
        (self.position, self.gait) = (position, gait);
    }

    /// Sets a new heading. An axis is blocked immediately if the body cannot move along it at all.
    pub(crate) fn turn(&mut self, heading: Heading) {
        let (next, _) = self.next(heading);
        let open = heading.velocity();
        self.gait = Gait {
            heading,
            blocked_x: open.x != 0 && next.x == self.position.x,
            blocked_y: open.y != 0 && next.y == self.position.y,
        };
    }

    fn next(&self, heading: Heading) -> (Position, Gait) {
        let open = heading.velocity();
        let mut place = self.position;
        let moved = self.room_along((place.x, self.size.0), place.y, open.x, |wall| {
            (wall.left, wall.top)
        });
        place.x += moved;
        let blocked_x = moved != open.x;
        let moved = self.room_along((place.y, self.size.1), place.x, open.y, |wall| {
            (wall.top, wall.left)
        });
        place.y += moved;
        (
            place,
            Gait {
                heading,
                blocked_x,
                blocked_y: moved != open.y,
            },
        )
    }

    /// Returns how far a body can move along one axis. Checks every wall in its way.
    fn room_along(
        &self,
        (middle, size): (i32, i32),
        across: i32,
        wish: i32,
        corner: impl Fn(&Square) -> (i32, i32),
    ) -> i32 {
        let in_the_way = self.walls.iter().filter_map(|wall| {
            let (along, beside) = corner(wall);
            (across + HALF_BODY > beside && across - HALF_BODY < beside + wall.side)
                .then_some((along, along + wall.side))
        });
        let mut moved = wish;
        for (start, end) in in_the_way.chain([(size, i32::MAX), (i32::MIN, 0)]) {
            if wish > 0 && start >= middle + HALF_BODY {
                moved = moved.min(start - (middle + HALF_BODY));
            }
            if wish < 0 && end <= middle - HALF_BODY {
                moved = moved.max(end - (middle - HALF_BODY));
            }
        }
        moved
    }
}

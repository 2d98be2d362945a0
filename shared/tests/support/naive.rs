//! A slow model of motion: it steps every tick, and every step checks every wall and blocker.

use parlour_shared::motion::{Blocker, BodySize, Bounds, Gait, Heading, Position, UNITS_PER_PX, WallGrid};

/// A body on a map.
#[derive(Clone, Debug)]
pub(crate) struct Walker {
    walls: Vec<Bounds>,
    blockers: Vec<Bounds>,
    size: (i32, i32),
    tile: i32,
    half: (i32, i32),
    pub(crate) position: Position,
    pub(crate) gait: Gait,
}

impl Walker {
    /// Returns a player.
    pub(crate) fn new(grid: &WallGrid, position: Position) -> Self {
        Self::with_body(grid, BodySize::PLAYER, position)
    }

    pub(crate) fn with_body(grid: &WallGrid, body: BodySize, position: Position) -> Self {
        let (width, height) = grid.size();
        let side = i32::from(grid.tile_px()) * UNITS_PER_PX;
        let tiles =
            (0..i32::from(height)).flat_map(|row| (0..i32::from(width)).map(move |column| (column, row)));
        let walls = tiles
            .filter(|&(column, row)| grid.is_wall(column, row))
            .map(|(column, row)| Bounds {
                left: column * side,
                top: row * side,
                right: (column + 1) * side,
                bottom: (row + 1) * side,
            })
            .collect();
        let size = (i32::from(width) * side, i32::from(height) * side);
        Self {
            walls,
            blockers: Vec::new(),
            size,
            tile: side,
            half: (body.half_x.into(), body.half_y.into()),
            position,
            gait: Gait::default(),
        }
    }

    /// Sets where the blockers are now.
    #[allow(dead_code, reason = "not every test has blockers")]
    pub(crate) fn block(&mut self, blockers: &[Blocker]) {
        self.blockers = blockers.iter().map(|blocker| blocker.bounds).collect();
    }

    /// Whether the body is within the map and overlaps no wall.
    #[allow(dead_code, reason = "not every test asks")]
    pub(crate) fn is_free(&self, Position { x, y }: Position) -> bool {
        let (half_x, half_y) = self.half;
        let within = |middle: i32, half: i32, size: i32| middle >= half && middle <= size - half;
        within(x, half_x, self.size.0)
            && within(y, half_y, self.size.1)
            && !self.walls.iter().any(|wall| {
                x + half_x > wall.left
                    && x - half_x < wall.right
                    && y + half_y > wall.top
                    && y - half_y < wall.bottom
            })
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
        let (vx, vy) = (i32::from(open.x), i32::from(open.y));
        let parts = (vx.abs().max(vy.abs()) + self.tile - 1) / self.tile;
        let (mut place, mut done) = (self.position, (0, 0));
        let mut gait = Gait::open(heading);
        for part in 1..=parts.max(1) {
            let until =
                |speed: i32| (f64::from(speed) * f64::from(part) / f64::from(parts.max(1))).trunc() as i32;
            let wish = (until(vx) - done.0, until(vy) - done.1);
            done = (until(vx), until(vy));
            if !gait.blocked_x {
                let moved = self.room_along(
                    (place.x, self.half.0, self.size.0),
                    (place.y, self.half.1),
                    wish.0,
                    |of| (of.left, of.right, of.top, of.bottom),
                );
                place.x += moved;
                gait.blocked_x = moved != wish.0;
            }
            if !gait.blocked_y {
                let moved = self.room_along(
                    (place.y, self.half.1, self.size.1),
                    (place.x, self.half.0),
                    wish.1,
                    |of| (of.top, of.bottom, of.left, of.right),
                );
                place.y += moved;
                gait.blocked_y = moved != wish.1;
            }
        }
        (place, gait)
    }

    /// Returns how far a body can move along one axis. Checks everything in its way.
    fn room_along(
        &self,
        (middle, half, size): (i32, i32, i32),
        (across, half_across): (i32, i32),
        wish: i32,
        sides: impl Fn(&Bounds) -> (i32, i32, i32, i32),
    ) -> i32 {
        let beside = |of: &Bounds| {
            let (start, end, low, high) = sides(of);
            (across + half_across > low && across - half_across < high).then_some((start, end))
        };
        let mut moved = wish;
        let walls = self.walls.iter().filter_map(&beside);
        let blockers = self.blockers.iter().filter_map(&beside);
        for (start, end) in walls.chain(blockers).chain([(size, i32::MAX), (i32::MIN, 0)]) {
            if wish > 0 && start >= middle + half {
                moved = moved.min(start - (middle + half));
            }
            if wish < 0 && end <= middle - half {
                moved = moved.max(end - (middle - half));
            }
        }
        // A body that overlaps a blocker does not move toward its middle.
        for (start, end) in self.blockers.iter().filter_map(&beside) {
            if start < middle + half && end > middle - half {
                let toward = (i64::from(start) + i64::from(end) - 2 * i64::from(middle)).signum();
                if toward * i64::from(wish.signum()) > 0 {
                    moved = 0;
                }
            }
        }
        moved
    }
}

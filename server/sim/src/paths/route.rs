//! Where an object goes on its own.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    motion::{Position, Segment, Velocity},
};
use serde::{Deserialize, Serialize};

use super::{FollowPath, PathRequest, PathResult, Stretch, TileCell, Walkable};

/// Lets an object walk to a target around walls, in a world that called
/// [`SimulationApp::follow_paths`](crate::SimulationApp::follow_paths). Part of the state.
///
/// ```
/// # use bevy_ecs::prelude::*;
/// # use parlour_shared::motion::Position;
/// use parlour_sim::{Route, RouteStatus};
///
/// /// Guards walk to and fro. Added with `.before(FollowPaths)`.
/// fn patrol(mut guards: Query<&mut Route>) {
///     for mut route in &mut guards {
///         if route.status() == RouteStatus::Arrived {
///             let gate = Position::from_px(40, 40);
///             let tower = Position::from_px(900, 300);
///             let next = if route.target() == Some(gate) { tower } else { gate };
///             route.go_to(next);
///         }
///     }
/// }
/// ```
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    speed: u16,
    target: Option<Position>,
    status: RouteStatus,
    /// Whether a search for the target must be asked for.
    is_wanted: bool,
    /// Whether a request for a path waits, perhaps to an earlier target.
    is_asked: bool,
    /// The tile to which the path leads, or the waiting request.
    goal: Option<TileCell>,
    path: FollowPath,
    /// The segment that the object follows.
    segment: Segment,
    /// The tick in which the object turns. Nothing happens before, unless something else changes
    /// its motion.
    due: Tick,
}

/// What an object with a [`Route`] does now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RouteStatus {
    /// It has no target.
    #[default]
    Idle,
    /// It stands still and waits for a path.
    Searching,
    /// It walks. If the target has changed, it walks on to the next tile of the old path.
    Walking,
    /// A wall or a body stops it. It walks on when nothing stops it any more. If it is sent to the
    /// same target again, it looks for a path from where it is.
    Blocked,
    /// It has reached the centre of the tile with the target, and stands still.
    Arrived,
    /// No path leads to the target. It stands still.
    NoPath,
    /// The search for a path was given up: the target is too far away, or enclosed by walls. It
    /// stands still.
    TooFar,
}

/// Ticks after which an object that slides along an obstacle chooses its direction again.
const SLIDE_TICKS: u32 = 8;

impl Route {
    /// The slowest speed, in units per tick.
    pub const SLOWEST: u16 = 16;

    /// Returns a route without a target. The speed is in units (1/256 px) per tick: at least
    /// [`Self::SLOWEST`], and 640 for the speed at which players walk.
    #[must_use]
    pub fn new(speed: u16) -> Self {
        Self {
            speed: speed.max(Self::SLOWEST),
            target: None,
            status: RouteStatus::Idle,
            is_wanted: false,
            is_asked: false,
            goal: None,
            path: FollowPath::default(),
            segment: Segment::default(),
            due: Tick(u32::MAX),
        }
    }

    /// Sends the object to a position. It stops at the centre of the tile there.
    pub fn go_to(&mut self, target: Position) {
        self.target = Some(target);
        self.is_wanted = true;
        if !matches!(self.status, RouteStatus::Walking | RouteStatus::Blocked) {
            self.status = RouteStatus::Searching;
        }
        self.due = Tick(0);
    }

    /// Stops the object, which then has no target.
    pub fn stop(&mut self) {
        (self.target, self.goal, self.is_wanted) = (None, None, false);
        self.status = RouteStatus::Idle;
        self.path.stop();
        self.due = Tick(0);
    }

    /// Changes the speed.
    pub fn set_speed(&mut self, speed: u16) {
        self.speed = speed.max(Self::SLOWEST);
        self.path.choose_velocity();
        self.due = Tick(0);
    }

    /// Returns the speed, in units per tick.
    #[must_use]
    pub fn speed(&self) -> u16 {
        self.speed
    }

    /// Returns the target.
    #[must_use]
    pub fn target(&self) -> Option<Position> {
        self.target
    }

    /// Returns what the object does now.
    #[must_use]
    pub fn status(&self) -> RouteStatus {
        self.status
    }

    /// Returns whether something is to be done in this tick. Usually costs two comparisons.
    pub(super) fn is_due(&self, tick: Tick, segment: &Segment) -> bool {
        tick >= self.due || (*segment != self.segment && !self.path.is_done())
    }

    /// Returns the first and the last tile of the path that is to be asked for, if there is one.
    /// The object does not go farther than the first tile meanwhile.
    pub(super) fn wanted(&mut self, map: Walkable<'_>, here: Position) -> Option<(TileCell, TileCell)> {
        let goal = map.tile_at(self.target.filter(|_| self.is_wanted)?);
        if self.goal == Some(goal) {
            // The path leads there already.
            self.is_wanted = false;
            return None;
        }
        if self.is_asked {
            return None;
        }
        let next = self.path.next_tile(map, here);
        let next = next.filter(|_| self.status != RouteStatus::Blocked);
        Some((next.unwrap_or_else(|| map.tile_at(here)), goal))
    }

    /// Notes that a path was asked for.
    pub(super) fn ask(&mut self, from: TileCell, goal: TileCell) {
        (self.is_wanted, self.is_asked, self.goal) = (false, true, Some(goal));
        if !self.path.is_done() {
            self.path.stop_at(from);
        }
    }

    /// Takes the result of the search.
    pub(super) fn answer(
        &mut self,
        map: Walkable<'_>,
        here: Position,
        request: &PathRequest,
        result: PathResult<'_>,
    ) {
        self.is_asked = false;
        // The object was stopped meanwhile. A path to an earlier target is better than none.
        if self.goal != Some(request.to) {
            return;
        }
        self.status = match result {
            PathResult::Found(path) => {
                self.path.begin_from(map, here, request.from, path);
                RouteStatus::Walking
            }
            PathResult::NoPath => RouteStatus::NoPath,
            PathResult::TooFar => RouteStatus::TooFar,
        };
        if self.status != RouteStatus::Walking {
            self.goal = None;
            self.path.stop();
        }
    }

    /// Returns the velocity from now on, and for how many ticks.
    pub(super) fn stretch(&mut self, map: Walkable<'_>, here: Position) -> Stretch {
        self.path.stretch(map, here, self.speed)
    }

    /// Notes that the object turned. Bodies may change its motion in the rest of this tick, so the
    /// next one looks at it again.
    pub(super) fn turn(&mut self, tick: Tick) {
        self.due = tick.after(1);
        self.set_status(false);
    }

    /// Notes the segment of the object, and for how many ticks it may follow it.
    pub(super) fn follow(&mut self, tick: Tick, segment: &Segment, mut ticks: u32) {
        self.segment = *segment;
        let is_blocked = segment.gait.blocked_x || segment.gait.blocked_y;
        if is_blocked && !self.path.is_done() {
            // A new target is looked for from where the object is.
            self.goal = self.goal.filter(|_| self.is_asked);
            let slides = segment.gait.velocity() != Velocity::default();
            ticks = if slides { SLIDE_TICKS } else { u32::MAX };
        }
        if self.is_wanted && !self.is_asked {
            ticks = 1;
        }
        self.due = Tick(tick.0.saturating_add(ticks));
        self.set_status(is_blocked);
    }

    fn set_status(&mut self, is_blocked: bool) {
        let is_done = self.path.is_done();
        self.status = match self.status {
            _ if !is_done && is_blocked => RouteStatus::Blocked,
            _ if !is_done => RouteStatus::Walking,
            _ if self.target.is_none() => RouteStatus::Idle,
            _ if self.is_asked || self.is_wanted => RouteStatus::Searching,
            failed @ (RouteStatus::NoPath | RouteStatus::TooFar) => failed,
            _ => RouteStatus::Arrived,
        };
    }
}

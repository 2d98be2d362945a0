//! What can stop the player: walls, and the bodies that the client sees.

use parlour_shared::{
    ids::{KindId, Slot, Tick},
    message::EntityKind,
    motion::{Blocker, BodySize, Segment, Surroundings, UNITS_PER_PX, Velocity, WallGrid},
    snapshot::Identity,
    view::View,
};

/// What can stop the player.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    pub(super) walls: &'a WallGrid,
    /// The bodies that stop players, as far as the client sees them, and the last tick for which
    /// their motion is continued. `None`: in this room, bodies do not stop players.
    bodies: Option<(&'a [SolidBody], Tick)>,
}

/// For how many ticks after a snapshot the motion of other bodies is continued. It bounds the
/// work, because a body near others is reviewed in every tick.
const MAX_TICKS_AHEAD: u32 = 120;
/// The distance along each axis up to which bodies are considered, in units: farther than any room
/// lets a player walk in [`MAX_TICKS_AHEAD`].
const REACH: i32 = 2048 * UNITS_PER_PX;
/// The maximum number of bodies that are considered: the nearest ones.
const MAX_BODIES: usize = 256;

/// A visible body that stops players.
#[derive(Clone, Copy, Debug)]
pub struct SolidBody {
    /// Its motion.
    pub segment: Segment,
    /// Its size.
    pub size: BodySize,
    /// Whether it walks before the player in each tick, because its slot is lower.
    pub walks_first: bool,
}

impl<'a> From<&'a WallGrid> for Ground<'a> {
    /// Returns the ground in a room in which only walls stop players.
    fn from(walls: &'a WallGrid) -> Self {
        Self { walls, bodies: None }
    }
}

impl<'a> Ground<'a> {
    /// Returns the ground in a room in which bodies stop players. The bodies are those of a view
    /// at this tick.
    #[must_use]
    pub fn among(walls: &'a WallGrid, bodies: &'a [SolidBody], tick: Tick) -> Self {
        let until = Tick(tick.0.saturating_add(MAX_TICKS_AHEAD));
        Self {
            walls,
            bodies: Some((bodies, until)),
        }
    }

    /// Whether bodies stop players in this room.
    pub(super) fn has_bodies(self) -> bool {
        self.bodies.is_some()
    }

    /// Calls a function with what is around the player while it walks in a tick.
    pub(super) fn at<R>(self, tick: Tick, then: impl FnOnce(Surroundings<'_>) -> R) -> R {
        let bodies = self.bodies.filter(|(_, until)| tick <= *until);
        let Some((bodies, _)) = bodies.filter(|(bodies, _)| !bodies.is_empty()) else {
            return then(self.walls.into());
        };
        let blockers: Vec<Blocker> = bodies.iter().map(|body| body.at(tick)).collect();
        then(Surroundings {
            blockers: &blockers,
            ..self.walls.into()
        })
    }
}

impl SolidBody {
    /// Returns where the body is while the player walks in a tick.
    fn at(&self, tick: Tick) -> Blocker {
        let tick = match self.walks_first {
            true => tick,
            false => Tick(tick.0.saturating_sub(1)),
        };
        Blocker {
            bounds: self.size.at(self.segment.at(tick)),
            moves: self.segment.gait.velocity() != Velocity::default(),
        }
    }
}

/// Returns whether bodies can stop players in a room with these kinds.
pub(crate) fn stops_players(kinds: &[EntityKind]) -> bool {
    let players = kinds.get(usize::from(KindId::PLAYER.0));
    players.is_some_and(|players| kinds.iter().any(|kind| stops(kind, players)))
}

/// Returns the bodies of a view near the player in a slot that stop it.
pub(crate) fn solid_bodies(kinds: &[EntityKind], view: &View, own: Slot) -> Vec<SolidBody> {
    let players = kinds.get(usize::from(KindId::PLAYER.0));
    let tick = view.tick().unwrap_or_default();
    let (Some(players), Some(here)) = (players, view.position(own, tick)) else {
        return Vec::new();
    };
    let others = view.iter().filter(|(slot, _)| *slot != own);
    let bodies = others.filter_map(|(slot, seen)| {
        let there = seen.segment.at(tick);
        let distance = here.x.abs_diff(there.x).max(here.y.abs_diff(there.y));
        if distance > REACH.unsigned_abs() {
            return None;
        }
        let kind = match seen.identity {
            Identity::Player(_) => KindId::PLAYER,
            Identity::Object(object) => object.kind,
        };
        let kind = kinds
            .get(usize::from(kind.0))
            .filter(|kind| stops(kind, players))?;
        let body = SolidBody {
            segment: seen.segment,
            size: BodySize {
                half_x: kind.half_x,
                half_y: kind.half_y,
            },
            walks_first: slot < own,
        };
        Some((distance, body))
    });
    let mut bodies: Vec<(u32, SolidBody)> = bodies.collect();
    if bodies.len() > MAX_BODIES {
        bodies.select_nth_unstable_by_key(MAX_BODIES, |(distance, _)| *distance);
        bodies.truncate(MAX_BODIES);
    }
    bodies.into_iter().map(|(_, body)| body).collect()
}

fn stops(kind: &EntityKind, other: &EntityKind) -> bool {
    other.stopped_by.checked_shr(kind.layer.into()).unwrap_or(0) & 1 != 0
}

//! The system parameter with which game logic asks where players and objects were.

use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::{ids::Tick, motion::Position};

use super::{
    RoomSpace, Space,
    past_places::{MotionData, PastPlaces},
};
use crate::{
    clock::Clock,
    past::{KeptTicks, RecentMovers},
};

/// Queries about where the players and objects of a room were in one of the last ticks, as a system
/// parameter for game logic. With it, a hit is tested against what the player saw when it aimed,
/// whatever its delay. The world keeps past positions if a plugin calls
/// [`SimulationApp::keep_past_positions`](crate::SimulationApp::keep_past_positions).
///
/// A client names the tick in its message: the tick at which it drew the others, usually that of
/// its last snapshot.
///
/// ```
/// # use bevy_ecs::prelude::*;
/// # use parlour_shared::{ids::Tick, motion::Position};
/// # use parlour_sim::{CurrentPosition, FromPlayer, HalfSize, InRoom, KindSet, PastSpace};
/// # use serde::Deserialize;
/// /// A shot of a player.
/// #[derive(Deserialize)]
/// struct Shoot {
///     /// The tick that the player saw.
///     seen: Tick,
///     at: Position,
/// }
///
/// fn shoot(
///     mut shots: MessageReader<FromPlayer<Shoot>>,
///     players: Query<(&InRoom, &CurrentPosition)>,
///     past: PastSpace,
/// ) {
///     for shot in shots.read() {
///         let Ok((room, from)) = players.get(shot.player) else { continue };
///         let Some(then) = past.room_at(room.0, shot.message.seen) else { continue };
///         let (bullet, to) = (HalfSize::default(), shot.message.at);
///         let hit = then.space.first_hit(from.0, to, bullet, KindSet::PLAYERS, Some(shot.player));
///     }
/// }
/// ```
///
/// * The positions of a tick are those at its end, which clients are sent with the snapshot of this
///   tick. In tick `n`, the ticks before `n` are kept: 15 of them for 250 ms. For the present, use
///   [`Space`].
/// * Found are those who are in the room now and were in it then. A player that has left since, and
///   an object that was despawned, cannot be hit any more. A player that came later, or left and
///   came back, was not there.
/// * Walls, sizes and kinds are those of now.
/// * A query costs what is in its area now, and what moved in the room within the kept ticks.
///   It allocates nothing, apart from a list that grows.
///
/// # Panics
/// A world is not built if a system has this parameter and no plugin keeps past positions.
#[derive(SystemParam)]
pub struct PastSpace<'w, 's> {
    space: Space<'w, 's>,
    motions: Query<'w, 's, MotionData>,
    movers: Query<'w, 's, &'static RecentMovers>,
    kept: Res<'w, KeptTicks>,
    clock: Res<'w, Clock>,
    _is_kept: Local<'s, PastIsKept>,
}

/// A room at a past tick.
#[derive(Clone, Copy, Debug)]
pub struct PastRoom<'a> {
    /// Answers queries with the positions of that tick.
    pub space: RoomSpace<'a>,
    /// The tick.
    pub tick: Tick,
    /// Whether it is not the tick that was asked for.
    pub clamped: Option<Clamped>,
    places: PastPlaces<'a>,
    room: Entity,
}

/// Why a tick was replaced by the nearest one that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clamped {
    /// The tick is too long ago: the oldest kept tick replaces it. A player with a delay of more
    /// than the kept time sees such ticks. A hit may then be missed by as much as the target moved
    /// since.
    TooOld,
    /// The tick is not over: the last finished tick replaces it. A client that draws others ahead
    /// of its last snapshot names such ticks.
    NotOver,
}

impl PastSpace<'_, '_> {
    /// Returns the queries about a room at a tick, or `None` if there is no such room. If the tick
    /// is not kept, they are about the nearest one that is, and [`PastRoom::clamped`] says why.
    #[must_use]
    pub fn room_at(&self, room: Entity, tick: Tick) -> Option<PastRoom<'_>> {
        let now = self.clock.tick;
        let last = Tick(now.0.saturating_sub(1));
        let first = Tick(now.0.saturating_sub(self.kept.0));
        let clamped = match tick {
            tick if tick < first => Some(Clamped::TooOld),
            tick if tick > last => Some(Clamped::NotOver),
            _ => None,
        };
        let tick = tick.clamp(first, last);
        let places = PastPlaces {
            motions: &self.motions,
            recent: self.movers.get(room).ok()?.as_slice(),
            tick,
        };
        Some(PastRoom {
            space: self.space.room(room)?.at(places),
            tick,
            clamped,
            places,
            room,
        })
    }
}

impl PastRoom<'_> {
    /// Returns where a player or an object was, or `None` if it was not in the room.
    #[must_use]
    pub fn position_of(&self, entity: Entity) -> Option<Position> {
        self.places.position_of(self.room, entity)
    }
}

/// Part of [`PastSpace`]: checks that past positions are kept when the system is initialized.
pub(crate) struct PastIsKept;

impl FromWorld for PastIsKept {
    fn from_world(world: &mut World) -> Self {
        assert!(
            world.contains_resource::<KeptTicks>(),
            "a system has the parameter PastSpace: call app.keep_past_positions(Duration::from_millis(250)) in the \
             plugin that adds it"
        );
        Self
    }
}

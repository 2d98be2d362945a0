//! Proximity: who is near whom, per room, with hysteresis, looked at every few ticks.

mod encounters;
mod near;
mod neighbours;

use bevy_app::App;
use bevy_ecs::{prelude::*, system::SystemParam};
use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::Slot,
    motion::{self, UNITS_PER_PX},
};

use crate::{
    clock::Clock,
    components::{InRoom, Position, Seat},
    rooms::{Room, Rooms, Seats},
    schedule::{Step, StepSet},
    sessions::SessionLife,
    simulation::Setup,
    state::{self, StableId},
};
use encounters::{Encounters, Who};
pub use near::Proximity;
pub use neighbours::{BRUTE_FORCE_UP_TO, Neighbours};

/// Two players came within reach of each other; told once for both, at the beginning of the tick after the look that
/// found it out: game logic reads it in [`StepSet::Simulate`].
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameNear {
    /// The room.
    pub room: Entity,
    /// The player with the lower slot.
    pub one: Entity,
    /// The other.
    pub other: Entity,
}

/// Two players are out of reach of each other, or one left the room: it may be elsewhere by now, or nowhere. Told
/// once for both, exactly once for each [`CameNear`].
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct WentAway {
    /// The room.
    pub room: Entity,
    /// The player with the lower slot.
    pub one: Entity,
    /// The other.
    pub other: Entity,
}

/// Who is near whom, for the systems of game logic: as of the last look, which is at most 6 ticks old.
#[derive(SystemParam)]
pub struct Nearby<'w, 's> {
    seated: Query<'w, 's, (&'static InRoom, &'static Seat)>,
    rooms: Query<'w, 's, (&'static Seats, &'static Proximity)>,
}

impl Nearby<'_, '_> {
    /// The players near a player, without itself, in the order of their slots; none if it is in no room.
    pub fn of(&self, player: Entity) -> impl Iterator<Item = Entity> {
        let seated = self.seated.get(player).ok();
        let row = seated.and_then(|(room, seat)| {
            let (seats, proximity) = self.rooms.get(room.0).ok()?;
            Some((seats, proximity.near(seat.slot)?))
        });
        row.into_iter()
            .flat_map(|(seats, near)| near.ones().filter_map(|slot| seats.get(Slot(slot as u16))))
            .filter(move |&near| near != player)
    }

    /// Whether two players are near each other.
    #[must_use]
    pub fn are_near(&self, one: Entity, other: Entity) -> bool {
        let (Ok((room, seat)), Ok((there, other))) = (self.seated.get(one), self.seated.get(other)) else {
            return false;
        };
        room.0 == there.0
            && self
                .rooms
                .get(room.0)
                .is_ok_and(|(_, proximity)| proximity.are_near(seat.slot, other.slot))
    }
}

/// How far is near, in units squared.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Who is not near yet comes near within this distance.
    pub enter_squared: i64,
    /// Who is near goes away beyond this distance.
    pub leave_squared: i64,
    /// The larger of the two distances, in units.
    pub leave: i32,
}

impl Reach {
    /// Near within `px` pixels, away beyond a sixth more.
    #[must_use]
    pub fn from_px(px: u32) -> Self {
        let enter = px as i32 * UNITS_PER_PX;
        let leave = enter + enter / 6;
        let square = |distance: i32| i64::from(distance) * i64::from(distance);
        Self {
            enter_squared: square(enter),
            leave_squared: square(leave),
            leave,
        }
    }
}

/// A player in a room, as the search takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its slot.
    pub slot: Slot,
    /// Where it is.
    pub position: motion::Position,
}

/// Memory of the search, used again by every room.
#[derive(Resource, Debug, Default)]
struct Search {
    placed: Vec<Placed>,
    neighbours: Neighbours,
    row: FixedBitSet,
}

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Search>().init_resource::<Encounters>();
    app.add_message::<CameNear>().add_message::<WentAway>();
    state::derived::<Search>(app);
    // Hashing the rows would cost their size; their digest is kept up to date with every bit.
    state::component_as::<Proximity, _>(app, "near", |near, fold| fold.word(near.digest()), near::restore);
    state::resource_as::<Encounters, _>(app, "encounters", encounters::restore);
    app.add_systems(Step, encounters::tell.before(SessionLife).in_set(StepSet::Ingest));
    app.add_systems(Step, refresh.in_set(StepSet::Interest));
}

/// Looks at the rooms whose turn it is: their epochs spread them over the ticks.
fn refresh(
    mut rooms: Query<(&Room, &Seats, &mut Proximity)>,
    (positions, names): (Query<&Position>, Query<&StableId>),
    directory: Res<Rooms>,
    clock: Res<Clock>,
    setup: Res<Setup>,
    mut search: ResMut<Search>,
    mut encounters: ResMut<Encounters>,
) {
    let reach = Reach::from_px(setup.rules.near_px);
    let Search {
        placed,
        neighbours,
        row,
    } = &mut *search;
    let who = |entity| names.get(entity).ok().map(|&id| Who { id, entity });
    for entity in directory.occupied() {
        let Some(here) = who(entity) else { continue };
        let mut note = |near, one, other| {
            if let (Some(one), Some(other)) = (who(one), who(other)) {
                encounters.note(near, here, one, other);
            }
        };
        let Ok((room, seats, mut proximity)) = rooms.get_mut(entity) else {
            continue;
        };
        // Who left is told at once, whosever turn it is.
        if proximity.has_departures() {
            proximity.drain_departures(|one, other| note(false, one, other));
        }
        if !clock
            .tick
            .0
            .wrapping_add(room.epoch.0)
            .is_multiple_of(setup.rules.refresh_ticks)
        {
            continue;
        }
        placed.clear();
        placed.extend(seats.iter().filter_map(|(slot, player)| {
            Some(Placed {
                slot,
                position: positions.get(player).ok()?.0,
            })
        }));
        let before = proximity.digest();
        let rows = proximity.bypass_change_detection();
        neighbours.visit(placed, reach, |player, candidates| {
            rows.refresh(player, candidates, reach, row, |one, other, near| {
                if let (Some(one), Some(other)) = (seats.get(one), seats.get(other)) {
                    note(near, one, other);
                }
            });
        });
        if proximity.digest() != before {
            proximity.set_changed();
        }
    }
}

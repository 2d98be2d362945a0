//! Proximity: which players of a room are near each other, with hysteresis, checked every few
//! ticks.

mod encounters;
mod grid;
mod look;
mod near;
mod places;
mod reach;
mod turn;

use bevy_app::App;
use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::{ids::Slot, motion};

use crate::{
    clock::Clock,
    config::Setup,
    movement::Position,
    rooms::{InRoom, Room, Rooms, Seat, Seats},
    schedule::{Step, StepSet},
    sessions::SessionLife,
    state::{self, StableId},
};
use encounters::{Encounters, Who};
pub use grid::Grid;
use look::Look;
pub use near::Proximity;
use near::SMALL_POOL;
pub use reach::Reach;
use turn::Turn;

/// In rooms that never had more players than this, one tick checks all pairs, without a grid.
pub const BRUTE_FORCE_UP_TO: usize = 64;

/// Two players came near each other. It is sent once for both, at the start of the tick after the
/// check that found it. Game logic reads it in [`StepSet::Simulate`].
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameNear {
    /// The room.
    pub room: Entity,
    /// The player with the lower slot.
    pub one: Entity,
    /// The player with the higher slot.
    pub other: Entity,
}

/// Two players are no longer near each other, or one has left the room; it may be in a different
/// room now, or gone. It is sent once for both, exactly once for each [`CameNear`].
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct WentAway {
    /// The room.
    pub room: Entity,
    /// The player with the lower slot.
    pub one: Entity,
    /// The player with the higher slot.
    pub other: Entity,
}

/// Which players are near each other, for game logic. It is from the last check, at most 6 ticks
/// ago.
#[derive(SystemParam)]
pub struct Nearby<'w, 's> {
    seated: Query<'w, 's, (&'static InRoom, &'static Seat)>,
    rooms: Query<'w, 's, (&'static Seats, &'static Proximity)>,
}

impl Nearby<'_, '_> {
    /// Returns the players near a player, without itself, in the order of their slots. Empty if it
    /// is in no room.
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

    /// Returns whether two players are near each other.
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

/// A player in a room, as input of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its slot.
    pub slot: Slot,
    /// Its position.
    pub position: motion::Position,
}

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Room, Proximity>();
    app.init_resource::<Look>()
        .init_resource::<Encounters>()
        .init_resource::<near::LoadedRows>();
    app.add_message::<CameNear>().add_message::<WentAway>();
    state::derived::<Look>(app);
    state::derived::<near::LoadedRows>(app);
    // Hashing the rows would cost their size. Their digest is updated with every bit instead.
    state::component_as::<Proximity, _>(app, "near", |near, fold| fold.word(near.digest()), near::restore);
    state::resource_as::<Encounters, _>(app, "encounters", encounters::restore);
    app.add_systems(Step, encounters::tell.before(SessionLife).in_set(StepSet::Ingest));
    app.add_systems(Step, refresh.in_set(StepSet::Interest));
}

/// Checks the rooms: a small room in every `refresh_ticks`th tick, a part of a large room in every
/// tick. Their epochs spread the small rooms over the ticks.
fn refresh(
    mut rooms: Query<(&Room, &Seats, &mut Proximity)>,
    (positions, names): (Query<&Position>, Query<&StableId>),
    directory: Res<Rooms>,
    clock: Res<Clock>,
    setup: Res<Setup>,
    mut look: ResMut<Look>,
    mut encounters: ResMut<Encounters>,
) {
    let reach = Reach::from_px(setup.rules.near_px);
    let who = |entity| names.get(entity).ok().map(|&id| Who { id, entity });
    for entity in directory.occupied() {
        let Ok((room, seats, mut proximity)) = rooms.get_mut(entity) else {
            continue;
        };
        let Some(here) = who(entity) else { continue };
        let mut note = |near, one, other| {
            if let (Some(one), Some(other)) = (who(one), who(other)) {
                encounters.note(near, here, one, other);
            }
        };
        // Players that left are reported immediately, whichever part is due.
        if proximity.has_departures() {
            proximity.drain_departures(|one, other| note(false, one, other));
        }
        let now = clock.tick.0.wrapping_add(room.epoch.0) % setup.rules.refresh_ticks;
        let small = proximity.pool() <= SMALL_POOL;
        if small && now != 0 {
            continue;
        }
        let before = proximity.digest();
        let rows = proximity.bypass_change_detection();
        // When a room outgrows the small ones, every pair has waited since the last check, and some
        // would wait too long.
        let turn = if small || rows.take_outgrown() {
            Turn::EVERYONE
        } else {
            Turn::new(now, setup.rules.refresh_ticks)
        };
        look.placed.clear();
        let seen = seats.iter().filter(|(slot, _)| turn.is_seen(*slot));
        look.placed.extend(seen.filter_map(|(slot, player)| {
            let position = positions.get(player).ok()?.0;
            Some(Placed { slot, position })
        }));
        let mut tell = |one, other, near| {
            if let (Some(one), Some(other)) = (seats.get(one), seats.get(other)) {
                note(near, one, other);
            }
        };
        if small {
            look.at_all(rows, reach, &mut tell);
        } else {
            look.at_part(turn, rows, reach, &mut tell);
        }
        if proximity.digest() != before {
            proximity.set_changed();
        }
    }
}

//! Proximity: which players of a room are near each other, with hysteresis, checked every few
//! ticks.

mod encounters;
mod near_rows;
mod pair_check;
mod player_index;
mod player_space;
mod shard;
mod slot_words;

use bevy_app::App;
use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::ids::{Slot, Tick};

use crate::{
    clock::Clock,
    movement::{ChangePositions, CurrentPosition, Walk},
    rooms::{InRoom, Room, Rooms, Seat, Seats},
    schedule::{StepSet, TickSchedule},
    space::{NearRadius, SlotPosition, SpaceIsUsed},
    state::{self, StableEntity, StableId},
};
pub(crate) use encounters::{Encounters, send as send_encounters};
pub use near_rows::Proximity;
use near_rows::SMALL_POOL;
use pair_check::PairChecker;
pub(crate) use player_index::PlayerIndex;
pub(crate) use player_space::PlayerSpace;
use shard::Shard;

/// If a room never had more players than this, one tick checks all its pairs, without a grid.
pub const BRUTE_FORCE_UP_TO: usize = 64;

/// Two players came near each other. It is sent once for both, at the start of the tick after the
/// check that found it. Game logic reads it in [`StepSet::Simulate`].
///
/// It is sent at the moment at which they come near, and not while they stay together. For those
/// that are near now, use [`Nearby`], or [`Space::within`](crate::Space::within) with a distance.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameNear {
    /// The room.
    pub room: Entity,
    /// The player with the lower slot.
    pub one: Entity,
    /// The player with the higher slot.
    pub other: Entity,
}

/// Two players are no longer near each other, or one of them has left the room. That player may be
/// in a different room now, or its session may be closed. It is sent once for both, and exactly
/// once for each [`CameNear`].
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct WentAway {
    /// The room.
    pub room: Entity,
    /// The player with the lower slot.
    pub one: Entity,
    /// The player with the higher slot.
    pub other: Entity,
}

/// Which players are near each other, as a system parameter for game logic. Each pair was checked
/// at most 6 ticks ago.
#[derive(SystemParam)]
pub struct Nearby<'w, 's> {
    seated: Query<'w, 's, (&'static InRoom, &'static Seat)>,
    rooms: Query<'w, 's, (&'static Seats, &'static Proximity)>,
}

impl Nearby<'_, '_> {
    /// Returns the players near a player, in the order of their slots. The player itself is not
    /// among them. If it is in no room, there are none.
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

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Room, Proximity>();
    app.register_required_components::<Room, PlayerSpace>();
    state::derived::<PlayerSpace>(app);
    app.init_resource::<Encounters>()
        .init_resource::<near_rows::LoadedRows>();
    app.add_message::<CameNear>().add_message::<WentAway>();
    state::derived::<near_rows::LoadedRows>(app);
    // Hashing all rows would take too long. `Proximity` updates a digest with every bit instead.
    state::component_as::<Proximity, _>(
        app,
        "near",
        |near, fold| fold.word(near.digest()),
        near_rows::restore,
    );
    state::resource_as::<Encounters, _>(
        app,
        "encounters",
        |encounters, fold| fold.value(encounters),
        encounters::restore,
    );
    app.add_systems(TickSchedule, refresh.in_set(CheckPairs).in_set(StepSet::Interest));
    let locate = locate.after(ChangePositions).in_set(Walk);
    app.add_systems(
        TickSchedule,
        locate
            .in_set(StepSet::Simulate)
            .run_if(SpaceIsUsed::run_condition),
    );
}

/// In [`StepSet::Interest`]: pairs of players are checked.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CheckPairs;

/// Checks the pairs of all rooms: of a small room in one tick of each round of its rule
/// `refresh_ticks`, of a large room one shard in every tick. Epochs spread the small rooms over the
/// ticks of a round.
fn refresh(
    mut rooms: Query<(&Room, &Seats, &mut Proximity)>,
    mut spaces: Query<&mut PlayerSpace>,
    moved: Query<(&InRoom, &Seat, &CurrentPosition), Changed<CurrentPosition>>,
    (positions, names): (Query<&CurrentPosition>, Query<&StableId>),
    (directory, clock, has_queries): (Res<Rooms>, Res<Clock>, Res<SpaceIsUsed>),
    mut checker: Local<Box<PairChecker>>,
    mut encounters: ResMut<Encounters>,
) {
    let stable_entity = |entity| names.get(entity).ok().map(|&id| StableEntity { id, entity });
    // Large rooms note who moved. A room without an index takes all positions when it makes one.
    if std::mem::take(&mut checker.had_large_rooms) {
        note_moved(&moved, &mut spaces, clock.tick);
    }
    for entity in directory.occupied() {
        let Ok((room, seats, mut proximity)) = rooms.get_mut(entity) else {
            continue;
        };
        let Some(here) = stable_entity(entity) else {
            continue;
        };
        let mut note = |near, one, other| {
            if let (Some(one), Some(other)) = (stable_entity(one), stable_entity(other)) {
                encounters.note(near, here, one, other);
            }
        };
        // Players that left are reported immediately, whichever shard is due.
        if proximity.has_departures() {
            proximity.drain_departures(|one, other| note(false, one, other));
        }
        let rules = &room.rules;
        let now = clock.tick.0.wrapping_add(room.epoch.0) % rules.refresh_ticks;
        let small = proximity.slot_count() <= SMALL_POOL;
        if small && now != 0 {
            continue;
        }
        let before = proximity.digest();
        let rows = proximity.bypass_change_detection();
        let radius = NearRadius::from_px(rules.near_px);
        let mut report = |one, other, near| {
            if let (Some(one), Some(other)) = (seats.get(one), seats.get(other)) {
                note(near, one, other);
            }
        };
        let placed = |(slot, player)| {
            let position = positions.get(player).ok()?.0;
            Some(SlotPosition { slot, position })
        };
        if small {
            checker.players.clear();
            checker.players.extend(seats.iter().filter_map(placed));
            checker.check_all(rows, radius, &mut report);
        } else {
            checker.had_large_rooms = true;
            let Ok(mut space) = spaces.get_mut(entity) else {
                continue;
            };
            let index = space.0.get_or_insert_with(|| {
                let mut index = PlayerIndex::new(rules.refresh_ticks, seats.slot_count(), radius);
                for player in seats.iter().filter_map(placed) {
                    index.moved(player, clock.tick);
                }
                Box::new(index)
            });
            index.settle(now, clock.tick);
            // When a room stops being small, all its pairs were last checked in the same tick. If
            // they then waited for their shard, some would wait longer than a round.
            let shard = if rows.take_outgrown() {
                Shard::ALL
            } else {
                Shard::new(now, rules.refresh_ticks)
            };
            checker.check_shard(shard, rows, index, radius, &mut report);
            if has_queries.0 {
                index.fill_grid(radius, &mut checker.players);
            }
        }
        if proximity.digest() != before {
            proximity.set_changed();
        }
    }
}

/// Brings the indexes of large rooms up to date for queries of game logic.
fn locate(
    rooms: Query<&Room>,
    mut spaces: Query<&mut PlayerSpace>,
    moved: Query<(&InRoom, &Seat, &CurrentPosition), Changed<CurrentPosition>>,
    directory: Res<Rooms>,
    clock: Res<Clock>,
    mut players: Local<Vec<SlotPosition>>,
) {
    let is_large = |room| spaces.get(room).is_ok_and(|space| space.index().is_some());
    if !directory.occupied().any(is_large) {
        return;
    }
    note_moved(&moved, &mut spaces, clock.tick);
    for entity in directory.occupied() {
        if let (Ok(room), Ok(mut space)) = (rooms.get(entity), spaces.get_mut(entity))
            && let Some(index) = &mut space.0
        {
            index.fill_grid(NearRadius::from_px(room.rules.near_px), &mut players);
        }
    }
}

/// Notes the players that moved since the last tick, in the indexes of their rooms.
fn note_moved(
    moved: &Query<(&InRoom, &Seat, &CurrentPosition), Changed<CurrentPosition>>,
    spaces: &mut Query<&mut PlayerSpace>,
    now: Tick,
) {
    // Players that are stored together are often in the same room.
    let mut last = Entity::PLACEHOLDER;
    let mut space = None;
    for (room, seat, position) in moved {
        if room.0 != last {
            last = room.0;
            space = spaces.get_mut(last).ok();
        }
        let index = space.as_mut().and_then(|space| space.0.as_mut());
        if let Some(index) = index {
            let player = SlotPosition {
                slot: seat.slot,
                position: position.0,
            };
            index.moved(player, now);
        }
    }
}

//! Which objects are near which players, with hysteresis, checked every few ticks.
//!
//! A player in slot s is checked in one tick of each round: the same one in which a large room
//! checks the pairs of players of that slot. [`crate::NearObjects`] says which pairs a check may
//! skip without changing the result.

mod interest;
mod saved;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::{Slot, Tick};

use crate::{
    clock::Clock,
    config::Interest,
    movement::CurrentPosition,
    object_space,
    proximity::{CheckPairs, PlayerIndex, PlayerSpace},
    rooms::{Room, Rooms, Seats},
    schedule::{StepSet, TickSchedule},
    space::{ObjectSpace, SlotPosition},
    state,
};
pub use interest::ObjectInterest;
pub(crate) use saved::rebuild;

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Room, ObjectInterest>();
    // `ObjectInterest` updates a digest with every pair, as `Proximity` does.
    state::component_as::<ObjectInterest, _>(
        app,
        "objects_near",
        |interest, fold| fold.word(interest.digest()),
        saved::restore,
    );
    let systems = (object_space::follow, object_space::settle, refresh).chain();
    app.add_systems(TickSchedule, systems.after(CheckPairs).in_set(StepSet::Interest));
}

/// Checks a shard of the players of each room that has objects.
fn refresh(
    mut rooms: Query<(&Room, &Seats, &PlayerSpace, &ObjectSpace, &mut ObjectInterest)>,
    positions: Query<&CurrentPosition>,
    directory: Res<Rooms>,
    clock: Res<Clock>,
) {
    let now = clock.tick;
    for entity in directory.occupied() {
        let Ok((room, seats, players, space, mut interest)) = rooms.get_mut(entity) else {
            continue;
        };
        let (rules, before) = (&room.rules, interest.digest());
        let interest_now = interest.bypass_change_detection();
        if rules.interest == Interest::All && !interest_now.is_empty() {
            // The room was loaded with a new rule.
            interest_now.clear(now);
            interest.set_changed();
        }
        if space.is_empty() || rules.interest == Interest::All {
            continue;
        }
        let interest_now = interest.bypass_change_detection();
        let shard = now.0.wrapping_add(room.epoch.0) % rules.refresh_ticks;
        match players.index() {
            Some(players) => check_large(interest_now, space, (players, shard), now),
            None => {
                let due = (shard as usize..seats.slot_count()).step_by(rules.refresh_ticks as usize);
                for slot in due.map(|slot| Slot(slot as u16)) {
                    let player = seats.get(slot);
                    if let Some(position) = player.and_then(|player| positions.get(player).ok()) {
                        let player = SlotPosition {
                            slot,
                            position: position.0,
                        };
                        interest_now.player_looks_again(player, space, now);
                    }
                }
            }
        }
        if interest.digest() != before {
            interest.set_changed();
        }
    }
}

/// Checks the players of a shard of a large room.
fn check_large(
    interest: &mut ObjectInterest,
    space: &ObjectSpace,
    (players, shard): (&PlayerIndex, u32),
    now: Tick,
) {
    for player in players.moving_in(shard) {
        interest.player_looks(player, space.layers(), now);
    }
    // The resting players of the shard, against moving objects. The fewer of the two search.
    let resting = players.resting_of(shard as usize);
    if space.mover_count() < resting.len() {
        for (object, radius) in space.movers() {
            interest.object_looks(object, radius, resting, now);
        }
    } else if space.mover_count() > 0 {
        for player in players.resting_in(shard) {
            interest.player_looks(player, space.layers(), now);
        }
    }
}

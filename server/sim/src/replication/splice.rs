//! Finds the players and watchers that are due in this tick, and writes their frames.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{SessionId, Slot, Tick},
    motion::UNITS_PER_PX,
};
use parlour_tick::{Cadence, Pace, TickOutput};

use super::{
    Pacing, Replica,
    cadence::DueFor,
    frame::{Frame, Sight},
    object_sight::ObjectSight,
    watchers::{Watcher, Watchers},
};
use crate::{
    clock::Clock,
    config::{Interest, RoomRules},
    object_interest::ObjectInterest,
    outbox::Outbox,
    proximity::Proximity,
    rooms::{Room, Rooms, Seats},
};

/// The values of a tick for one room.
struct SpliceContext {
    tick: Tick,
    pace: Pace,
    /// The most frequent cadence of viewers in the room.
    cadence: Cadence,
    interest: Interest,
    /// An entity within this squared distance of a viewer is nearby: half the near radius, squared.
    nearby_squared: i64,
}

impl SpliceContext {
    fn new(tick: Tick, pace: Pace, rules: &RoomRules) -> Self {
        let nearby = i64::from(rules.near_px) * i64::from(UNITS_PER_PX) / 2;
        Self {
            tick,
            pace,
            cadence: rules.cadence,
            interest: rules.interest,
            nearby_squared: nearby * nearby,
        }
    }
}

/// What decides what the players of a room see.
type Surroundings<'a> = (&'a Seats, &'a Proximity, &'a ObjectInterest);

/// Writes the frames of this tick, room by room and slot by slot, with those of watchers last. The
/// work per viewer is bit operations and copies.
pub(super) fn splice(
    mut rooms: Query<(&Room, &mut Replica, Surroundings<'_>)>,
    directory: Res<Rooms>,
    (clock, pacing): (Res<Clock>, Res<Pacing>),
    (mut outbox, mut watchers): (ResMut<Outbox>, ResMut<Watchers>),
) {
    if pacing.muted {
        return;
    }
    let out = &mut outbox.out;
    for room in directory.occupied() {
        let Ok((room, mut replica, surroundings)) = rooms.get_mut(room) else {
            continue;
        };
        let now = SpliceContext::new(clock.tick, pacing.pace, &room.rules);
        write_players(&mut replica, surroundings, room.epoch.0, &now, out);
    }
    watchers.serve(|watcher| {
        let Ok((room, mut replica, surroundings)) = rooms.get_mut(watcher.room) else {
            return false;
        };
        let interest = room.rules.interest;
        watch(watcher, &mut replica, (surroundings, interest), clock.tick, out);
        true
    });
}

/// Writes the frames of a room's players, slot by slot.
fn write_players(
    replica: &mut Replica,
    surroundings: Surroundings<'_>,
    epoch: u32,
    now: &SpliceContext,
    out: &mut TickOutput,
) {
    let (mut records, viewers) = replica.begin(now.tick);
    let has_objects = !records.objects.are_unused();
    for (slot, viewer) in viewers.iter_mut().enumerate() {
        let Some(viewer) = viewer else { continue };
        viewer.recover(now.tick);
        let cadences = now.pace.cadences(viewer.level, now.cadence);
        out.counts.viewers[cadences.0 as usize] += 1;
        if viewer.held {
            out.counts.held += 1;
            continue;
        }
        let phase = epoch.wrapping_add(slot as u32);
        let last_full_at = viewer.base.and(Some(viewer.full_at));
        let due = DueFor::at(now.tick, phase, cadences, last_full_at);
        if due == DueFor::Nothing {
            continue;
        }
        let Some(sight) = sight(now.interest, Slot(slot as u16), surroundings, has_objects) else {
            continue;
        };
        let mut frame = Frame {
            viewer,
            sight,
            records: records.reborrow(),
            tick: now.tick,
        };
        if due == DueFor::Nearby {
            frame.write_nearby(Slot(slot as u16), now.nearby_squared, out);
        } else {
            frame.write(&mut out.bytes, &mut out.frames);
        }
    }
}

/// Writes the first snapshot of a watcher between two ticks. Returns `false` if the watcher was
/// already sent one or is held, or if the session does not watch.
pub(crate) fn show(world: &mut World, session: SessionId, out: &mut TickOutput) -> bool {
    let tick = world.resource::<Clock>().tick;
    world.resource_scope(|world, mut watchers: Mut<Watchers>| {
        let Some(watcher) = watchers.get_mut(session) else {
            return false;
        };
        let Ok(mut room) = world.get_entity_mut(watcher.room) else {
            return false;
        };
        let parts = room.get_components_mut::<(&Room, &mut Replica, Surroundings<'_>)>();
        let Ok((room, mut replica, surroundings)) = parts else {
            return false;
        };
        let interest = room.rules.interest;
        watcher.viewer.base.is_none() && watch(watcher, &mut replica, (surroundings, interest), tick, out)
    })
}

/// Writes the frame of a watcher. Returns `false` if nothing is written.
fn watch(
    watcher: &mut Watcher,
    replica: &mut Replica,
    (surroundings, interest): (Surroundings<'_>, Interest),
    tick: Tick,
    out: &mut TickOutput,
) -> bool {
    if watcher.viewer.held {
        return false;
    }
    let (seats, ..) = surroundings;
    replica.grow(seats.slot_count());
    // `write_players` skips empty rooms, so the arena of an empty room is still at an earlier tick.
    let (records, _) = replica.begin(tick);
    let has_objects = !records.objects.are_unused();
    let sight = match watcher.followed {
        None => sight(Interest::All, Slot::NOBODY, surroundings, has_objects),
        Some(followed) => sight(interest, followed.slot, surroundings, has_objects),
    };
    let Some(sight) = sight else { return false };
    watcher.viewer.players.grow(records.players.records.len());
    let mut frame = Frame {
        viewer: &mut watcher.viewer,
        sight,
        records,
        tick,
    };
    let before = out.watched.len();
    frame.write(&mut out.bytes, &mut out.watched);
    out.watched.len() > before
}

/// Returns what the player in a slot sees. If the room never had an object, its lists of objects
/// are not read, which took 2 % of the tick of 5,000 walkers.
fn sight(
    interest: Interest,
    slot: Slot,
    (seats, proximity, objects): Surroundings<'_>,
    has_objects: bool,
) -> Option<Sight<'_>> {
    let players = match interest {
        Interest::All => seats.taken(),
        Interest::Near => proximity.near(slot)?,
    };
    let objects = match interest {
        _ if !has_objects => ObjectSight::Nothing,
        Interest::All => ObjectSight::All,
        Interest::Near => ObjectSight::Listed {
            slots: objects.near(slot),
            changed_at: objects.changed_at(slot),
        },
    };
    Some(Sight { players, objects })
}

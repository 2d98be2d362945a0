//! Viewers in a quiet world: when the next one is due, and what they note in skipped ticks.

use bevy_ecs::prelude::*;
use parlour_shared::{ids::Tick, limits::HEARTBEAT_TICKS};
use parlour_tick::{Cadence, Pace, PaceLevel};

use super::{Pacing, Replica, viewer::Viewer, watchers::Watchers};
use crate::rooms::{Room, Rooms};

/// Returns the next tick in which a viewer is sent something, given that nothing has changed since
/// `active`. Stops at the first viewer that is due in the next tick.
pub(crate) fn next_due(world: &World, now: Tick, pace: Pace, active: Tick) -> Tick {
    let mut due = Tick(u32::MAX);
    if world.resource::<Pacing>().muted {
        return due;
    }
    // Watchers have no cadence.
    for watcher in world.resource::<Watchers>().viewers() {
        due = due.min(due_for(watcher, now, active, 0, Cadence::Hz60));
    }
    for room in world.resource::<Rooms>().occupied() {
        let (Some(replica), Some(room)) = (world.get::<Replica>(room), world.get::<Room>(room)) else {
            continue;
        };
        for (slot, viewer) in replica.viewers.iter().enumerate() {
            let Some(viewer) = viewer else { continue };
            let phase = room.epoch.0.wrapping_add(slot as u32);
            let (full, _) = pace.cadences(viewer.level, room.rules.cadence);
            due = due.min(due_for(viewer, now, active, phase, full));
            if due <= now.after(1) {
                return due;
            }
        }
    }
    due
}

/// Lets all viewers note the ticks that were skipped after `after`.
pub(crate) fn catch_up(world: &mut World, after: Tick) {
    let Pacing { pace, muted } = *world.resource::<Pacing>();
    if muted {
        return;
    }
    let now = world.resource::<crate::clock::Clock>().tick;
    world.resource_scope(|world, mut watchers: Mut<Watchers>| {
        for watcher in watchers.viewers_mut() {
            if !watcher.held && watcher.base.is_some() {
                watcher.full_at = now;
            }
        }
        // Rooms without players have no viewers.
        world.resource_scope(|world, rooms: Mut<Rooms>| {
            for room in rooms.occupied() {
                let Some(details) = world.get::<Room>(room) else {
                    continue;
                };
                let (epoch, most) = (details.epoch.0, details.rules.cadence);
                let Some(mut replica) = world.get_mut::<Replica>(room) else {
                    continue;
                };
                for (slot, viewer) in replica.viewers.iter_mut().enumerate() {
                    if let Some(viewer) = viewer {
                        let phase = epoch.wrapping_add(slot as u32);
                        viewer.note_skipped(after, now, phase, pace.cadences(viewer.level, most));
                    }
                }
            }
        });
    });
}

/// Returns the next tick in which a viewer is sent something: the next one if it may not know
/// everything yet, or the first full tick at which its heartbeat is due.
fn due_for(viewer: &Viewer, now: Tick, active: Tick, phase: u32, full: Cadence) -> Tick {
    if viewer.held {
        return Tick(u32::MAX);
    }
    match viewer.base {
        // The last full tick has sent the last change, and the level does not rise.
        Some(base) if viewer.full_at > active && viewer.level == PaceLevel::FULL => {
            let heartbeat = now
                .0
                .max(base.0.saturating_add(HEARTBEAT_TICKS - 1))
                .saturating_add(1);
            let every = full.every_ticks();
            let over = heartbeat.wrapping_add(phase) % every;
            Tick(heartbeat.saturating_add((every - over) % every))
        }
        _ => now.after(1),
    }
}

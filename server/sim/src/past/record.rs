//! Notes the motions that changed.

use bevy_ecs::prelude::*;

use super::{KeptTicks, PastMotion, RecentMovers};
use crate::{changed_rows::for_each_changed, clock::Clock, movement::Motion, objects::Object, rooms::InRoom};

/// Notes the segments that are new since this system ran last, and drops entities that have not
/// moved for the kept ticks from the lists of recent movers. What did not change costs nothing.
pub(super) fn record(
    players: Query<(Entity, &InRoom, Ref<Motion>)>,
    objects: Query<(Entity, &Object, Ref<Motion>)>,
    mut pasts: Query<&mut PastMotion>,
    mut movers: Query<&mut RecentMovers>,
    (kept, clock): (Res<KeptTicks>, Res<Clock>),
) {
    let (now, kept) = (clock.tick, kept.0);
    let mut note = |entity: Entity, room: Entity, motion: &Motion| {
        let (Ok(mut past), Ok(mut movers)) = (pasts.get_mut(entity), movers.get_mut(room)) else {
            return;
        };
        let segment = motion.segment();
        if !past.is_known(&segment) {
            past.note(segment, now, kept);
        }
        if past.is_recent(now, kept) {
            movers
                .bypass_change_detection()
                .add(entity, past.bypass_change_detection());
        }
    };
    for (player, room, motion) in &players {
        if motion.is_changed() {
            note(player, room.0, &motion);
        }
    }
    let tables = objects.contiguous_iter();
    for (entities, objects, motions) in tables.expect("all have table storage") {
        for_each_changed(&motions, |row| {
            note(entities[row], objects[row].room(), &motions[row]);
        });
    }
    for mut movers in &mut movers {
        movers.bypass_change_detection().retain(|entity, place| {
            let Ok(mut past) = pasts.get_mut(entity) else {
                return false;
            };
            let is_recent = past.is_recent(now, kept);
            past.bypass_change_detection()
                .set_place(is_recent.then_some(place));
            is_recent
        });
    }
}

//! Compares the players of the world with the records of what was sent.

use bevy_ecs::{prelude::*, schedule::ScheduleConfigs, system::ScheduleSystem};
use parlour_shared::{codec, limits::MAX_COMPONENT_BYTES};
use serde::Serialize;

use super::Replica;
use crate::{
    clock::Clock,
    movement::Motion,
    player::{Dropped, Link, Player},
    rooms::{InRoom, Seat},
    skins::Skin,
};

type ReplicatedPlayer<'a> = (
    &'a InRoom,
    &'a Seat,
    &'a Player,
    &'a Motion,
    &'a Skin,
    &'a Link,
    Has<Dropped>,
);
/// When a player drops or resumes, its link changes.
type ReplicatedChange = Or<(
    Changed<Motion>,
    Changed<Skin>,
    Changed<Link>,
    Changed<Seat>,
    Changed<InRoom>,
)>;

/// Copies motion, skins, and the state of viewers' connections into the records of the rooms.
pub(super) fn collect(
    players: Query<ReplicatedPlayer<'_>, ReplicatedChange>,
    mut replicas: Query<&mut Replica>,
    clock: Res<Clock>,
) {
    for (room, seat, player, motion, skin, link, is_dropped) in &players {
        let Ok(mut replica) = replicas.get_mut(room.0) else {
            continue;
        };
        let replica = &mut *replica;
        let at = seat.slot.index();
        let record = &mut replica.players.records[at];
        record.set_player(player.id, &player.name);
        let moved = record.set_segment(motion.segment(), clock.tick);
        let dressed = record.set_skin(skin.0, clock.tick);
        let dropped = record.set_dropped(is_dropped, clock.tick);
        if moved || dressed || dropped {
            replica.players.mark(at, clock.tick);
        }
        if let Some(viewer) = &mut replica.viewers[at] {
            viewer.hold(link.held, clock.tick);
            viewer.note(link.ack);
        }
    }
}

/// Returns the system that copies a component into the records.
pub(super) fn component<C: Component + Serialize>(index: usize) -> ScheduleConfigs<ScheduleSystem> {
    let update = move |players: Query<(&InRoom, &Seat, Ref<C>, Ref<InRoom>)>,
                       mut removed: RemovedComponents<C>,
                       seated: Query<(&InRoom, &Seat)>,
                       mut replicas: Query<&mut Replica>,
                       mut encoded: Local<Vec<u8>>,
                       clock: Res<Clock>| {
        let mut set = |room: Entity, seat: &Seat, bytes: &[u8]| {
            let Ok(mut replica) = replicas.get_mut(room) else {
                return;
            };
            let at = seat.slot.index();
            if replica.players.records[at].set_component(index, bytes, clock.tick) {
                replica.players.mark(at, clock.tick);
            }
        };
        for (room, seat) in removed.read().filter_map(|player| seated.get(player).ok()) {
            set(room.0, seat, &[]);
        }
        for (room, seat, component, entered) in &players {
            if component.is_changed() || entered.is_changed() {
                encode(&*component, &mut encoded);
                set(room.0, seat, &encoded);
            }
        }
    };
    update.into_configs()
}

/// Replaces `out` with the bytes of a replicated component.
///
/// # Panics
/// If there are too many.
pub(super) fn encode<C: Serialize>(component: &C, out: &mut Vec<u8>) {
    codec::encode_component(component, out);
    assert!(
        out.len() <= MAX_COMPONENT_BYTES,
        "replicated component {} has {} bytes, and the maximum is {MAX_COMPONENT_BYTES}: shorten it, replicate several \
         components, or declare it with state_component, which is not sent",
        std::any::type_name::<C>(),
        out.len()
    );
}

//! Encodes a decoded snapshot again, with the functions that the server uses.

use parlour_shared::snapshot::{
    Builder, EnterFields, Identity, IdentityFields, MotionChange, Snapshot, fields, flags, write_anchor,
    write_component, write_component_mask, write_dropped, write_enter, write_owner, write_skin, write_turn,
    write_update_head,
};

/// Returns the bytes of a snapshot.
pub(crate) fn encode(snapshot: &Snapshot) -> Vec<u8> {
    let mut out = Vec::new();
    let mut builder = Builder::begin(
        &mut out,
        snapshot.view,
        snapshot.tick,
        snapshot.base,
        snapshot.ack,
    );
    builder.section(flags::LEAVES, |out| {
        snapshot
            .leaves
            .iter()
            .for_each(|slot| out.extend_from_slice(&slot.0.to_le_bytes()));
        snapshot.leaves.len() as u16
    });
    builder.section(flags::ENTERS, |out| {
        for enter in &snapshot.enters {
            let fields = EnterFields {
                slot: enter.slot,
                identity: match &enter.identity {
                    Identity::Player(player) => IdentityFields::Player {
                        player: player.player,
                        name: &player.name,
                        skin: player.skin,
                        dropped: player.dropped,
                    },
                    Identity::Object(object) => IdentityFields::Object {
                        object: object.object,
                        kind: object.kind,
                        owner: object.owner,
                    },
                },
                position: enter.position,
                gait: enter.gait,
                components: mask_of(&enter.components),
            };
            write_enter(out, &fields);
            enter
                .components
                .iter()
                .for_each(|(_, bytes)| write_component(out, bytes));
        }
        snapshot.enters.len() as u16
    });
    builder.section(flags::UPDATES, |out| {
        for update in &snapshot.updates {
            let motion = match update.motion {
                None => 0,
                Some(MotionChange::Turn { .. }) => fields::TURN,
                Some(MotionChange::Anchor { .. }) => fields::ANCHOR,
            };
            let skin = if update.skin.is_some() { fields::SKIN } else { 0 };
            let components = match update.components[..] {
                [] => 0,
                _ => fields::COMPONENTS,
            };
            let owner = if update.owner.is_some() { fields::OWNER } else { 0 };
            let dropped = if update.dropped.is_some() {
                fields::DROPPED
            } else {
                0
            };
            write_update_head(out, update.slot, motion | skin | components | owner | dropped);
            match update.motion {
                Some(MotionChange::Turn { since, gait }) => {
                    write_turn(out, snapshot.tick.since(since) as u8, gait);
                }
                Some(MotionChange::Anchor { position, gait }) => write_anchor(out, position, gait),
                None => {}
            }
            update.skin.iter().for_each(|skin| write_skin(out, *skin));
            if components != 0 {
                write_component_mask(out, mask_of(&update.components));
            }
            update
                .components
                .iter()
                .for_each(|(_, bytes)| write_component(out, bytes));
            update
                .owner
                .iter()
                .for_each(|owner| write_owner(out, owner.player));
            update
                .dropped
                .iter()
                .for_each(|dropped| write_dropped(out, *dropped));
        }
        snapshot.updates.len() as u16
    });
    out
}

fn mask_of(components: &[(u8, Vec<u8>)]) -> u16 {
    components.iter().fold(0, |mask, (index, _)| mask | 1 << index)
}

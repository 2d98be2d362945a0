//! Encodes records as bytes of snapshots.

use parlour_shared::{
    ids::{Slot, Tick},
    snapshot::{
        EnterFields, Identity, IdentityFields, fields, write_anchor, write_component, write_component_mask,
        write_dropped, write_enter, write_owner, write_skin, write_turn, write_update_head,
    },
};

use super::record::{EncodedComponent, Record};

/// Appends the enter record of a slot.
pub(super) fn encode_enter(out: &mut Vec<u8>, slot: Slot, record: &Record, tick: Tick) {
    let enter = EnterFields {
        slot,
        identity: match &record.identity {
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
        position: record.segment.at(tick),
        gait: record.segment.gait,
        components: mask_of(record.components()),
    };
    write_enter(out, &enter);
    for (_, component) in record.components() {
        write_component(out, component.as_bytes());
    }
}

/// Appends the update record of a slot: what changed since a base.
pub(super) fn encode_update(out: &mut Vec<u8>, slot: Slot, record: &Record, base: Tick, tick: Tick) {
    let moved = record.motion_changed > base;
    let turned = moved && record.is_turn_since(base, tick);
    let mut mask = 0;
    if moved {
        mask |= if turned { fields::TURN } else { fields::ANCHOR };
    }
    if record.identity_changed > base {
        mask |= match record.identity {
            Identity::Player(_) => fields::SKIN,
            Identity::Object(_) => fields::OWNER,
        };
    }
    if record.components_changed > base {
        mask |= fields::COMPONENTS;
    }
    if record.dropped_changed > base {
        mask |= fields::DROPPED;
    }
    write_update_head(out, slot, mask);
    if turned {
        write_turn(out, tick.since(record.motion_changed) as u8, record.segment.gait);
    } else if moved {
        write_anchor(out, record.segment.at(tick), record.segment.gait);
    }
    if mask & fields::SKIN != 0
        && let Identity::Player(player) = &record.identity
    {
        write_skin(out, player.skin);
    }
    if mask & fields::COMPONENTS != 0 {
        let changed = record.components_since(base);
        write_component_mask(out, mask_of(changed.clone()));
        for (_, component) in changed {
            write_component(out, component.as_bytes());
        }
    }
    if mask & fields::OWNER != 0
        && let Identity::Object(object) = &record.identity
    {
        write_owner(out, object.owner);
    }
    if mask & fields::DROPPED != 0
        && let Identity::Player(player) = &record.identity
    {
        write_dropped(out, player.dropped);
    }
}

fn mask_of<'a>(components: impl Iterator<Item = (usize, &'a EncodedComponent)>) -> u16 {
    components.fold(0, |mask, (index, _)| mask | 1 << index)
}

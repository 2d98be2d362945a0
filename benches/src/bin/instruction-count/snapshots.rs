//! Snapshots of 50 players, shared with the bench `encoding`.

use parlour_shared::{
    ids::{PlayerId, Slot, Tick},
    motion::{Direction, Gait, Heading, Position},
    snapshot::{
        Builder, EnterFields, IdentityFields, fields, flags, write_enter, write_turn, write_update_head,
    },
};

const GAIT: Gait = Gait {
    heading: Heading::walk(Direction::East),
    blocked_x: false,
    blocked_y: false,
};

/// Appends a full snapshot of 50 players.
pub(crate) fn pack_enters(out: &mut Vec<u8>) {
    let mut builder = Builder::begin(out, 1, Tick(100), None, None);
    builder.section(flags::ENTERS, |out| {
        for slot in 0..50 {
            let enter = EnterFields {
                slot: Slot(slot),
                identity: IdentityFields::Player {
                    player: PlayerId(u32::from(slot)),
                    name: "a walker",
                    skin: 3,
                    dropped: false,
                },
                position: Position::from_px(100, 100),
                gait: GAIT,
                components: 0,
            };
            write_enter(out, &enter);
        }
        50
    });
}

/// Appends a delta in which all 50 players turned.
pub(crate) fn pack_turns(out: &mut Vec<u8>) {
    let mut builder = Builder::begin(out, 1, Tick(101), Some(Tick(100)), None);
    builder.section(flags::UPDATES, |out| {
        for slot in 0..50 {
            write_update_head(out, Slot(slot), fields::TURN);
            write_turn(out, 0, GAIT);
        }
        50
    });
}

//! Snapshots, byte by byte, and a client's view after each: `assets/wire/snapshots.json`.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use parlour_shared::{
    codec::SCHEMA,
    ids::{PlayerId, Slot, Tick},
    message::ServerMessage,
    motion::{Direction, Gait, Heading, Position, Velocity},
    snapshot::{
        Ack, Builder, EnterFields, MotionChange, Snapshot, fields, flags, write_anchor, write_enter,
        write_extra, write_skin, write_turn, write_update_head,
    },
    view::{Seen, View},
};
use serde_json::{Value, json};
use support::golden::{File, bytes_of, gait_numbers, quoted, to_hex};

/// The vectors also give everyone's position this many ticks after each snapshot.
const LATER: u32 = 30;

/// Returns the snapshots of one stay in a room, in order.
fn stay() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        (
            "full",
            "The first snapshot of a stay: all visible players, including the client's own",
            frame(Tick(600), None, None, |builder| {
                builder.section(flags::ENTERS, |out| {
                    enter(
                        out,
                        9,
                        0xDEAD_BEEF,
                        (0, Position::from_px(100, 60)),
                        gait(Direction::Still),
                        "guest-beef",
                    );
                    enter(
                        out,
                        260,
                        77,
                        (3, Position { x: 51_264, y: 20_487 }),
                        gait(Direction::East),
                        "Zoë",
                    );
                    2
                });
            }),
        ),
        (
            "empty",
            "An empty snapshot after a second without changes; it is the base of the next one",
            frame(Tick(660), Some(Tick(600)), None, |_| {}),
        ),
        (
            "turn_and_ack",
            "The client's command 1 took effect one tick ago; it arrived 12.3 ms early",
            frame(
                Tick(671),
                Some(Tick(660)),
                Some(Ack { seq: 1, early: 123 }),
                |builder| {
                    builder.section(flags::UPDATES, |out| {
                        write_update_head(out, Slot(9), fields::TURN);
                        write_turn(out, 1, gait(Direction::Southeast));
                        1
                    });
                },
            ),
        ),
        (
            "ack_late",
            "Only an acknowledgement: command 2 arrived 4.5 ms after the start of its tick",
            frame(
                Tick(672),
                Some(Tick(671)),
                Some(Ack { seq: 2, early: -45 }),
                |_| {},
            ),
        ),
        (
            "enter_with_extras",
            "A player became visible, with the second and the fourth plugin component",
            frame(Tick(675), Some(Tick(672)), None, |builder| {
                builder.section(flags::ENTERS, |out| {
                    let fields = EnterFields {
                        extras: 0b1010,
                        ..some_enter(3, 1_000, Position::from_px(180, 90))
                    };
                    write_enter(out, &fields);
                    write_extra(out, &[0xAA, 0xBB]);
                    write_extra(out, &[0x01]);
                    1
                });
            }),
        ),
        (
            "anchor_skin_extras",
            "A wall stopped one player along x, another player changed its skin, and a third lost one component and gained another",
            frame(Tick(676), Some(Tick(675)), None, |builder| {
                builder.section(flags::UPDATES, |out| {
                    write_update_head(out, Slot(3), fields::EXTRA | fields::EXTRA << 1);
                    write_extra(out, &[0x11, 0x22, 0x33]);
                    write_extra(out, &[]);
                    write_update_head(out, Slot(9), fields::ANCHOR);
                    let stopped = Gait {
                        blocked_x: true,
                        ..gait(Direction::Southeast)
                    };
                    write_anchor(out, Position { x: 28_672, y: 18_072 }, stopped);
                    write_update_head(out, Slot(260), fields::SKIN);
                    write_skin(out, 300);
                    3
                });
            }),
        ),
        (
            "turn_every_field",
            "One update with every field; its turn (the player starts to sprint) happened ten ticks ago",
            frame(
                Tick(690),
                Some(Tick(676)),
                Some(Ack {
                    seq: 70_000,
                    early: 32_767,
                }),
                |builder| {
                    builder.section(flags::UPDATES, |out| {
                        write_update_head(out, Slot(260), fields::TURN | fields::SKIN | 0xF0);
                        let gait = Gait {
                            heading: Heading::sprint(Direction::Northwest),
                            blocked_y: true,
                            ..Gait::default()
                        };
                        write_turn(out, 10, gait);
                        write_skin(out, 1);
                        for extra in [&[0x44][..], &[], &[0x55; 32], &[0x66]] {
                            write_extra(out, extra);
                        }
                        1
                    });
                },
            ),
        ),
        (
            "leave_and_enter_in_one_slot",
            "Two players left, and a new one has the slot of one of them: apply leaves before enters",
            frame(Tick(691), Some(Tick(690)), None, |builder| {
                builder.section(flags::LEAVES, |out| {
                    out.extend_from_slice(&3_u16.to_le_bytes());
                    out.extend_from_slice(&260_u16.to_le_bytes());
                    2
                });
                builder.section(flags::ENTERS, |out| {
                    write_enter(out, &some_enter(3, 1_001, Position { x: 40_000, y: 41_000 }));
                    1
                });
            }),
        ),
        (
            "full_again",
            "A second full snapshot: the client forgets everything before it",
            frame(Tick(100_000), None, None, |builder| {
                builder.section(flags::ENTERS, |out| {
                    enter(
                        out,
                        9,
                        0xDEAD_BEEF,
                        (2, Position { x: 28_672, y: 30_000 }),
                        gait(Direction::West),
                        "guest-beef",
                    );
                    1
                });
            }),
        ),
        (
            "free_enter_and_turn",
            "A player became visible that walks at an angle, and another turned to an angle two ticks ago",
            frame(Tick(100_010), Some(Tick(100_000)), None, |builder| {
                builder.section(flags::ENTERS, |out| {
                    let (slot, player, position) = (12, 77, Position { x: 40_000, y: 9_000 });
                    enter(out, slot, player, (0, position), free(-903, 482), "Zoë");
                    1
                });
                builder.section(flags::UPDATES, |out| {
                    write_update_head(out, Slot(9), fields::TURN);
                    write_turn(out, 2, free(4096, -1));
                    1
                });
            }),
        ),
        (
            "free_anchor",
            "A wall stopped a player that walks at an angle along y",
            frame(Tick(100_012), Some(Tick(100_010)), None, |builder| {
                builder.section(flags::UPDATES, |out| {
                    write_update_head(out, Slot(12), fields::ANCHOR);
                    let blocked_y = true;
                    let stopped = Gait {
                        blocked_y,
                        ..free(-903, 482)
                    };
                    write_anchor(out, Position { x: 38_194, y: 9_728 }, stopped);
                    1
                });
            }),
        ),
    ]
}

fn free(x: i16, y: i16) -> Gait {
    Gait::open(Heading::free(Velocity { x, y }))
}

/// The first byte of a gait, or a list with the velocity of a free one.
fn gait_json(gait: Gait) -> Value {
    match gait_numbers(gait).as_slice() {
        [keys] => keys.clone(),
        free => Value::from(free),
    }
}

fn frame(
    tick: Tick,
    base: Option<Tick>,
    ack: Option<Ack>,
    sections: impl FnOnce(&mut Builder<'_>),
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut builder = Builder::begin(&mut out, 1, tick, base, ack);
    sections(&mut builder);
    out
}

fn gait(direction: Direction) -> Gait {
    Gait {
        heading: Heading::walk(direction),
        ..Gait::default()
    }
}

fn enter(
    out: &mut Vec<u8>,
    slot: u16,
    player: u32,
    (skin, position): (u16, Position),
    gait: Gait,
    name: &str,
) {
    let (slot, player) = (Slot(slot), PlayerId(player));
    write_enter(
        out,
        &EnterFields {
            slot,
            player,
            position,
            gait,
            skin,
            name,
            extras: 0,
        },
    );
}

fn some_enter(slot: u16, player: u32, position: Position) -> EnterFields<'static> {
    let (slot, player, gait) = (Slot(slot), PlayerId(player), gait(Direction::South));
    EnterFields {
        slot,
        player,
        position,
        gait,
        skin: 0,
        name: "Bo",
        extras: 0,
    }
}

/// Returns a client's view after a snapshot, with everyone's position some ticks later.
fn known(view: &View, tick: Tick) -> Value {
    let later = tick.after(LATER);
    let player = |(slot, seen): (Slot, Seen<'_>)| {
        let (now, then) = (seen.segment.at(tick), seen.segment.at(later));
        let extras: Value = seen
            .extras
            .iter()
            .map(|(bit, bytes)| (bit.to_string(), Value::from(to_hex(bytes))))
            .collect();
        json!({
            "slot": slot, "player": seen.player, "name": seen.name, "skin": seen.skin, "extras": extras,
            "gait": gait_json(seen.segment.gait), "at": [now.x, now.y], "later": [then.x, then.y],
        })
    };
    json!({ "tick": tick, "later": later, "players": view.iter().map(player).collect::<Vec<_>>() })
}

#[test]
fn every_snapshot_matches_its_vector() {
    let about = "The snapshots of one stay in a room, in the order in which they were sent. `json` is the JSON form. \
                 `known` is the view of a client after the snapshot: all visible players, with their positions at the \
                 snapshot's tick (`at`), and 30 ticks later if no other snapshot arrives (`later`). The `gait` of a free heading is [byte, vx, vy].";
    let mut file = File::new("snapshots.json", "snapshots", about).head("schema", SCHEMA.to_string());
    let (mut view, mut snapshot) = (View::default(), Snapshot::default());
    view.enter_room(1);
    for (name, meaning, bytes) in stay() {
        snapshot.read(&bytes).unwrap();
        view.apply(&snapshot).unwrap();
        let json = serde_json::to_string(&ServerMessage::Snapshot(view.to_json(&snapshot))).unwrap();
        file.entry(&[
            ("name", quoted(name)),
            ("meaning", quoted(meaning)),
            ("hex", quoted(&to_hex(&bytes))),
            ("json", json),
            ("known", known(&view, snapshot.tick).to_string()),
        ]);
    }
    let (mut view, mut read) = (View::default(), Vec::new());
    view.enter_room(1);
    for vector in file.check() {
        let bytes = bytes_of(&vector);
        snapshot.read(&bytes).unwrap();
        view.apply(&snapshot).unwrap();
        let expected: ServerMessage = serde_json::from_value(vector["json"].clone()).unwrap();
        assert_eq!(
            ServerMessage::Snapshot(view.to_json(&snapshot)),
            expected,
            "{}",
            vector["name"]
        );
        assert_eq!(known(&view, snapshot.tick), vector["known"], "{}", vector["name"]);
        assert_eq!(encode_again(&snapshot), bytes, "{}", vector["name"]);
        read.push(snapshot.clone());
    }
    every_field_occurs(&read);
}

/// Encodes a decoded snapshot again.
fn encode_again(snapshot: &Snapshot) -> Vec<u8> {
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
                player: enter.player,
                position: enter.position,
                gait: enter.gait,
                skin: enter.skin,
                name: &enter.name,
                extras: enter.extras.iter().fold(0, |mask, (bit, _)| mask | 1 << bit),
            };
            write_enter(out, &fields);
            enter.extras.iter().for_each(|(_, bytes)| write_extra(out, bytes));
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
            let extras = update
                .extras
                .iter()
                .fold(0, |mask, (bit, _)| mask | fields::EXTRA << bit);
            write_update_head(out, update.slot, motion | skin | extras);
            match update.motion {
                Some(MotionChange::Turn { since, gait }) => {
                    write_turn(out, snapshot.tick.since(since) as u8, gait);
                }
                Some(MotionChange::Anchor { position, gait }) => write_anchor(out, position, gait),
                None => {}
            }
            update.skin.iter().for_each(|skin| write_skin(out, *skin));
            update
                .extras
                .iter()
                .for_each(|(_, bytes)| write_extra(out, bytes));
        }
        snapshot.updates.len() as u16
    });
    out
}

fn every_field_occurs(snapshots: &[Snapshot]) {
    let updates = || snapshots.iter().flat_map(|snapshot| &snapshot.updates);
    let require = |found: bool, what: &str| assert!(found, "the vectors lack {what}");
    require(
        snapshots
            .iter()
            .filter(|snapshot| snapshot.base.is_none())
            .count()
            > 1,
        "a second full snapshot",
    );
    require(
        snapshots.iter().any(|snapshot| snapshot.ack.is_none()),
        "a snapshot without an acknowledgement",
    );
    require(
        snapshots
            .iter()
            .any(|snapshot| snapshot.ack.is_some_and(|ack| ack.early < 0)),
        "a late command",
    );
    require(
        snapshots.iter().any(|snapshot| !snapshot.leaves.is_empty()),
        "a leave",
    );
    require(
        snapshots
            .iter()
            .flat_map(|snapshot| &snapshot.enters)
            .any(|enter| !enter.extras.is_empty()),
        "an enter with extras",
    );
    require(
        updates().any(|update| matches!(update.motion, Some(MotionChange::Turn { .. }))),
        "a turn",
    );
    require(
        updates().any(|update| matches!(update.motion, Some(MotionChange::Anchor { .. }))),
        "an anchor",
    );
    require(
        updates().any(|update| update.motion.is_none() && update.skin.is_some()),
        "an update of only the skin",
    );
    for bit in 0..4 {
        require(
            updates().any(|update| update.extras.iter().any(|extra| extra.0 == bit)),
            "an update of each extra",
        );
    }
    let nothing = |snapshot: &&Snapshot| {
        snapshot.ack.is_none()
            && snapshot.leaves.is_empty()
            && snapshot.enters.is_empty()
            && snapshot.updates.is_empty()
    };
    require(
        snapshots.iter().any(|snapshot| nothing(&snapshot)),
        "an empty snapshot",
    );
}

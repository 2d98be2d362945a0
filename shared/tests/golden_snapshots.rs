//! Snapshots, byte by byte, and a client's view after each: `assets/wire/snapshots.json`.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use parlour_shared::{
    codec::SCHEMA,
    ids::{KindId, ObjectId, PlayerId, Slot, Tick},
    json_forms::JsonForms,
    message::ServerMessage,
    motion::{Direction, Gait, Heading, Position, Velocity},
    snapshot::{
        Ack, Builder, EnterFields, IdentityFields, MotionChange, Snapshot, fields, flags, write_anchor,
        write_component, write_component_mask, write_dropped, write_enter, write_owner, write_skin,
        write_turn, write_update_head,
    },
    view::{Seen, View},
};
use serde_json::{Value, json};
use support::{
    golden::{File, bytes_of, gait_numbers, quoted, to_hex},
    packed,
};

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
            "enter_with_components",
            "A player became visible, with the components 1 and 3",
            frame(Tick(675), Some(Tick(672)), None, |builder| {
                builder.section(flags::ENTERS, |out| {
                    let fields = EnterFields {
                        components: 0b1010,
                        ..some_enter(3, 1_000, Position::from_px(180, 90))
                    };
                    write_enter(out, &fields);
                    write_component(out, &[0xAA, 0xBB]);
                    write_component(out, &[0x01]);
                    1
                });
            }),
        ),
        (
            "anchor_skin_components",
            "A wall stopped one player along x, another player changed its skin, and a third lost one component and gained another",
            frame(Tick(676), Some(Tick(675)), None, |builder| {
                builder.section(flags::UPDATES, |out| {
                    write_update_head(out, Slot(3), fields::COMPONENTS);
                    write_component_mask(out, 0b11);
                    write_component(out, &[0x11, 0x22, 0x33]);
                    write_component(out, &[]);
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
            "One update with almost every field of a player; its turn (the player starts to sprint) happened ten ticks ago",
            frame(
                Tick(690),
                Some(Tick(676)),
                Some(Ack {
                    seq: 70_000,
                    early: 32_767,
                }),
                |builder| {
                    builder.section(flags::UPDATES, |out| {
                        write_update_head(out, Slot(260), fields::TURN | fields::SKIN | fields::COMPONENTS);
                        let gait = Gait {
                            heading: Heading::sprint(Direction::Northwest),
                            blocked_y: true,
                            ..Gait::default()
                        };
                        write_turn(out, 10, gait);
                        write_skin(out, 1);
                        write_component_mask(out, 0xFFFF);
                        for index in 0..16 {
                            let bytes = [index; 64];
                            // Some are removed, which changes nothing here, and the last is as long
                            // as possible.
                            let length = [0, 1, 5, 64][usize::from(index % 4)];
                            write_component(out, &bytes[..length]);
                        }
                        1
                    });
                },
            ),
        ),
        (
            "enter_objects",
            "Two objects became visible: a still one without an owner, and a moving one with an owner and two components",
            frame(Tick(692), Some(Tick(690)), None, |builder| {
                builder.section(flags::ENTERS, |out| {
                    let door = EnterFields {
                        gait: gait(Direction::Still),
                        ..some_object(2_048, 1, 1, None)
                    };
                    write_enter(out, &door);
                    let cart = EnterFields {
                        components: 0x8001,
                        ..some_object(2_049, 70_000, 255, Some(PlayerId(77)))
                    };
                    write_enter(out, &cart);
                    write_component(out, &[0x0C]);
                    write_component(out, &[0x0D; 64]);
                    2
                });
            }),
        ),
        (
            "object_owner_components",
            "The first object got an owner and a component, and the second lost its owner and turned",
            frame(Tick(695), Some(Tick(692)), None, |builder| {
                builder.section(flags::UPDATES, |out| {
                    write_update_head(out, Slot(2_048), fields::COMPONENTS | fields::OWNER);
                    write_component_mask(out, 0b1);
                    write_component(out, &[0x01]);
                    write_owner(out, Some(PlayerId(0xDEAD_BEEF)));
                    write_update_head(out, Slot(2_049), fields::TURN | fields::OWNER);
                    write_turn(out, 2, gait(Direction::Northeast));
                    write_owner(out, None);
                    2
                });
            }),
        ),
        (
            "object_every_field",
            "One update with every field of an object, which lost a component",
            frame(Tick(696), Some(Tick(695)), None, |builder| {
                builder.section(flags::UPDATES, |out| {
                    let mask = fields::ANCHOR | fields::COMPONENTS | fields::OWNER;
                    write_update_head(out, Slot(2_049), mask);
                    write_anchor(out, Position { x: -1, y: 70_000 }, gait(Direction::Still));
                    write_component_mask(out, 0x8002);
                    write_component(out, &[0x0E, 0x0F]);
                    write_component(out, &[]);
                    write_owner(out, Some(PlayerId(77)));
                    1
                });
            }),
        ),
        (
            "dropped",
            "The link of one player is lost, and it stops; another player became visible that is dropped",
            frame(Tick(697), Some(Tick(696)), None, |builder| {
                builder.section(flags::ENTERS, |out| {
                    let mut dropped = some_enter(4, 1_002, Position::from_px(150, 90));
                    if let IdentityFields::Player { dropped, .. } = &mut dropped.identity {
                        *dropped = true;
                    }
                    write_enter(out, &dropped);
                    1
                });
                builder.section(flags::UPDATES, |out| {
                    write_update_head(out, Slot(260), fields::TURN | fields::DROPPED);
                    write_turn(out, 0, gait(Direction::Still));
                    write_dropped(out, true);
                    1
                });
            }),
        ),
        (
            "resumed",
            "Both have a link again",
            frame(Tick(698), Some(Tick(697)), None, |builder| {
                builder.section(flags::UPDATES, |out| {
                    for slot in [4, 260] {
                        write_update_head(out, Slot(slot), fields::DROPPED);
                        write_dropped(out, false);
                    }
                    2
                });
            }),
        ),
        (
            "leave_and_enter_in_one_slot",
            "Two players and an object left, and a player and an object have the slots of two of them: apply leaves before enters",
            frame(Tick(699), Some(Tick(698)), None, |builder| {
                builder.section(flags::LEAVES, |out| {
                    for slot in [3_u16, 260, 2_048] {
                        out.extend_from_slice(&slot.to_le_bytes());
                    }
                    3
                });
                builder.section(flags::ENTERS, |out| {
                    write_enter(out, &some_enter(3, 1_001, Position { x: 40_000, y: 41_000 }));
                    write_enter(out, &some_object(2_048, 2, 3, None));
                    2
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
    write_enter(
        out,
        &EnterFields {
            slot: Slot(slot),
            identity: IdentityFields::Player {
                player: PlayerId(player),
                name,
                skin,
                dropped: false,
            },
            position,
            gait,
            components: 0,
        },
    );
}

fn some_enter(slot: u16, player: u32, position: Position) -> EnterFields<'static> {
    EnterFields {
        slot: Slot(slot),
        identity: IdentityFields::Player {
            player: PlayerId(player),
            name: "Bo",
            skin: 0,
            dropped: false,
        },
        position,
        gait: gait(Direction::South),
        components: 0,
    }
}

fn some_object(slot: u16, object: u32, kind: u8, owner: Option<PlayerId>) -> EnterFields<'static> {
    EnterFields {
        slot: Slot(slot),
        identity: IdentityFields::Object {
            object: ObjectId(object),
            kind: KindId(kind),
            owner,
        },
        position: Position::from_px(200, 300),
        gait: gait(Direction::East),
        components: 0,
    }
}

/// Returns a client's view after a snapshot, with the position of all entities some ticks later.
fn known(view: &View, tick: Tick) -> Value {
    let later = tick.after(LATER);
    let entity = |(slot, seen): (Slot, Seen<'_>)| {
        let (now, then) = (seen.segment.at(tick), seen.segment.at(later));
        let components: Value = seen
            .components
            .iter()
            .map(|(index, bytes)| (index.to_string(), Value::from(to_hex(bytes))))
            .collect();
        json!({
            "slot": slot, "identity": seen.identity, "components": components,
            "gait": gait_json(seen.segment.gait), "at": [now.x, now.y], "later": [then.x, then.y],
        })
    };
    json!({ "tick": tick, "later": later, "entities": view.iter().map(entity).collect::<Vec<_>>() })
}

#[test]
fn every_snapshot_matches_its_vector() {
    let about = "The snapshots of one stay in a room, in the order in which they were sent. `json` is the JSON form \
                 without game logic: a component has its index as its name, and its value in binary. \
                 `known` is the view of a client after the snapshot: all visible entities, with their positions at the \
                 snapshot's tick (`at`), and 30 ticks later if no other snapshot arrives (`later`). The `gait` of a free \
                 heading is [byte, vx, vy].";
    let mut file = File::new("snapshots.json", "snapshots", about).head("schema", SCHEMA.to_string());
    let (mut view, mut snapshot) = (View::default(), Snapshot::default());
    view.enter_room(1);
    for (name, meaning, bytes) in stay() {
        snapshot.read(&bytes).unwrap();
        view.apply(&snapshot).unwrap();
        let json = serde_json::to_string(&ServerMessage::Snapshot(
            view.to_json(&snapshot, JsonForms::none()),
        ))
        .unwrap();
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
        let json = ServerMessage::Snapshot(view.to_json(&snapshot, JsonForms::none()));
        let json = serde_json::to_value(json).unwrap();
        assert_eq!(json, vector["json"], "{}", vector["name"]);
        assert_eq!(known(&view, snapshot.tick), vector["known"], "{}", vector["name"]);
        assert_eq!(packed::encode(&snapshot), bytes, "{}", vector["name"]);
        read.push(snapshot.clone());
    }
    every_field_occurs(&read);
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
    let enters = || snapshots.iter().flat_map(|snapshot| &snapshot.enters);
    for is_player in [true, false] {
        require(
            enters()
                .any(|enter| enter.identity.player().is_some() == is_player && !enter.components.is_empty()),
            "an enter of a player and an object with components",
        );
    }
    let objects = || enters().filter_map(|enter| enter.identity.object());
    require(
        objects().any(|object| object.owner.is_some()) && objects().any(|object| object.owner.is_none()),
        "an object with an owner and one without",
    );
    let owners = || updates().filter_map(|update| update.owner);
    require(
        owners().any(|owner| owner.player.is_some()) && owners().any(|owner| owner.player.is_none()),
        "an object that gets an owner and one that loses it",
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
    let links = || updates().filter_map(|update| update.dropped);
    require(
        links().any(|dropped| dropped) && links().any(|dropped| !dropped),
        "a player that drops and one that resumes",
    );
    require(
        enters().any(|enter| enter.identity.player().is_some_and(|player| player.dropped)),
        "an enter of a dropped player",
    );
    for index in 0..16 {
        require(
            updates().any(|update| update.components.iter().any(|component| component.0 == index)),
            "an update of each component",
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

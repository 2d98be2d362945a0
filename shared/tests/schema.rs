//! The schema number identifies the wire format: it changes with the form of any message, the
//! layout of snapshots, and the numbers from which both sides compute motion.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use std::fmt::Write as _;

use parlour_shared::{
    codec::SCHEMA,
    ids::{KindId, ObjectId, PlayerId, Slot, Tick},
    limits::TICK_RATE,
    motion::{Direction, Gait, HALF_BODY, Heading, Position, UNITS_PER_PX, Velocity, unit_vector},
    snapshot::{
        Ack, Builder, EnterFields, IdentityFields, fields, flags, write_anchor, write_component,
        write_component_mask, write_dropped, write_enter, write_owner, write_skin, write_turn,
        write_update_head,
    },
};
use support::{golden::to_hex, typed};

#[test]
fn the_schema_matches_the_wire_format() {
    let text = description();
    let schema = fnv1a(text.as_bytes());
    assert_eq!(
        SCHEMA, schema,
        "SCHEMA should be 0x{schema:08x}, because the wire format is now\n{text}"
    );
}

#[test]
fn the_hash_is_fnv_1a() {
    assert_eq!((fnv1a(b""), fnv1a(b"foobar")), (0x811c_9dc5, 0xbf9c_f968));
}

fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// Describes the wire format as text: one type per line, a snapshot with every field, and every
/// velocity.
fn description() -> String {
    let mut text = String::new();
    for (name, format) in typed::registry() {
        writeln!(text, "{name} {}", serde_json::to_string(&format).unwrap()).unwrap();
    }
    writeln!(text, "snapshot {}", to_hex(&snapshot_with_every_field())).unwrap();
    write!(
        text,
        "motion {TICK_RATE} Hz, {UNITS_PER_PX} units, body {HALF_BODY}, velocities"
    )
    .unwrap();
    for direction in Direction::ALL {
        for sprint in [false, true] {
            let velocity = Heading::keys(direction, sprint).velocity();
            write!(text, " {} {}", velocity.x, velocity.y).unwrap();
        }
    }
    text.push_str(", angles");
    for angle in 0..=255 {
        let (x, y) = unit_vector(angle);
        write!(text, " {x} {y}").unwrap();
    }
    text
}

/// Describes the layout, which is packed by hand, by a snapshot that the writer wrote.
fn snapshot_with_every_field() -> Vec<u8> {
    let gait = |direction, sprint, blocked_x, blocked_y| Gait {
        heading: Heading::keys(direction, sprint),
        blocked_x,
        blocked_y,
    };
    let mut out = Vec::new();
    let ack = Some(Ack {
        seq: 0x0102_0304,
        early: -2,
    });
    let mut builder = Builder::begin(&mut out, 7, Tick(0x1112_1314), Some(Tick(0x1112_1212)), ack);
    builder.section(flags::LEAVES, |out| {
        out.extend_from_slice(&0x2122_u16.to_le_bytes());
        1
    });
    builder.section(flags::ENTERS, |out| {
        let enter = EnterFields {
            slot: Slot(0x3132),
            identity: IdentityFields::Player {
                player: PlayerId(0x3334_3536),
                name: "Ada",
                skin: 0x5152,
                dropped: true,
            },
            position: Position {
                x: 0x4142_4344,
                y: -2,
            },
            gait: gait(Direction::Northwest, true, true, false),
            components: 0x8002,
        };
        write_enter(out, &enter);
        write_component(out, &[0x61]);
        write_component(out, &[0x62, 0x63]);
        let object = EnterFields {
            slot: Slot(0x3738),
            identity: IdentityFields::Object {
                object: ObjectId(0x393A_3B3C),
                kind: KindId(0x3D),
                owner: Some(PlayerId(0x3E3F_4041)),
            },
            components: 0,
            ..enter
        };
        write_enter(out, &object);
        2
    });
    builder.section(flags::UPDATES, |out| {
        write_update_head(out, Slot(1), fields::TURN | fields::SKIN | fields::DROPPED);
        write_turn(out, 3, gait(Direction::East, false, false, true));
        write_skin(out, 0x7172);
        write_dropped(out, true);
        write_update_head(out, Slot(2), fields::ANCHOR | fields::COMPONENTS | fields::OWNER);
        write_anchor(
            out,
            Position { x: -3, y: 4 },
            gait(Direction::Still, true, false, false),
        );
        write_component_mask(out, 0x4001);
        write_component(out, &[]);
        write_component(out, &[0x73]);
        write_owner(out, None);
        write_update_head(out, Slot(9), fields::TURN);
        let velocity = Velocity { x: 0x0102, y: -2 };
        write_turn(out, 4, Gait::open(Heading::free(velocity)));
        3
    });
    out
}

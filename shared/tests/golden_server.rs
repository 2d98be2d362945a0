//! Messages from the server, byte by byte: `assets/wire/server.json`. Snapshots are in a separate
//! file.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use std::collections::BTreeSet;

use parlour_shared::{
    close::{Advice, CloseCode},
    codec::{self, SCHEMA},
    ids::{Epoch, PlayerId, Slot, Tick},
    limits::{HEARTBEAT_MS, PROTOCOL, RESERVATION_TICKS, TICK_RATE},
    map::{Door, MapInfo},
    message::{
        Accepted, Body, ChatSaid, Closing, CustomSaid, Durability, EntityKind, KeyVersion, LeaveReason, Pong,
        Property, Refusal, Refused, Reserved, Resumed, RoomEntered, RoomLeft, Scope, ServerMessage, Stamp,
        StateChanged, StateEntry, Welcome,
    },
    motion::TileRect,
};
use support::{
    golden::{File, bytes_of, quoted, to_hex, words},
    typed,
};

type Case = (String, String, ServerMessage);

fn case(name: &str, meaning: &str, message: ServerMessage) -> Case {
    (name.to_owned(), meaning.to_owned(), message)
}

fn cases() -> Vec<Case> {
    let mut cases = openings();
    cases.extend(rooms());
    cases.extend(news());
    cases.extend(answers());
    for &code in CloseCode::ALL {
        let name = serde_json::to_value(code).unwrap().as_str().unwrap().to_owned();
        let (reconnect_after_ms, then) = match code.advice() {
            Advice::Resume | Advice::Reconnect => (1500, "reconnect after 1.5 s"),
            Advice::Stop => (0, "do not reconnect"),
        };
        let meaning = format!("The server closes with {}: {then}", code.code());
        let closing = Closing {
            code,
            reconnect_after_ms,
        };
        cases.push(case(
            &format!("closing_{name}"),
            &meaning,
            ServerMessage::Closing(closing),
        ));
    }
    cases
}

fn openings() -> Vec<Case> {
    let welcome = Welcome {
        protocol: PROTOCOL,
        schema: SCHEMA,
        player: PlayerId(0xDEAD_BEEF),
        name: "guest-beef".into(),
        tick_rate: TICK_RATE,
        durability: Durability::L0,
        heartbeat_ms: HEARTBEAT_MS,
        skins: vec!["poppy".into(), "moss".into()],
        room_types: vec!["garden".into(), "lobby".into()],
        ..Welcome::default()
    };
    let every_field = Welcome {
        session: Some("s1".into()),
        resume: Some("r1".into()),
        resume_ms: 120_000,
        resumed: Some(Resumed {
            heard: 3,
            received: 300,
            reset: true,
        }),
        ..welcome.clone()
    };
    vec![
        case("welcome", "The session is open", ServerMessage::Welcome(welcome)),
        case(
            "welcome_every_field",
            "A welcome with every field set",
            ServerMessage::Welcome(every_field),
        ),
    ]
}

fn rooms() -> Vec<Case> {
    let map = MapInfo {
        name: "plaza".into(),
        width: 125,
        height: 125,
        tile_px: 16,
        walls: vec![],
        doors: vec![],
    };
    let open = RoomEntered {
        request: 0,
        room: "plaza".into(),
        room_type: "plaza".into(),
        epoch: Epoch(1),
        view: 1,
        slot: Slot(9),
        tick: Tick(61),
        capacity: 1000,
        interest_px: None,
        near_px: 150,
        speeds: vec![640, 1024],
        seq: 0,
        map,
        state: vec![],
        properties: vec![],
        kinds: vec![kind("player", &[])],
    };
    let walls = vec![
        TileRect {
            x: 0,
            y: 0,
            w: 40,
            h: 1,
        },
        TileRect {
            x: 12,
            y: 300,
            w: 2,
            h: 7,
        },
    ];
    let door = |x, y| Door {
        x,
        y,
        w: 32,
        h: 16,
        to_map: "garden".into(),
        to_spawn: "gate".into(),
    };
    let doors = vec![door(624, 288), door(-16, 0)];
    let furnished = RoomEntered {
        request: 5,
        room: "lobby/blue_2".into(),
        room_type: "lobby".into(),
        epoch: Epoch(300),
        view: 255,
        slot: Slot(1_000),
        tick: Tick(70_000),
        interest_px: Some(150),
        seq: 41,
        map: MapInfo {
            name: "lobby".into(),
            width: 40,
            height: 400,
            tile_px: 16,
            walls,
            doors,
        },
        state: vec![entry("door.open", 12, Some("yes")), entry("score", 4, Some(""))],
        properties: vec![Property {
            key: "language".into(),
            value: "de".into(),
        }],
        speeds: vec![4_096],
        kinds: vec![
            kind("player", &["emote"]),
            EntityKind {
                half_x: 65_535,
                half_y: 1_024,
                layer: 31,
                stopped_by: 0x8000_0001,
                passes_walls: true,
                ..kind("whiteboard", &["text", "holder"])
            },
        ],
        ..open.clone()
    };
    let left = |request, epoch, reason| {
        ServerMessage::RoomLeft(RoomLeft {
            request,
            epoch: Epoch(epoch),
            reason,
        })
    };
    vec![
        case(
            "room_entered",
            "The player entered a room without walls, in which all players see each other",
            ServerMessage::RoomEntered(open),
        ),
        case(
            "room_entered_furnished",
            "The player entered a room with walls, doors (one at a negative x), state, a property and two kinds of entities",
            ServerMessage::RoomEntered(furnished),
        ),
        case(
            "room_left_asked",
            "The player left the room as requested",
            left(6, 300, LeaveReason::Asked),
        ),
        case(
            "room_left_moved",
            "The player left the room through a door or by a join, and enters a different one",
            left(0, 1, LeaveReason::Moved),
        ),
        case(
            "room_left_ended",
            "The room ended, because its game logic failed",
            left(0, 300, LeaveReason::Ended),
        ),
        case(
            "reserved",
            "Seats are reserved in a new private room",
            ServerMessage::Reserved(Reserved {
                request: 11,
                room: "tag/4u0m2k9x7q1f8za".into(),
                ticket: "b2f07nq4zr8s1xk6y3w5cd".into(),
                expires_ms: RESERVATION_TICKS * 1000 / TICK_RATE,
            }),
        ),
    ]
}

fn news() -> Vec<Case> {
    let chat = |seq, scope, text: &str| {
        ServerMessage::Chat(ChatSaid {
            stamp: stamp(seq),
            tick: Tick(90_000),
            scope,
            player: PlayerId(77),
            name: "Zoë".into(),
            text: text.into(),
        })
    };
    let changed = StateChanged {
        stamp: stamp(43),
        tick: Tick(90_060),
        player: Some(PlayerId(77)),
        entries: vec![entry("score", 13, Some("7")), entry("door.open", 13, None)],
    };
    let changed_by_logic = StateChanged {
        stamp: stamp(44),
        tick: Tick(90_061),
        player: None,
        entries: vec![entry("round", 14, Some("2"))],
    };
    let custom = |player, body| {
        ServerMessage::Custom(CustomSaid {
            tick: Tick(90_061),
            player,
            name: "wave".into(),
            body,
        })
    };
    vec![
        case(
            "chat_room",
            "A chat message to the whole room",
            chat(42, Scope::Room, "Hello, world"),
        ),
        case(
            "chat_near",
            "A chat message of a nearby player, in two lines",
            chat(1, Scope::Near, "psst\nüber ☕"),
        ),
        case(
            "state_changed",
            "One key was written, and a different one deleted",
            ServerMessage::StateChanged(changed),
        ),
        case(
            "state_changed_by_logic",
            "Game logic wrote a key",
            ServerMessage::StateChanged(changed_by_logic),
        ),
        case(
            "custom",
            "A plugin's message that a player caused",
            custom(Some(PlayerId(77)), Body::Bytes(vec![0x00, 0x7f, 0xff])),
        ),
        case(
            "custom_from_nobody",
            "A plugin's message that no player caused",
            custom(None, Body::default()),
        ),
        case(
            "pong",
            "The answer to a ping",
            ServerMessage::Pong(Pong { nonce: 65_536 }),
        ),
    ]
}

fn answers() -> Vec<Case> {
    let levels = [Durability::L0, Durability::L1, Durability::L2, Durability::L3];
    let mut cases: Vec<Case> = levels
        .into_iter()
        .zip([None, None, None, Some(stamp(44))])
        .map(|(durability, stamp)| {
            let accepted = Accepted {
                request: 4,
                tick: Tick(90_001),
                durability,
                stamp,
            };
            let name = format!(
                "accepted_{durability:?}{}",
                if stamp.is_some() { "_stamped" } else { "" }
            );
            case(
                &name.to_lowercase(),
                &format!("Accepted with durability {durability:?}"),
                ServerMessage::Accepted(accepted),
            )
        })
        .collect();
    let current = vec![
        KeyVersion {
            key: "score".into(),
            version: 13,
        },
        KeyVersion {
            key: "door.open".into(),
            version: 0,
        },
    ];
    let refusals = [
        Refusal::RateLimited {
            retry_after_ms: 1_500,
        },
        Refusal::NoSuchRoom,
        Refusal::RoomFull,
        Refusal::TooManyRooms,
        Refusal::NotInRoom,
        Refusal::AlreadyThere,
        Refusal::UnknownSkin,
        Refusal::BadText,
        Refusal::BadState,
        Refusal::StateFull,
        Refusal::StaleVersion { current },
        Refusal::UnknownMessage,
        Refusal::OutOfOrder,
        Refusal::Declined { code: 300 },
        Refusal::RoomLocked,
        Refusal::BadOptions,
        Refusal::BadTicket,
        Refusal::WorldRestarted,
        Refusal::OutOfReach,
        Refusal::Taken,
        Refusal::NotYours,
        Refusal::BadBody {
            reason: "`times` must be a whole number from 0 to 255".into(),
        },
        Refusal::Forbidden,
    ];
    cases.extend(refusals.into_iter().map(|refusal| {
        let name = format!("refused_{}", refusal.class().name());
        let meaning = format!("Refused: {}", refusal.class().name().replace('_', " "));
        case(
            &name,
            &meaning,
            ServerMessage::Refused(Refused { request: 4, refusal }),
        )
    }));
    cases
}

/// Returns a kind with the body of a player.
fn kind(name: &str, components: &[&str]) -> EntityKind {
    EntityKind {
        name: name.into(),
        components: components.iter().map(|&name| name.into()).collect(),
        half_x: 2_048,
        half_y: 2_048,
        ..EntityKind::default()
    }
}

fn entry(key: &str, version: u32, value: Option<&str>) -> StateEntry {
    StateEntry {
        key: key.into(),
        version,
        value: value.map(str::to_owned),
    }
}

fn stamp(seq: u32) -> Stamp {
    Stamp {
        epoch: Epoch(300),
        seq,
    }
}

#[test]
fn every_server_message_matches_its_vector() {
    let about = "Messages from the server other than snapshots: the binary form and the JSON form of each.";
    let mut file = File::new("server.json", "messages", about).head("schema", SCHEMA.to_string());
    for (name, meaning, message) in cases() {
        let mut bytes = Vec::new();
        codec::encode(&message, &mut bytes);
        file.entry(&[
            ("name", quoted(&name)),
            ("meaning", quoted(&meaning)),
            ("hex", quoted(&to_hex(&bytes))),
            ("json", codec::to_json(&message)),
        ]);
    }
    let vectors = file.check();
    for vector in &vectors {
        let bytes = bytes_of(vector);
        let decoded = codec::decode_server(&bytes).unwrap();
        let json = serde_json::to_value(&decoded).unwrap();
        assert_eq!(json, vector["json"], "{}", vector["name"]);
        let mut encoded = Vec::new();
        codec::encode(&decoded, &mut encoded);
        assert_eq!(encoded, bytes, "{}", vector["name"]);
    }
    every_variant_occurs(&vectors);
}

fn every_variant_occurs(vectors: &[serde_json::Value]) {
    let registry = typed::registry();
    let opcodes: BTreeSet<u32> = vectors
        .iter()
        .map(|vector| u32::from(bytes_of(vector)[0]))
        .collect();
    for (number, name) in typed::variants(&registry, "ServerMessage") {
        let by_hand = number == u32::from(codec::SNAPSHOT_OPCODE);
        assert!(opcodes.contains(&number) != by_hand, "no vector for {name}");
    }
    let mut found = BTreeSet::new();
    vectors
        .iter()
        .for_each(|vector| words(&vector["json"], &mut found));
    let elsewhere = [
        "ActTarget",
        // The server sends bytes in binary.
        "Body",
        "ClientMessage",
        "Direction",
        "Heading",
        "Identity",
        "JoinMode",
        "MoveHeading",
        "ServerMessage",
    ];
    let enums = typed::enums(&registry);
    for name in enums.iter().filter(|name| !elsewhere.contains(&name.as_str())) {
        for (_, variant) in typed::variants(&registry, name) {
            assert!(found.contains(&variant), "no vector for {name} {variant}");
        }
    }
}

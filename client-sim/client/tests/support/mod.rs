//! The server's side of the protocol, as far as tests need it: frames built by hand.
#![allow(dead_code, reason = "each test file uses only some of the helpers")]

pub(crate) mod world;

use std::time::Instant;

use parlour_client::{Client, Event, ReceivedEvent, Violation};
use parlour_shared::{
    codec,
    ids::{Epoch, KindId, ObjectId, PlayerId, Slot, Tick},
    map::MapInfo,
    message::{ChatSaid, LeaveReason, RoomEntered, RoomLeft, Scope, ServerMessage, Stamp, Welcome},
    motion::{Gait, Heading, Position, TileRect, WallGrid},
    snapshot::{
        Ack, Builder, EnterFields, IdentityFields, fields, flags, write_anchor, write_enter, write_turn,
        write_update_head,
    },
};

pub(crate) const OWN: Slot = Slot(3);
pub(crate) const OTHER: Slot = Slot(5);
pub(crate) const OWN_PLAYER: PlayerId = PlayerId(0xAAAA);
pub(crate) const OTHER_PLAYER: PlayerId = PlayerId(0xBBBB);
pub(crate) const EPOCH: Epoch = Epoch(7);

/// Returns a map of 20 x 20 tiles of 32 px, with a wall across the middle row.
pub(crate) fn map() -> MapInfo {
    MapInfo {
        name: "test".into(),
        width: 20,
        height: 20,
        tile_px: 32,
        walls: vec![TileRect {
            x: 5,
            y: 10,
            w: 10,
            h: 1,
        }],
        doors: vec![],
    }
}

pub(crate) fn walls() -> WallGrid {
    map().wall_grid().expect("the dimensions are valid")
}

pub(crate) fn encoded(message: &ServerMessage) -> Vec<u8> {
    let mut out = Vec::new();
    codec::encode(message, &mut out);
    out
}

pub(crate) fn welcome() -> Vec<u8> {
    encoded(&ServerMessage::Welcome(Welcome {
        player: OWN_PLAYER,
        heartbeat_ms: parlour_shared::limits::HEARTBEAT_MS,
        skins: vec!["plain".into(), "red".into()],
        ..Welcome::default()
    }))
}

pub(crate) fn entered_with(map: MapInfo) -> Vec<u8> {
    entered_in(OWN, map)
}

pub(crate) fn entered_in(slot: Slot, map: MapInfo) -> Vec<u8> {
    encoded(&ServerMessage::RoomEntered(RoomEntered {
        slot,
        ..room_entered(map)
    }))
}

/// Returns the message on entering the room `next`, in which the player stands at this tick.
pub(crate) fn entered_next(view: u8, tick: u32) -> Vec<u8> {
    encoded(&ServerMessage::RoomEntered(RoomEntered {
        request: 0,
        room: "next".into(),
        epoch: Epoch(1),
        view,
        tick: Tick(tick),
        ..room_entered(map())
    }))
}

/// Returns the message on entering the room `test` at tick 100.
pub(crate) fn room_entered(map: MapInfo) -> RoomEntered {
    RoomEntered {
        request: 1,
        room: "test".into(),
        room_type: "test".into(),
        epoch: EPOCH,
        view: 1,
        slot: OWN,
        tick: Tick(100),
        capacity: 100,
        interest_px: None,
        near_px: 150,
        speeds: vec![640, 1024],
        seq: 40,
        map,
        state: vec![],
        properties: vec![],
        kinds: vec![],
    }
}

pub(crate) fn left() -> Vec<u8> {
    left_for(LeaveReason::Asked)
}

pub(crate) fn left_for(reason: LeaveReason) -> Vec<u8> {
    encoded(&ServerMessage::RoomLeft(RoomLeft {
        request: 0,
        epoch: EPOCH,
        reason,
    }))
}

pub(crate) fn chat(scope: Scope, epoch: Epoch, seq: u32) -> Vec<u8> {
    encoded(&ServerMessage::Chat(ChatSaid {
        stamp: Stamp { epoch, seq },
        tick: Tick(101),
        scope,
        player: OTHER_PLAYER,
        name: "eve".into(),
        text: "hello".into(),
    }))
}

/// One record of a snapshot.
#[derive(Clone, Copy)]
pub(crate) enum Record {
    Leave(Slot),
    Enter(Slot, PlayerId, Position, Gait),
    EnterObject(Slot, KindId, Position, Gait),
    Turn(Slot, u8, Gait),
    Anchor(Slot, Position, Gait),
}

pub(crate) fn snapshot(
    view: u8,
    tick: u32,
    base: Option<u32>,
    ack: Option<u32>,
    records: &[Record],
) -> Vec<u8> {
    let mut out = Vec::new();
    let ack = ack.map(|seq| Ack { seq, early: 20 });
    let mut builder = Builder::begin(&mut out, view, Tick(tick), base.map(Tick), ack);
    builder.section(flags::LEAVES, |out| {
        count(records, |records| match records {
            Record::Leave(slot) => {
                out.extend_from_slice(&slot.0.to_le_bytes());
                true
            }
            _ => false,
        })
    });
    builder.section(flags::ENTERS, |out| {
        count(records, |records| match *records {
            Record::Enter(slot, player, position, gait) => {
                let enter = EnterFields {
                    slot,
                    identity: IdentityFields::Player {
                        player,
                        name: "someone",
                        skin: 0,
                        dropped: false,
                    },
                    position,
                    gait,
                    components: 0,
                };
                write_enter(out, &enter);
                true
            }
            Record::EnterObject(slot, kind, position, gait) => {
                let enter = EnterFields {
                    slot,
                    identity: IdentityFields::Object {
                        object: ObjectId(slot.0.into()),
                        kind,
                        owner: None,
                    },
                    position,
                    gait,
                    components: 0,
                };
                write_enter(out, &enter);
                true
            }
            _ => false,
        })
    });
    builder.section(flags::UPDATES, |out| {
        count(records, |records| match *records {
            Record::Turn(slot, ago, gait) => {
                write_update_head(out, slot, fields::TURN);
                write_turn(out, ago, gait);
                true
            }
            Record::Anchor(slot, position, gait) => {
                write_update_head(out, slot, fields::ANCHOR);
                write_anchor(out, position, gait);
                true
            }
            _ => false,
        })
    });
    out
}

fn count(records: &[Record], mut write: impl FnMut(&Record) -> bool) -> u16 {
    records.iter().filter(|records| write(records)).count() as u16
}

pub(crate) fn gait(heading: Heading) -> Gait {
    Gait {
        heading,
        blocked_x: false,
        blocked_y: false,
    }
}

pub(crate) fn enter_own(position: Position) -> Record {
    Record::Enter(OWN, OWN_PLAYER, position, Gait::default())
}

/// A client that reads frames at one moment.
pub(crate) struct Seat {
    pub(crate) client: Client,
    pub(crate) now: Instant,
}

impl Seat {
    /// Returns a client that was welcomed.
    pub(crate) fn welcomed() -> Self {
        let mut seat = Self {
            client: Client::new(),
            now: Instant::now(),
        };
        assert_eq!(seat.get(&welcome()), Event::Welcome);
        seat
    }

    /// Returns a client in a room, where it stands at this position at tick 100.
    pub(crate) fn in_room(position: Position) -> Self {
        let mut seat = Self::welcomed();
        assert_eq!(seat.get(&entered_with(map())), Event::Entered);
        seat.get(&snapshot(1, 100, None, None, &[enter_own(position)]));
        seat
    }

    pub(crate) fn try_get(&mut self, frame: &[u8]) -> Result<ReceivedEvent, Violation> {
        self.client.receive(frame, self.now)
    }

    /// Reads a frame without a violation.
    pub(crate) fn get(&mut self, frame: &[u8]) -> Event {
        let received = self.try_get(frame).expect("the frame is valid");
        assert_eq!(received.violation, None);
        received.event
    }

    /// Returns the kind of the violation that a frame causes.
    pub(crate) fn violation(&mut self, frame: &[u8]) -> &'static str {
        match self.try_get(frame) {
            Err(violation) => violation.kind(),
            Ok(received) => received.violation.map_or("none", |violation| violation.kind()),
        }
    }

    pub(crate) fn send(&mut self, command: parlour_client::Command) -> (u32, Vec<u8>) {
        let mut out = Vec::new();
        let number = self.client.command(command, self.now, &mut out);
        (number, out)
    }
}

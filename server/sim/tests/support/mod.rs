//! A world with virtual clients: every byte that the world sends is decoded, and every view is kept.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::{collections::BTreeMap, sync::Arc};

use parlour_shared::{
    close::CloseCode,
    codec,
    ids::{SessionId, Slot, Tick},
    map::{Door, Map, Spawn},
    message::{Chat, ClientMessage, Join, Move, RoomEntered, Scope, ServerMessage, Welcome},
    motion::{Direction, Position, WallGrid},
    snapshot::Snapshot,
    view::View,
};
use parlour_sim::{Event, EventKind, Lane, SimConfig, Simulation, TickInput, TickOutput};

/// What one client was told.
#[derive(Default)]
pub struct Client {
    pub welcome: Option<Welcome>,
    pub room: Option<RoomEntered>,
    pub view: View,
    /// Reliable messages other than welcome, not yet looked at.
    pub messages: Vec<ServerMessage>,
    /// Snapshots of the last tick, and their sizes.
    pub snapshots: Vec<(Snapshot, usize)>,
    pub held: bool,
}

/// A world and its clients.
pub struct Stage {
    pub sim: Simulation,
    pub input: TickInput,
    pub output: TickOutput,
    pub clients: BTreeMap<SessionId, Client>,
    pub closed: Vec<(SessionId, CloseCode)>,
}

impl Stage {
    pub fn new(config: SimConfig) -> Self {
        Self::from_sim(Simulation::new(config))
    }

    pub fn from_sim(sim: Simulation) -> Self {
        let (input, output) = (TickInput::default(), TickOutput::default());
        Self {
            sim,
            input,
            output,
            clients: BTreeMap::new(),
            closed: Vec::new(),
        }
    }

    pub fn event(&mut self, session: u64, kind: EventKind) {
        match kind {
            EventKind::Open { .. } => drop(self.clients.insert(SessionId(session), Client::default())),
            EventKind::Close => drop(self.clients.remove(&SessionId(session))),
            EventKind::Hold | EventKind::Release => {
                if let Some(client) = self.clients.get_mut(&SessionId(session)) {
                    client.held = matches!(kind, EventKind::Hold);
                }
            }
            EventKind::Message { .. } => {}
        }
        self.input.events.push(Event {
            session: SessionId(session),
            kind,
        });
    }

    pub fn say(&mut self, session: u64, message: ClientMessage) {
        self.event(session, EventKind::Message { early: 20, message });
    }

    pub fn open(&mut self, session: u64) {
        self.event(
            session,
            EventKind::Open {
                name: format!("player {session}"),
            },
        );
    }

    pub fn join(&mut self, session: u64, room: &str) {
        self.say(
            session,
            ClientMessage::Join(Join {
                request: 1,
                room: room.into(),
            }),
        );
    }

    pub fn open_and_join(&mut self, session: u64, room: &str) {
        self.open(session);
        self.join(session, room);
    }

    pub fn walk(&mut self, session: u64, direction: Direction) {
        self.say(
            session,
            ClientMessage::Move(Move {
                direction,
                ..Move::default()
            }),
        );
    }

    pub fn chat(&mut self, session: u64, scope: Scope, text: &str) {
        self.say(
            session,
            ClientMessage::Chat(Chat {
                request: 7,
                scope,
                text: text.into(),
            }),
        );
    }

    /// One tick: the collected events go in, everything that comes out is decoded and applied.
    pub fn tick(&mut self) {
        self.input.sort();
        let before = self.input.clone();
        self.sim.step(&mut self.input, &mut self.output);
        assert_eq!(before, self.input, "the input is lent, not changed");
        self.input.events.clear();
        self.deliver();
    }

    pub fn ticks(&mut self, count: u32) {
        for _ in 0..count {
            self.tick();
        }
    }

    fn deliver(&mut self) {
        self.clients
            .values_mut()
            .for_each(|client| client.snapshots.clear());
        for frame in &self.output.frames {
            // Who closed in this very tick may be sent an answer to what it said before.
            let Some(client) = self.clients.get_mut(&frame.session) else {
                continue;
            };
            let payload = self.output.payload(frame);
            match frame.lane {
                Lane::Reliable => client.take(codec::decode_server(payload).unwrap()),
                Lane::Snapshot => {
                    assert!(!client.held, "a held viewer was sent a snapshot");
                    let mut snapshot = Snapshot::default();
                    snapshot.read(payload).unwrap();
                    client.view.apply(&snapshot).unwrap();
                    client.snapshots.push((snapshot, payload.len()));
                    assert!(client.snapshots.len() == 1, "at most one snapshot a tick");
                }
            }
        }
        self.closed.append(&mut self.output.closes.clone());
    }

    pub fn client(&self, session: u64) -> &Client {
        &self.clients[&SessionId(session)]
    }

    /// The reliable messages of a client since the last call.
    pub fn messages(&mut self, session: u64) -> Vec<ServerMessage> {
        std::mem::take(&mut self.clients.get_mut(&SessionId(session)).unwrap().messages)
    }

    pub fn now(&self) -> Tick {
        self.sim.tick()
    }

    /// Where a client believes itself to be.
    pub fn position(&self, session: u64) -> Position {
        let client = self.client(session);
        client
            .view
            .position(client.slot(), self.now())
            .expect("a player sees itself")
    }
}

impl Client {
    pub fn slot(&self) -> Slot {
        self.room.as_ref().expect("in a room").slot
    }

    fn take(&mut self, message: ServerMessage) {
        match &message {
            ServerMessage::Welcome(welcome) => self.welcome = Some(welcome.clone()),
            ServerMessage::RoomEntered(entered) => {
                self.view.enter_room(entered.view);
                self.room = Some(entered.clone());
            }
            ServerMessage::RoomLeft(_) => self.room = None,
            _ => {}
        }
        self.messages.push(message);
    }
}

/// An open map with spawn points in a grid.
pub fn open_map(name: &str, tiles: u16, spawns: i32) -> Map {
    let walls = WallGrid::new(tiles, tiles, 16);
    let side = i32::from(tiles) * 16;
    let spawn = |n: i32| Spawn {
        name: if n == 0 {
            "default".into()
        } else {
            format!("spawn-{n}")
        },
        position: Position::from_px(24 + (n * 67) % (side - 48), 24 + (n * 131) % (side - 48)),
    };
    Map {
        name: name.into(),
        walls,
        spawns: (0..spawns).map(spawn).collect(),
        doors: Vec::new(),
    }
}

/// Two small maps, `east` and `west`, with walls and a door from each to the other.
pub fn connected_maps() -> Vec<Arc<Map>> {
    let map = |name: &str, to: &str| {
        let mut map = open_map(name, 30, 1);
        for row in 5..20 {
            map.walls.block(12, row);
        }
        map.spawns[0].position = Position::from_px(100, 100);
        map.doors.push(Door {
            x: 300,
            y: 80,
            w: 32,
            h: 64,
            to_map: to.into(),
            to_spawn: "default".into(),
        });
        Arc::new(map)
    };
    vec![map("east", "west"), map("west", "east")]
}

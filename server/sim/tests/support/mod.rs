//! A world with virtual clients: every byte that the world sends is decoded, and every view is kept.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of every test file, each of which uses its own part of it"
)]

pub mod bustle;

use std::{collections::BTreeMap, sync::Arc};

use bevy_app::{App, Plugins};
use bevy_ecs::prelude::*;
use parlour_shared::{
    close::CloseCode,
    codec,
    ids::{SessionId, Slot, Tick},
    map::{Door, Map, Spawn},
    message::{
        Accepted, Body, Chat, ChatSaid, ClientMessage, Custom, Join, Move, Refusal, RoomEntered, Scope,
        ServerMessage, SetSkin, Welcome,
    },
    motion::{Direction, Position, WallGrid},
    snapshot::Snapshot,
    view::{Seen, View},
};
use parlour_sim::{
    Clock, FromPlayer, Motion, Player, Proximity, Rate, RoomRules, Rooms, Seats, SimConfig, Simulation,
    SimulationApp, Skin, Step, StepSet, Walk,
};
use parlour_tick::{Cadence, Event, EventKind, Lane, Pace, TickInput, TickOutput};
use serde::{Deserialize, Serialize};

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
        // Everyone is told everything in every tick; what else there is has tests of its own.
        let input = TickInput {
            pace: Pace::Fixed(Cadence::Hz60),
            ..TickInput::default()
        };
        Self {
            sim,
            input,
            output: TickOutput::default(),
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
        let mut sent_up_to = BTreeMap::new();
        for frame in &self.output.frames {
            let before = sent_up_to.insert(frame.session, frame.start);
            assert!(before < Some(frame.start), "in the order of the bytes");
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

    /// What a session was refused since its messages were last looked at.
    pub fn refusals(&mut self, session: u64) -> Vec<Refusal> {
        let refusal = |message| match message {
            ServerMessage::Refused(refused) => Some(refused.refusal),
            _ => None,
        };
        self.messages(session).into_iter().filter_map(refusal).collect()
    }

    /// What a session was told to be done since its messages were last looked at.
    pub fn accepted(&mut self, session: u64) -> Vec<Accepted> {
        let accepted = |message| match message {
            ServerMessage::Accepted(accepted) => Some(accepted),
            _ => None,
        };
        self.messages(session).into_iter().filter_map(accepted).collect()
    }

    /// The chats that a session heard since its messages were last looked at.
    pub fn chats(&mut self, session: u64) -> Vec<ChatSaid> {
        let said = |message| match message {
            ServerMessage::Chat(said) => Some(said),
            _ => None,
        };
        self.messages(session).into_iter().filter_map(said).collect()
    }

    /// Forgets what everyone was told so far.
    pub fn forget_messages(&mut self) {
        self.clients
            .values_mut()
            .for_each(|client| client.messages.clear());
    }

    pub fn leave(&mut self, session: u64) {
        self.say(session, ClientMessage::Leave { request: 9 });
    }

    pub fn skin(&mut self, session: u64, skin: u16) {
        self.say(session, ClientMessage::SetSkin(SetSkin { request: 8, skin }));
    }

    /// Sends a plugin's message.
    pub fn custom<M: Serialize>(&mut self, session: u64, name: &str, message: &M) {
        let mut body = Vec::new();
        codec::encode(message, &mut body);
        let custom = Custom {
            request: 6,
            name: name.into(),
            body: Body(body),
        };
        self.say(session, ClientMessage::Custom(custom));
    }

    /// Puts a player elsewhere with the next tick; takes a world made by [`Self::teleporting`].
    pub fn teleport(&mut self, session: u64, x: i32, y: i32) {
        self.custom(session, "teleport", &Teleport(Position { x, y }));
    }

    /// A world in which players can be put anywhere.
    pub fn teleporting(config: SimConfig) -> Self {
        Self::with_plugins(config, teleporting)
    }

    pub fn with_plugins<M>(config: SimConfig, plugins: impl Plugins<M>) -> Self {
        Self::from_sim(Simulation::with_plugins(config, plugins))
    }

    /// A component of a session's player.
    pub fn get<C: Component>(&self, session: u64) -> Option<&C> {
        let player = self.sim.player(SessionId(session))?;
        self.sim.world().get::<C>(player)
    }

    /// The room of that name.
    pub fn room(&self, name: &str) -> Option<Entity> {
        self.sim.world().resource::<Rooms>().get(name)
    }

    /// Who sees a session's player, in the eyes of its own client: the entry of another session's player.
    pub fn sees(&self, viewer: u64, other: u64) -> Option<Seen<'_>> {
        let id = self.client(other).welcome.as_ref()?.player;
        let mut seen = self.client(viewer).view.iter();
        seen.find(|(_, seen)| seen.player == id).map(|(_, seen)| seen)
    }

    /// The size of the snapshot that a session was sent in the last tick.
    pub fn snapshot_size(&self, session: u64) -> Option<usize> {
        self.client(session).snapshots.first().map(|(_, size)| *size)
    }

    /// The snapshot that a session was sent in the last tick.
    pub fn snapshot(&self, session: u64) -> Option<&Snapshot> {
        self.client(session)
            .snapshots
            .first()
            .map(|(snapshot, _)| snapshot)
    }

    /// Compares every view with the world: those near the viewer, or all, and of each everything that there is to see.
    pub fn check_views(&self, all: bool) {
        let world = self.sim.world();
        for (session, client) in self.clients.iter().filter(|(_, client)| !client.held) {
            let Some(entered) = &client.room else { continue };
            let room = self.room(&entered.room).unwrap();
            let (seats, proximity) = (
                world.get::<Seats>(room).unwrap(),
                world.get::<Proximity>(room).unwrap(),
            );
            let expected: Vec<_> = seats
                .iter()
                .filter(|(slot, _)| all || proximity.are_near(entered.slot, *slot))
                .map(|(slot, player)| {
                    let segment = world.get::<Motion>(player).unwrap().segment();
                    let who = world.get::<Player>(player).unwrap();
                    let skin = world.get::<Skin>(player).unwrap().0;
                    (
                        slot,
                        who.id,
                        who.name.clone(),
                        segment.at(self.now()),
                        segment.gait,
                        skin,
                    )
                })
                .collect();
            let decoded: Vec<_> = client
                .view
                .iter()
                .map(|(slot, seen)| {
                    let place = seen.segment.at(self.now());
                    (
                        slot,
                        seen.player,
                        seen.name.to_owned(),
                        place,
                        seen.segment.gait,
                        seen.skin,
                    )
                })
                .collect();
            assert_eq!(decoded, expected, "view of {session:?} at {:?}", self.now());
        }
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

    /// Who the client is to others.
    pub fn id(&self) -> parlour_shared::ids::PlayerId {
        self.welcome.as_ref().expect("welcomed").player
    }

    pub fn take(&mut self, message: ServerMessage) {
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

/// Rules without any limit that a test could meet by being busy.
pub fn generous() -> RoomRules {
    let rate = Rate {
        burst: 10_000,
        every_ticks: 1,
    };
    let mut rules = RoomRules::default();
    let rates = &mut rules.rates;
    for limited in [
        &mut rates.moves,
        &mut rates.join,
        &mut rates.chat,
        &mut rates.skin,
        &mut rates.state,
        &mut rates.custom,
    ] {
        *limited = rate;
    }
    rules
}

/// One open map, `plaza`, of 2000 x 2000 px, where everyone appears at the middle of the first tiles; no limits.
pub fn plaza() -> SimConfig {
    let mut config = SimConfig::new(vec![Arc::new(open_map("plaza", 125, 1))]);
    config.skins = ["a", "b", "c"].map(String::from).to_vec();
    config.rules = generous();
    config
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Teleport(Position);

/// Lets tests put players anywhere: a plugin, as it happens.
pub fn teleporting(app: &mut App) {
    app.player_message::<Teleport>("teleport");
    app.add_systems(Step, teleport.before(Walk).in_set(StepSet::Simulate));
}

fn teleport(
    mut wishes: MessageReader<FromPlayer<Teleport>>,
    mut players: Query<&mut Motion>,
    clock: Res<Clock>,
) {
    for wish in wishes.read() {
        if let Ok(mut motion) = players.get_mut(wish.player) {
            motion.teleport(clock.tick, wish.message.0);
        }
    }
}

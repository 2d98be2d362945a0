//! A world with virtual clients.

use std::collections::BTreeMap;

use bevy_app::Plugins;
use bevy_ecs::prelude::*;
use parlour_shared::{
    close::CloseCode,
    ids::{KindId, SessionId, Tick},
    message::{Accepted, ChatSaid, Refusal, ServerMessage},
    motion::Position,
    snapshot::Snapshot,
    view::Seen,
};
use parlour_sim::{
    Dropped, Interest, Motion, ObjectInterest, Player, Proximity, Room, Rooms, Seats, SimConfig, Simulation,
    Skin,
};
use parlour_tick::{Cadence, EventKind, Pace, TickInput, TickOutput};

use crate::{
    Script, SeenPlayer, SessionActions, TestClient, seen_objects, seen_objects::replicated_components,
    teleport_plugin, true_objects,
};

/// A simulation with virtual clients. The clients decode every byte that the simulation sends.
#[derive(Debug)]
pub struct TestWorld {
    /// The simulation.
    pub sim: Simulation,
    /// The input of the next tick.
    pub input: TickInput,
    /// The output of the last tick.
    pub output: TickOutput,
    /// The open sessions.
    pub clients: BTreeMap<SessionId, TestClient>,
    /// The sessions that the simulation closed.
    pub closed: Vec<(SessionId, CloseCode)>,
}

impl SessionActions for TestWorld {
    fn event(&mut self, session: u64, kind: EventKind) {
        let id = SessionId(session);
        match kind {
            EventKind::Arrive(ref arrival) => {
                let client = TestClient {
                    player: arrival.player,
                    dropped: arrival.dropped,
                    ..TestClient::default()
                };
                self.clients.insert(id, client);
            }
            EventKind::Depart => drop(self.clients.remove(&id)),
            EventKind::Hold | EventKind::Release => {
                if let Some(client) = self.clients.get_mut(&id) {
                    client.held = matches!(kind, EventKind::Hold);
                }
            }
            EventKind::Drop | EventKind::Resume { .. } => {
                if let Some(client) = self.clients.get_mut(&id) {
                    client.held = false;
                    client.dropped = matches!(kind, EventKind::Drop);
                }
            }
            EventKind::Reserve(_) | EventKind::Message { .. } => {}
        }
        self.input.event(session, kind);
    }
}

impl TestWorld {
    /// Creates a world without plugins.
    #[must_use]
    pub fn new(config: SimConfig) -> Self {
        Self::with_plugins(config, ())
    }

    /// Creates a world with the [`teleport_plugin`].
    #[must_use]
    pub fn teleporting(config: SimConfig) -> Self {
        Self::with_plugins(config, teleport_plugin)
    }

    /// Creates a world with game logic.
    pub fn with_plugins<M>(config: SimConfig, plugins: impl Plugins<M>) -> Self {
        // Every client is sent every change immediately. Separate tests cover slower cadences.
        let input = TickInput {
            pace: Pace::Fixed(Cadence::Hz60),
            ..TickInput::default()
        };
        Self {
            sim: Simulation::with_plugins(config, plugins),
            input,
            output: TickOutput::default(),
            clients: BTreeMap::new(),
            closed: Vec::new(),
        }
    }

    /// Runs a tick with the collected events, and hands all frames to the clients.
    pub fn tick(&mut self) {
        self.input.sort();
        let before = self.input.clone();
        self.sim.step(&mut self.input, &mut self.output);
        assert_eq!(before, self.input, "the input is lent, not changed");
        self.input.events.clear();
        self.deliver();
    }

    /// Runs several ticks.
    pub fn ticks(&mut self, count: u32) {
        for _ in 0..count {
            self.tick();
        }
    }

    /// Runs several ticks with the events of a script.
    pub fn play(&mut self, script: &Script, ticks: u32) {
        for _ in 0..ticks {
            for event in script.input(self.now().0 + 1).events {
                self.event(event.session.0, event.kind);
            }
            self.tick();
        }
    }

    fn deliver(&mut self) {
        let clients = self.clients.values_mut();
        clients.for_each(|client| client.snapshots.clear());
        let mut sent_up_to = BTreeMap::new();
        for frame in &self.output.frames {
            let before = sent_up_to.insert(frame.session, frame.start);
            assert!(before < Some(frame.start), "in the order of the bytes");
            // A session that closes in this tick may still get an answer to an earlier message.
            if let Some(client) = self.clients.get_mut(&frame.session) {
                client.receive(frame.lane, self.output.payload(frame));
            }
        }
        self.closed.extend_from_slice(&self.output.closes);
    }

    /// Returns the last tick.
    #[must_use]
    pub fn now(&self) -> Tick {
        self.sim.tick()
    }

    /// Saves the world, as a recording does.
    pub fn saved(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.sim.save(&mut bytes);
        bytes
    }

    /// Returns the client of a session.
    #[must_use]
    #[track_caller]
    pub fn client(&self, session: u64) -> &TestClient {
        &self.clients[&SessionId(session)]
    }

    #[track_caller]
    fn client_mut(&mut self, session: u64) -> &mut TestClient {
        self.clients.get_mut(&SessionId(session)).unwrap()
    }

    /// Takes all messages of a session.
    pub fn messages(&mut self, session: u64) -> Vec<ServerMessage> {
        self.client_mut(session).take_messages(Some)
    }

    /// Takes all messages of a session, and returns the refusals.
    pub fn refusals(&mut self, session: u64) -> Vec<Refusal> {
        self.client_mut(session).refusals()
    }

    /// Takes all messages of a session, and returns the accepted requests.
    pub fn accepted(&mut self, session: u64) -> Vec<Accepted> {
        self.client_mut(session).accepted()
    }

    /// Takes all messages of a session, and returns the chats.
    pub fn chats(&mut self, session: u64) -> Vec<ChatSaid> {
        self.client_mut(session).chats()
    }

    /// Drops the messages of all clients.
    pub fn forget_messages(&mut self) {
        let clients = self.clients.values_mut();
        clients.for_each(|client| client.messages.clear());
    }

    /// Returns a component of a session's player.
    #[must_use]
    pub fn get<C: Component>(&self, session: u64) -> Option<&C> {
        let player = self.sim.player(SessionId(session))?;
        self.sim.world().get::<C>(player)
    }

    /// Returns the room with this name.
    #[must_use]
    pub fn room(&self, name: &str) -> Option<Entity> {
        self.sim.world().resource::<Rooms>().get(name)
    }

    /// Returns the player of `other` as the client of `viewer` sees it, or `None` if it does not.
    #[must_use]
    pub fn sees(&self, viewer: u64, other: u64) -> Option<Seen<'_>> {
        let id = self.client(other).player;
        let (_, _, seen) = self.client(viewer).view.find_player(id)?;
        Some(seen)
    }

    /// Returns the size of the snapshot that a session received in the last tick.
    #[must_use]
    pub fn snapshot_size(&self, session: u64) -> Option<usize> {
        self.client(session).snapshots.first().map(|(_, size)| *size)
    }

    /// Returns the snapshot that a session received in the last tick.
    #[must_use]
    pub fn snapshot(&self, session: u64) -> Option<&Snapshot> {
        let snapshots = &self.client(session).snapshots;
        snapshots.first().map(|(snapshot, _)| snapshot)
    }

    /// Returns the position of a player, as its own client sees it.
    #[must_use]
    pub fn position(&self, session: u64) -> Position {
        let client = self.client(session);
        let place = client.view.position(client.slot(), self.now());
        place.expect("a player sees itself")
    }

    /// Compares the view of every client that is neither held nor dropped with the world: all
    /// players and objects of the room, or only those near the viewer.
    #[track_caller]
    pub fn check_views(&self, all: bool) {
        self.check_views_of(|_| Some(all));
    }

    /// Compares the view of every client with what the rules of its room show it. Leaves out rooms
    /// whose viewers are not sent a snapshot in every tick.
    #[track_caller]
    pub fn check_views_by_rules(&self) {
        self.check_views_of(|room| {
            let rules = room.rules();
            (rules.cadence == Cadence::Hz60).then_some(rules.interest == Interest::All)
        });
    }

    /// `sees_all` returns whether the viewers in a room see everything there, or `None` to leave
    /// out the room.
    #[track_caller]
    fn check_views_of(&self, sees_all: impl Fn(&Room) -> Option<bool>) {
        let looks = |client: &TestClient| !client.held && !client.dropped;
        for (session, client) in self.clients.iter().filter(|(_, client)| looks(client)) {
            let Some(entered) = &client.room else { continue };
            let room = self.room(&entered.room).unwrap();
            let Some(all) = sees_all(self.sim.world().get(room).unwrap()) else {
                continue;
            };
            let proximity = self.sim.world().get::<Proximity>(room).unwrap();
            let interest = self.sim.world().get::<ObjectInterest>(room).unwrap();
            let mut expected = players_in(&self.sim, room);
            expected.retain(|sight| all || proximity.are_near(entered.slot, sight.slot));
            let seen = client.seen_players(self.now());
            assert_eq!(seen, expected, "view of {session:?} at {:?}", self.now());
            let mut expected = true_objects(&self.sim, room);
            expected.retain(|object| all || interest.is_near(entered.slot, object.slot));
            let seen = seen_objects(&client.view, self.now());
            assert_eq!(seen, expected, "objects of {session:?} at {:?}", self.now());
        }
    }
}

/// Returns all players of a room, as they are after the last tick.
#[must_use]
pub fn players_in(sim: &Simulation, room: Entity) -> Vec<SeenPlayer> {
    let world = sim.world();
    let seats = world.get::<Seats>(room).unwrap().iter();
    seats
        .map(|(slot, entity)| {
            let player = world.get::<Player>(entity).unwrap();
            let segment = world.get::<Motion>(entity).unwrap().segment();
            SeenPlayer {
                slot,
                player: player.id,
                name: player.name.clone(),
                place: segment.at(sim.tick()),
                gait: segment.gait,
                skin: world.get::<Skin>(entity).unwrap().0,
                dropped: world.get::<Dropped>(entity).is_some(),
                components: replicated_components(sim, entity, KindId::PLAYER),
            }
        })
        .collect()
}

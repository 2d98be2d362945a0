//! A world with virtual clients.

use std::collections::BTreeMap;

use bevy_app::Plugins;
use bevy_ecs::prelude::*;
use parlour_shared::{
    close::CloseCode,
    ids::{SessionId, Tick},
    message::{Accepted, ChatSaid, Refusal, ServerMessage},
    motion::Position,
    snapshot::Snapshot,
    view::Seen,
};
use parlour_sim::{Motion, Player, Proximity, Rooms, Seats, SimConfig, Simulation, Skin};
use parlour_tick::{Cadence, Event, EventKind, Pace, TickInput, TickOutput};

use crate::{Acts, Script, Sight, TestClient, teleporting};

/// A world with virtual clients: every byte that the world sends is decoded, and every view is kept.
#[derive(Debug)]
pub struct TestWorld {
    /// The world.
    pub sim: Simulation,
    /// What happens at the next tick.
    pub input: TickInput,
    /// What the last tick gave.
    pub output: TickOutput,
    /// Those who are there.
    pub clients: BTreeMap<SessionId, TestClient>,
    /// Whom the world sent away.
    pub closed: Vec<(SessionId, CloseCode)>,
}

impl Acts for TestWorld {
    fn event(&mut self, session: u64, kind: EventKind) {
        let session = SessionId(session);
        match kind {
            EventKind::Open { .. } => drop(self.clients.insert(session, TestClient::default())),
            EventKind::Close => drop(self.clients.remove(&session)),
            EventKind::Hold | EventKind::Release => {
                if let Some(client) = self.clients.get_mut(&session) {
                    client.held = matches!(kind, EventKind::Hold);
                }
            }
            EventKind::Message { .. } => {}
        }
        self.input.events.push(Event { session, kind });
    }
}

impl TestWorld {
    /// A world without plugins.
    #[must_use]
    pub fn new(config: SimConfig) -> Self {
        Self::with_plugins(config, ())
    }

    /// A world in which players can be put anywhere.
    #[must_use]
    pub fn teleporting(config: SimConfig) -> Self {
        Self::with_plugins(config, teleporting)
    }

    /// A world with game logic.
    pub fn with_plugins<M>(config: SimConfig, plugins: impl Plugins<M>) -> Self {
        // Everyone is told everything in every tick; what else there is has tests of its own.
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

    /// One tick: the collected events go in, everything that comes out is decoded and applied.
    pub fn tick(&mut self) {
        self.input.sort();
        let before = self.input.clone();
        self.sim.step(&mut self.input, &mut self.output);
        assert_eq!(before, self.input, "the input is lent, not changed");
        self.input.events.clear();
        self.deliver();
    }

    /// So many ticks.
    pub fn ticks(&mut self, count: u32) {
        for _ in 0..count {
            self.tick();
        }
    }

    /// So many ticks in which happens what the script says.
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
            // Who closed in this very tick may be sent an answer to what it said before.
            if let Some(client) = self.clients.get_mut(&frame.session) {
                client.receive(frame.lane, self.output.payload(frame));
            }
        }
        self.closed.extend_from_slice(&self.output.closes);
    }

    /// The last tick.
    #[must_use]
    pub fn now(&self) -> Tick {
        self.sim.tick()
    }

    /// The world as it would be kept in a recording.
    pub fn saved(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.sim.save(&mut bytes);
        bytes
    }

    /// The client of a session.
    #[must_use]
    #[track_caller]
    pub fn client(&self, session: u64) -> &TestClient {
        &self.clients[&SessionId(session)]
    }

    #[track_caller]
    fn client_mut(&mut self, session: u64) -> &mut TestClient {
        self.clients.get_mut(&SessionId(session)).unwrap()
    }

    /// What a session was told on the reliable lane since the last call.
    pub fn messages(&mut self, session: u64) -> Vec<ServerMessage> {
        self.client_mut(session).heard(Some)
    }

    /// What a session was refused since its messages were last looked at.
    pub fn refusals(&mut self, session: u64) -> Vec<Refusal> {
        self.client_mut(session).refusals()
    }

    /// What a session was told to be done since its messages were last looked at.
    pub fn accepted(&mut self, session: u64) -> Vec<Accepted> {
        self.client_mut(session).accepted()
    }

    /// The chats that a session heard since its messages were last looked at.
    pub fn chats(&mut self, session: u64) -> Vec<ChatSaid> {
        self.client_mut(session).chats()
    }

    /// Forgets what everyone was told so far.
    pub fn forget_messages(&mut self) {
        let clients = self.clients.values_mut();
        clients.for_each(|client| client.messages.clear());
    }

    /// A component of a session's player.
    #[must_use]
    pub fn get<C: Component>(&self, session: u64) -> Option<&C> {
        let player = self.sim.player(SessionId(session))?;
        self.sim.world().get::<C>(player)
    }

    /// The room of that name.
    #[must_use]
    pub fn room(&self, name: &str) -> Option<Entity> {
        self.sim.world().resource::<Rooms>().get(name)
    }

    /// What a session sees of another one's player.
    #[must_use]
    pub fn sees(&self, viewer: u64, other: u64) -> Option<Seen<'_>> {
        let id = self.client(other).welcome.as_ref()?.player;
        let mut seen = self.client(viewer).view.iter();
        seen.find(|(_, seen)| seen.player == id).map(|(_, seen)| seen)
    }

    /// The size of the snapshot that a session was sent in the last tick.
    #[must_use]
    pub fn snapshot_size(&self, session: u64) -> Option<usize> {
        self.client(session).snapshots.first().map(|(_, size)| *size)
    }

    /// The snapshot that a session was sent in the last tick.
    #[must_use]
    pub fn snapshot(&self, session: u64) -> Option<&Snapshot> {
        let snapshots = &self.client(session).snapshots;
        snapshots.first().map(|(snapshot, _)| snapshot)
    }

    /// Where a client believes itself to be.
    #[must_use]
    pub fn position(&self, session: u64) -> Position {
        let client = self.client(session);
        let place = client.view.position(client.slot(), self.now());
        place.expect("a player sees itself")
    }

    /// Compares every view with the world: those near the viewer, or all, and of each everything that there is to see.
    #[track_caller]
    pub fn check_views(&self, all: bool) {
        for (session, client) in self.clients.iter().filter(|(_, client)| !client.held) {
            let Some(entered) = &client.room else { continue };
            let room = self.room(&entered.room).unwrap();
            let proximity = self.sim.world().get::<Proximity>(room).unwrap();
            let mut expected = sights_in(&self.sim, room);
            expected.retain(|sight| all || proximity.are_near(entered.slot, sight.slot));
            let seen = client.sights(self.now());
            assert_eq!(seen, expected, "view of {session:?} at {:?}", self.now());
        }
    }
}

/// What there is to see in a room after the last tick.
#[must_use]
pub fn sights_in(sim: &Simulation, room: Entity) -> Vec<Sight> {
    let world = sim.world();
    let seats = world.get::<Seats>(room).unwrap().iter();
    seats
        .map(|(slot, entity)| {
            let player = world.get::<Player>(entity).unwrap();
            let segment = world.get::<Motion>(entity).unwrap().segment();
            Sight {
                slot,
                player: player.id,
                name: player.name.clone(),
                place: segment.at(sim.tick()),
                gait: segment.gait,
                skin: world.get::<Skin>(entity).unwrap().0,
            }
        })
        .collect()
}

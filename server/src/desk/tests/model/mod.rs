//! A small node around a desk: clients, I/O threads, rings and tick threads, of which each step is
//! taken separately and in any order. It checks the rules of the desk all the time.

mod checks;
mod client;
mod messages;
mod tick_thread;
mod world;

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use parlour_shared::{
    ids::{PlayerId, SessionId},
    message::{ClientMessage, Join},
    rng::{Purpose, Stream},
};
use parlour_sim::{OptionKind, OptionSpec, RoomRules, RoomTypeConfig};
use parlour_tick::{Arrival, WorldId, WorldKind};

use super::super::{
    Desk, DeskAction, DeskConfig, DeskEvent, DeskRoomType, JoinRate, Kind, State, ThawedWorlds, WorldEvent,
    WorldSharing, WorldState,
};
use crate::{
    bridge::{link_state::Flow, route::WorldPlace},
    node_status::WorldOrder,
};
use client::Client;
use tick_thread::{Done, Slot, TickCommand, TickThread};
use world::{CAPACITY, Event, Mischief};

const THREADS: usize = 2;
/// Few sessions, so that much happens to each.
const MAX_OPEN: usize = 7;

/// A step of the node. The numbers choose among what is possible.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    pub(super) kind: u8,
    pub(super) pick: u16,
}

/// Events for worlds that wait for room in a ring.
type WaitingEvents = Vec<(WorldId, Event)>;

/// What a desk asks for that takes time.
#[derive(Debug)]
enum Job {
    Create(WorldPlace),
    Rebuild(WorldPlace),
}

pub(super) struct Node {
    desk: Desk,
    now: Instant,
    stream: Stream,
    clients: BTreeMap<SessionId, Client>,
    io_to_desk: [VecDeque<DeskEvent>; THREADS],
    desk_to_io: [VecDeque<DeskAction>; THREADS],
    /// By tick thread. The order between I/O threads does not matter.
    io_to_tick: [Vec<(WorldId, Event)>; THREADS],
    /// By I/O thread and tick thread: `Some` if the ring is full, with the holds and releases that
    /// wait.
    full: [[Option<WaitingEvents>; THREADS]; THREADS],
    desk_to_tick: [Vec<TickCommand>; THREADS],
    tick_to_desk: [VecDeque<DeskEvent>; THREADS],
    jobs: Vec<Job>,
    /// The worlds that left a thread, until the desk knows it.
    left: BTreeMap<WorldId, Slot>,
    threads: [TickThread; THREADS],
    /// Whether worlds and builders misbehave.
    mischief: bool,
    /// How often worlds panic or are lost, from 0 to 8.
    wildness: usize,
    traced: bool,
}

fn text_option(name: &str) -> OptionSpec {
    OptionSpec {
        name: name.to_owned(),
        kind: OptionKind::Text,
    }
}

fn config() -> DeskConfig {
    let room_type = |name: &str, worlds, fallback: Option<&str>| DeskRoomType {
        config: RoomTypeConfig {
            rules: RoomRules {
                capacity: CAPACITY,
                ..RoomRules::default()
            },
            // The game logic of the model refuses `bad`.
            options: ["mode", "bad"].map(text_option).to_vec(),
            ..RoomTypeConfig::new(name, "plaza")
        },
        worlds,
        fallback: fallback.map(str::to_owned),
        durable: false,
        joins: JoinRate {
            burst: 50,
            every: Duration::from_millis(1),
        },
    };
    DeskConfig {
        tick_threads: THREADS,
        types: vec![
            room_type("plaza", WorldSharing::Main, None),
            room_type("cafe", WorldSharing::Main, Some("plaza/home")),
            room_type("office", WorldSharing::Shared, Some("tag/home")),
            room_type("tag", WorldSharing::Own, Some("plaza")),
            room_type("duel", WorldSharing::Own, None),
        ],
        skins: 4,
        max_rooms: 12,
        max_worlds: 10,
    }
}

impl Node {
    pub(super) fn new(seed: u64, wildness: usize) -> Self {
        let (mut actions, now) = (Vec::new(), Instant::now());
        let desk = Desk::new(config(), ThawedWorlds::default(), now, &mut actions);
        let mut node = Self {
            desk,
            now,
            stream: Stream::new(seed, 0, Purpose::Game),
            clients: BTreeMap::new(),
            io_to_desk: Default::default(),
            desk_to_io: Default::default(),
            io_to_tick: Default::default(),
            full: Default::default(),
            desk_to_tick: Default::default(),
            tick_to_desk: Default::default(),
            jobs: Vec::new(),
            left: BTreeMap::new(),
            threads: Default::default(),
            mischief: true,
            wildness,
            traced: std::env::var_os("DESK_TRACE").is_some(),
        };
        node.trace(|| "=====".to_owned());
        for (number, thread) in node.threads.iter_mut().enumerate() {
            thread.number = number;
        }
        node.take(actions);
        node
    }

    /// Lets players enter rooms with their own worlds, and be placed there.
    pub(super) fn begin_games(&mut self) {
        for (nth, room) in ["tag/a", "tag/a", "duel/b", "duel/b"].into_iter().enumerate() {
            self.open(nth % THREADS);
            let mut last = self.clients.last_entry().expect("it is open");
            last.get_mut().request = 1;
            let session = *last.key();
            self.send(session, ClientMessage::Join(Join::room(1, room)));
        }
        self.settle();
        self.mischief = true;
    }

    /// Does one step.
    pub(super) fn step(&mut self, op: Op) {
        let pick = usize::from(op.pick);
        let thread = pick % THREADS;
        // A ring may be emptied at once or bit by bit.
        let count = 1 + pick / THREADS % 4;
        match op.kind % 17 {
            0 => self.open(thread),
            1..=5 => self.client_sends(pick),
            6 | 7 => (0..count).for_each(|_| self.io_reaches_desk(thread)),
            8 | 9 => (0..count).for_each(|_| self.desk_reaches_io(thread)),
            10 | 11 => (0..count).for_each(|_| self.tick_reaches_desk(thread)),
            12 | 13 => self.advance_tick(thread, pick / THREADS),
            14 => self.finish_job(pick),
            15 => self.request_move(pick),
            _ => self.other(pick),
        }
        self.check();
    }

    /// Lets everything come to rest, and checks that nothing is left over.
    pub(super) fn settle(&mut self) {
        self.mischief = false;
        let mut quiet = 0;
        for _ in 0..20_000 {
            for thread in 0..THREADS {
                (0..THREADS).for_each(|io| self.empty_ring(io, thread));
                self.io_reaches_desk(thread);
                self.desk_reaches_io(thread);
                self.tick_reaches_desk(thread);
                self.advance_tick(thread, 0);
            }
            self.finish_job(0);
            self.check();
            quiet = if self.is_quiet() { quiet + 1 } else { 0 };
            // Reservations and empty rooms are gone after this many ticks.
            if quiet > 200 {
                self.now += Duration::from_secs(60);
                self.desk_tick();
                self.check_rest();
                return;
            }
        }
        panic!("it does not come to rest");
    }

    fn open(&mut self, io: usize) {
        if self.clients.values().filter(|client| !client.closed).count() >= MAX_OPEN {
            return;
        }
        let serial = self.clients.len() as u64 + 1;
        let session = SessionId(serial << 8 | io as u64);
        let client = Client {
            io,
            ..Client::default()
        };
        self.clients.insert(session, client);
        let player = Arrival::new(PlayerId(serial as u32), format!("player-{serial}"));
        self.io_to_desk[io].push_back(DeskEvent::Opened {
            session,
            io_thread: io,
            player,
            grants: None,
        });
    }

    fn client_sends(&mut self, pick: usize) {
        let open: Vec<SessionId> = self
            .clients
            .iter()
            .filter(|(_, client)| !client.closed)
            .map(|(id, _)| *id)
            .collect();
        if open.is_empty() {
            return self.open(pick % THREADS);
        }
        let session = open[pick % open.len()];
        let what = pick / open.len();
        match what % 16 {
            0 if (what / 16).is_multiple_of(4) => return self.close(session),
            0 | 1 => return self.change_link(session),
            _ => {}
        }
        let message = self.message(session, what);
        self.send(session, message);
    }

    /// Sends a message as an I/O thread does.
    fn send(&mut self, session: SessionId, message: ClientMessage) {
        let arrived = self.now;
        let client = self.clients.get_mut(&session).expect("it is open");
        if !matches!(message, ClientMessage::Move(_)) {
            client.open.insert(message.request(), format!("{message:?}"));
        }
        let to_desk = matches!(
            message,
            ClientMessage::Join(_) | ClientMessage::Leave { .. } | ClientMessage::Reserve(_)
        );
        if to_desk {
            self.turn_to_desk(session);
        }
        let client = self.clients.get_mut(&session).expect("it is open");
        client.number += 1;
        let number = client.number;
        let event = WorldEvent::Message {
            arrived,
            message: message.clone(),
        };
        if !self.send_directly(session, event) {
            let io = self.clients[&session].io;
            self.io_to_desk[io].push_back(DeskEvent::Message {
                session,
                number,
                arrived,
                message,
            });
        }
    }

    fn change_link(&mut self, session: SessionId) {
        let client = self.clients.get_mut(&session).expect("it is open");
        let link = client.link;
        client.link = match client.number % 4 {
            0 => link.dropped(),
            _ if link.is_dropped() => link.resumed(false),
            _ => link.held(link.flow == Flow::Open),
        };
        client.number += 1;
        let (number, link, io) = (client.number, client.link, client.io);
        if !self.send_directly(session, WorldEvent::Link(link)) {
            self.clients.get_mut(&session).expect("it is open").told_link = link;
            self.io_to_desk[io].push_back(DeskEvent::Link {
                session,
                number,
                link,
            });
        }
    }

    fn send_directly(&mut self, session: SessionId, kind: WorldEvent) -> bool {
        let client = self.clients.get_mut(&session).expect("it is open");
        let Some((place, placed)) = client.direct else {
            return false;
        };
        let waiting = self.full[client.io][place.thread].as_mut();
        if let (Some(_), WorldEvent::Message { message, .. }) = (&waiting, &kind) {
            // It is dropped, and has no number.
            client.number -= 1;
            client.open.remove(&message.request());
            return true;
        }
        let event = Event {
            session,
            placed,
            kind,
        };
        let sent = waiting.unwrap_or(&mut self.io_to_tick[place.thread]);
        sent.push((place.world, event));
        true
    }

    /// The ring from an I/O thread to a tick thread fills up, or is emptied.
    fn fill_or_empty_ring(&mut self, io: usize, thread: usize) {
        if self.full[io][thread].is_none() {
            self.full[io][thread] = Some(Vec::new());
        } else {
            self.empty_ring(io, thread);
        }
    }

    fn empty_ring(&mut self, io: usize, thread: usize) {
        let waiting = self.full[io][thread].take().unwrap_or_default();
        self.io_to_tick[thread].extend(waiting);
    }

    /// The I/O thread stops sending directly to a world.
    fn turn_to_desk(&mut self, session: SessionId) {
        let client = self.clients.get_mut(&session).expect("it is known");
        if client.direct.take().is_some() && client.link != client.told_link {
            client.number += 1;
            client.told_link = client.link;
            self.io_to_desk[client.io].push_back(DeskEvent::Link {
                session,
                number: client.number,
                link: client.link,
            });
        }
    }

    fn close(&mut self, session: SessionId) {
        let client = self.clients.get_mut(&session).expect("it is known");
        if !std::mem::replace(&mut client.closed, true) {
            client.number += 1;
            self.io_to_desk[client.io].push_back(DeskEvent::Closed {
                session,
                number: client.number,
            });
        }
    }

    fn io_reaches_desk(&mut self, io: usize) {
        if let Some(event) = self.io_to_desk[io].pop_front() {
            self.handle(event);
        }
    }

    fn tick_reaches_desk(&mut self, thread: usize) {
        if let Some(event) = self.tick_to_desk[thread].pop_front() {
            self.handle(event);
        }
    }

    fn desk_reaches_io(&mut self, io: usize) {
        let Some(action) = self.desk_to_io[io].pop_front() else {
            return;
        };
        match action {
            DeskAction::Place {
                session,
                place,
                number,
                ..
            } => {
                let client = self.clients.get_mut(&session).expect("it is known");
                if client.number == number && !client.closed {
                    client.direct = Some((place, number));
                }
            }
            DeskAction::Recall { session, .. } => {
                if !self.clients[&session].closed {
                    self.turn_to_desk(session);
                    let client = self.clients.get_mut(&session).expect("it is known");
                    client.number += 1;
                    self.io_to_desk[io].push_back(DeskEvent::Recalled {
                        session,
                        number: client.number,
                    });
                }
            }
            DeskAction::Close { session, .. } => self.close(session),
            other => panic!("{other:?} is not for an I/O thread"),
        }
    }

    fn advance_tick(&mut self, thread: usize, pick: usize) {
        let rooms = ["plaza/a", "office/b", "tag/a", "duel/b", "cafe/a", "nowhere"];
        let nth = pick / 16;
        let mischief = match pick % 16 {
            _ if !self.mischief => None,
            0..=4 => Some(Mischief::Door {
                nth,
                to: rooms[nth % rooms.len()].to_owned(),
            }),
            8 => Some(Mischief::Eject { nth }),
            9 if nth.is_multiple_of(4) => Some(Mischief::Kick { nth }),
            10 => Some(Mischief::Lock { nth }),
            11 => Some(Mischief::RefuseNext),
            _ => None,
        };
        // Each world panics every 64 / n ticks.
        let panics = self.mischief && (7..7 + self.wildness).contains(&(pick % 64));
        let (from_io, from_desk) = (&mut self.io_to_tick[thread], &mut self.desk_to_tick[thread]);
        let clients = &self.clients;
        self.threads[thread].forget(|session| clients[&session].closed);
        let done = self.threads[thread].advance(from_io, from_desk, mischief, panics);
        self.done(thread, done);
    }

    /// Hands out what a tick thread did: frames first, then the reports.
    fn done(&mut self, thread: usize, done: Done) {
        for output in done.outputs {
            for (session, message) in output.delivered {
                self.clients
                    .get_mut(&session)
                    .expect("it is known")
                    .handle(&message);
            }
            for (session, message) in output.sent {
                let client = self.clients.get_mut(&session).expect("it is known");
                if !client.closed {
                    client.receive(&message, false);
                }
            }
            for (session, message) in output.strays {
                let known = self.state().sessions.contains_key(&session);
                assert!(
                    !known || self.clients[&session].closed,
                    "{session:?} sent {message:?} to a world in which it is not"
                );
            }
            for (session, _) in output.closes {
                self.close(session);
            }
        }
        for session in done.strays {
            assert!(
                self.clients[&session].closed,
                "{session:?} sent to a world that has ended"
            );
        }
        for session in done.late {
            let known = self.state().sessions.contains_key(&session);
            assert!(
                !known || self.clients[&session].closed,
                "{session:?} sent to a world that has left the thread"
            );
        }
        self.left
            .extend(done.left.into_iter().map(|slot| (slot.world.id, slot)));
        self.tick_to_desk[thread].extend(done.events);
    }

    fn finish_job(&mut self, pick: usize) {
        if self.jobs.is_empty() {
            return;
        }
        let job = self.jobs.remove(pick % self.jobs.len());
        let fails = self.mischief && pick % 16 < self.wildness;
        match job {
            Job::Create(place) if fails => self.handle(DeskEvent::Created {
                world: place.world,
                ok: Err("no memory".to_owned()),
            }),
            Job::Create(place) => self.desk_to_tick[place.thread].push(TickCommand::Start(place.world)),
            Job::Rebuild(place) if fails => self.handle(DeskEvent::Rebuilt {
                world: place.world,
                ok: false,
            }),
            Job::Rebuild(place) => self.desk_to_tick[place.thread].push(TickCommand::Restore(place.world)),
        }
    }

    fn other(&mut self, pick: usize) {
        let thread = pick % THREADS;
        match pick / THREADS % 8 {
            0 if self.mischief && pick / 16 % 8 < self.wildness => {
                let worlds: Vec<WorldId> = self.threads[thread].slots.keys().copied().collect();
                if !worlds.is_empty() {
                    let done = self.threads[thread].lose(worlds[pick / 128 % worlds.len()]);
                    self.done(thread, done);
                }
            }
            1..=3 => {
                self.now += Duration::from_millis(pick as u64);
                self.desk_tick();
            }
            4 if (pick / 16).is_multiple_of(3) => self.handle(DeskEvent::Standing {
                thread,
                stands: (pick / 64).is_multiple_of(2),
            }),
            4 => self.handle(DeskEvent::Load {
                thread,
                load: (pick % 100) as f32 / 100.0,
            }),
            5 if self.mischief && pick / 16 % 8 < self.wildness => self.restart(pick / 128),
            6 => self.overrun(thread, pick / 16),
            7 => self.fill_or_empty_ring(thread, pick / 16 % THREADS),
            _ => {}
        }
    }

    /// Requests the restart of a world.
    fn restart(&mut self, pick: usize) {
        let worlds = self.desk.worlds();
        if worlds.is_empty() {
            return;
        }
        let world = &worlds[pick % worlds.len()];
        self.trace(|| format!("-> restart of {}", world.name));
        let mut actions = Vec::new();
        let stream = &mut self.stream;
        let mut random = || stream.next_u64();
        let begun = self.desk.request(
            &world.name,
            WorldOrder::Restart,
            self.now,
            &mut random,
            &mut actions,
        );
        assert_eq!(begun.is_ok(), world.state == WorldState::Running);
        self.take(actions);
    }

    /// Requests the move of a world to a different thread.
    fn request_move(&mut self, pick: usize) {
        let mut worlds = self.desk.worlds();
        // Mostly one that can move, and to the other thread.
        if !pick.is_multiple_of(8) {
            worlds.retain(|world| matches!(world.kind, WorldKind::Own { .. }));
        }
        let pick = pick / 8;
        if worlds.is_empty() {
            return;
        }
        let world = &worlds[pick % worlds.len()];
        let here = usize::from((pick / worlds.len()).is_multiple_of(8));
        let to = (world.thread + 1 + here) % THREADS;
        self.trace(|| format!("-> move of {} to thread {to}", world.name));
        let mut actions = Vec::new();
        let stream = &mut self.stream;
        let mut random = || stream.next_u64();
        let order = WorldOrder::Move { thread: to };
        let begun = self
            .desk
            .request(&world.name, order, self.now, &mut random, &mut actions);
        let own = matches!(world.kind, WorldKind::Own { .. });
        let may_move = world.state == WorldState::Running && own && world.thread != to;
        assert_eq!(begun.is_ok(), may_move, "{world:?}: {begun:?}");
        self.take(actions);
    }

    /// A thread reports that a world makes it late.
    fn overrun(&mut self, thread: usize, pick: usize) {
        let worlds: Vec<WorldId> = self.threads[thread].slots.keys().copied().collect();
        if !worlds.is_empty() {
            let world = worlds[pick % worlds.len()];
            let share = (pick / 16 % 12) as f32 / 10.0;
            self.tick_to_desk[thread].push_back(DeskEvent::Overran { world, share });
        }
    }

    fn handle(&mut self, event: DeskEvent) {
        self.trace(|| format!("-> {event:?}"));
        let mut actions = Vec::new();
        let stream = &mut self.stream;
        let mut random = || stream.next_u64();
        self.desk.handle(event, self.now, &mut random, &mut actions);
        self.take(actions);
    }

    fn desk_tick(&mut self) {
        let mut actions = Vec::new();
        let stream = &mut self.stream;
        let mut random = || stream.next_u64();
        self.desk.tick(self.now, &mut random, &mut actions);
        self.take(actions);
    }

    fn take(&mut self, actions: Vec<DeskAction>) {
        for action in actions {
            self.trace(|| format!("   <- {action:?}"));
            match action {
                DeskAction::ToWorld {
                    place,
                    session,
                    event: kind,
                    ..
                } => {
                    let event = Event {
                        session,
                        placed: 0,
                        kind,
                    };
                    self.desk_to_tick[place.thread].push(TickCommand::Event(place.world, event));
                }
                DeskAction::Create { place, .. } => self.jobs.push(Job::Create(place)),
                DeskAction::Rebuild { place, .. } => self.jobs.push(Job::Rebuild(place)),
                DeskAction::Take { place } => {
                    self.desk_to_tick[place.thread].push(TickCommand::Take(place.world));
                }
                DeskAction::Leave { place } => {
                    self.desk_to_tick[place.thread].push(TickCommand::Leave(place.world));
                }
                DeskAction::Enter { place } => {
                    let slot = self.left.remove(&place.world).expect("it has left");
                    self.desk_to_tick[place.thread].push(TickCommand::Enter(slot));
                }
                DeskAction::WarnLate { .. } => {}
                DeskAction::End { place } => {
                    self.desk_to_tick[place.thread].push(TickCommand::End(place.world));
                }
                DeskAction::Send { session, message, .. } => {
                    let client = self.clients.get_mut(&session).expect("it is known");
                    if !client.closed {
                        client.receive(&message, true);
                    }
                }
                DeskAction::Place {
                    session,
                    place,
                    number,
                    link,
                    ..
                } => {
                    let placed = TickCommand::Placed(place.world, session, number, link);
                    self.desk_to_tick[place.thread].push(placed);
                    let io = self.clients[&session].io;
                    self.desk_to_io[io].push_back(action);
                }
                DeskAction::Recall { session, .. } | DeskAction::Close { session, .. } => {
                    let io = self.clients[&session].io;
                    self.desk_to_io[io].push_back(action);
                }
            }
        }
    }

    /// With the environment variable `DESK_TRACE`, prints what the desk does.
    fn trace(&self, line: impl FnOnce() -> String) {
        if self.traced {
            println!("{}", line());
        }
    }

    fn state(&self) -> &State {
        match &self.desk.0 {
            Kind::Live(state) => state,
            Kind::Playback(_) => panic!("not a playback"),
        }
    }

    fn is_quiet(&self) -> bool {
        let rings = self.io_to_desk.iter().all(VecDeque::is_empty)
            && self.desk_to_io.iter().all(VecDeque::is_empty)
            && self.tick_to_desk.iter().all(VecDeque::is_empty)
            && self.desk_to_tick.iter().all(Vec::is_empty)
            && self.io_to_tick.iter().all(Vec::is_empty);
        rings && self.jobs.is_empty() && self.left.is_empty() && self.threads.iter().all(TickThread::is_quiet)
    }
}

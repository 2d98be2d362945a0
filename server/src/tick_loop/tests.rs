//! Events reach worlds in the order in which they were sent, although they take two ways.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Instant,
};

use parlour_shared::{
    ids::{SessionId, Tick},
    message::{ClientMessage, Join},
};
use parlour_tick::{Arrival, EventKind, Pace, TickInput, TickOutput, WorldId};
use proptest::prelude::*;

use super::*;
use crate::bridge::{
    commands::{SessionCommand, command_ring},
    event_ring::event_ring,
    forwarded::{ForwardReceiver, Forwarded, ForwardedKind},
    outbound::TickBatch,
    route::WorldPlace,
    session_route::{IoRings, SessionRoute},
};
use crate::ticker::{CommandSender, TickCommand, Ticker, WorldSlot};

const SESSIONS: u64 = 3;
const WORLDS: u32 = 3;
/// At first, the first world is on thread 0, and the others are on thread 1.
const THREADS: usize = 2;

/// What all worlds were sent, in the order of their steps.
type Story = Arc<Mutex<Vec<Told>>>;
type Told = (WorldId, SessionId, EventKind);

/// A world that writes down what it is sent, and reports departures.
struct Chronicle {
    world: WorldId,
    tick: Tick,
    story: Story,
}

impl Ticker for Chronicle {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput, _: Option<&mut TickSender>) {
        output.clear();
        self.tick = self.tick.after(1);
        output.tick = self.tick;
        for event in input.events.drain(..) {
            if event.kind == EventKind::Depart {
                output.reports.push(parlour_tick::Report::Departed {
                    session: event.session,
                    player: Arrival::default(),
                });
            }
            let entry = (self.world, event.session, event.kind);
            self.story.lock().unwrap().push(entry);
        }
    }

    fn reclaim(&mut self, _: &mut TickInput) {}
}

/// A small desk: a join goes to the world with the number of its request modulo [`WORLDS`]. While a
/// session changes worlds, its events wait. Worlds move from thread to thread.
struct SmallDesk {
    ring: ForwardReceiver,
    commands: Vec<CommandSender>,
    /// By world.
    homes: Vec<Home>,
    /// What the I/O thread must be sent: placements and recalls.
    outputs: VecDeque<(SessionId, Option<(WorldPlace, u32)>)>,
    seats: BTreeMap<SessionId, Seat>,
}

/// Where a world is.
struct Home {
    thread: usize,
    /// The thread to which it moves.
    moves_to: Option<usize>,
    /// The commands for it since it was asked to leave.
    kept: Option<Vec<TickCommand>>,
}

#[derive(Default)]
struct Seat {
    world: Option<WorldId>,
    number: u32,
    /// Whether its I/O thread may send directly to its world.
    direct: bool,
    held: bool,
    /// Whether the departure was sent, and where the session goes.
    leaving_for: Option<WorldId>,
    /// Where it goes after the recall.
    recalled_for: Option<WorldId>,
    waiting: VecDeque<ClientMessage>,
}

impl SmallDesk {
    fn command(&mut self, world: WorldId, session: SessionId, kind: SessionCommand) {
        let command = TickCommand::Event {
            world,
            session,
            io_thread: 0,
            kind,
        };
        let home = &mut self.homes[world.0 as usize];
        match &mut home.kept {
            Some(kept) => kept.push(command),
            None => self.commands[home.thread].send(command),
        }
    }

    /// Begins to move a world: recalls its guests.
    fn move_world(&mut self, world: WorldId) {
        let home = &mut self.homes[world.0 as usize];
        if home.moves_to.is_none() {
            home.moves_to = Some((home.thread + 1) % THREADS);
            let guests = self.seats.iter().filter(|(_, seat)| seat.world == Some(world));
            let recalls = guests.map(|(session, _)| (*session, None));
            self.outputs.extend(recalls);
            self.leave_if_ready(world);
        }
    }

    /// Lets a world leave its thread when none of its guests is direct.
    fn leave_if_ready(&mut self, world: WorldId) {
        let mut guests = self.seats.values().filter(|seat| seat.world == Some(world));
        let is_direct = guests.any(|seat| seat.direct);
        let home = &mut self.homes[world.0 as usize];
        if home.moves_to.is_some() && home.kept.is_none() && !is_direct {
            home.kept = Some(Vec::new());
            self.commands[home.thread].send(TickCommand::Leave { world });
        }
    }

    /// A world left its thread, and enters the next one.
    fn left(&mut self, world: WorldId, slot: Box<WorldSlot>) {
        let home = &mut self.homes[world.0 as usize];
        home.thread = home.moves_to.take().expect("it moves");
        let commands = &mut self.commands[home.thread];
        commands.send(TickCommand::Enter { slot });
        for command in home.kept.take().expect("it left") {
            commands.send(command);
        }
        let guests = self.seats.iter().filter(|(_, seat)| seat.world == Some(world));
        let guests: Vec<_> = guests.map(|(session, _)| *session).collect();
        for session in guests {
            self.settle(session);
        }
    }

    /// Handles the next event. Returns `false` if there is none.
    fn handle(&mut self) -> bool {
        let Ok(Forwarded {
            session,
            number,
            kind,
        }) = self.ring.pop()
        else {
            return false;
        };
        let seat = self.seats.entry(session).or_default();
        seat.number = number;
        seat.direct = false;
        match kind {
            ForwardedKind::Opened { .. } | ForwardedKind::Closed => {}
            ForwardedKind::Held(held) => {
                seat.held = held;
                if let (Some(world), None) = (seat.world, seat.leaving_for) {
                    self.command(world, session, SessionCommand::Held(held));
                }
            }
            ForwardedKind::Recalled => {
                if let Some(target) = seat.recalled_for.take()
                    && seat.leaving_for.is_none()
                {
                    self.leave_for(session, target);
                }
            }
            ForwardedKind::Message { message, .. } => seat.waiting.push_back(message),
        }
        self.settle(session);
        (0..WORLDS).for_each(|world| self.leave_if_ready(WorldId(world)));
        true
    }

    /// Begins to move a session without its request, as a door does.
    fn open_door(&mut self, session: SessionId, target: WorldId) {
        let seat = self.seats.entry(session).or_default();
        if seat.world.is_some_and(|world| world != target) && seat.leaving_for.is_none() {
            seat.recalled_for = Some(target);
            self.outputs.push_back((session, None));
        }
    }

    fn leave_for(&mut self, session: SessionId, target: WorldId) {
        let seat = self.seats.entry(session).or_default();
        match seat.world {
            Some(world) if world != target => {
                seat.leaving_for = Some(target);
                self.command(world, session, SessionCommand::Depart);
            }
            Some(_) => {}
            None => self.arrive(session, target),
        }
    }

    fn arrive(&mut self, session: SessionId, target: WorldId) {
        let seat = self.seats.entry(session).or_default();
        (seat.world, seat.leaving_for) = (Some(target), None);
        let (player, held) = (Arrival::default(), seat.held);
        self.command(target, session, SessionCommand::Arrive { player, held });
    }

    fn departed(&mut self, session: SessionId) {
        if let Some(target) = self.seats.get(&session).and_then(|seat| seat.leaving_for) {
            self.arrive(session, target);
            self.settle(session);
        }
    }

    /// Sends what waits, and places the session.
    fn settle(&mut self, session: SessionId) {
        loop {
            let seat = self.seats.entry(session).or_default();
            if seat.leaving_for.is_some() || seat.recalled_for.is_some() {
                return;
            }
            let Some(message) = seat.waiting.front() else {
                break;
            };
            if let ClientMessage::Join(join) = message {
                let target = WorldId(join.request % WORLDS);
                if seat.world != Some(target) {
                    self.leave_for(session, target);
                    continue;
                }
            }
            let (Some(message), Some(world)) = (seat.waiting.pop_front(), seat.world) else {
                return;
            };
            let arrived = Instant::now();
            self.command(world, session, SessionCommand::Message { arrived, message });
        }
        let Some(seat) = self.seats.get_mut(&session) else {
            return;
        };
        if let Some(world) = seat.world
            && self.homes[world.0 as usize].moves_to.is_none()
        {
            seat.direct = true;
            let (number, held, thread) = (seat.number, seat.held, self.homes[world.0 as usize].thread);
            self.command(world, session, SessionCommand::Placed { number, held });
            let place = WorldPlace { thread, world };
            self.outputs.push_back((session, Some((place, number))));
        }
    }
}

/// A node with one I/O thread.
struct Node {
    rings: IoRings,
    routes: Vec<SessionRoute>,
    sent: Vec<u32>,
    held: Vec<bool>,
    desk: SmallDesk,
    /// By tick thread: the reports on their way to the desk.
    reports: [VecDeque<SmallReport>; THREADS],
}

enum SmallReport {
    Departed(SessionId),
    Left(WorldId, Box<WorldSlot>),
}

/// A step of one of the threads.
#[derive(Clone, Copy, Debug)]
enum Action {
    Chat(u64),
    Join(u64),
    Hold(u64),
    /// The desk handles an event.
    Desk,
    /// The desk handles a report of a tick thread.
    Report(usize),
    /// The desk begins to move a world.
    Move(u32),
    /// The I/O thread obeys the desk.
    Obey,
    Door(u64, u32),
    /// A tick of a thread, with other actions in between.
    Tick(usize),
}

impl Node {
    fn act(&mut self, action: Action) {
        let now = Instant::now();
        let id = |session: u64| SessionId(session << 8);
        match action {
            Action::Chat(session) | Action::Join(session) => {
                let at = session as usize;
                self.sent[at] += 1;
                let request = self.sent[at];
                let message = match action {
                    Action::Join(_) => ClientMessage::Join(Join::room(request, "plaza")),
                    _ => ClientMessage::SetSkin(parlour_shared::message::SetSkin { request, skin: 0 }),
                };
                self.routes[at].send(&self.rings, id(session), now, message);
            }
            Action::Hold(session) => {
                let at = session as usize;
                self.held[at] = !self.held[at];
                self.routes[at].set_held(&self.rings, id(session), self.held[at]);
            }
            Action::Desk => drop(self.desk.handle()),
            Action::Report(thread) => match self.reports[thread].pop_front() {
                Some(SmallReport::Departed(session)) => self.desk.departed(session),
                Some(SmallReport::Left(world, slot)) => self.desk.left(world, slot),
                None => {}
            },
            Action::Move(world) => self.desk.move_world(WorldId(world)),
            Action::Obey => {
                self.rings.flush();
                if let Some((session, placement)) = self.desk.outputs.pop_front() {
                    let route = &self.routes[(session.0 >> 8) as usize];
                    match placement {
                        Some((place, number)) => route.place(place, number),
                        None => route.recall(&self.rings, session),
                    }
                }
            }
            Action::Door(session, world) => self.desk.open_door(id(session), WorldId(world)),
            Action::Tick(_) => {}
        }
    }
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (0..SESSIONS).prop_map(Action::Chat),
        1 => (0..SESSIONS).prop_map(Action::Join),
        1 => (0..SESSIONS).prop_map(Action::Hold),
        10 => Just(Action::Desk),
        4 => (0..THREADS).prop_map(Action::Report),
        1 => (0..WORLDS).prop_map(Action::Move),
        10 => Just(Action::Obey),
        1 => (0..SESSIONS, 0..WORLDS).prop_map(|(session, world)| Action::Door(session, world)),
        3 => (0..THREADS).prop_map(Action::Tick),
    ]
}

/// The size of a ring that is never full.
const RING: usize = 4096;

/// Runs the actions, then lets everything arrive. The rings to the tick threads have room for this
/// number of events. Returns what the worlds were sent, how many messages each session sent, and
/// whether it is held.
fn run(actions: Vec<Action>, ring: usize) -> (Vec<Told>, Vec<u32>, Vec<bool>) {
    let metrics = Metrics::new(THREADS);
    let dropped = &metrics.edge.dropped_inbound_full;
    let (desk_ring, forwarded) = event_ring(RING, dropped.clone(), None);
    let (mut senders, mut inbound, mut command_senders, mut commands) = (vec![], vec![], vec![], vec![]);
    for _ in 0..THREADS {
        let (sender, receiver) = event_ring(ring, dropped.clone(), None);
        senders.push(sender);
        inbound.push([receiver]);
        let (sender, receiver) = command_ring(dropped.clone());
        command_senders.push(sender);
        commands.push(receiver);
    }
    let story = Story::default();
    let mut threads: Vec<WorldSlots> = (0..THREADS).map(|_| WorldSlots::default()).collect();
    for world in (0..WORLDS).map(WorldId) {
        let ticker = Box::new(Chronicle {
            world,
            tick: Tick(0),
            story: Arc::clone(&story),
        });
        threads[usize::from(world.0 > 0)]
            .slots
            .push(WorldSlot::new(world, ticker, IoThreads::default()));
    }
    let mut node = Node {
        rings: IoRings {
            desk: desk_ring,
            worlds: senders,
        },
        routes: (0..SESSIONS).map(|_| SessionRoute::default()).collect(),
        sent: vec![0; SESSIONS as usize],
        held: vec![false; SESSIONS as usize],
        desk: SmallDesk {
            ring: forwarded,
            commands: command_senders,
            homes: (0..WORLDS)
                .map(|world| Home {
                    thread: usize::from(world > 0),
                    moves_to: None,
                    kept: None,
                })
                .collect(),
            outputs: VecDeque::new(),
            seats: BTreeMap::new(),
        },
        reports: Default::default(),
    };
    for session in 0..SESSIONS {
        node.routes[session as usize].open(&node.rings, SessionId(session << 8), Arrival::default(), None);
        // Everyone is in a world from the beginning.
        node.act(Action::Join(session));
    }
    // In the end, everything that is under way arrives.
    let settle = [
        Action::Desk,
        Action::Obey,
        Action::Report(0),
        Action::Report(1),
        Action::Tick(0),
        Action::Tick(1),
    ];
    let settle = settle
        .into_iter()
        .cycle()
        .take(settle.len() * 4 * (actions.len() + 10));
    let mut actions = actions.into_iter().chain(settle).peekable();
    while let Some(action) = actions.next() {
        let Action::Tick(thread) = action else {
            node.act(action);
            continue;
        };
        let worlds = &mut threads[thread];
        // Other threads act between the looks of the tick thread at its rings.
        let between = || {
            for _ in 0..10 {
                if let Some(action) = actions.next_if(|action| !matches!(action, Action::Tick(_))) {
                    node.act(action);
                }
            }
        };
        let now = Instant::now();
        worlds.collect(&mut inbound[thread], &mut commands[thread], now, dropped, between);
        worlds.step(Pace::default(), &mut TickBatch::default(), &mut None, &metrics);
        worlds.end_tick();
        for report in worlds.reports.drain(..) {
            let under_way = &mut node.reports[thread];
            match report {
                TickReport::World { reports, .. } => {
                    under_way.extend(reports.into_iter().filter_map(|report| match report {
                        parlour_tick::Report::Departed { session, .. } => {
                            Some(SmallReport::Departed(session))
                        }
                        _ => None,
                    }));
                }
                TickReport::Left { world, slot } => {
                    under_way.push_back(SmallReport::Left(world, slot));
                }
                _ => panic!("a world panicked"),
            }
        }
    }
    if ring == RING {
        assert_eq!(metrics.value("parlour_drops_total{reason=\"inbound_full\"}"), 0.0);
    }
    let story = std::mem::take(&mut *story.lock().unwrap());
    (story, node.sent, node.held)
}

#[test]
fn a_request_for_a_world_that_has_ended_is_reported_as_lost() {
    let metrics = Metrics::new(1);
    let dropped = &metrics.edge.dropped_inbound_full;
    let (mut sender, mut commands) = command_ring(dropped.clone());
    let (world, session, arrived) = (WorldId(7), SessionId(256), Instant::now());
    let mut send = |kind| {
        sender.send(TickCommand::Event {
            world,
            session,
            io_thread: 0,
            kind,
        });
    };
    let message = ClientMessage::Join(Join::room(3, "plaza"));
    send(SessionCommand::Message { arrived, message });
    send(SessionCommand::Depart);
    let mut worlds = WorldSlots::default();
    worlds.collect(&mut [], &mut commands, arrived, dropped, || {});
    let lost = worlds.reports.iter().map(|report| match report {
        TickReport::Ended { world, lost, .. } => (*world, lost.clone()),
        _ => panic!("not the end of a world"),
    });
    let lost: Vec<_> = lost.collect();
    let join = crate::bridge::reports::LostRequest {
        session,
        request: 3,
        kind: crate::bridge::reports::LostKind::Join,
    };
    assert_eq!(lost, [(world, vec![join])]);
}

/// A world with three players in which nothing happens.
struct Quiet(Arc<Mutex<Tick>>);

impl Ticker for Quiet {
    fn step(&mut self, _: &mut TickInput, output: &mut TickOutput, _: Option<&mut TickSender>) {
        output.clear();
        let mut tick = self.0.lock().unwrap();
        *tick = tick.after(1);
        (output.tick, output.counts.players) = (*tick, 3);
    }

    fn quiet_ticks(&self) -> u32 {
        10
    }

    fn skip(&mut self, ticks: u32, _: Option<&mut TickSender>) {
        let mut tick = self.0.lock().unwrap();
        *tick = tick.after(ticks);
    }

    fn reclaim(&mut self, _: &mut TickInput) {}
}

/// A tick thread without sessions.
struct LoneThread {
    worlds: WorldSlots,
    sender: CommandSender,
    commands: CommandReceiver,
    metrics: Metrics,
}

impl LoneThread {
    fn new() -> Self {
        let metrics = Metrics::new(1);
        let (sender, commands) = command_ring(metrics.edge.dropped_inbound_full.clone());
        Self {
            worlds: WorldSlots::default(),
            sender,
            commands,
            metrics,
        }
    }

    fn tick(&mut self) -> Vec<TickReport> {
        let dropped = &self.metrics.edge.dropped_inbound_full;
        let commands = &mut self.commands;
        self.worlds
            .collect(&mut [], commands, Instant::now(), dropped, || {});
        let batch = &mut TickBatch::default();
        self.worlds.step(Pace::default(), batch, &mut None, &self.metrics);
        self.worlds.end_tick();
        self.worlds.reports.drain(..).collect()
    }
}

#[test]
fn a_quiet_world_that_leaves_has_counted_its_ticks_and_belongs_to_the_sums_of_the_new_thread() {
    let (mut old, mut new) = (LoneThread::new(), LoneThread::new());
    let (world, tick) = (WorldId(7), Arc::<Mutex<Tick>>::default());
    let ticker = Box::new(Quiet(Arc::clone(&tick)));
    old.sender.send(TickCommand::Start { world, ticker });
    for _ in 0..5 {
        assert!(old.tick().is_empty());
    }
    assert_eq!(*tick.lock().unwrap(), Tick(1), "four ticks are skipped");
    assert_eq!(old.worlds.total.players, 3);
    old.sender.send(TickCommand::Leave { world });
    let Some(TickReport::Left { slot, .. }) = old.tick().pop() else {
        panic!("it has not left");
    };
    assert_eq!(*tick.lock().unwrap(), Tick(5), "they are counted");
    assert_eq!((old.worlds.total.players, old.worlds.slots.len()), (0, 0));

    new.sender.send(TickCommand::Enter { slot });
    assert!(new.tick().is_empty());
    assert_eq!(*tick.lock().unwrap(), Tick(6));
    assert_eq!(new.worlds.total.players, 3);
    // A world that is not there, or that is not to leave, is no reason to fail.
    old.sender.send(TickCommand::Leave { world });
    assert!(old.tick().is_empty());
}

proptest! {
    #[test]
    fn every_message_reaches_one_world_in_order_while_its_session_is_there(
        actions in proptest::collection::vec(action(), 0..300)
    ) {
        let (story, sent, held) = run(actions, RING);
        for session in 0..SESSIONS {
            let events = story.iter().filter(|(_, of, _)| *of == SessionId(session << 8));
            let (mut world, mut number, mut is_held) = (None, 0, false);
            for (at, _, kind) in events {
                match kind {
                    EventKind::Arrive(_) => {
                        prop_assert_eq!(world, None, "arrives in one world at a time");
                        (world, is_held) = (Some(*at), false);
                    }
                    EventKind::Depart => {
                        prop_assert_eq!(world.take(), Some(*at));
                    }
                    EventKind::Hold | EventKind::Release => {
                        prop_assert_eq!(world, Some(*at));
                        is_held = *kind == EventKind::Hold;
                    }
                    EventKind::Message { message, .. } => {
                        prop_assert_eq!(world, Some(*at), "request {} of {}", message.request(), session);
                        number += 1;
                        prop_assert_eq!(message.request(), number, "of session {}", session);
                    }
                    EventKind::Reserve(_) => {}
                }
            }
            prop_assert_eq!(number, sent[session as usize], "all messages of {} arrive", session);
            prop_assert_eq!(is_held, held[session as usize]);
        }
    }

    /// Messages are dropped then. A viewer that was held for ever would be sent nothing any longer.
    #[test]
    fn holds_and_releases_count_although_rings_are_full(
        actions in proptest::collection::vec(action(), 0..300)
    ) {
        let (story, _, held) = run(actions, 1);
        for session in 0..SESSIONS {
            let events = story.iter().filter(|(_, of, _)| *of == SessionId(session << 8));
            let mut is_held = false;
            for (_, _, kind) in events {
                match kind {
                    EventKind::Arrive(_) | EventKind::Release => is_held = false,
                    EventKind::Hold => is_held = true,
                    _ => {}
                }
            }
            prop_assert_eq!(is_held, held[session as usize]);
        }
    }
}

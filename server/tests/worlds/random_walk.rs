//! Many clients go from world to world at random: by joins, reservations, doors and leaves, into
//! rooms that are full, that vanish, that panic, and whose worlds are restarted or moved to a
//! different tick thread at that moment. Each client is in at most one room at any time, and hears
//! everything from it. All of them together see nothing that contradicts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parlour_client::{Command, Direction, Event, JoinRequest, shared::message::Scope};
use parlour_shared::rng::{Purpose, Stream};
use tokio::{
    task::spawn,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    games::{start, worlds},
    observations::{Observations, OwnStory},
    support::{raw_client::TIMEOUT, test_server::TestServer},
    visitor::Visitor,
};

const CLIENTS: u64 = 30;
/// What each client does, at least.
const ACTIONS: u32 = 30;
/// What each client does at most, until everything happened that the test is about.
const MOST_ACTIONS: u32 = 600;
/// Replaces the seed of this run by that of an earlier one.
const SEED: &str = "PARLOUR_WALK_SEED";
/// Few rooms, so that they are full and much happens in each. The first is in the shared world.
/// `tag` has 4 seats and `office` 2. Those of `fragile` have no fallback.
const ROOMS: [&str; 11] = [
    "plaza",
    "office/1",
    "office/2",
    "tag/1",
    "tag/2",
    "east/1",
    "west/1",
    "fragile/1",
    "sheltered/1",
    "sheltered/2",
    "plaza/shelter",
];
/// The most ticks of a walk to a door.
const WALK: u32 = 90;
/// The time between two looks at the end.
const PAUSE: Duration = Duration::from_millis(300);

/// A client that acts at random.
struct Wanderer {
    server: Arc<TestServer>,
    seen: Arc<Observations>,
    visitor: Visitor,
    story: OwnStory,
    random: Stream,
    number: u64,
}

impl Wanderer {
    async fn open(server: Arc<TestServer>, seen: Arc<Observations>, number: u64) -> Self {
        Self {
            visitor: Visitor::open(&server, &format!("wanderer-{number}")).await,
            server,
            seen,
            story: OwnStory::default(),
            random: Stream::new(seed(), number, Purpose::Game),
            number,
        }
    }

    async fn wander(mut self) -> Self {
        for action in 0..MOST_ACTIONS {
            if action >= ACTIONS && self.seen.counts().is_enough() {
                break;
            }
            self.act(action).await;
            self.wait_for_answers().await;
        }
        self
    }

    /// Does something at random.
    async fn act(&mut self, action: u32) {
        let room = ROOMS[self.random.below(ROOMS.len() as u32) as usize];
        let room_type = room.split('/').next().unwrap();
        match self.random.below(21) {
            0..=5 => self.ask(Command::join(room)).await,
            6 => self.ask(Command::join(JoinRequest::existing(room))).await,
            7 => self.ask(Command::join(JoinRequest::any(room_type))).await,
            8 => self.ask(Command::join(JoinRequest::new_room("tag"))).await,
            9 => self.ask(Command::Leave).await,
            10..=12 => self.say(action).await,
            13 | 14 => self.walk().await,
            15 => self.reserve(room).await,
            // Without waiting for any of the answers.
            16 => {
                self.say(action).await;
                self.ask(Command::join(room)).await;
                self.say(action).await;
                self.ask(Command::Leave).await;
                self.ask(Command::join(ROOMS[0])).await;
            }
            17 => self.ask(Command::custom("light", &()).unwrap()).await,
            18 => self.ask(Command::custom("explode", &()).unwrap()).await,
            19 => drop(self.post_to_a_world("/restart")),
            _ => {
                let thread = self.random.below(2);
                if self.post_to_a_world(&format!("/move?thread={thread}")) {
                    self.seen.world_moves();
                }
            }
        }
    }

    async fn ask(&mut self, command: Command) {
        // The connection may just have ended: the next event says so.
        if let Ok(request) = self.visitor.connection.send(command).await {
            self.story.open.push(request);
        }
    }

    async fn say(&mut self, action: u32) {
        let text = format!("{action} of {}", self.number);
        let scope = if self.random.below(4) == 0 {
            Scope::Near
        } else {
            Scope::Room
        };
        self.ask(Command::Say { scope, text }).await;
    }

    /// Goes through a door if the map has one.
    async fn walk(&mut self) {
        let west = self.room().is_some_and(|room| room.starts_with("west"));
        let direction = if west { Direction::West } else { Direction::East };
        // It may fail like a request, and has no answer.
        let _ = self.visitor.connection.send(Command::walk(direction)).await;
        let has_door = west || self.room().is_some_and(|room| room.starts_with("east"));
        let mut first = None;
        while has_door && self.story.present.is_some() {
            self.next().await;
            let tick = self.story.tick;
            if tick.is_some_and(|tick| tick > *first.get_or_insert(tick) + WALK) {
                break;
            }
        }
    }

    /// Reserves seats, and then joins with the ticket.
    async fn reserve(&mut self, room: &str) {
        let seats = 1 + self.random.below(3) as u8;
        self.ask(Command::reserve(seats, room)).await;
        while !self.story.open.is_empty() {
            if let Some(Event::Reserved(reserved)) = self.next().await {
                self.ask(Command::join(&reserved)).await;
                return;
            }
        }
    }

    /// Restarts or moves any world, as an administrator can. Returns whether that is done.
    fn post_to_a_world(&mut self, what: &str) -> bool {
        let worlds = worlds(&self.server);
        let Some(world) = worlds.get(self.random.below(worlds.len() as u32) as usize) else {
            return false;
        };
        let (name, host) = (world["name"].as_str().unwrap(), self.server.inner.admin_addr());
        let request =
            format!("POST /worlds/{name}{what} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        // It is refused if the world has just ended, or is not running, or cannot move there.
        let answer = crate::support::http::exchange(self.server.connect_admin(), &request);
        assert!(!answer.starts_with("HTTP/1.1 500"), "{answer}");
        answer.starts_with("HTTP/1.1 200")
    }

    async fn wait_for_answers(&mut self) {
        while !self.story.open.is_empty() {
            self.next().await;
        }
    }

    /// Waits for the next event, and checks it. `None`: the client was closed with its room, and
    /// has a new session.
    async fn next(&mut self) -> Option<Event> {
        let event = timeout(TIMEOUT, self.visitor.connection.next_event()).await;
        let open = &self.story.open;
        let event = event.unwrap_or_else(|_| panic!("no answer to {open:?} of {}", self.number));
        match event {
            Ok(event) => {
                self.seen.check(&mut self.story, &self.visitor.connection, &event);
                Some(event)
            }
            Err(end) => {
                // Only the end of a room without a fallback closes a connection.
                assert_eq!(end.code(), Some(4104), "{end:?}");
                self.seen.closed();
                let name = format!("wanderer-{}", self.number);
                self.visitor = Visitor::open(&self.server, &name).await;
                self.story = OwnStory::default();
                None
            }
        }
    }

    /// Like [`Self::next`], if there is an event in time.
    async fn next_before(&mut self, until: Instant) {
        // If the time is over, no event is lost.
        drop(timeout_at(until, self.next()).await);
    }

    fn room(&self) -> Option<&str> {
        let room = self.visitor.connection.client().room();
        room.map(|room| &*room.entered.room)
    }
}

/// Returns a different number in each run, unless the environment variable sets it. The order in
/// which things happen differs anyway.
fn seed() -> u64 {
    let given = std::env::var(SEED).ok();
    given.map_or_else(|| std::process::id().into(), |given| given.parse().unwrap())
}

/// Lets all clients receive for a while.
async fn listen(wanderers: Vec<Wanderer>) -> Vec<Wanderer> {
    let until = Instant::now() + PAUSE;
    let mut tasks = Vec::new();
    for mut wanderer in wanderers {
        tasks.push(spawn(async move {
            while Instant::now() < until {
                wanderer.next_before(until).await;
            }
            wanderer
        }));
    }
    let mut wanderers = Vec::new();
    for task in tasks {
        wanderers.push(task.await.unwrap());
    }
    wanderers
}

/// Returns whether each world holds exactly those that say that they are in its rooms, and nobody
/// is seen in a room in which it is not.
fn is_settled(server: &TestServer, wanderers: &[Wanderer]) -> bool {
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for room in wanderers.iter().filter_map(Wanderer::room) {
        *expected.entry(room.to_owned()).or_default() += 1;
    }
    let (mut listed, mut sessions) = (BTreeMap::new(), 0);
    for world in worlds(server) {
        sessions += world["sessions"].as_u64().unwrap();
        for room in world["rooms"].as_array().unwrap() {
            let name = room["name"].as_str().unwrap().to_owned();
            listed.insert(name, room["players"].as_u64().unwrap());
        }
    }
    listed.retain(|_, players| *players > 0);
    let places = wanderers
        .iter()
        .map(|wanderer| (wanderer.visitor.player(), wanderer.story.present));
    let places: BTreeMap<_, _> = places.collect();
    // Outside of a room, a client still has its last view.
    let mut present = wanderers
        .iter()
        .filter(|wanderer| wanderer.story.present.is_some());
    listed == expected
        && sessions == expected.values().sum::<u64>()
        && present.all(|wanderer| {
            let view = wanderer.visitor.connection.client().view();
            let place = Some(&wanderer.story.present);
            let mut players = view.iter().filter_map(|(_, seen)| seen.player());
            players.all(|player| places.get(&player.player) == place)
        })
}

#[tokio::test]
async fn clients_that_wander_through_failing_worlds_are_in_one_room_each_and_miss_nothing() {
    // Shown if the test fails.
    println!("{SEED}={}", seed());
    let (server, seen) = (Arc::new(start(|_| {})), Arc::<Observations>::default());
    let mut walks = Vec::new();
    for number in 0..CLIENTS {
        let wanderer = Wanderer::open(Arc::clone(&server), Arc::clone(&seen), number).await;
        walks.push(spawn(wanderer.wander()));
    }
    let mut wanderers = Vec::new();
    for walk in walks {
        wanderers.push(walk.await.unwrap());
    }
    // What was started at the end, such as a fuse, comes to its end.
    let begin = Instant::now();
    while !is_settled(&server, &wanderers) {
        assert!(
            begin.elapsed() < TIMEOUT,
            "what clients see differs from what is listed"
        );
        wanderers = listen(wanderers).await;
    }
    seen.check_chats();
    let counts = seen.counts();
    println!("{counts:?}");
    assert!(counts.is_enough(), "{counts:?}");
    assert_eq!(server.inner.stop().failure, None);
}

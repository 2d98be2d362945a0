//! An ordinary client of the Rust library, which checks everything that it is sent.

use std::time::Duration;

use parlour_client::{Command, Connection, Disconnected, Event, Options};
use parlour_shared::{
    ids::Tick,
    message::{Refusal, RoomEntered},
};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

use super::{KnownRecording, PlaybackServer};

/// The time limit of all waits, far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Spectator {
    runtime: Runtime,
    connection: Connection,
}

impl Spectator {
    pub(crate) fn new(server: &PlaybackServer) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let options = Options {
            strict: true,
            timeout: PATIENCE,
            ..Options::named("ann")
        };
        let connection = runtime
            .block_on(Connection::open(&server.url(), options))
            .unwrap();
        Self { runtime, connection }
    }

    /// Returns a spectator that is in a room and was shown its first tick.
    pub(crate) fn in_room(server: &PlaybackServer, room: &str) -> Self {
        let mut spectator = Self::new(server);
        spectator.enter(room);
        spectator.until(|event| matches!(event, Event::Snapshot { .. }).then_some(()));
        spectator
    }

    pub(crate) fn client(&self) -> &parlour_client::Client {
        self.connection.client()
    }

    pub(crate) fn send(&mut self, command: Command) -> u32 {
        self.runtime.block_on(self.connection.send(command)).unwrap()
    }

    /// Joins a room; returns what it is sent about it.
    pub(crate) fn enter(&mut self, room: &str) -> RoomEntered {
        let request = self.send(Command::Join { room: room.into() });
        self.until(|event| matches!(event, Event::Entered).then_some(()));
        let entered = self.client().room().unwrap().entered.clone();
        assert_eq!(entered.request, request);
        entered
    }

    /// Sends a request that is refused.
    pub(crate) fn refused(&mut self, command: Command) -> Refusal {
        let request = self.send(command);
        self.until(|event| match event {
            Event::Refused(refused) if refused.request == request => Some(refused.refusal.clone()),
            _ => None,
        })
    }

    /// Returns the next event. Every event must keep all promises.
    pub(crate) fn next(&mut self) -> Event {
        self.try_next(PATIENCE).expect("something comes").unwrap()
    }

    /// Returns the next event or the end. `None`: neither came in time.
    fn try_next(&mut self, time: Duration) -> Option<Result<Event, Disconnected>> {
        let next = async { timeout(time, self.connection.next_event()).await };
        self.runtime.block_on(next).ok()
    }

    /// Waits for an event that a condition accepts.
    pub(crate) fn until<T>(&mut self, mut find: impl FnMut(&Event) -> Option<T>) -> T {
        loop {
            let event = self.next();
            if let Some(found) = find(&event) {
                return found;
            }
        }
    }

    /// Returns the next event. `None`: none came in time.
    pub(crate) fn hears(&mut self, time: Duration) -> Option<Event> {
        self.try_next(time).map(Result::unwrap)
    }

    /// Waits for the close, and returns its code.
    pub(crate) fn closed(&mut self) -> Option<u16> {
        loop {
            if let Err(end) = self.try_next(PATIENCE).expect("something comes") {
                return end.code();
            }
        }
    }

    /// Receives snapshots up to a tick, and checks the room at each. Returns their number.
    pub(crate) fn check_until(&mut self, recording: &KnownRecording, tick: u32) -> u32 {
        let mut count = 0;
        while self.tick() < Tick(tick) {
            if matches!(self.next(), Event::Snapshot { .. }) {
                self.check(recording);
                count += 1;
            }
        }
        count
    }

    /// Returns the tick of the view; 0 without one.
    pub(crate) fn tick(&self) -> Tick {
        self.client().view().tick().unwrap_or_default()
    }

    /// Checks that all players of the room are seen where they were.
    #[track_caller]
    pub(crate) fn check(&self, recording: &KnownRecording) {
        let tick = self.tick();
        let room = &self.client().room().unwrap().entered.room;
        let seen = self.client().view().iter().map(|(_, seen)| {
            let place = seen.segment.at(tick);
            (seen.player, (seen.name.to_owned(), place))
        });
        let expected = recording.players(room, tick).expect("the room exists");
        assert_eq!(
            &seen.collect::<super::known_recording::Players>(),
            expected,
            "at {tick:?}"
        );
    }
}

//! A client of the Rust client library that checks all that it receives.

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

use crate::{
    known_recording::{KnownRecording, Players},
    playback_server::PlaybackServer,
    support::raw_client::TIMEOUT,
};

pub(crate) struct Spectator {
    runtime: Runtime,
    connection: Connection,
}

impl Spectator {
    pub(crate) fn new(server: &PlaybackServer) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let options = Options {
            strict: true,
            timeout: TIMEOUT,
            ..Options::named("ann")
        };
        let connection = runtime
            .block_on(Connection::open(&server.url(), options))
            .unwrap();
        Self { runtime, connection }
    }

    /// Returns a spectator in a room that has received its first snapshot.
    pub(crate) fn in_room(server: &PlaybackServer, room: &str) -> Self {
        let mut spectator = Self::new(server);
        spectator.join(room);
        spectator.wait_for_snapshot();
        spectator
    }

    pub(crate) fn client(&self) -> &parlour_client::Client {
        self.connection.client()
    }

    pub(crate) fn send(&mut self, command: Command) -> u32 {
        self.runtime.block_on(self.connection.send(command)).unwrap()
    }

    /// Joins a room and waits until the spectator is in it.
    pub(crate) fn join(&mut self, room: &str) -> RoomEntered {
        let request = self.send(Command::join(room));
        self.wait_for_entered();
        let entered = self.client().room().unwrap().entered.clone();
        assert_eq!(entered.request, request);
        entered
    }

    /// Sends a request that must be refused. Returns the refusal.
    pub(crate) fn refusal(&mut self, command: Command) -> Refusal {
        let request = self.send(command);
        self.wait_for(|event| match event {
            Event::Refused(refused) if refused.request == request => Some(refused.refusal.clone()),
            _ => None,
        })
    }

    /// Waits for the next event, which must follow the protocol.
    fn next_event(&mut self) -> Event {
        self.try_next(TIMEOUT).expect("no event in time").unwrap()
    }

    /// Returns the next event or the end, or `None` if there is neither in time.
    fn try_next(&mut self, time: Duration) -> Option<Result<Event, Disconnected>> {
        let next = async { timeout(time, self.connection.next_event()).await };
        self.runtime.block_on(next).ok()
    }

    /// Waits until `find` returns a value for an event.
    pub(crate) fn wait_for<T>(&mut self, mut find: impl FnMut(&Event) -> Option<T>) -> T {
        loop {
            let event = self.next_event();
            if let Some(found) = find(&event) {
                return found;
            }
        }
    }

    /// Waits until the spectator is in the next room.
    pub(crate) fn wait_for_entered(&mut self) {
        self.wait_for(|event| matches!(event, Event::Entered).then_some(()));
    }

    /// Waits until the spectator has left the room.
    pub(crate) fn wait_for_left(&mut self) {
        self.wait_for(|event| matches!(event, Event::Left(_)).then_some(()));
    }

    /// Waits for the next snapshot.
    pub(crate) fn wait_for_snapshot(&mut self) {
        self.wait_for(|event| matches!(event, Event::Snapshot { .. }).then_some(()));
    }

    /// Drops events until none arrives for this time.
    pub(crate) fn wait_for_silence(&mut self, time: Duration) {
        while let Some(event) = self.try_next(time) {
            event.unwrap();
        }
    }

    /// Receives snapshots up to a tick and checks each. Returns their number.
    pub(crate) fn check_until(&mut self, recording: &KnownRecording, tick: u32) -> u32 {
        let mut count = 0;
        while self.tick() < Tick(tick) {
            if matches!(self.next_event(), Event::Snapshot { .. }) {
                self.check(recording);
                count += 1;
            }
        }
        count
    }

    /// Returns the tick of the view, or 0 before the first snapshot.
    pub(crate) fn tick(&self) -> Tick {
        self.client().view().tick().unwrap_or_default()
    }

    /// Checks that the view has the recorded players of the room at their recorded positions.
    #[track_caller]
    pub(crate) fn check(&self, recording: &KnownRecording) {
        let tick = self.tick();
        let room = &self.client().room().unwrap().entered.room;
        let seen = self.client().view().players().map(|(_, player, seen)| {
            let place = seen.segment.at(tick);
            (player.player, (player.name.clone(), place))
        });
        let expected = recording.players(room, tick).expect("the room exists");
        assert_eq!(&seen.collect::<Players>(), expected, "at {tick:?}");
    }
}

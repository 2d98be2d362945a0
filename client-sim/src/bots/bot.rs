//! One bot: a client that does its scheduled jobs, and checks everything it receives.

mod events;
mod jobs;

use std::{
    io::{self, Write as _},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use mio::net::TcpStream;
use parlour_client::{Client, Command, Event, Settings, Violation};
use parlour_shared::{
    close::CloseCode,
    ids::{PlayerId, Tick},
    motion::WallGrid,
    rng::Stream,
    snapshot::Snapshot,
};

use super::{
    behaviour::{Talk, Walk},
    latency::{Registry, Tracker},
    plan::Plan,
    roles::Roles,
    schedule::{Job, Schedule},
    standstill::{TickWatch, WatchedRoom},
    tally::Tally,
};
use crate::framing::{Framing, IncomingFrame};

/// The most bytes that may wait for a blocked socket. A bot with more closes its connection.
const MAX_UNSENT_BYTES: usize = 64 * 1024;
/// The time between two attempts to write to a blocked socket.
const RETRY: Duration = Duration::from_millis(10);

/// The state that the bots of a thread share.
pub(super) struct ThreadState {
    pub(super) plan: Plan,
    pub(super) roles: Roles,
    pub(super) registry: Registry,
    pub(super) schedule: Schedule,
    pub(super) tally: Tally,
    pub(super) tick_watch: TickWatch,
    pub(super) snapshot: Snapshot,
    pub(super) payload: Vec<u8>,
    /// The walls of all maps that the bots are on.
    pub(super) walls: Vec<Arc<WallGrid>>,
    /// Decides whose picture is sampled, and when.
    pub(super) age_samples: Stream,
    /// By bot number: the milestones of all sessions with that number.
    pub(super) past: Vec<Milestones>,
}

/// The milestones of a bot.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Milestones {
    pub(super) was_welcomed: bool,
    pub(super) has_joined: bool,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionEnd {
    /// The server closed it, with this code or without one.
    Closed(Option<u16>),
    /// A violation after which the bot's state is unusable.
    Violation,
}

/// One bot with an open connection.
pub(super) struct Bot {
    number: u32,
    client: Client,
    framing: Framing,
    walk: Walk,
    talk: Talk,
    tracker: Tracker,
    writer: Rc<TcpStream>,
    out: Vec<u8>,
    intended: Instant,
    /// When the next input will be sampled, and for which tick of the room. `None` if no turn
    /// waits.
    aimed: Option<(Instant, Tick)>,
    /// The room whose ticks the bot receives. `None` outside of a room, and for a stalled bot.
    watched: Option<WatchedRoom>,
    /// The player, and its number in the registry. `None` before the welcome.
    known: Option<(PlayerId, u32)>,
    is_witness: bool,
    /// Whether the bot stops reading once it is in its room.
    stalls: bool,
    is_broken: bool,
    joined: bool,
    leaving: bool,
    flush_planned: bool,
}

impl Bot {
    /// Opens a session. `intended` is the planned time of connecting.
    pub(super) fn open(
        number: u32,
        writer: Rc<TcpStream>,
        intended: Instant,
        shared: &mut ThreadState,
    ) -> Self {
        let mut bot = Self {
            number,
            client: Client::new(),
            framing: Framing::new(),
            walk: Walk::new(&shared.plan, number),
            talk: Talk::new(&shared.plan, number),
            tracker: Tracker::default(),
            writer,
            out: Vec::new(),
            intended,
            aimed: None,
            watched: None,
            known: None,
            stalls: shared.roles.is_stalled(number),
            is_broken: false,
            is_witness: shared.roles.is_witness(number),
            joined: false,
            leaving: false,
            flush_planned: false,
        };
        let settings = Settings {
            name: format!("bot-{number}"),
            token: None,
        };
        shared.payload.clear();
        bot.client.hello(&settings, &mut shared.payload);
        bot.framing.message(&shared.payload, &mut bot.out);
        bot.flush(Instant::now(), shared);
        bot
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving
    }

    pub(super) fn has_joined(&self) -> bool {
        self.joined
    }

    pub(super) fn is_welcomed(&self) -> bool {
        self.known.is_some()
    }

    /// Returns whether the bot has stopped reading.
    pub(super) fn is_stalled(&self) -> bool {
        self.stalls && self.joined
    }

    /// Returns whether writing to the socket failed. For a stalled bot that is the only sign that
    /// the server closed the connection.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    pub(super) fn unacknowledged_walks(&self) -> u64 {
        self.client.unacknowledged_walks() as u64
    }

    pub(super) fn player(&self) -> Option<PlayerId> {
        self.known.map(|(player, _)| player)
    }

    /// Returns the age of the bot's picture of a random neighbour.
    pub(super) fn age_of_picture(&self, shared: &mut ThreadState, now: Instant) -> Option<Duration> {
        self.tracker.age(&shared.registry, &mut shared.age_samples, now)
    }

    /// Calls `waits` for each unseen turn of a neighbour, with the time it has waited.
    pub(super) fn pending(&self, registry: &Registry, now: Instant, waits: impl FnMut(Duration)) {
        self.tracker.pending(registry, now, waits);
    }

    /// Stops watching the ticks of the room, because the bot has left it or its connection is over.
    pub(super) fn stop_watching(&mut self, now: Instant, shared: &mut ThreadState) {
        if let Some(room) = self.watched.take() {
            shared.tick_watch.leave(room, now);
        }
    }

    /// Says goodbye.
    pub(super) fn leave(&mut self, now: Instant, shared: &mut ThreadState) {
        self.leaving = true;
        self.send(Command::Bye, now, shared);
    }

    /// Says goodbye. A new session then replaces this one.
    pub(super) fn leave_for_replacement(&mut self, now: Instant, shared: &mut ThreadState) {
        shared.schedule.cancel(self.number);
        self.flush_planned = false;
        if let Some(player) = self.player() {
            // The server may never apply the last commands.
            shared.registry.remove(player);
        }
        self.leave(now, shared);
    }

    fn send(&mut self, command: Command, now: Instant, shared: &mut ThreadState) {
        shared.payload.clear();
        self.client.command(command, now, &mut shared.payload);
        self.framing.message(&shared.payload, &mut self.out);
        shared.tally.measured.messages_out += 1;
        self.flush(now, shared);
    }

    /// Writes as much as the socket takes.
    fn flush(&mut self, now: Instant, shared: &mut ThreadState) {
        while !self.out.is_empty() {
            match (&*self.writer).write(&self.out) {
                Ok(written) if written == self.out.len() => self.out.clear(),
                Ok(written) => drop(self.out.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !self.flush_planned {
                        self.flush_planned = true;
                        shared.schedule.add(now + RETRY, self.number, Job::Flush);
                    }
                    return;
                }
                // The next read fails with the same error, which is reported there.
                Err(_) => {
                    self.out.clear();
                    self.is_broken = true;
                }
            }
        }
    }

    /// Processes bytes from the socket. Decodes in place, so it overwrites `input`.
    pub(super) fn receive(
        &mut self,
        mut input: &mut [u8],
        now: Instant,
        shared: &mut ThreadState,
    ) -> Result<(), SessionEnd> {
        shared.tally.measured.bytes_in += input.len() as u64;
        let snapshots = shared.tally.measured.snapshots;
        let received = self.receive_all(&mut input, now, shared);
        if shared.tally.measured.snapshots != snapshots
            && let Some(room) = self.watched
        {
            shared.tick_watch.record(room, now);
        }
        received
    }

    fn receive_all(
        &mut self,
        input: &mut &mut [u8],
        now: Instant,
        shared: &mut ThreadState,
    ) -> Result<(), SessionEnd> {
        loop {
            let received = match self.framing.next(input, &mut self.out) {
                Ok(None) => break,
                Ok(Some(IncomingFrame::Control)) => continue,
                Ok(Some(IncomingFrame::Message(message))) => {
                    shared.tally.measured.frames_in += 1;
                    shared.tally.run.frames_in += 1;
                    let length = message.len() as u64;
                    let received = if self.is_witness {
                        self.client.receive_with(message, now, &mut shared.snapshot)
                    } else {
                        self.client.receive_header(message, now)
                    };
                    if matches!(&received, Ok(received) if matches!(received.event, Event::Snapshot { .. })) {
                        shared.tally.measured.snapshots += 1;
                        if self.is_witness {
                            shared.tally.measured.snapshot_bytes += length;
                        }
                    }
                    received
                }
                Ok(Some(IncomingFrame::Text)) => Err(Violation::Text),
                Ok(Some(IncomingFrame::Close { code })) => {
                    self.flush(now, shared);
                    return Err(SessionEnd::Closed(code));
                }
                Err(error) => {
                    let violations = &mut shared.tally.run.violations;
                    violations.add_kind("websocket", || format!("bot {}: {error}", self.number));
                    return Err(SessionEnd::Violation);
                }
            };
            match received {
                Ok(received) => {
                    if let Some(violation) = &received.violation {
                        shared.tally.run.violations.add(self.number, violation);
                    }
                    self.react(&received.event, now, shared);
                }
                Err(violation) => {
                    shared.tally.run.violations.add(self.number, &violation);
                    self.framing.close(CloseCode::Protocol.code(), &mut self.out);
                    self.flush(now, shared);
                    return Err(SessionEnd::Violation);
                }
            }
        }
        shared.payload.clear();
        self.client.acknowledge(&mut shared.payload);
        if !shared.payload.is_empty() {
            self.framing.message(&shared.payload, &mut self.out);
        }
        self.flush(now, shared);
        if self.out.len() > MAX_UNSENT_BYTES {
            return Err(SessionEnd::Closed(None));
        }
        Ok(())
    }
}

//! One bot: a client that acts when its schedule says so, and looks closely at all that it is told.

mod act;
mod look;

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
    pulse::{Pulse, Standstill},
    roles::Roles,
    schedule::{Job, Schedule},
    tally::Tally,
};
use crate::framing::{Framing, Incoming};

/// Bytes that may wait for a socket that takes none; then the bot gives up.
const MOST_WAITING: usize = 64 * 1024;
/// How long until a socket that took nothing is tried again.
const RETRY: Duration = Duration::from_millis(10);

/// What the bots of a thread share.
pub(super) struct Shared {
    pub(super) plan: Plan,
    pub(super) roles: Roles,
    pub(super) registry: Registry,
    pub(super) schedule: Schedule,
    pub(super) tally: Tally,
    pub(super) pulse: Arc<Pulse>,
    pub(super) snapshot: Snapshot,
    pub(super) payload: Vec<u8>,
    /// The walls of all maps they are on.
    pub(super) walls: Vec<Arc<WallGrid>>,
    /// Whom to look at when.
    pub(super) glances: Stream,
    /// By number, what became of the bots so far, whoever sits there now.
    pub(super) past: Vec<Past>,
}

/// What became of a bot so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Past {
    pub(super) was_welcomed: bool,
    pub(super) has_joined: bool,
}

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Closed by the server, if with a code.
    Closed(Option<u16>),
    /// The bot has seen enough: a violation after which it knows nothing any more.
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
    /// The tick for which the next input is to be sampled, if a turn waits for that.
    aimed: Option<Tick>,
    /// Who it is, and its number in the registry.
    known: Option<(PlayerId, u32)>,
    is_witness: bool,
    /// It stops reading once it is in its room.
    stalls: bool,
    is_broken: bool,
    joined: bool,
    leaving: bool,
    flush_planned: bool,
}

impl Bot {
    /// Begins a session; `intended` is when it was to connect.
    pub(super) fn open(number: u32, writer: Rc<TcpStream>, intended: Instant, shared: &mut Shared) -> Self {
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

    /// Whether it reads nothing any more.
    pub(super) fn is_stalled(&self) -> bool {
        self.stalls && self.joined
    }

    /// Whether its socket has refused data. Of a bot that reads nothing there is no other sign that the server
    /// has closed.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    pub(super) fn unacknowledged_walks(&self) -> u64 {
        self.client.unacknowledged_walks() as u64
    }

    pub(super) fn player(&self) -> Option<PlayerId> {
        self.known.map(|(player, _)| player)
    }

    /// How old what it knows of a neighbour is, one picked by chance.
    pub(super) fn age_of_picture(&self, shared: &mut Shared, now: Instant) -> Option<Duration> {
        self.tracker.age(&shared.registry, &mut shared.glances, now)
    }

    /// What it has not seen of its neighbours: how long each turn waits.
    pub(super) fn pending(&self, registry: &Registry, now: Instant, waits: impl FnMut(Duration)) {
        self.tracker.pending(registry, now, waits);
    }

    /// Says goodbye.
    pub(super) fn leave(&mut self, now: Instant, shared: &mut Shared) {
        self.leaving = true;
        self.send(Command::Bye, now, shared);
    }

    /// Says goodbye for another bot to come in its place.
    pub(super) fn make_way(&mut self, now: Instant, shared: &mut Shared) {
        shared.schedule.forget(self.number);
        self.flush_planned = false;
        if let Some(player) = self.player() {
            // What it asked for last may never be done.
            shared.registry.remove(player);
        }
        self.leave(now, shared);
    }

    fn send(&mut self, command: Command, now: Instant, shared: &mut Shared) {
        shared.payload.clear();
        self.client.command(command, now, &mut shared.payload);
        self.framing.message(&shared.payload, &mut self.out);
        shared.tally.flow.messages_out += 1;
        self.flush(now, shared);
    }

    /// Gives the socket what it takes.
    fn flush(&mut self, now: Instant, shared: &mut Shared) {
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
                // The reader finds out the same and says so, if it reads.
                Err(_) => {
                    self.out.clear();
                    self.is_broken = true;
                }
            }
        }
    }

    /// Takes in what was read. The input is used up.
    pub(super) fn receive(
        &mut self,
        mut input: &mut [u8],
        now: Instant,
        shared: &mut Shared,
    ) -> Result<(), End> {
        shared.tally.flow.bytes_in += input.len() as u64;
        let snapshots = shared.tally.flow.snapshots;
        let received = self.receive_all(&mut input, now, shared);
        if shared.tally.flow.snapshots != snapshots {
            let flow = &mut shared.tally.flow;
            flow.standstill = Standstill::longer(flow.standstill, shared.pulse.beat(now));
        }
        received
    }

    fn receive_all(&mut self, input: &mut &mut [u8], now: Instant, shared: &mut Shared) -> Result<(), End> {
        loop {
            let received = match self.framing.next(input, &mut self.out) {
                Ok(None) => break,
                Ok(Some(Incoming::Control)) => continue,
                Ok(Some(Incoming::Message(message))) => {
                    shared.tally.flow.frames_in += 1;
                    shared.tally.life.frames_in += 1;
                    let length = message.len() as u64;
                    let received = if self.is_witness {
                        self.client.receive_with(message, now, &mut shared.snapshot)
                    } else {
                        self.client.receive_head(message, now)
                    };
                    if matches!(&received, Ok(received) if matches!(received.event, Event::Snapshot { .. })) {
                        shared.tally.flow.snapshots += 1;
                        if self.is_witness {
                            shared.tally.flow.snapshot_bytes += length;
                        }
                    }
                    received
                }
                Ok(Some(Incoming::Text)) => Err(Violation::Text),
                Ok(Some(Incoming::Close { code })) => {
                    self.flush(now, shared);
                    return Err(End::Closed(code));
                }
                Err(error) => {
                    let violations = &mut shared.tally.life.violations;
                    violations.add_kind("websocket", || format!("bot {}: {error}", self.number));
                    return Err(End::Violation);
                }
            };
            match received {
                Ok(received) => {
                    if let Some(violation) = &received.violation {
                        shared.tally.life.violations.add(self.number, violation);
                    }
                    self.react(&received.event, now, shared);
                }
                Err(violation) => {
                    shared.tally.life.violations.add(self.number, &violation);
                    self.framing.close(CloseCode::Protocol.code(), &mut self.out);
                    self.flush(now, shared);
                    return Err(End::Violation);
                }
            }
        }
        self.flush(now, shared);
        if self.out.len() > MOST_WAITING {
            return Err(End::Closed(None));
        }
        Ok(())
    }
}

//! One bot: a client that acts when its schedule says so, and looks closely at all that it is told.

use std::{
    io,
    time::{Duration, Instant},
};

use parlour_shared::{
    close::CloseCode,
    ids::PlayerId,
    limits::MAX_EXTRA_BYTES,
    message::Scope,
    motion::{Position, UNITS_PER_PX},
    snapshot::{MotionChange, Snapshot, Update},
};
use tokio::net::tcp::OwnedWriteHalf;

use super::{
    behaviour::{Talk, Walk},
    latency::{Registry, Sighting, Tracker},
    plan::Plan,
    schedule::{Job, Schedule},
    tally::Tally,
};
use crate::{
    client::{Client, Settings},
    command::Command,
    event::Event,
    framing::{Framing, Incoming},
    prediction::Agreement,
    violation::Violation,
};

/// Bytes that may wait for a socket that takes none; then the bot gives up.
const MOST_WAITING: usize = 64 * 1024;
/// How long until a socket that took nothing is tried again.
const RETRY: Duration = Duration::from_millis(10);

/// What the bots of a thread share.
pub(super) struct Shared {
    pub(super) plan: Plan,
    pub(super) registry: Registry,
    pub(super) schedule: Schedule,
    pub(super) tally: Tally,
    pub(super) snapshot: Snapshot,
    pub(super) payload: Vec<u8>,
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
    writer: OwnedWriteHalf,
    out: Vec<u8>,
    intended: Instant,
    /// Who it is, and its number in the registry.
    known: Option<(PlayerId, u32)>,
    joined: bool,
    leaving: bool,
    flush_planned: bool,
}

impl Bot {
    /// Begins a session; `intended` is when it was to connect.
    pub(super) fn open(number: u32, writer: OwnedWriteHalf, intended: Instant, shared: &mut Shared) -> Self {
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
            known: None,
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

    pub(super) fn is_welcomed(&self) -> bool {
        self.known.is_some()
    }

    pub(super) fn player(&self) -> Option<PlayerId> {
        self.known.map(|(player, _)| player)
    }

    /// Says goodbye.
    pub(super) fn leave(&mut self, now: Instant, shared: &mut Shared) {
        self.leaving = true;
        self.send(Command::Bye, now, shared);
    }

    /// Does what was due, if it can be done now, and plans the next.
    pub(super) fn act(&mut self, job: Job, due: Instant, now: Instant, shared: &mut Shared) {
        let next = match job {
            Job::Connect => None,
            Job::Flush => {
                self.flush_planned = false;
                self.flush(now, shared);
                return;
            }
            Job::Turn => {
                self.turn(due, now, shared);
                Some(self.walk.delay())
            }
            Job::Chat => {
                let scope = if self.talk.choose(2) == 0 {
                    Scope::Room
                } else {
                    Scope::Near
                };
                let text = format!("bot {} says {}", self.number, self.talk.choose(1000));
                self.ask(Command::Say { scope, text }, now, shared);
                self.talk.chat_delay()
            }
            Job::Skin => {
                let skins = self.client.welcome().map_or(0, |welcome| welcome.skins.len());
                let skin = self.talk.choose(skins.min(usize::from(u16::MAX)) as u32) as u16;
                self.ask(Command::SetSkin { skin }, now, shared);
                self.talk.skin_delay()
            }
            Job::Ping => {
                self.send(Command::Ping, now, shared);
                shared.plan.ping_every
            }
        };
        shared
            .tally
            .flow
            .lag
            .add(Instant::now().saturating_duration_since(due));
        if let Some(delay) = next {
            // From when it was due, not from now: a late generator catches up instead of asking less of the server.
            shared.schedule.add(due + delay, self.number, job);
        }
    }

    fn turn(&mut self, due: Instant, now: Instant, shared: &mut Shared) {
        let (Some(room), Some((_, bot))) = (self.client.room(), self.known) else {
            return;
        };
        let map = &room.entered.map;
        let middle = |tiles: u16| i32::from(tiles) * i32::from(map.tile_px) * UNITS_PER_PX / 2;
        let middle = Position {
            x: middle(map.width),
            y: middle(map.height),
        };
        let here = self
            .client
            .segment()
            .map(|segment| segment.at(self.client.tick_at(now).unwrap_or_default()));
        let heading = self.walk.turn(here, middle);
        shared.registry.intend(bot, heading, due);
        shared.tally.flow.inputs_out += 1;
        self.send(Command::head(heading), now, shared);
    }

    /// Sends a request that takes a room.
    fn ask(&mut self, command: Command, now: Instant, shared: &mut Shared) {
        if self.client.room().is_some() {
            self.send(command, now, shared);
        }
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
            match self.writer.try_write(&self.out) {
                Ok(written) if written == self.out.len() => self.out.clear(),
                Ok(written) => drop(self.out.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !self.flush_planned {
                        self.flush_planned = true;
                        shared.schedule.add(now + RETRY, self.number, Job::Flush);
                    }
                    return;
                }
                // The reader finds out the same and says so.
                Err(_) => self.out.clear(),
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
        loop {
            let received = match self.framing.next(&mut input, &mut self.out) {
                Ok(None) => break,
                Ok(Some(Incoming::Control)) => continue,
                Ok(Some(Incoming::Message(message))) => {
                    shared.tally.flow.frames_in += 1;
                    shared.tally.life.frames_in += 1;
                    let length = message.len() as u64;
                    let received = self.client.receive_with(message, now, &mut shared.snapshot);
                    if matches!(&received, Ok(received) if matches!(received.event, Event::Snapshot { .. })) {
                        shared.tally.flow.snapshot_bytes += length;
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

    fn react(&mut self, event: &Event, now: Instant, shared: &mut Shared) {
        let flow = &mut shared.tally.flow;
        match event {
            Event::Welcome => {
                if let Some(player) = self.client.player() {
                    self.known = Some((player, shared.registry.add(player)));
                }
                shared
                    .tally
                    .life
                    .connect
                    .add(now.saturating_duration_since(self.intended));
                let room = shared.plan.room_name(self.number);
                self.send(Command::Join { room }, now, shared);
            }
            Event::Entered => self.entered(now, shared),
            Event::Left(_) => self.tracker.clear(),
            Event::Snapshot { own, ack } => {
                match own {
                    Some(Agreement::Agreed) => flow.predictions_agreed += 1,
                    Some(Agreement::Unchecked) => flow.predictions_unchecked += 1,
                    Some(Agreement::Started) | None => {}
                }
                if let Some(ack) = ack {
                    match u64::try_from(ack.early) {
                        Ok(early) => flow.early.add(Duration::from_micros(100 * early)),
                        Err(_) => flow.inputs_late += 1,
                    }
                }
                self.look(now, shared);
            }
            Event::Chat(_) => flow.chats_in += 1,
            Event::Refused(refused) => {
                *shared
                    .tally
                    .life
                    .refused
                    .entry(refused.refusal.class())
                    .or_default() += 1;
            }
            Event::Pong { rtt } => flow.rtt.add(*rtt),
            Event::StateChanged(_) | Event::Accepted(_) | Event::Custom(_) | Event::Closing(_) => {}
        }
    }

    fn entered(&mut self, now: Instant, shared: &mut Shared) {
        self.tracker.clear();
        if std::mem::replace(&mut self.joined, true) {
            return;
        }
        shared.tally.life.joined += 1;
        let first_ping = shared
            .plan
            .ping_every
            .map(|every| every.min(Duration::from_secs(1)));
        let jobs = [
            (self.walk.first_delay(), Job::Turn),
            (self.talk.chat_delay(), Job::Chat),
            (self.talk.skin_delay(), Job::Skin),
            (first_ping, Job::Ping),
        ];
        for (delay, job) in jobs {
            if let Some(delay) = delay {
                shared.schedule.add(now + delay, self.number, job);
            }
        }
    }

    /// Looks through the snapshot that was just taken in for turns of neighbours.
    fn look(&mut self, now: Instant, shared: &mut Shared) {
        let (snapshot, registry, flow) = (&shared.snapshot, &shared.registry, &mut shared.tally.flow);
        let own = self.client.slot();
        flow.snapshots += 1;
        flow.updates += snapshot.updates.len() as u64;
        flow.enters += snapshot.enters.len() as u64;
        if snapshot.base.is_none() {
            self.tracker.clear();
        }
        for &slot in &snapshot.leaves {
            self.tracker.leave(slot);
        }
        for enter in snapshot.enters.iter().filter(|enter| Some(enter.slot) != own) {
            self.tracker
                .enter(registry, enter.slot, enter.player, enter.gait.heading);
        }
        for update in snapshot.updates.iter().filter(|update| Some(update.slot) != own) {
            let Some(MotionChange::Turn { gait, .. } | MotionChange::Anchor { gait, .. }) = update.motion
            else {
                continue;
            };
            flow.motions += 1;
            flow.motion_bytes += record_bytes(update);
            match self.tracker.moved(registry, update.slot, gait.heading, now) {
                Sighting::Nothing => {}
                Sighting::Unknown => flow.turns_unknown += 1,
                Sighting::Turn { latency, overtaken } => {
                    flow.latency.add(latency);
                    flow.turns_overtaken += u64::from(overtaken);
                }
            }
        }
    }
}

/// The length of an update record on the wire.
fn record_bytes(update: &Update) -> u64 {
    let motion = match update.motion {
        Some(MotionChange::Turn { .. }) => 2,
        Some(MotionChange::Anchor { .. }) => 9,
        None => 0,
    };
    let skin = if update.skin.is_some() { 2 } else { 0 };
    let extras = update
        .extras
        .iter()
        .map(|(_, bytes)| 1 + bytes.len().min(MAX_EXTRA_BYTES) as u64);
    3 + motion + skin + extras.sum::<u64>()
}

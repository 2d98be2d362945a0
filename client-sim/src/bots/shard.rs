//! The bots of one thread, and what they share.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use mio::net::TcpStream;
use parlour_shared::snapshot::Snapshot;

use super::{
    bot::{Bot, End, Shared},
    latency::Registry,
    plan::Plan,
    schedule::{Job, Schedule},
    tally::{Stopwatch, Tally},
};

/// Close code of a connection that ended without one.
const NO_CODE: u16 = 1006;
/// Jobs that are done before the sockets get their turn again.
const BATCH: usize = 128;

/// The bots of one thread. None of its functions waits.
pub(super) struct Shard {
    /// By place; every `threads`-th group of rooms is here.
    bots: Vec<Option<Box<Bot>>>,
    shared: Shared,
    watch: Stopwatch,
    /// Bots that still have a connection, welcomed or not.
    open: u32,
    started: Instant,
}

/// What [`Shard::run_due`] left to be done.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// Bots that connect now, and when each was to.
    pub(super) connect: Vec<(u32, Instant)>,
    /// More is due.
    pub(super) more: bool,
}

impl Shard {
    /// The bots of the plan that belong to this thread, each to connect at its time after `start`.
    pub(super) fn new(plan: Plan, thread: u32, start: Instant) -> Self {
        let mut schedule = Schedule::default();
        for bot in (0..plan.count).filter(|&bot| plan.room_of(bot) % plan.threads == thread) {
            schedule.add(start + plan.connects_at(bot), bot, Job::Connect);
        }
        let bots = (0..plan.count).map(|_| None).collect();
        let shared = Shared {
            plan,
            registry: Registry::default(),
            schedule,
            tally: Tally::default(),
            snapshot: Snapshot::default(),
            payload: Vec::new(),
            walls: Vec::new(),
        };
        Self {
            bots,
            shared,
            watch: Stopwatch::start(start),
            open: 0,
            started: start,
        }
    }

    /// When something is to be done next.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.shared.schedule.next_due()
    }

    /// Forgets what was measured so far: the measurement begins.
    pub(super) fn begin_measuring(&mut self, now: Instant) {
        self.shared.tally.flow = Default::default();
        self.watch = Stopwatch::start(now);
    }

    /// What was counted so far.
    pub(super) fn tally(&mut self, now: Instant) -> Tally {
        self.watch.report(&mut self.shared.tally, now);
        self.shared.tally.flow.inputs_under_way =
            self.bots.iter().flatten().map(|bot| bot.walks_under_way()).sum();
        self.shared.tally.clone()
    }

    /// Connections that are open.
    pub(super) fn open(&self) -> u32 {
        self.open
    }

    /// Does what is due, a batch at most.
    pub(super) fn run_due(&mut self) -> Due {
        let mut due = Due::default();
        for _ in 0..BATCH {
            let now = Instant::now();
            let Some((at, number, job)) = self.shared.schedule.pop_due(now) else {
                return due;
            };
            if job == Job::Connect {
                due.connect.push((number, at));
            } else if let Some(bot) = self.bots.get_mut(number as usize).and_then(Option::as_mut) {
                bot.act(job, at, now, &mut self.shared);
            }
        }
        due.more = true;
        due
    }

    /// A connection is there: the bot begins its session.
    pub(super) fn connected(&mut self, number: u32, writer: Rc<TcpStream>, intended: Instant) {
        self.open += 1;
        let bot = Bot::open(number, writer, intended, &mut self.shared);
        if let Some(place) = self.bots.get_mut(number as usize) {
            *place = Some(Box::new(bot));
        }
    }

    /// A connection did not come about.
    pub(super) fn failed(&mut self, reason: String) {
        *self.shared.tally.life.connect_failures.entry(reason).or_default() += 1;
    }

    /// A bot's socket had something to read.
    pub(super) fn receive(&mut self, number: u32, input: &mut [u8], now: Instant) -> Result<(), End> {
        let Some(bot) = self.bots.get_mut(number as usize).and_then(Option::as_mut) else {
            return Err(End::Closed(None));
        };
        let was_welcomed = bot.is_welcomed();
        let result = bot.receive(input, now, &mut self.shared);
        if !was_welcomed && bot.is_welcomed() {
            self.watch.lap(&mut self.shared.tally, now);
            self.shared.tally.life.connected += 1;
            self.shared.tally.life.welcomed += 1;
        }
        result
    }

    /// A bot's connection is over.
    pub(super) fn closed(&mut self, number: u32, end: End) {
        let Some(bot) = self.bots.get_mut(number as usize).and_then(Option::take) else {
            return;
        };
        self.open -= 1;
        if let Some(player) = bot.player() {
            self.watch.lap(&mut self.shared.tally, Instant::now());
            self.shared.tally.life.connected -= 1;
            self.shared.registry.remove(player);
        }
        if let End::Closed(code) = end
            && !bot.is_leaving()
        {
            *self
                .shared
                .tally
                .life
                .disconnects
                .entry(code.unwrap_or(NO_CODE))
                .or_default() += 1;
        }
    }

    /// The run is over: all say goodbye.
    pub(super) fn leave(&mut self, now: Instant) {
        self.shared.schedule.clear();
        for bot in self.bots.iter_mut().flatten() {
            bot.leave(now, &mut self.shared);
        }
    }

    /// When the measurement begins.
    pub(super) fn measures_from(&self) -> Instant {
        self.started + self.shared.plan.measures_from()
    }

    /// How long the measurement takes.
    pub(super) fn duration(&self) -> Option<Duration> {
        self.shared.plan.duration
    }
}

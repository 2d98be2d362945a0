//! The bots of one thread, and their shared state.

mod count;

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use mio::net::TcpStream;
use parlour_shared::{
    rng::{Purpose, Stream},
    snapshot::Snapshot,
};

use super::{
    bot::{Bot, Milestones, SessionEnd, ThreadState},
    churn::Churn,
    latency::Registry,
    plan::Plan,
    roles::Roles,
    schedule::{Job, Schedule},
    standstill::{PauseDetector, TickWatch},
    tally::{Stopwatch, Tally},
};

/// The close code under which a connection that ended without one is counted (RFC 6455).
const NO_CODE: u16 = 1006;
/// The most jobs that run before the sockets are read again.
const BATCH: usize = 128;

/// The bot number of jobs that belong to the thread, not to a bot.
const THREAD: u32 = u32::MAX;
/// The average time between samples of the age of the picture, in microseconds. It varies by half
/// in either direction, so that samples do not align with ticks.
const AGE_SAMPLE_US: u32 = 2000;
/// The most random bots that are tried until one is suitable.
const ATTEMPTS: u32 = 4;

/// The bots of one thread. None of its functions blocks.
pub(super) struct BotGroup {
    /// By bot number. Only bots in rooms of this thread have an entry.
    bots: Vec<Option<Box<Bot>>>,
    /// The numbers of this thread's witnesses.
    witnesses: Vec<u32>,
    shared: ThreadState,
    watch: Stopwatch,
    /// The number of bots with a connection, welcomed or not.
    open: u32,
    started: Instant,
    awake: PauseDetector,
    churn: Churn,
    /// Set when all bots say goodbye and no new ones connect.
    is_ending: bool,
}

/// The work that [`BotGroup::run_due`] leaves to its caller.
#[derive(Debug, Default)]
pub(super) struct DueWork {
    /// The bots that must connect now, each with its planned time.
    pub(super) connect: Vec<(u32, Instant)>,
    /// Whether more jobs are due.
    pub(super) more: bool,
}

impl BotGroup {
    /// Creates the bots of the plan that belong to this thread. Each connects at its planned time
    /// after `start`.
    pub(super) fn new(plan: Plan, thread: u32, start: Instant) -> Self {
        let mut schedule = Schedule::default();
        let roles = Roles::new(&plan);
        let here: Vec<u32> = (0..plan.count)
            .filter(|&bot| plan.room_of(bot) % plan.threads == thread)
            .collect();
        for &bot in &here {
            schedule.add(start + plan.connects_at(bot), bot, Job::Connect);
        }
        let witnesses = here
            .iter()
            .copied()
            .filter(|&bot| roles.is_witness(bot))
            .collect();
        let here = here.into_iter().filter(|&bot| !roles.is_stalled(bot)).collect();
        schedule.add(start, THREAD, Job::SampleAge);
        let bots = (0..plan.count).map(|_| None).collect();
        let churn = Churn::new(&plan, thread, here);
        let shared = ThreadState {
            roles,
            past: vec![Milestones::default(); plan.count as usize],
            age_samples: Stream::new(plan.seed, thread.into(), Purpose::BotAgeSample),
            plan,
            registry: Registry::default(),
            schedule,
            tally: Tally::default(),
            tick_watch: TickWatch::new(start),
            snapshot: Snapshot::default(),
            payload: Vec::new(),
            walls: Vec::new(),
        };
        Self {
            bots,
            witnesses,
            shared,
            watch: Stopwatch::start(start),
            open: 0,
            started: start,
            awake: PauseDetector::new(start),
            churn,
            is_ending: false,
        }
    }

    /// Returns when the next job is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.shared.schedule.next_due()
    }

    /// Begins the measurement, and discards everything measured before it.
    pub(super) fn begin_measuring(&mut self, now: Instant) {
        self.shared.tally.measured = Default::default();
        // A standstill that began earlier counts from here.
        self.shared.tick_watch.restart(now);
        self.watch = Stopwatch::start(now);
        if let Some(delay) = self.churn.delay() {
            self.shared.schedule.add(now + delay, THREAD, Job::Churn);
        }
    }

    /// Returns the number of open connections.
    pub(super) fn open(&self) -> u32 {
        self.open
    }

    /// Runs the due jobs, at most a batch.
    pub(super) fn run_due(&mut self) -> DueWork {
        let mut due = DueWork::default();
        for _ in 0..BATCH {
            let now = Instant::now();
            let Some((at, number, job)) = self.shared.schedule.pop_due(now) else {
                return due;
            };
            match job {
                Job::Connect => due.connect.push((number, at)),
                Job::SampleAge => self.sample_age(now),
                Job::Churn => self.churn(at, now),
                _ => {
                    if let Some(bot) = self.bots.get_mut(number as usize).and_then(Option::as_mut) {
                        bot.act(job, at, now, &mut self.shared);
                        if bot.is_broken() && bot.is_stalled() {
                            self.closed(number, SessionEnd::Closed(None));
                        }
                    }
                }
            }
        }
        due.more = true;
        due
    }

    /// Samples the age of a random bot's picture. A thread that is late does not make up for missed
    /// samples: they would all be equal.
    fn sample_age(&mut self, now: Instant) {
        let next = AGE_SAMPLE_US / 2 + self.shared.age_samples.below(AGE_SAMPLE_US);
        let next = now + Duration::from_micros(next.into());
        self.shared.schedule.add(next, THREAD, Job::SampleAge);
        for _ in 0..ATTEMPTS {
            let asked = self.shared.age_samples.below(self.witnesses.len() as u32) as usize;
            let Some(&number) = self.witnesses.get(asked) else {
                return;
            };
            let Some(bot) = self.bots.get(number as usize).and_then(Option::as_ref) else {
                continue;
            };
            if let Some(age) = bot.age_of_picture(&mut self.shared, now) {
                self.shared.tally.measured.age.add(age);
                return;
            }
        }
    }

    /// Makes one bot leave. When its connection is closed, a new session replaces it.
    fn churn(&mut self, due: Instant, now: Instant) {
        if let Some(delay) = self.churn.delay() {
            self.shared.schedule.add(due + delay, THREAD, Job::Churn);
        }
        for _ in 0..ATTEMPTS {
            let number = self.churn.choose().unwrap_or(THREAD);
            if let Some(bot) = self.bots.get_mut(number as usize).and_then(Option::as_mut)
                && bot.has_joined()
                && !bot.is_leaving()
            {
                bot.leave_for_replacement(now, &mut self.shared);
                return;
            }
        }
    }

    /// Starts a bot's session on a new connection.
    pub(super) fn connected(&mut self, number: u32, writer: Rc<TcpStream>, intended: Instant) {
        self.open += 1;
        let bot = Bot::open(number, writer, intended, &mut self.shared);
        if let Some(place) = self.bots.get_mut(number as usize) {
            *place = Some(Box::new(bot));
        }
    }

    /// Counts a connection that could not be opened.
    pub(super) fn failed(&mut self, reason: String) {
        *self.shared.tally.run.connect_failures.entry(reason).or_default() += 1;
    }

    /// Passes bytes from a bot's socket to the bot.
    pub(super) fn receive(&mut self, number: u32, input: &mut [u8], now: Instant) -> Result<(), SessionEnd> {
        let Some(bot) = self.bots.get_mut(number as usize).and_then(Option::as_mut) else {
            return Err(SessionEnd::Closed(None));
        };
        let was_welcomed = bot.is_welcomed();
        let result = bot.receive(input, now, &mut self.shared);
        if !was_welcomed && bot.is_welcomed() {
            self.watch.lap(&mut self.shared.tally, now);
            self.shared.tally.run.connected += 1;
            if let Some(past) = self.shared.past.get_mut(number as usize) {
                let first = !std::mem::replace(&mut past.was_welcomed, true);
                self.shared.tally.run.welcomed += u32::from(first);
            }
        }
        result
    }

    /// Returns whether a bot has stopped reading from its socket.
    pub(super) fn is_stalled(&self, number: u32) -> bool {
        let bot = self.bots.get(number as usize).and_then(Option::as_ref);
        bot.is_some_and(|bot| bot.is_stalled())
    }

    /// Removes a bot whose connection has ended.
    pub(super) fn closed(&mut self, number: u32, end: SessionEnd) {
        let Some(mut bot) = self.bots.get_mut(number as usize).and_then(Option::take) else {
            return;
        };
        bot.stop_watching(Instant::now(), &mut self.shared);
        self.open -= 1;
        self.shared.schedule.cancel(number);
        if let Some(player) = bot.player() {
            self.watch.lap(&mut self.shared.tally, Instant::now());
            self.shared.tally.run.connected -= 1;
            self.shared.registry.remove(player);
        }
        if bot.is_leaving() {
            if !self.is_ending {
                self.shared.tally.run.replaced += 1;
                let next = Instant::now() + self.churn.pause();
                self.shared.schedule.add(next, number, Job::Connect);
            }
        } else if bot.is_stalled() {
            self.shared.tally.run.stalled_closed += 1;
        } else if let SessionEnd::Closed(code) = end {
            *self
                .shared
                .tally
                .run
                .disconnects
                .entry(code.unwrap_or(NO_CODE))
                .or_default() += 1;
        }
    }

    /// Ends the run: all bots say goodbye.
    pub(super) fn leave(&mut self, now: Instant) {
        self.is_ending = true;
        self.shared.schedule.clear();
        let mut stalled = Vec::new();
        for (number, bot) in (0..).zip(&mut self.bots) {
            if let Some(bot) = bot {
                bot.leave(now, &mut self.shared);
                stalled.extend(bot.is_stalled().then_some(number));
            }
        }
        // Stalled bots do not read the server's answer.
        for number in stalled {
            self.closed(number, SessionEnd::Closed(None));
        }
    }

    /// Returns when the measurement begins.
    pub(super) fn measures_from(&self) -> Instant {
        self.started + self.shared.plan.measures_from()
    }

    /// Returns the length of the measurement. `None`: the run goes on until it is stopped.
    pub(super) fn duration(&self) -> Option<Duration> {
        self.shared.plan.duration
    }
}

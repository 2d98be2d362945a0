//! Times a command so that it reaches the server just before the tick that it is aimed at.
//!
//! A command that arrives right after a tick begins waits a whole tick for the next one. A client
//! that knows when ticks begin samples its input shortly before that, so its commands wait only
//! briefly. The server reports how early each command arrived. The moment of sending plus that time
//! *is* the last moment at which the client could have sent the command, so neither side has to
//! measure the latency or compare clocks.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use parlour_shared::{
    ids::Tick,
    limits::{MAX_COMMAND_EARLY_TICKS, MAX_COMMAND_LATE_TICKS, TICK_RATE},
    snapshot::Ack,
};

use crate::ticks::TickClock;

/// How long before its tick a command should arrive, by default: enough for the jitter between
/// consecutive commands.
pub const DEFAULT_LEAD: Duration = Duration::from_millis(2);
/// The estimate is the median of this many commands. One late command hardly changes it.
const SAMPLES: usize = 9;
/// The maximum number of commands in flight. If this many are unacknowledged, the server has
/// dropped them: the estimate is wrong, and starts again.
const MAX_IN_FLIGHT: usize = 16;
/// After this long without an acknowledgement the estimate starts again, because the clocks may
/// have drifted.
const MEMORY: Duration = Duration::from_secs(5);
/// An acknowledgement that deviates by more than this (half a tick) is an outlier, or the server
/// has skipped ticks.
const OUTLIER_US: i32 = tick_nanos(1) as i32 / 2000;

/// Estimates from acknowledgements when to send. It has no clock: time is an argument.
#[derive(Clone, Debug, Default)]
pub struct PhaseLock {
    in_flight: VecDeque<SentCommand>,
    line: Option<Line>,
}

#[derive(Clone, Copy, Debug)]
struct SentCommand {
    seq: u32,
    tick: Tick,
    at: Instant,
}

/// The last moment to send for each tick: a straight line through one point, corrected by the
/// median offset of the last acknowledgements.
#[derive(Clone, Copy, Debug)]
struct Line {
    tick: Tick,
    at: Instant,
    /// The offsets in microseconds. The first `known` are in use, and `next` is the next one to be
    /// overwritten.
    offsets_us: [i32; SAMPLES],
    known: usize,
    next: usize,
    /// The offset of the last acknowledgement, if it was an outlier.
    outlier_us: Option<i32>,
    heard: Instant,
}

impl PhaseLock {
    /// Starts again in a new room, whose ticks have other numbers and begin at other moments.
    pub fn enter_room(&mut self) {
        self.in_flight.clear();
        self.line = None;
    }

    /// Records that a command with this number, aimed at this tick, is sent now.
    pub fn sent(&mut self, seq: u32, tick: Tick, now: Instant) {
        if self.in_flight.len() == MAX_IN_FLIGHT {
            self.in_flight.clear();
            self.line = None;
        }
        self.in_flight.push_back(SentCommand { seq, tick, at: now });
    }

    /// Records the server's report of the last command that it applied, and how early it arrived.
    pub fn acknowledged(&mut self, ack: Ack, now: Instant) {
        let mut acknowledged_command = None;
        while let Some(sent) = self.in_flight.front().filter(|sent| sent.seq <= ack.seq) {
            acknowledged_command = Some(*sent).filter(|sent| sent.seq == ack.seq);
            self.in_flight.pop_front();
        }
        let Some(sent) = acknowledged_command else {
            return;
        };
        let early = i64::from(ack.early) * 100_000;
        let Some(latest) = shifted(sent.at, early) else {
            return;
        };
        let is_learned = self.line.as_mut().is_some_and(|line| {
            now.saturating_duration_since(line.heard) <= MEMORY && line.learn(latest, sent.tick, now)
        });
        if !is_learned {
            self.line = Some(Line::through(latest, sent.tick, now));
        }
    }

    /// Returns the last moment to send a command that arrives before this tick begins, or `None`
    /// before the first acknowledgement.
    #[must_use]
    pub fn latest(&self, tick: Tick) -> Option<Instant> {
        self.line.as_ref()?.latest(tick)
    }

    /// Returns the next moment, not before `now`, at which to sample the input, and the tick to aim
    /// it at: it arrives `lead` before that tick begins. Before the first acknowledgement this uses
    /// the estimate of `clock`; it returns `None` if `clock` has none.
    #[must_use]
    pub fn next(&self, now: Instant, lead: Duration, clock: &TickClock) -> Option<(Instant, Tick)> {
        let over = clock.at(now)?;
        // Without a measured latency, assume that there is none.
        let latest = |tick| self.latest(tick).or_else(|| clock.arrival(tick));
        let after = nanos_between(latest(over)?, now + lead);
        let ticks = after
            .saturating_mul(i64::from(TICK_RATE))
            .div_euclid(1_000_000_000);
        let first = i64::from(over.0).saturating_add(ticks);
        // `ticks` is rounded down, and a tick is not a whole number of nanoseconds.
        let (aim, moment) = (0..3).map(|more| first.saturating_add(more)).find_map(|aim| {
            let moment = latest(tick_of(aim))?.checked_sub(lead)?;
            (moment >= now).then_some((aim, moment))
        })?;
        // Never aim at a tick that the server would not accept, whatever the estimate is.
        let next = i64::from(clock.at(moment)?.0) + 1;
        let window =
            next - i64::from(MAX_COMMAND_LATE_TICKS) + 1..=next + i64::from(MAX_COMMAND_EARLY_TICKS) - 1;
        Some((moment, tick_of(aim.clamp(*window.start(), *window.end()))))
    }
}

impl Line {
    fn through(at: Instant, tick: Tick, now: Instant) -> Self {
        Self {
            tick,
            at,
            offsets_us: [0; SAMPLES],
            known: 1,
            next: 1,
            outlier_us: None,
            heard: now,
        }
    }

    /// Adds an acknowledgement. Returns `false` if the line no longer fits because the ticks have
    /// moved.
    fn learn(&mut self, latest: Instant, tick: Tick, now: Instant) -> bool {
        let on_line = tick_nanos(i64::from(tick.0) - i64::from(self.tick.0));
        let Ok(offset) = i32::try_from((nanos_between(self.at, latest) - on_line) / 1000) else {
            return false;
        };
        self.heard = now;
        let middle = self.middle_us();
        if is_far(offset, middle) {
            // No command arrives earlier than the latency allows, so an early one means that ticks
            // begin later than the line says. A late command may be an outlier, but two that agree
            // mean that ticks have moved.
            if offset > middle {
                return false;
            }
            return self
                .outlier_us
                .replace(offset)
                .is_none_or(|last| is_far(last, offset));
        }
        self.outlier_us = None;
        self.offsets_us[self.next] = offset;
        self.next = (self.next + 1) % SAMPLES;
        self.known = SAMPLES.min(self.known + 1);
        true
    }

    fn latest(&self, tick: Tick) -> Option<Instant> {
        let on_line = tick_nanos(i64::from(tick.0) - i64::from(self.tick.0));
        shifted(self.at, on_line + i64::from(self.middle_us()) * 1000)
    }

    /// Returns the median. If there are two middle offsets, returns the earlier one, which is
    /// safer.
    fn middle_us(&self) -> i32 {
        let mut sorted = self.offsets_us;
        let known = &mut sorted[..self.known];
        known.sort_unstable();
        known[(known.len() - 1) / 2]
    }
}

fn is_far(one_us: i32, other_us: i32) -> bool {
    one_us.abs_diff(other_us) > OUTLIER_US as u32
}

/// Clamps a number to the range of ticks.
fn tick_of(number: i64) -> Tick {
    Tick(number.clamp(0, i64::from(u32::MAX)) as u32)
}

/// Returns how long this many ticks take.
const fn tick_nanos(ticks: i64) -> i64 {
    ticks * 1_000_000_000 / TICK_RATE as i64
}

/// Returns the time from one moment to the other, negative if the other is earlier.
fn nanos_between(from: Instant, to: Instant) -> i64 {
    let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    match to.checked_duration_since(from) {
        Some(after) => nanos(after),
        None => -nanos(from.saturating_duration_since(to)),
    }
}

fn shifted(at: Instant, nanos: i64) -> Option<Instant> {
    let by = Duration::from_nanos(nanos.unsigned_abs());
    if nanos < 0 {
        at.checked_sub(by)
    } else {
        at.checked_add(by)
    }
}

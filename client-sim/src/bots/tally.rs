//! What a thread counts while its bots run.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use super::{invariants::Violations, latency::Sighting, pulse::Standstill};

/// The longest time that is told exactly, in microseconds; what is longer counts as this.
const LONGEST_US: u64 = 60_000_000;

/// A turn that waits less when the measurement ends is under way: to count it would count it as faster than it is.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// Durations in microseconds, to three digits.
#[derive(Clone, Debug)]
pub(super) struct Times(Histogram<u64>);

impl Times {
    pub(super) fn add(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.0.saturating_record(micros);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    pub(super) fn histogram(&self) -> &Histogram<u64> {
        &self.0
    }
}

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_US, 3).expect("the bounds are in order"))
    }
}

/// All that is counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// From the first connection on.
    pub(super) life: Life,
    /// From the beginning of the measurement on.
    pub(super) flow: Flow,
}

/// What matters whenever it happens.
#[derive(Clone, Debug, Default)]
pub(super) struct Life {
    /// Bots with an open session now.
    pub(super) connected: u32,
    /// Bots that ever had one.
    pub(super) welcomed: u32,
    /// Bots that ever were in a room.
    pub(super) joined: u32,
    /// Bots that have left to make way for others.
    pub(super) replaced: u64,
    /// Bots that read nothing and were closed by the server.
    pub(super) stalled_closed: u64,
    /// Messages that came in.
    pub(super) frames_in: u64,
    pub(super) violations: Violations,
    pub(super) connect_failures: BTreeMap<String, u64>,
    pub(super) disconnects: BTreeMap<u16, u64>,
    pub(super) refused: BTreeMap<&'static str, u64>,
    /// From the intended moment of connecting to the welcome.
    pub(super) connect: Times,
}

/// What flows.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// Sum of the time that each bot was connected.
    pub(super) connected_time: Duration,
    pub(super) elapsed: Duration,
    pub(super) cpu: Duration,
    pub(super) frames_in: u64,
    pub(super) bytes_in: u64,
    pub(super) snapshots: u64,
    /// Of witnesses, as all that can be told of what is in snapshots.
    pub(super) snapshot_bytes: u64,
    pub(super) updates: u64,
    /// Updates of a neighbour's motion, and their bytes.
    pub(super) motions: u64,
    pub(super) motion_bytes: u64,
    pub(super) enters: u64,
    pub(super) chats_in: u64,
    pub(super) inputs_out: u64,
    /// Commands that are not acknowledged at the end.
    pub(super) inputs_under_way: u64,
    pub(super) messages_out: u64,
    pub(super) turns_seen: u64,
    pub(super) turns_overtaken: u64,
    /// Those that were not seen after [`UNDER_WAY`] when the measurement ended.
    pub(super) turns_unseen: u64,
    pub(super) turns_unknown: u64,
    pub(super) predictions_agreed: u64,
    pub(super) predictions_unchecked: u64,
    /// Commands that the server says came after their tick began.
    pub(super) inputs_late: u64,
    /// How long before their tick the others came.
    pub(super) early: Times,
    /// And how much later than that those came.
    pub(super) late: Times,
    pub(super) latency: Times,
    /// The longest stretch without a tick for any bot.
    pub(super) standstill: Option<Standstill>,
    /// The longest time for which the thread of bots stood still itself.
    pub(super) own_pause: Duration,
    /// How old what witnesses know of their neighbours is.
    pub(super) age: Times,
    pub(super) lag: Times,
    /// From the moment at which a turn was wished to the one at which it was sampled.
    pub(super) input_wait: Times,
    pub(super) rtt: Times,
}

impl Tally {
    /// Adds what another thread counted.
    pub(super) fn merge(&mut self, other: &Self) {
        self.life.merge(&other.life);
        self.flow.merge(&other.flow);
    }
}

impl Life {
    fn merge(&mut self, other: &Self) {
        self.connected += other.connected;
        self.welcomed += other.welcomed;
        self.joined += other.joined;
        self.replaced += other.replaced;
        self.stalled_closed += other.stalled_closed;
        self.frames_in += other.frames_in;
        self.violations.merge(&other.violations);
        merge_counts(&mut self.connect_failures, &other.connect_failures);
        merge_counts(&mut self.disconnects, &other.disconnects);
        merge_counts(&mut self.refused, &other.refused);
        self.connect.merge(&other.connect);
    }
}

impl Flow {
    /// Counts what a bot saw of a neighbour.
    pub(super) fn sighted(&mut self, sighting: Sighting) {
        match sighting {
            Sighting::Nothing => {}
            Sighting::Unknown => self.turns_unknown += 1,
            Sighting::Turn { latency, overtaken } => {
                self.latency.add(latency);
                self.turns_seen += 1;
                self.turns_overtaken += u64::from(overtaken);
            }
        }
    }

    /// Counts a turn that was still to be seen when the measurement ended.
    pub(super) fn pending(&mut self, waited: Duration) {
        if waited >= UNDER_WAY {
            self.latency.add(waited);
            self.turns_unseen += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.connected_time += other.connected_time;
        // Threads measure at the same time.
        self.elapsed = self.elapsed.max(other.elapsed);
        self.cpu += other.cpu;
        self.frames_in += other.frames_in;
        self.bytes_in += other.bytes_in;
        self.snapshots += other.snapshots;
        self.snapshot_bytes += other.snapshot_bytes;
        self.updates += other.updates;
        self.motions += other.motions;
        self.motion_bytes += other.motion_bytes;
        self.enters += other.enters;
        self.chats_in += other.chats_in;
        self.inputs_out += other.inputs_out;
        self.inputs_under_way += other.inputs_under_way;
        self.messages_out += other.messages_out;
        self.turns_seen += other.turns_seen;
        self.turns_overtaken += other.turns_overtaken;
        self.turns_unseen += other.turns_unseen;
        self.turns_unknown += other.turns_unknown;
        self.predictions_agreed += other.predictions_agreed;
        self.predictions_unchecked += other.predictions_unchecked;
        self.inputs_late += other.inputs_late;
        self.early.merge(&other.early);
        self.late.merge(&other.late);
        self.latency.merge(&other.latency);
        self.standstill = Standstill::longer(self.standstill, other.standstill);
        self.own_pause = self.own_pause.max(other.own_pause);
        self.age.merge(&other.age);
        self.lag.merge(&other.lag);
        self.input_wait.merge(&other.input_wait);
        self.rtt.merge(&other.rtt);
    }
}

fn merge_counts<K: Clone + Ord>(into: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(key.clone()).or_default() += count;
    }
}

/// Sums up how long how many bots were connected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch {
    began: Instant,
    last: Instant,
    cpu: Duration,
}

impl Stopwatch {
    pub(super) fn start(now: Instant) -> Self {
        Self {
            began: now,
            last: now,
            cpu: thread_cpu(),
        }
    }

    /// Brings the times in the tally up to now; to be called before the number of connected bots changes.
    pub(super) fn lap(&mut self, tally: &mut Tally, now: Instant) {
        tally.flow.connected_time += now.saturating_duration_since(self.last) * tally.life.connected;
        tally.flow.elapsed = now.saturating_duration_since(self.began);
        self.last = now;
    }

    /// As [`Self::lap`], and asks the system for the thread's CPU time.
    pub(super) fn report(&mut self, tally: &mut Tally, now: Instant) {
        self.lap(tally, now);
        tally.flow.cpu = thread_cpu().saturating_sub(self.cpu);
    }
}

/// CPU time of this thread so far; zero where the system does not say.
fn thread_cpu() -> Duration {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(
            u64::try_from(time.tv_sec).unwrap_or(0),
            u32::try_from(time.tv_nsec).unwrap_or(0),
        )
    }
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}

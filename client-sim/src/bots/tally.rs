//! The counters of a thread.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use super::{latency::Sighting, standstill::Standstill, violations::Violations};

/// The longest time that is recorded, in microseconds. A longer one is recorded as this.
const LONGEST_US: u64 = 60_000_000;

/// An unseen turn at the end of the measurement counts only after this time. A younger one may
/// still be on its way, and its time so far would be too short a latency.
const IN_FLIGHT: Duration = Duration::from_secs(1);

/// Durations in microseconds, with three significant digits.
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

/// All counters.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Counted during the whole run.
    pub(super) run: RunCounts,
    /// Counted during the measurement.
    pub(super) measured: MeasuredCounts,
}

/// The counters of the whole run.
#[derive(Clone, Debug, Default)]
pub(super) struct RunCounts {
    /// Bots with an open session now.
    pub(super) connected: u32,
    /// Bots that have had a session.
    pub(super) welcomed: u32,
    /// Bots that have been in a room.
    pub(super) joined: u32,
    /// Bots that left as planned and were replaced.
    pub(super) replaced: u64,
    /// Stalled bots that the server closed.
    pub(super) stalled_closed: u64,
    /// Messages received.
    pub(super) frames_in: u64,
    pub(super) violations: Violations,
    pub(super) connect_failures: BTreeMap<String, u64>,
    pub(super) disconnects: BTreeMap<u16, u64>,
    pub(super) refused: BTreeMap<&'static str, u64>,
    /// The room types of the server, if that of the plan is not one of them.
    pub(super) other_room_types: Option<Vec<String>>,
    /// Times from the planned moment of connecting to the welcome.
    pub(super) connect: Times,
}

/// The counters of the measurement.
#[derive(Clone, Debug, Default)]
pub(super) struct MeasuredCounts {
    /// The sum of the times for which bots were connected.
    pub(super) connected_time: Duration,
    pub(super) elapsed: Duration,
    pub(super) cpu: Duration,
    pub(super) frames_in: u64,
    pub(super) bytes_in: u64,
    pub(super) snapshots: u64,
    /// Only for witnesses, like all counters of the contents of snapshots.
    pub(super) snapshot_bytes: u64,
    pub(super) updates: u64,
    /// Updates of a neighbour's motion, and their bytes.
    pub(super) motions: u64,
    pub(super) motion_bytes: u64,
    pub(super) enters: u64,
    pub(super) chats_in: u64,
    pub(super) inputs_out: u64,
    /// Commands without an acknowledgement at the end.
    pub(super) inputs_unacknowledged: u64,
    pub(super) messages_out: u64,
    pub(super) turns_seen: u64,
    pub(super) turns_overtaken: u64,
    /// Turns that were still unseen after [`IN_FLIGHT`] when the measurement ended.
    pub(super) turns_unseen: u64,
    pub(super) turns_unknown: u64,
    pub(super) predictions_agreed: u64,
    pub(super) predictions_unchecked: u64,
    /// Commands that arrived after their tick began, as the server reports.
    pub(super) inputs_late: u64,
    /// How long before their tick all other commands arrived.
    pub(super) early: Times,
    /// How long after the start of their tick the late commands arrived.
    pub(super) late: Times,
    pub(super) latency: Times,
    /// The longest time in which no bot in a room received a tick.
    pub(super) standstill: Option<Standstill>,
    /// The same for each room. Empty until the end of the measurement.
    pub(super) room_standstills: Vec<Standstill>,
    /// The longest time for which this thread itself stood still.
    pub(super) own_pause: Duration,
    /// How outdated the witnesses' knowledge of their neighbours is.
    pub(super) age: Times,
    pub(super) lag: Times,
    /// Times from the planned moment of a turn to the moment of its sampling.
    pub(super) input_wait: Times,
    pub(super) rtt: Times,
}

impl Tally {
    /// Adds the counters of a different thread.
    pub(super) fn merge(&mut self, other: &Self) {
        self.run.merge(&other.run);
        self.measured.merge(&other.measured);
    }
}

impl RunCounts {
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
        if self.other_room_types.is_none() {
            self.other_room_types.clone_from(&other.other_room_types);
        }
        self.connect.merge(&other.connect);
    }
}

impl MeasuredCounts {
    /// Counts a sighting of a neighbour.
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

    /// Counts a turn that was still unseen when the measurement ended.
    pub(super) fn pending(&mut self, waited: Duration) {
        if waited >= IN_FLIGHT {
            self.latency.add(waited);
            self.turns_unseen += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.connected_time += other.connected_time;
        // Threads measure at the same time, so take the longest.
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
        self.inputs_unacknowledged += other.inputs_unacknowledged;
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
        self.standstill = Standstill::longer(self.standstill.take(), other.standstill.clone());
        // All bots of a room are in the same thread.
        self.room_standstills.extend_from_slice(&other.room_standstills);
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

/// Measures the connected time of all bots, and the CPU time of the thread.
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

    /// Updates the times in the tally. Call this before the number of connected bots changes.
    pub(super) fn lap(&mut self, tally: &mut Tally, now: Instant) {
        tally.measured.connected_time += now.saturating_duration_since(self.last) * tally.run.connected;
        tally.measured.elapsed = now.saturating_duration_since(self.began);
        self.last = now;
    }

    /// Like [`Self::lap`], and also reads the thread's CPU time.
    pub(super) fn report(&mut self, tally: &mut Tally, now: Instant) {
        self.lap(tally, now);
        tally.measured.cpu = thread_cpu().saturating_sub(self.cpu);
    }
}

/// Returns the CPU time of this thread so far, or zero where the system does not report it.
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

//! The result of a run.

use std::{collections::BTreeMap, time::SystemTime};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{
    plan::Plan,
    roles::Roles,
    standstill::Standstill,
    tally::{Tally, Times},
    violations::Violations,
};

/// Input-to-neighbour latency or age of the picture, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// The median.
    pub p50: f64,
    /// The 90th percentile.
    pub p90: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The highest.
    pub max: f64,
    /// The number of samples.
    pub samples: u64,
}

/// Other times, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    /// The median.
    pub p50: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The highest.
    pub max: f64,
}

impl Latency {
    pub(super) fn of(times: &Times) -> Self {
        let times = times.histogram();
        Self {
            p50: quantile(times, 0.5),
            p90: quantile(times, 0.9),
            p99: quantile(times, 0.99),
            max: quantile(times, 1.0),
            samples: times.len(),
        }
    }
}

impl Quantiles {
    fn of(times: &Times) -> Self {
        let times = times.histogram();
        Self {
            p50: quantile(times, 0.5),
            p99: quantile(times, 0.99),
            max: quantile(times, 1.0),
        }
    }
}

/// Returns a quantile in milliseconds. Without samples it is NaN, which is `null` in JSON: 0 would
/// look like a perfect result.
fn quantile(times: &Histogram<u64>, quantile: f64) -> f64 {
    if times.is_empty() {
        f64::NAN
    } else {
        times.value_at_quantile(quantile) as f64 / 1000.0
    }
}

/// The result of a run. Serialised, it is the report that `--json` writes; displayed, it is a
/// table.
///
/// Rates and times are those of the measurement. Violations, disconnects, failures and refusals are
/// those of the whole run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Bots that the plan asked for.
    pub bots: u32,
    /// Bots that had an open session at some time.
    pub connected: u32,
    /// Bots that were in a room at some time.
    pub joined: u32,
    /// Bots that decoded everything they received.
    pub witnesses: u32,
    /// Bots that left as planned and were replaced. A replacement has the same bot number and is
    /// not counted twice.
    pub bots_replaced: u64,
    /// Bots that stopped reading as planned, and that the server then closed. Closing them is not a
    /// failure.
    pub clients_stalled_closed: u64,
    /// Violations of the protocol and its guarantees.
    pub violations: u64,
    /// The violations by kind.
    pub violations_by_kind: BTreeMap<&'static str, u64>,
    /// Descriptions of the first few.
    pub violations_described: Vec<String>,
    /// From the intended moment of a turn to the moment a neighbour has applied it, or a newer one
    /// that overtook it.
    pub input_to_neighbour_ms: Latency,
    /// The longest time in which no bot in a room received a tick. `None` if no bot was ever in a
    /// room.
    pub standstill: Option<Standstill>,
    /// When that time began, by the clock of the bots' machine (RFC 3339, UTC). Search the server's
    /// log for it.
    pub standstill_at: Option<String>,
    /// The longest time without a tick for each room that a bot was in, in no order. Not a part of
    /// the JSON, because a run may have thousands of rooms.
    #[serde(skip)]
    pub room_standstills: Vec<Standstill>,
    /// The longest time for which a thread of bots itself stood still, if over 250 ms. Such time is
    /// not part of a standstill.
    pub generator_pause_ms: f64,
    /// How outdated a random bot's knowledge of a random neighbour is, at moments throughout the
    /// measurement: zero if it knows the neighbour's newest turn, otherwise the time since the
    /// oldest unknown one was intended. Unlike the latency it also counts turns that never arrive.
    pub age_of_picture_ms: Latency,
    /// The share of turns that a neighbour saw, from 0 to 1, among those that were seen, were
    /// overtaken, or were still unseen after a second at the end.
    pub turns_delivered: f64,
    /// Turns that a neighbour never saw because a newer one overtook them. Each is a latency
    /// sample, up to the moment at which the newer one was seen.
    pub turns_overtaken: u64,
    /// Turns that a neighbour had not seen after a second when the measurement ended. Each is a
    /// latency sample, up to the end.
    pub turns_unseen: u64,
    /// Changes of heading that match no recently intended turn. They are not samples.
    pub turns_unknown: u64,
    /// Messages received, per second.
    pub frames_in_per_s: f64,
    /// Snapshots among them.
    pub snapshots_per_s: f64,
    /// Updates in the witnesses' snapshots.
    pub updates_per_s: f64,
    /// Bytes received, including WebSocket headers, per second and connected bot.
    pub bytes_in_per_bot_per_s: f64,
    /// Movement commands sent, per second.
    pub inputs_out_per_s: f64,
    /// All messages sent, per second.
    pub messages_out_per_s: f64,
    /// Chat messages received, per second.
    pub chats_in_per_s: f64,
    /// Average size in bytes of an update record with a neighbour's motion, as witnesses see it.
    pub payload_bytes_per_turn: f64,
    /// The same, plus its share of the rest of the snapshots: headers, enters, leaves,
    /// acknowledgements.
    pub snapshot_bytes_per_turn: f64,
    /// How much later than intended the bots sent.
    pub generator_lag_ms: Quantiles,
    /// With phase lock: from the moment at which the schedule wanted a turn to the one at which the
    /// client sampled it, which is then the intended moment. Without: no samples.
    pub input_wait_ms: Quantiles,
    /// Connections that ended unexpectedly, by close code; 1006: no close code.
    pub disconnects_by_code: BTreeMap<u16, u64>,
    /// Connections that could not be opened, by reason.
    pub connect_failures: BTreeMap<String, u64>,
    /// Requests that were refused, by class.
    pub refused_by_class: BTreeMap<&'static str, u64>,
    /// From the intended moment of connecting to the welcome.
    pub connect_ms: Quantiles,
    /// From ping to pong.
    pub rtt_ms: Quantiles,
    /// How long before its tick a command reached the server.
    pub input_early_ms: Quantiles,
    /// Commands that arrived after the tick that they were aimed at had begun.
    pub inputs_late: u64,
    /// How long after the beginning of that tick they arrived.
    pub input_late_ms: Quantiles,
    /// Commands that were unacknowledged at the end: those of the last moment, unless the server
    /// drops some.
    pub inputs_unacknowledged: u64,
    /// Snapshots in which the bot's own motion equalled the prediction bit for bit.
    pub predictions_agreed: u64,
    /// Snapshots that could not be compared: too many commands since the one before.
    pub predictions_unchecked: u64,
    /// CPU time of the generator, in microseconds per second and connected bot.
    pub generator_cpu_us_per_bot_per_s: f64,
    /// The length of the measurement.
    pub measured_s: f64,
    /// Whether the run was stopped early.
    pub stopped_early: bool,
    /// The seed of the run.
    pub seed: u64,
    /// The plan of the run.
    pub plan: Plan,
}

impl Report {
    pub(super) fn new(plan: Plan, tally: &Tally, started: SystemTime, stopped_early: bool) -> Self {
        let (run, measured) = (&tally.run, &tally.measured);
        let per_second = |count: u64| ratio(count as f64, measured.elapsed.as_secs_f64());
        let per_bot_second = |amount: f64| ratio(amount, measured.connected_time.as_secs_f64());
        let Violations { by_kind, first } = run.violations.clone();
        Self {
            bots: plan.count,
            connected: run.welcomed,
            joined: run.joined,
            witnesses: Roles::new(&plan).witnesses(),
            bots_replaced: run.replaced,
            clients_stalled_closed: run.stalled_closed,
            violations: run.violations.total(),
            violations_by_kind: by_kind,
            violations_described: first,
            input_to_neighbour_ms: Latency::of(&measured.latency),
            standstill: measured.standstill.clone(),
            room_standstills: measured.room_standstills.clone(),
            standstill_at: measured
                .standstill
                .as_ref()
                .map(|standstill| humantime::format_rfc3339_millis(started + standstill.began).to_string()),
            generator_pause_ms: measured.own_pause.as_secs_f64() * 1000.0,
            age_of_picture_ms: Latency::of(&measured.age),
            turns_delivered: delivered(
                measured.turns_seen,
                measured.turns_overtaken + measured.turns_unseen,
            ),
            turns_overtaken: measured.turns_overtaken,
            turns_unseen: measured.turns_unseen,
            turns_unknown: measured.turns_unknown,
            frames_in_per_s: per_second(measured.frames_in),
            snapshots_per_s: per_second(measured.snapshots),
            updates_per_s: per_second(measured.updates),
            bytes_in_per_bot_per_s: per_bot_second(measured.bytes_in as f64),
            inputs_out_per_s: per_second(measured.inputs_out),
            messages_out_per_s: per_second(measured.messages_out),
            chats_in_per_s: per_second(measured.chats_in),
            payload_bytes_per_turn: ratio(measured.motion_bytes as f64, measured.motions as f64),
            snapshot_bytes_per_turn: ratio(measured.snapshot_bytes as f64, measured.motions as f64),
            generator_lag_ms: Quantiles::of(&measured.lag),
            input_wait_ms: Quantiles::of(&measured.input_wait),
            disconnects_by_code: run.disconnects.clone(),
            connect_failures: run.connect_failures.clone(),
            refused_by_class: run.refused.clone(),
            connect_ms: Quantiles::of(&run.connect),
            rtt_ms: Quantiles::of(&measured.rtt),
            input_early_ms: Quantiles::of(&measured.early),
            inputs_late: measured.inputs_late,
            input_late_ms: Quantiles::of(&measured.late),
            inputs_unacknowledged: measured.inputs_unacknowledged,
            predictions_agreed: measured.predictions_agreed,
            predictions_unchecked: measured.predictions_unchecked,
            generator_cpu_us_per_bot_per_s: per_bot_second(measured.cpu.as_secs_f64() * 1e6),
            measured_s: measured.elapsed.as_secs_f64(),
            stopped_early,
            seed: plan.seed,
            plan,
        }
    }

    /// Returns whether the run found no fault: at least one bot connected, none failed to connect,
    /// all joined a room unless the run was stopped early, no connection was lost, no violation
    /// occurred, and the server did not stand still for longer than the plan allows.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.connected > 0
            && (self.joined == self.connected || self.stopped_early)
            && self.violations == 0
            && self.disconnects_by_code.is_empty()
            && self.connect_failures.is_empty()
            && !self.stood_still()
    }

    /// Returns whether a room stood still for longer than the plan allows.
    #[must_use]
    pub fn stood_still(&self) -> bool {
        let most = self.plan.max_standstill;
        let longest = self.standstill.as_ref().map(|standstill| standstill.lasted);
        longest.zip(most).is_some_and(|(longest, most)| longest > most)
    }
}

/// Returns the share of turns seen, or NaN if there were none.
fn delivered(seen: u64, missed: u64) -> f64 {
    seen as f64 / (seen + missed) as f64
}

fn ratio(amount: f64, of: f64) -> f64 {
    if of > 0.0 { amount / of } else { 0.0 }
}

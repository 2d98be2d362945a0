//! What came out of a run.

use std::{collections::BTreeMap, time::SystemTime};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{
    invariants::Violations,
    plan::Plan,
    pulse::Standstill,
    roles::Roles,
    tally::{Tally, Times},
};

/// Input-to-neighbour latency or age of the picture, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half of the samples are no higher.
    pub p50: f64,
    /// Nine of ten.
    pub p90: f64,
    /// 99 of 100.
    pub p99: f64,
    /// The highest.
    pub max: f64,
    /// How many samples.
    pub samples: u64,
}

/// Other times, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    /// Half of the samples are no higher.
    pub p50: f64,
    /// 99 of 100.
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

/// Without samples there is no such time: not a number, which is `null` in JSON. 0 would read as perfect.
fn quantile(times: &Histogram<u64>, quantile: f64) -> f64 {
    if times.is_empty() {
        f64::NAN
    } else {
        times.value_at_quantile(quantile) as f64 / 1000.0
    }
}

/// The result of a run. Serialised, it is the report that `--json` writes; displayed, a table.
///
/// Rates and times are those of the measurement; violations, disconnects, failures and refusals those of the
/// whole run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Bots that were to run.
    pub bots: u32,
    /// Bots that ever had an open session.
    pub connected: u32,
    /// Bots that ever were in a room.
    pub joined: u32,
    /// Bots that decoded all that they were sent.
    pub witnesses: u32,
    /// Bots that left as planned for others to come in their place. Those are the same bots here.
    pub bots_replaced: u64,
    /// Bots that stopped reading as planned and that the server has closed. No failure: that is for the server to
    /// decide.
    pub clients_stalled_closed: u64,
    /// Broken promises.
    pub violations: u64,
    /// The same by kind.
    pub violations_by_kind: BTreeMap<&'static str, u64>,
    /// The first few in words.
    pub violations_described: Vec<String>,
    /// From the intended moment of a turn to the moment a neighbour has taken it in, or the newer one that overtook it.
    pub input_to_neighbour_ms: Latency,
    /// The longest stretch in which no bot was shown a tick; none if none ever was.
    pub standstill: Option<Standstill>,
    /// When that was, by the clock of the bots' machine (RFC 3339, UTC): to be looked for in the server's log.
    pub standstill_at: Option<String>,
    /// The longest time for which a thread of bots stood still itself, if over 250 ms. Such a time is no part of a
    /// standstill.
    pub generator_pause_ms: f64,
    /// How old what a bot knows of a neighbour is, for both picked by chance at moments all over the measurement:
    /// zero if it knows the neighbour's newest turn, else the time since the oldest it does not know was
    /// intended. Unlike the latency it also counts turns that never arrive.
    pub age_of_picture_ms: Latency,
    /// The share of turns that a neighbour saw, of those that it saw, that were overtaken, or that it had not seen
    /// after a second at the end: 0 to 1.
    pub updates_delivered: f64,
    /// Turns that a neighbour never saw because a newer one overtook them. Each is a sample of the latency, up to the
    /// moment at which that one was seen.
    pub turns_overtaken: u64,
    /// Turns that a neighbour had not seen after a second when the measurement ended. Each is a sample of the latency,
    /// up to the end.
    pub turns_unseen: u64,
    /// Changes of heading that match no turn intended lately. They are no samples.
    pub turns_unknown: u64,
    /// Messages that came in, per second.
    pub frames_in_per_s: f64,
    /// Snapshots among them.
    pub snapshots_per_s: f64,
    /// Updates in those of the witnesses.
    pub updates_per_s: f64,
    /// Bytes that came in, WebSocket headers included, per second and connected bot.
    pub bytes_in_per_bot_per_s: f64,
    /// Movement commands that went out, per second.
    pub inputs_out_per_s: f64,
    /// All messages that went out, per second.
    pub messages_out_per_s: f64,
    /// Chat messages that came in, per second.
    pub chats_in_per_s: f64,
    /// Bytes of an update record that tells of a neighbour's motion, on average, as witnesses see them.
    pub payload_bytes_per_turn: f64,
    /// The same with its share of everything else in the snapshots: headers, enters, leaves,
    /// acknowledgements.
    pub snapshot_bytes_per_turn: f64,
    /// How much later than intended the bots sent.
    pub generator_lag_ms: Quantiles,
    /// With phase lock: from the moment at which the schedule wished a turn to the one at which the client
    /// sampled it, which is the intended moment then. Without: no samples.
    pub input_wait_ms: Quantiles,
    /// Connections that ended unexpectedly, by close code; 1006: without any.
    pub disconnects_by_code: BTreeMap<u16, u64>,
    /// Connections that never came about.
    pub connect_failures: BTreeMap<String, u64>,
    /// Requests that were refused.
    pub refused_by_class: BTreeMap<&'static str, u64>,
    /// From the intended moment of connecting to the welcome.
    pub connect_ms: Quantiles,
    /// From ping to pong.
    pub rtt_ms: Quantiles,
    /// How long before its tick a command was on the server.
    pub input_early_ms: Quantiles,
    /// Commands that came after the beginning of the tick that they were aimed at.
    pub inputs_late: u64,
    /// How long after that.
    pub input_late_ms: Quantiles,
    /// Commands that were not acknowledged at the end: those of the last moment, unless the server drops
    /// some.
    pub inputs_unacknowledged: u64,
    /// Snapshots whose word on the own motion was equal to the prediction in every bit.
    pub predictions_agreed: u64,
    /// Snapshots for which that could not be told: too many commands since the one before.
    pub predictions_unchecked: u64,
    /// CPU time of the generator, in microseconds per second and connected bot.
    pub generator_cpu_us_per_bot_per_s: f64,
    /// How long was measured.
    pub measured_s: f64,
    /// Whether the run was stopped before its time.
    pub stopped_early: bool,
    /// The seed of the run.
    pub seed: u64,
    /// What was to be done.
    pub plan: Plan,
}

impl Report {
    pub(super) fn new(plan: Plan, tally: &Tally, started: SystemTime, stopped_early: bool) -> Self {
        let (life, flow) = (&tally.life, &tally.flow);
        let per_second = |count: u64| ratio(count as f64, flow.elapsed.as_secs_f64());
        let per_bot_second = |amount: f64| ratio(amount, flow.connected_time.as_secs_f64());
        let Violations { by_kind, first } = life.violations.clone();
        Self {
            bots: plan.count,
            connected: life.welcomed,
            joined: life.joined,
            witnesses: Roles::new(&plan).witnesses(),
            bots_replaced: life.replaced,
            clients_stalled_closed: life.stalled_closed,
            violations: life.violations.total(),
            violations_by_kind: by_kind,
            violations_described: first,
            input_to_neighbour_ms: Latency::of(&flow.latency),
            standstill: flow.standstill,
            standstill_at: flow
                .standstill
                .map(|standstill| humantime::format_rfc3339_millis(started + standstill.began).to_string()),
            generator_pause_ms: flow.own_pause.as_secs_f64() * 1000.0,
            age_of_picture_ms: Latency::of(&flow.age),
            updates_delivered: delivered(flow.turns_seen, flow.turns_overtaken + flow.turns_unseen),
            turns_overtaken: flow.turns_overtaken,
            turns_unseen: flow.turns_unseen,
            turns_unknown: flow.turns_unknown,
            frames_in_per_s: per_second(flow.frames_in),
            snapshots_per_s: per_second(flow.snapshots),
            updates_per_s: per_second(flow.updates),
            bytes_in_per_bot_per_s: per_bot_second(flow.bytes_in as f64),
            inputs_out_per_s: per_second(flow.inputs_out),
            messages_out_per_s: per_second(flow.messages_out),
            chats_in_per_s: per_second(flow.chats_in),
            payload_bytes_per_turn: ratio(flow.motion_bytes as f64, flow.motions as f64),
            snapshot_bytes_per_turn: ratio(flow.snapshot_bytes as f64, flow.motions as f64),
            generator_lag_ms: Quantiles::of(&flow.lag),
            input_wait_ms: Quantiles::of(&flow.input_wait),
            disconnects_by_code: life.disconnects.clone(),
            connect_failures: life.connect_failures.clone(),
            refused_by_class: life.refused.clone(),
            connect_ms: Quantiles::of(&life.connect),
            rtt_ms: Quantiles::of(&flow.rtt),
            input_early_ms: Quantiles::of(&flow.early),
            inputs_late: flow.inputs_late,
            input_late_ms: Quantiles::of(&flow.late),
            inputs_unacknowledged: flow.inputs_under_way,
            predictions_agreed: flow.predictions_agreed,
            predictions_unchecked: flow.predictions_unchecked,
            generator_cpu_us_per_bot_per_s: per_bot_second(flow.cpu.as_secs_f64() * 1e6),
            measured_s: flow.elapsed.as_secs_f64(),
            stopped_early,
            seed: plan.seed,
            plan,
        }
    }

    /// Whether all went well: someone connected, no one failed to, all came into a room unless the run was
    /// stopped before, no connection was lost, no promise broken, and the server did not stand still.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.connected > 0
            && (self.joined == self.connected || self.stopped_early)
            && self.violations == 0
            && self.disconnects_by_code.is_empty()
            && self.connect_failures.is_empty()
            && !self.stood_still()
    }

    /// Whether the server stood still for longer than the plan allows.
    #[must_use]
    pub fn stood_still(&self) -> bool {
        let most = self.plan.max_standstill;
        let longest = self.standstill.map(|standstill| standstill.lasted);
        longest.zip(most).is_some_and(|(longest, most)| longest > most)
    }
}

/// Not a number if there was nothing to deliver.
fn delivered(seen: u64, missed: u64) -> f64 {
    seen as f64 / (seen + missed) as f64
}

fn ratio(amount: f64, of: f64) -> f64 {
    if of > 0.0 { amount / of } else { 0.0 }
}

//! Every metric of this server, by name. Nothing else in the project registers one.
//!
//! The tables have one row per metric. The handles are created once, here: the tick thread and the
//! I/O threads only add to atomics. Game logic and embedders count through the same
//! [`MetricsRecorder`].

mod buckets;
mod recorder;
mod recording;
mod room_types;
mod rows;
mod system_panics;
mod text;

use ::metrics::Histogram;
pub(crate) use ::metrics::{Counter, Gauge};
use parlour_recording::recorder::RecorderMetrics;
use parlour_shared::message::{ClientKind, RefusalClass, ServerKind};

use crate::{auth::AuthFault, rejection::Rejection};
pub use recorder::MetricsRecorder;
pub(crate) use room_types::RoomTypeMetrics;
pub(crate) use rows::{CloseCounters, Closer, LabelCounters};
use rows::{close_counters, counter, counter_of, counters, gauge, gauges, histogram, label_counters, table};
pub(crate) use system_panics::SystemPanics;

/// Bounds of the tick histograms in seconds: 50 us to 50 ms, three ticks.
const TICK_BUCKETS: [f64; 16] = [
    0.000_05, 0.000_1, 0.000_2, 0.000_3, 0.000_4, 0.000_5, 0.001, 0.001_5, 0.002, 0.003, 0.005, 0.008, 0.012,
    0.016_667, 0.033_333, 0.05,
];
/// Bounds of the histogram of bytes per tick.
const BYTE_BUCKETS: [f64; 8] = [
    0.0,
    1_024.0,
    8_192.0,
    32_768.0,
    131_072.0,
    524_288.0,
    2_097_152.0,
    8_388_608.0,
];

/// A family with counters in both tables.
const DROPS: &str = "parlour_drops_total";
const RESUMES_HELP: &str = "Sessions that were resumed: with all messages, or reset because some were lost.";
const DROPS_HELP: &str = "Commands, and outputs of ticks, that were dropped, by reason.";
/// Also in both tables: the edge rejects, and the world refuses.
const REJECTS: &str = "parlour_rejects_total";
const REJECTS_HELP: &str =
    "Connections and messages that the edge rejected, and requests that the world refused, by class.";

/// All metrics of one server.
pub(crate) struct Metrics {
    recorder: MetricsRecorder,
    /// By tick thread.
    pub(crate) ticks: Box<[TickMetrics]>,
    pub(crate) tick: WorldMetrics,
    pub(crate) desk: DeskMetrics,
    pub(crate) edge: EdgeMetrics,
    pub(crate) recording: RecorderMetrics,
}

impl Metrics {
    /// Creates all metrics of a server with this number of tick threads, at zero.
    #[must_use]
    pub(crate) fn new(tick_threads: usize) -> Self {
        let recorder = MetricsRecorder::default();
        let of_thread = |thread: usize| TickMetrics::new(&recorder, Some(thread));
        Self {
            ticks: (0..tick_threads).map(of_thread).collect(),
            tick: WorldMetrics::new(&recorder, None),
            desk: DeskMetrics::new(&recorder, None),
            edge: EdgeMetrics::new(&recorder, None),
            recording: recording::metrics(&recorder),
            recorder,
        }
    }

    /// Creates the metrics of room types with these names, at zero.
    pub(crate) fn room_types(&self, names: &[String]) -> RoomTypeMetrics {
        RoomTypeMetrics::new(&self.recorder, names)
    }

    /// Creates the counters of panics by system.
    pub(crate) fn system_panics(&self) -> SystemPanics {
        SystemPanics::new(&self.recorder)
    }

    /// Returns the recorder for game logic and embedders.
    pub(crate) fn recorder(&self) -> &MetricsRecorder {
        &self.recorder
    }
}

table! {
    /// The metrics of one tick thread. All have the label `thread`.
    TickMetrics {
        duration: Histogram = histogram(&TICK_BUCKETS), "parlour_tick_duration_seconds", "Seconds of work in one tick.";
        lateness: Histogram = histogram(&TICK_BUCKETS), "parlour_tick_lateness_seconds",
            "Seconds between a tick's deadline and its start.";
        output_bytes: Histogram = histogram(&BYTE_BUCKETS), "parlour_tick_output_bytes",
            "Bytes of all frames of one tick. A byte range that frames share is counted once.";
        ticks: Counter = counter, "parlour_ticks_total", "Ticks that were stepped.";
        overruns: Counter = counter, "parlour_tick_overruns_total", "Ticks that took longer than 1/60 s.";
        frozen: Gauge = gauge, "parlour_tick_frozen",
            "1 if the thread has not finished a tick for a second, otherwise 0. Its worlds stand still.";
        skipped: Counter = counter, "parlour_ticks_skipped_total",
            "Deadlines that were skipped without a tick, because the server was more than 3 ticks late.";
        number: Gauge = gauge, "parlour_tick", "The last tick of the first world of the thread.";
        worlds: Gauge = gauge, "parlour_worlds", "Worlds.";
        players: Gauge = gauge, "parlour_players", "Players in a room.";
        rooms: Gauge = gauge, "parlour_rooms", "Rooms.";
        objects: Gauge = gauge, "parlour_objects", "Objects in rooms.";
        entities: Gauge = gauge, "parlour_entities", "Entities of the worlds.";
        held: Gauge = gauge, "parlour_held_viewers",
            "Viewers that are currently sent no snapshots: their connection accepts no data, or their I/O thread is behind.";
        /// In the order of [`parlour_tick::Cadence::ALL`].
        cadence: [Gauge; 4] = gauges("hz", ["60", "30", "20", "10"]), "parlour_cadence",
            "Viewers by the maximum number of snapshots per second that they are sent.";
    }
}

table! {
    /// The metrics of all worlds together.
    WorldMetrics {
        moves: Counter = counter, "parlour_moves_total", "Movement commands that took effect.";
        moves_dropped: Counter = counter_of("reason", "move_not_applicable"), DROPS, DROPS_HELP;
        answers_kept: Counter = counter, "parlour_answers_kept_total",
            "Questions about boards whose answer was kept.";
        answers_computed: Counter = counter, "parlour_answers_computed_total",
            "Questions about boards whose answer was computed.";
        answers_ahead: Counter = counter, "parlour_answers_ahead_total",
            "Answers about boards that were computed before anyone asked.";
        io_behind: Counter = counter, "parlour_io_behind_total",
            "Times that an I/O thread fell behind and its snapshots were held back.";
        outputs_lost: Counter = counter_of("reason", "io_lost"), DROPS, DROPS_HELP;
        refused: LabelCounters<RefusalClass> = label_counters, REJECTS, REJECTS_HELP;
    }
}

table! {
    /// The metrics of the desk.
    DeskMetrics {
        sessions: Gauge = gauge, "parlour_sessions", "Open sessions.";
    }
}

table! {
    /// The metrics of the I/O threads.
    EdgeMetrics {
        connections: Gauge = gauge, "parlour_connections", "Open TCP connections on the public port.";
        websockets: Gauge = gauge, "parlour_websockets", "Open WebSocket connections.";
        unauthenticated: Gauge = gauge, "parlour_unauthenticated_connections",
            "Connections that have not sent a valid hello yet.";
        dropped_sessions: Gauge = gauge, "parlour_dropped_sessions", "Sessions without a connection, which may be resumed.";
        resumes: Counter = counter_of("result", "resumed"), "parlour_resumes_total", RESUMES_HELP;
        resets: Counter = counter_of("result", "reset"), "parlour_resumes_total", RESUMES_HELP;
        stalled: Gauge = gauge, "parlour_stalled_connections", "Connections that currently accept no data.";
        holds: Counter = counter, "parlour_holds_total",
            "Times that one viewer's snapshots were held back because its own connection accepted no data.";
        outbox_bytes: Gauge = gauge, "parlour_outbox_bytes",
            "Bytes that wait for connections that currently accept no data.";
        accept_errors: Counter = counter, "parlour_accept_errors_total", "Failures to accept a connection.";
        messages_in: LabelCounters<ClientKind> = label_counters, "parlour_messages_in_total", "Messages from clients, by kind.";
        bytes_in: LabelCounters<ClientKind> = label_counters, "parlour_bytes_in_total", "Payload bytes of messages from clients, by kind.";
        messages_out: LabelCounters<ServerKind> = label_counters, "parlour_messages_out_total", "Messages to clients, by kind.";
        bytes_out: LabelCounters<ServerKind> = label_counters, "parlour_bytes_out_total",
            "Payload bytes of messages to clients, by kind, as sent (JSON or binary).";
        snapshot_bytes: Counter = counter, "parlour_snapshot_bytes_total",
            "Bytes of snapshots in binary form, before conversion to JSON.";
        closes: CloseCounters = close_counters, "parlour_closes_total",
            "WebSocket connections that ended, by close code and by the side that closed.";
        dropped_inbound_full: Counter = counter_of("reason", "inbound_full"), DROPS, DROPS_HELP;
        dropped_per_session: Counter = counter_of("reason", "per_session"), DROPS, DROPS_HELP;
        rejects: LabelCounters<Rejection> = label_counters, REJECTS, REJECTS_HELP;
        auth_failures: LabelCounters<AuthFault> = label_counters, "parlour_auth_failures_total",
            "Tokens, tickets and missing tokens that were not accepted, by reason.";
        /// In the order of [`LIMITS`].
        limiter_keys: [Gauge; 2] = gauges("limit", LIMITS), "parlour_limiter_keys",
            "Addresses that a rate limit remembers, by limit.";
        /// In the order of [`LIMITS`].
        limiter_evictions: [Counter; 2] = counters("limit", LIMITS), "parlour_limiter_evictions_total",
            "Addresses that a rate limit forgot too early, because there were too many, by limit.";
    }
}

/// The rate limits per address.
const LIMITS: [&str; 2] = ["handshakes", "hellos"];

impl EdgeMetrics {
    /// Returns what the limit of handshakes per address counts.
    pub(crate) fn handshake_limiter(&self) -> LimiterMetrics {
        self.limiter(0)
    }

    /// Returns what the limit of hellos per address counts.
    pub(crate) fn hello_limiter(&self) -> LimiterMetrics {
        self.limiter(1)
    }

    fn limiter(&self, limit: usize) -> LimiterMetrics {
        LimiterMetrics {
            keys: self.limiter_keys[limit].clone(),
            evictions: self.limiter_evictions[limit].clone(),
        }
    }
}

/// What a rate limit counts.
#[derive(Clone)]
pub(crate) struct LimiterMetrics {
    /// The number of keys in memory.
    pub(crate) keys: Gauge,
    /// Keys that were forgotten before their limit was full again, because there were too many.
    pub(crate) evictions: Counter,
}

#[cfg(test)]
mod tests;

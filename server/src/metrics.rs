//! Every metric that this server gives, by name. Nothing else in the project registers one.
//!
//! Children of labelled metrics are looked up once, here: the tick thread and the I/O threads only add to atomics.

mod families;
mod recording;

use parlour_shared::message::{ClientKind, ServerKind};
use prometheus::{Encoder, Histogram, IntCounter, IntGauge, Registry, TextEncoder};

pub(crate) use families::{ByClass, ByCode, ByKind, Closer};
use families::{gauge, histogram, simple};
pub(crate) use recording::RecordingMetrics;

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

/// All metrics of one server.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) tick: TickMetrics,
    pub(crate) edge: EdgeMetrics,
    pub(crate) rejects: ByClass,
    pub(crate) recording: RecordingMetrics,
}

/// What the tick thread counts.
pub(crate) struct TickMetrics {
    pub(crate) duration: Histogram,
    pub(crate) lateness: Histogram,
    pub(crate) output_bytes: Histogram,
    pub(crate) ticks: IntCounter,
    pub(crate) overruns: IntCounter,
    pub(crate) skipped: IntCounter,
    pub(crate) number: IntGauge,
    pub(crate) sessions: IntGauge,
    pub(crate) players: IntGauge,
    pub(crate) rooms: IntGauge,
    pub(crate) entities: IntGauge,
    pub(crate) held: IntGauge,
    /// In the order of [`parlour_tick::Cadence::ALL`].
    pub(crate) cadence: [IntGauge; 4],
    pub(crate) moves: IntCounter,
    pub(crate) moves_dropped: IntCounter,
    pub(crate) io_behind: IntCounter,
    pub(crate) outputs_lost: IntCounter,
}

/// What the I/O threads count.
pub(crate) struct EdgeMetrics {
    pub(crate) connections: IntGauge,
    pub(crate) websockets: IntGauge,
    pub(crate) unauthenticated: IntGauge,
    pub(crate) blocked: IntGauge,
    pub(crate) holds: IntCounter,
    pub(crate) outbox_bytes: IntGauge,
    pub(crate) accept_errors: IntCounter,
    pub(crate) inbound: ByKind,
    pub(crate) outbound: ByKind,
    pub(crate) snapshot_bytes: IntCounter,
    pub(crate) closes: ByCode,
    pub(crate) dropped_inbound_full: IntCounter,
    pub(crate) dropped_per_session: IntCounter,
}

impl Metrics {
    /// All metrics, at zero.
    #[must_use]
    pub(crate) fn new() -> Self {
        let registry = Registry::new();
        let r = &registry;
        let drops = families::counters(
            r,
            "parlour_drops_total",
            "Commands, and outputs of ticks, that were dropped, by reason.",
            "reason",
        );
        let drop = |reason: &str| drops.with_label_values(&[reason]);
        let tick = TickMetrics {
            duration: histogram(
                r,
                "parlour_tick_duration_seconds",
                "Seconds of work in one tick.",
                &TICK_BUCKETS,
            ),
            lateness: histogram(
                r,
                "parlour_tick_lateness_seconds",
                "Seconds between a tick's deadline and its start.",
                &TICK_BUCKETS,
            ),
            output_bytes: histogram(
                r,
                "parlour_tick_output_bytes",
                "Bytes of all frames of one tick, shared ranges once.",
                &BYTE_BUCKETS,
            ),
            ticks: simple(r, "parlour_ticks_total", "Ticks that were stepped."),
            overruns: simple(
                r,
                "parlour_tick_overruns_total",
                "Ticks that took longer than 1/60 s.",
            ),
            skipped: simple(
                r,
                "parlour_ticks_skipped_total",
                "Sixtieths of a second for which no tick was stepped, because the server was more than 3 ticks late.",
            ),
            number: gauge(r, "parlour_tick", "The last tick."),
            sessions: gauge(r, "parlour_sessions", "Open sessions."),
            players: gauge(r, "parlour_players", "Players in a room."),
            rooms: gauge(r, "parlour_rooms", "Rooms."),
            entities: gauge(r, "parlour_entities", "Entities of the world."),
            held: gauge(
                r,
                "parlour_held_viewers",
                "Viewers that are sent no snapshots now: their connection takes no data, or their I/O thread is behind.",
            ),
            cadence: families::gauges(
                r,
                (
                    "parlour_cadence",
                    "Viewers by how many snapshots per second they are sent at most.",
                ),
                "hz",
                ["60", "30", "20", "10"],
            ),
            moves: simple(r, "parlour_moves_total", "Movement commands that took effect."),
            moves_dropped: drop("move_not_applicable"),
            io_behind: simple(
                r,
                "parlour_io_behind_total",
                "Times that an I/O thread fell behind and its snapshots were held back.",
            ),
            outputs_lost: drop("io_lost"),
        };
        let edge = EdgeMetrics {
            connections: gauge(
                r,
                "parlour_connections",
                "Open TCP connections on the public port.",
            ),
            websockets: gauge(r, "parlour_websockets", "Open WebSocket connections."),
            unauthenticated: gauge(
                r,
                "parlour_unauthenticated_connections",
                "Connections that have not said a valid hello yet.",
            ),
            blocked: gauge(
                r,
                "parlour_blocked_connections",
                "Connections that do not take data now.",
            ),
            holds: simple(
                r,
                "parlour_holds_total",
                "Times that one viewer's snapshots were held back because its own connection took no data.",
            ),
            outbox_bytes: gauge(
                r,
                "parlour_outbox_bytes",
                "Bytes that wait for connections that do not take data.",
            ),
            accept_errors: simple(
                r,
                "parlour_accept_errors_total",
                "Failures to accept a connection.",
            ),
            inbound: ByKind::new(
                r,
                ("parlour_messages_in_total", "Messages from clients, by kind."),
                (
                    "parlour_bytes_in_total",
                    "Payload bytes of messages from clients, by kind.",
                ),
                ClientKind::ALL.map(ClientKind::name),
            ),
            outbound: ByKind::new(
                r,
                ("parlour_messages_out_total", "Messages to clients, by kind."),
                (
                    "parlour_bytes_out_total",
                    "Payload bytes of messages to clients, by kind, as sent (JSON or binary).",
                ),
                ServerKind::ALL.map(ServerKind::name),
            ),
            snapshot_bytes: simple(
                r,
                "parlour_snapshot_bytes_total",
                "Bytes of snapshots in binary form, before any JSON.",
            ),
            closes: ByCode::new(
                r,
                "parlour_closes_total",
                "WebSocket connections that ended, by close code and by who closed.",
            ),
            dropped_inbound_full: drop("inbound_full"),
            dropped_per_session: drop("per_session"),
        };
        let rejects = ByClass::new(
            r,
            "parlour_rejects_total",
            "Connections, messages and requests that were refused, by class.",
        );
        let recording = RecordingMetrics::new(r);
        Self {
            registry,
            tick,
            edge,
            rejects,
            recording,
        }
    }

    /// All metrics in the text format of Prometheus.
    #[must_use]
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(32 * 1024);
        // Writing to memory fails only for a family without a metric in it, and then the rest is still good.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        text
    }
}

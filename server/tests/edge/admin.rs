//! The admin port, and errors at start.

use std::io::ErrorKind;

use parlour::{Server, ServerOptions, StartError};
use parlour_sim::SimConfig;
use parlour_testing::eventually;

use crate::support::test_server::start;

#[test]
fn health_checks_answer_and_every_metric_is_listed() {
    let server = start();
    server.await_ready();
    assert!(server.get_admin("/livez").ends_with("alive\n"));
    assert!(server.get_admin("/").contains("/metrics"));
    assert!(server.get_admin("/nothing").starts_with("HTTP/1.1 404 "));
    let metrics = server.get_admin("/metrics");
    for name in [
        "parlour_tick_duration_seconds_bucket",
        "parlour_tick_lateness_seconds_bucket",
        "parlour_tick_overruns_total",
        "parlour_ticks_skipped_total",
        "parlour_connections",
        "parlour_sessions",
        "parlour_rooms",
        "parlour_players",
        "parlour_entities",
        "parlour_messages_in_total{kind=\"move\"}",
        "parlour_bytes_out_total{kind=\"snapshot\"}",
        "parlour_outbox_bytes",
        "parlour_drops_total{reason=\"inbound_full\"}",
        "parlour_rejects_total{class=\"flood\"}",
        "parlour_rejects_total{class=\"rate_limited\"}",
        "parlour_snapshot_bytes_total",
        "parlour_held_viewers",
        "parlour_holds_total",
        "parlour_recording_ticks_total",
        "parlour_recording_bytes_total",
        "parlour_recording_ticks_dropped_total",
        "parlour_recording_ended_total{reason=\"disk_full\"}",
        "parlour_recording_queue_bytes",
        "parlour_history_seconds",
        "parlour_history_bytes",
        "parlour_history_written_total{reason=\"overrun\"}",
        "parlour_shadow_divergences_total",
        "parlour_shadow_lag_ticks",
        "parlour_closes_total{by=\"server\",code=\"4001\"}",
    ] {
        assert!(metrics.contains(name), "{name}");
    }
}

#[test]
fn ticks_advance() {
    let server = start();
    let before = server.metric("parlour_tick");
    eventually("a second of ticks", || {
        server.metric("parlour_tick") >= before + 60.0
    });
}

#[test]
fn a_port_in_use_is_reported_in_one_line() {
    let server = start();
    let mut options = ServerOptions::new(SimConfig::new(Vec::new()));
    options.listen = server.address();
    let Err(error) = Server::start(options) else {
        panic!("two servers on one port")
    };
    assert!(matches!(
        &error,
        StartError::Listen { address, flag: "--listen", source }
            if *address == server.address() && source.kind() == ErrorKind::AddrInUse
    ));
    let text = error.to_string();
    assert!(
        text.contains("address in use") && text.contains("--listen"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1);
}

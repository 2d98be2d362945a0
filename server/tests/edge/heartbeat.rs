//! A silent client is pinged, then closed.

use std::time::{Duration, Instant};

use parlour_shared::websocket::OpCode;

use crate::support::{Got, start_with};

const HEARTBEAT: Duration = Duration::from_millis(600);

#[test]
fn silence_for_two_heartbeats_is_4002() {
    let server = start_with(|options| options.edge.heartbeat = HEARTBEAT);
    let mut client = server.player("ann");
    let begin = Instant::now();
    assert_eq!(client.next(), Got::Ping(Vec::new()));
    assert_eq!(client.closed(), 4002);
    assert!(begin.elapsed() > HEARTBEAT, "{:?}", begin.elapsed());
    server.await_metric("parlour_sessions", 0.0);
}

#[test]
fn a_client_that_answers_pings_stays() {
    let server = start_with(|options| options.edge.heartbeat = HEARTBEAT);
    let mut client = server.player("ann");
    for _ in 0..4 {
        assert_eq!(client.next(), Got::Ping(Vec::new()));
        client.frame(OpCode::Pong, b"");
    }
    assert_eq!(server.metric("parlour_sessions"), 1.0);
}

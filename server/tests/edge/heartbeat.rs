//! A silent client gets a ping, and is closed if it stays silent.

use std::time::{Duration, Instant};

use parlour_shared::websocket::OpCode;

use crate::support::{raw_client::ConnectionEvent, test_server::start_with};

const HEARTBEAT: Duration = Duration::from_millis(600);

#[test]
fn a_client_that_is_silent_for_two_heartbeats_is_closed_with_4002() {
    let server = start_with(|options| options.edge.heartbeat = HEARTBEAT);
    let mut client = server.player("ann");
    let begin = Instant::now();
    assert_eq!(client.next_event(), ConnectionEvent::Ping(Vec::new()));
    assert_eq!(client.close_code(), 4002);
    assert!(begin.elapsed() > HEARTBEAT, "{:?}", begin.elapsed());
    server.await_metric("parlour_sessions", 0.0);
}

#[test]
fn a_client_that_answers_pings_stays_connected() {
    let server = start_with(|options| options.edge.heartbeat = HEARTBEAT);
    let mut client = server.player("ann");
    for _ in 0..4 {
        assert_eq!(client.next_event(), ConnectionEvent::Ping(Vec::new()));
        client.send_frame(OpCode::Pong, b"");
    }
    assert_eq!(server.metric("parlour_sessions"), 1.0);
}

//! When the server fails, all clients are closed with 1011, and new ones are rejected.

use std::{
    io::Write as _,
    thread,
    time::{Duration, Instant},
};

use parlour_shared::{close::CloseCode, message::ServerMessage, websocket::OpCode};

use crate::{
    failure_switch::{FailureSwitch, PANIC_MESSAGE},
    support::{
        http::{read_head, status, status_of},
        raw_client::{ConnectionEvent, RawClient, upgrade_request},
        test_server::TestServer,
    },
};

/// Much shorter than the time limits of clients, and long enough for a busy machine.
const AT_ONCE: Duration = Duration::from_secs(3);
/// Waits for the `closing` message of a failure and for the close frame that follows it.
#[track_caller]
fn check_failure_close(client: &mut RawClient) {
    let closing = client.wait_for(|message| match message {
        ServerMessage::Closing(closing) => Some(closing),
        _ => None,
    });
    assert_eq!(closing.code, CloseCode::Internal);
    assert!(closing.reconnect_after_ms >= 500);
    let reason = "the server failed".to_owned();
    assert_eq!(client.close_code_and_reason(), (1011, reason));
}

#[test]
fn all_clients_are_closed_with_1011_at_once_with_or_without_a_hello() {
    let (server, switch) = FailureSwitch::start_server(|options| options.io_threads = 2);
    let mut players: Vec<RawClient> = (0..8).map(|_| server.player("ann")).collect();
    let mut json = server.websocket("parlour.v1.json");
    json.hello("bob");
    let without_hello = (0..4).map(|_| server.websocket("parlour.v1"));
    let mut without_hello: Vec<RawClient> = without_hello.collect();

    let begin = Instant::now();
    switch.turn_on();
    for client in players.iter_mut().chain(&mut without_hello) {
        check_failure_close(client);
    }
    check_failure_close(&mut json);
    assert!(begin.elapsed() < AT_ONCE, "{:?}", begin.elapsed());
    assert_eq!(
        server.metric("parlour_closes_total{by=\"server\",code=\"1011\"}"),
        13.0
    );
    // The close frame of the client ends the connection, as always.
    json.send_frame(OpCode::Close, &1011_u16.to_be_bytes());
    assert_eq!(json.next_event(), ConnectionEvent::End);
}

#[test]
fn new_connections_are_rejected_with_503_and_the_reason() {
    let (server, switch) = FailureSwitch::start_server(|_| {});
    let mut half_sent = server.connect();
    let request = upgrade_request("parlour.v1");
    let (first, second) = request.split_at(request.len() / 2);
    half_sent.write_all(first).unwrap();
    let mut ann = server.player("ann");
    switch.turn_on();
    assert_eq!(ann.close_code(), 1011);

    // A connection in the middle of its request.
    assert_eq!(status(half_sent, std::str::from_utf8(second).unwrap()), 503);
    // Later connections.
    for path in ["/ws", "/"] {
        let answer = server.request(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        assert!(
            answer.starts_with("HTTP/1.1 503 ")
                && answer.contains("\"detail\":\"the server failed, try again later\""),
            "{answer}"
        );
    }
    assert_eq!(
        server.metric("parlour_rejects_total{class=\"server_failed\"}"),
        3.0
    );
}

#[test]
fn health_checks_and_the_stop_report_name_the_failure() {
    let (server, switch) = FailureSwitch::start_server(|_| {});
    assert_eq!(server.inner.failure(), None);
    assert_eq!(status_of(&server.get_admin("/readyz")), 503, "there is no world");
    assert_eq!(status_of(&server.get_admin("/livez")), 200);
    switch.turn_on();
    let failure = server.inner.wait().unwrap_err();
    assert_eq!(
        failure.to_string(),
        format!("thread builder panicked: {PANIC_MESSAGE}")
    );
    for path in ["/readyz", "/livez"] {
        let answer = server.get_admin(path);
        assert!(
            answer.starts_with("HTTP/1.1 503 ") && answer.contains(&format!("\"detail\":\"{failure}\"")),
            "{answer}"
        );
    }
    assert_eq!(server.inner.stop().failure, Some(failure));
}

/// Connects and sends a hello. Returns whether the connection was upgraded. The client must receive
/// 1011 or 503 at once.
fn is_upgraded(server: &TestServer) -> bool {
    let mut stream = server.connect();
    stream.set_read_timeout(Some(AT_ONCE)).unwrap();
    stream.write_all(&upgrade_request("parlour.v1")).unwrap();
    if status_of(&read_head(&mut stream)) == 503 {
        return false;
    }
    let mut client = RawClient::after_upgrade(stream, "parlour.v1");
    client.send_hello("ann");
    assert_eq!(client.close_code(), 1011);
    true
}

#[test]
fn every_hello_around_the_failure_is_answered() {
    let (server, switch) = FailureSwitch::start_server(|options| options.io_threads = 2);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    // Connects again until it is rejected.
                    let mut upgrades = 0;
                    while is_upgraded(&server) {
                        upgrades += 1;
                    }
                    upgrades
                })
            })
            .collect();
        server.await_metric("parlour_sessions", 8.0);
        switch.turn_on();
        for client in clients {
            assert!(client.join().unwrap() >= 1);
        }
    });
}

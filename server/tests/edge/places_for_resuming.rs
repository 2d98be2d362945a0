//! A full server: a tenth above its limit is for clients that resume a session.

use parlour_shared::{
    limits::PROTOCOL,
    message::{ClientMessage, Hello, ServerMessage},
};

use crate::support::{
    http::{self, GET_INDEX, status_of},
    raw_client::RawClient,
    test_server::{TestServer, start_with},
};

/// Starts a server with 10 places, all of which are taken, and one for a client that resumes.
fn full() -> (TestServer, Vec<RawClient>) {
    let server = start_with(|options| options.edge.max_connections = 10);
    let players = (0..10).map(|_| server.player("ann")).collect();
    (server, players)
}

#[test]
fn a_new_client_in_a_place_for_resuming_is_closed_with_1013_and_the_time_to_wait() {
    let (server, mut players) = full();
    let mut client = server.websocket("parlour.v1");
    client.send_hello("bob");
    let wait = client.wait_for(|message| match message {
        ServerMessage::Closing(closing) => Some(closing.reconnect_after_ms),
        _ => None,
    });
    assert!(wait >= 500, "{wait}");
    assert_eq!(client.close_code(), 1013);
    server.await_metric("parlour_rejects_total{class=\"too_many_connections\"}", 1.0);
    drop(client);
    server.await_metric("parlour_connections", 10.0);
    // If a place becomes free before the hello, the client gets it.
    let mut next = server.websocket("parlour.v1");
    players.pop();
    server.await_metric("parlour_connections", 10.0);
    next.hello("bob");
}

#[test]
fn beyond_these_places_the_answer_is_503_with_retry_after() {
    let (server, _players) = full();
    let _eleventh = server.connect();
    server.await_metric("parlour_connections", 11.0);
    let answer = server.request(GET_INDEX);
    assert_eq!(status_of(&answer), 503, "{answer}");
    let (head, _) = http::head_and_body(&answer);
    assert!(head.contains("\r\nretry-after: "), "{head}");
}

#[test]
fn a_client_that_resumes_is_not_turned_away_because_the_server_is_full() {
    let (server, _players) = full();
    let mut client = server.websocket("parlour.v1");
    client.send(&ClientMessage::Hello(Hello {
        protocol: PROTOCOL,
        name: "ann".into(),
        resume: Some("x".into()),
        ..Hello::default()
    }));
    // The secret is wrong, so the answer is about the session, and not about the places.
    assert_eq!(client.close_code(), 4103);
    assert_eq!(
        server.metric("parlour_rejects_total{class=\"too_many_connections\"}"),
        0.0
    );
}

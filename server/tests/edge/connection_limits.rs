//! Connections over a limit are rejected.

use std::io::Read as _;

use parlour_testing::eventually;

use crate::support::{http::GET_INDEX, test_server::start_with};

#[test]
fn a_full_server_answers_503_until_a_client_leaves() {
    let server = start_with(|options| options.edge.max_connections = 2);
    let _ann = server.player("ann");
    let bob = server.player("bob");
    assert!(server.request(GET_INDEX).starts_with("HTTP/1.1 503 "));
    drop(bob);
    eventually("the place is free again", || {
        server.request(GET_INDEX).starts_with("HTTP/1.1 200 ")
    });
}

#[test]
fn an_address_with_too_many_connections_without_hello_gets_429_and_then_no_answer() {
    let server = start_with(|options| options.edge.max_unauthenticated_per_address = 3);
    let idle: Vec<_> = (0..3).map(|_| server.connect()).collect();
    server.await_metric("parlour_unauthenticated_connections", 3.0);
    assert!(server.request(GET_INDEX).starts_with("HTTP/1.1 429 "));
    let more: Vec<_> = (0..3).map(|_| server.connect()).collect();
    server.await_metric("parlour_unauthenticated_connections", 6.0);
    let mut dropped = server.connect();
    assert_eq!(dropped.read(&mut [0; 8]).unwrap_or(0), 0);
    drop((idle, more));
    server.await_metric("parlour_unauthenticated_connections", 0.0);
    // Clients that have sent a hello do not count.
    let _players: Vec<_> = (0..6).map(|_| server.player("ann")).collect();
}

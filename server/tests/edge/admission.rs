//! Connections over a limit.

use parlour_testing::eventually;

use crate::support::start_with;

const PLAIN: &str = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[test]
fn a_full_server_answers_503() {
    let server = start_with(|options| options.edge.max_connections = 2);
    let _ann = server.player("ann");
    let bob = server.player("bob");
    assert!(server.request(PLAIN).starts_with("HTTP/1.1 503 "));
    drop(bob);
    eventually("a place is free", || {
        server.request(PLAIN).starts_with("HTTP/1.1 200 ")
    });
}

#[test]
fn an_address_with_too_many_unfinished_connections_gets_429_and_then_no_answer() {
    let server = start_with(|options| options.edge.max_unauthenticated_per_address = 3);
    let idle: Vec<_> = (0..3).map(|_| server.dial()).collect();
    server.await_metric("parlour_unauthenticated_connections", 3.0);
    assert!(server.request(PLAIN).starts_with("HTTP/1.1 429 "));
    let more: Vec<_> = (0..3).map(|_| server.dial()).collect();
    server.await_metric("parlour_unauthenticated_connections", 6.0);
    let mut dropped = server.dial();
    assert_eq!(std::io::Read::read(&mut dropped, &mut [0; 8]).unwrap_or(0), 0);
    drop((idle, more));
    server.await_metric("parlour_unauthenticated_connections", 0.0);
    // A client that said hello does not count.
    let _players: Vec<_> = (0..6).map(|_| server.player("ann")).collect();
}

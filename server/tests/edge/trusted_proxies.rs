//! The address of a client behind a proxy: believed from trusted proxies, and from nobody else.

use std::{net::TcpStream, time::Duration};

use parlour::ServerOptions;

use crate::support::{
    http::{self, GET_INDEX, UPGRADE_HEADERS, status_of},
    raw_client::RawClient,
    test_server::{TestServer, start_with},
};

const LIMIT: &str = "parlour_rejects_total{class=\"too_many_from_address\"}";

/// Starts a server behind a proxy on this machine, which admits one connection without hello from
/// each address.
fn start(change: impl FnOnce(&mut ServerOptions)) -> TestServer {
    start_with(|options| {
        options.edge.trusted_proxies = vec!["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        options.edge.max_unauthenticated_per_address = 1;
        change(options);
    })
}

fn open(server: &TestServer, headers: &[(&str, &str)]) -> RawClient {
    RawClient::upgrade_with_headers(server.connect(), "parlour.v1", headers)
}

/// Sends an upgrade request with more header lines. Returns the status.
fn status(server: &TestServer, headers: &str) -> u16 {
    let request = format!("GET /ws HTTP/1.1\r\nhost: localhost\r\n{headers}{UPGRADE_HEADERS}\r\n");
    http::status(server.connect(), &request)
}

#[test]
fn limits_apply_to_the_address_that_a_trusted_proxy_reports() {
    let server = start(|_| {});
    let _idle = open(&server, &[("x-forwarded-for", "192.0.2.1")]);
    assert_eq!(status(&server, "x-forwarded-for: 192.0.2.1\r\n"), 429);
    assert_eq!(status(&server, "forwarded: for=\"192.0.2.1:4711\"\r\n"), 429);
    assert_eq!(status(&server, "x-forwarded-for: 192.0.2.1, 10.1.2.3\r\n"), 429);
    // What the client itself writes is to the left of what the proxy appends.
    assert_eq!(status(&server, "x-forwarded-for: 192.0.2.7, 192.0.2.1\r\n"), 429);
    server.await_metric(LIMIT, 4.0);
    let _others = [
        open(&server, &[("x-forwarded-for", "192.0.2.1, 192.0.2.2")]),
        open(&server, &[("forwarded", "for=192.0.2.1, for=\"[2001:db8::1]\"")]),
    ];
    // All addresses of a /64 count as one.
    assert_eq!(status(&server, "x-forwarded-for: 2001:db8::2\r\n"), 429);
    assert_eq!(status(&server, "x-forwarded-for: 2001:db8:0:1::2\r\n"), 101);
}

#[test]
fn a_proxy_itself_is_not_limited_as_one_address() {
    let server = start(|_| {});
    let idle: Vec<RawClient> = (0..5).map(|_| open(&server, &[])).collect();
    let hidden: Vec<RawClient> = (0..5)
        .map(|_| open(&server, &[("x-forwarded-for", "unknown")]))
        .collect();
    let silent: Vec<TcpStream> = (0..5).map(|_| server.connect()).collect();
    server.await_metric("parlour_unauthenticated_connections", 15.0);
    drop((idle, hidden, silent));
    server.await_metric("parlour_unauthenticated_connections", 0.0);
}

#[test]
fn nobody_else_is_believed() {
    let server = start(|options| options.edge.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]);
    let _idle = open(&server, &[("x-forwarded-for", "192.0.2.1")]);
    assert_eq!(status(&server, "x-forwarded-for: 192.0.2.2\r\n"), 429);
    assert_eq!(status(&server, "forwarded: for=192.0.2.3\r\n"), 429);
    server.await_metric(LIMIT, 2.0);
}

#[test]
fn contradicting_headers_are_rejected() {
    let server = start(|_| {});
    for headers in [
        "forwarded: for=192.0.2.9\r\nx-forwarded-for: 192.0.2.1\r\n",
        "forwarded: for=\", for=192.0.2.1\r\n",
    ] {
        let request = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        let answer = server.request(&request);
        assert_eq!(status_of(&answer), 400, "{answer}");
        assert!(answer.contains("a proxy must"), "{answer}");
    }
}

#[test]
fn a_client_behind_a_proxy_has_no_time_to_type_whatever_it_reports() {
    let server = start(|options| {
        options.edge.max_unauthenticated_per_address = 100;
        options.edge.handshake_timeout = Duration::from_millis(300);
    });
    for header in [
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=\"[::1]\""),
        ("x-forwarded-for", ""),
    ] {
        let mut client = RawClient::upgrade_with_headers(server.connect(), "parlour.v1.json", &[header]);
        let (code, reason) = client.close_code_and_reason();
        assert_eq!(
            (code, &*reason),
            (4408, "no hello within 0.3 s of connecting"),
            "{header:?}"
        );
    }
    // A proxy on this machine may have forgotten to report its client.
    assert_eq!(server.websocket("parlour.v1.json").close_code(), 4408);
    let page = server.request(GET_INDEX);
    assert!(page.contains("with the hello within 0.3 s:\n"), "{page}");
}

//! The headers that every response of both ports has.

use crate::support::{
    http::{self, GET_INDEX},
    test_server::{TestServer, start, start_with},
};

/// Checks the headers of a response, and returns its head.
#[track_caller]
fn check(answer: &str) -> String {
    let (head, _) = http::head_and_body(answer);
    for line in [
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cross-origin-resource-policy: same-origin",
        "cache-control: no-store",
    ] {
        assert_eq!(
            head.matches(&format!("\r\n{line}\r\n")).count(),
            1,
            "{line} in {head}"
        );
    }
    head.to_owned()
}

fn get(path: &str) -> String {
    GET_INDEX.replace("GET / ", &format!("GET {path} "))
}

#[test]
fn every_response_of_the_public_port_has_them() {
    let server = start();
    for request in [
        GET_INDEX,
        &get("/nothing"),
        &get("/ws"),
        "not HTTP\r\n\r\n",
        "DELETE / HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n",
    ] {
        let head = check(&server.request(request));
        assert!(
            !head.contains("strict-transport-security"),
            "there is no TLS: {head}"
        );
    }
    let full = start_with(|options| options.edge.max_connections = 1);
    let _player = full.player("ann");
    check(&full.request(GET_INDEX));
}

#[test]
fn every_response_of_the_admin_port_has_them() {
    let server = start();
    for path in [
        "/",
        "/metrics",
        "/livez",
        "/worlds",
        "/types/nothing.json",
        "/nothing",
    ] {
        check(&server.get_admin(path));
    }
}

#[test]
fn a_cache_keeps_answers_to_pages_of_different_origins_apart() {
    let server = start();
    let answer = |server: &TestServer, request: &str| check(&server.request(request));
    let page = get("/api/nothing").replace("host:", "origin: http://localhost:3000\r\nhost:");
    let head = answer(&server, &page);
    assert!(head.contains("\r\nvary: Origin\r\n"), "{head}");
    assert!(
        head.contains("\r\naccess-control-allow-origin: http://localhost:3000\r\n"),
        "{head}"
    );
    let foreign = get("/api/nothing").replace("host:", "origin: https://evil.example\r\nhost:");
    let head = answer(&server, &foreign);
    assert!(head.contains("\r\nvary: Origin\r\n"), "{head}");
    assert!(!head.contains("access-control-allow-origin"), "{head}");
    // A path that does not exist has no preflight.
    let preflight = page
        .replace("GET ", "OPTIONS ")
        .replace("origin:", "access-control-request-method: POST\r\norigin:");
    let answer = server.request(&preflight);
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

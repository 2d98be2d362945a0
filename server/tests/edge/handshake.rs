//! The HTTP request of the upgrade: the answer to an invalid one names the fault.

use std::io::Write as _;

use crate::support::{
    http::{GET_INDEX, read_head, status_of},
    test_server::{TestServer, start},
};

const KEY: &str = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Returns an upgrade request with more header lines. It is valid if they name a subprotocol.
fn upgrade_with(lines: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\n{KEY}{lines}\r\n"
    )
}

/// Sends a request and checks the status. Returns the answer.
#[track_caller]
fn expect_status(server: &TestServer, request: &str, status: u16) -> String {
    let answer = server.request(request);
    assert_eq!(status_of(&answer), status, "{request:?}: {answer:?}");
    answer
}

#[test]
fn the_index_page_says_how_to_connect() {
    let server = start();
    let answer = expect_status(&server, GET_INDEX, 200);
    assert!(answer.contains("/ws") && answer.contains("parlour.v1.json"));
    expect_status(&server, "GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n", 404);
    expect_status(&server, "DELETE / HTTP/1.1\r\nhost: localhost\r\n\r\n", 405);
    expect_status(
        &server,
        "POST /ws HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",
        405,
    );
}

/// Some clients, such as the one of Node.js, do not parse `Connection` as a list.
#[test]
fn the_connection_header_of_a_101_is_upgrade_alone() {
    let server = start();
    for connection in ["Upgrade", "keep-alive, Upgrade"] {
        let request = upgrade_with("sec-websocket-protocol: parlour.v1\r\n")
            .replace("connection: Upgrade", &format!("connection: {connection}"));
        let mut stream = server.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let answer = read_head(&mut stream).to_ascii_lowercase();
        assert!(answer.starts_with("http/1.1 101 "), "{answer}");
        let lines: Vec<&str> = answer
            .lines()
            .filter(|line| line.starts_with("connection:"))
            .collect();
        assert_eq!(lines, ["connection: upgrade"], "{answer}");
    }
    // All other answers end the connection and say so.
    let answer = expect_status(&server, GET_INDEX, 200);
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}

#[test]
fn a_head_over_its_limits_is_answered_431() {
    let server = start();
    let long = format!("x-long: {}\r\n", "a".repeat(9 * 1024));
    expect_status(&server, &upgrade_with(&long), 431);
    let many: String = (0..101).map(|line| format!("x-{line}: 1\r\n")).collect();
    expect_status(&server, &upgrade_with(&many), 431);
    assert!(server.metric("parlour_rejects_total{class=\"http_headers_too_large\"}") >= 2.0);
}

#[test]
fn a_request_that_is_not_http_1_1_is_answered_400() {
    let server = start();
    expect_status(&server, "hello\r\n\r\n", 400);
    expect_status(&server, "GET /ws HTTP/1.1\r\nbad header\r\n\r\n", 400);
    let answer = server.request(&upgrade_with("").replace("HTTP/1.1", "HTTP/1.0"));
    assert!(answer.starts_with("HTTP/1.0 400 "), "{answer}");
}

#[test]
fn an_invalid_upgrade_is_answered_426_with_the_version() {
    let server = start();
    expect_status(
        &server,
        &upgrade_with("").replace("upgrade: websocket", "upgrade: h2c"),
        426,
    );
    expect_status(
        &server,
        &upgrade_with("").replace("connection: Upgrade", "connection: close"),
        426,
    );
    let answer = expect_status(
        &server,
        &upgrade_with("").replace("version: 13", "version: 8"),
        426,
    );
    assert!(answer.to_ascii_lowercase().contains("sec-websocket-version: 13"));
}

#[test]
fn an_invalid_key_is_answered_400() {
    let server = start();
    expect_status(
        &server,
        &upgrade_with("").replace(KEY, "sec-websocket-key: short\r\n"),
        400,
    );
    expect_status(&server, &upgrade_with("").replace(KEY, ""), 400);
    expect_status(&server, &upgrade_with(KEY), 400);
}

#[test]
fn an_unknown_subprotocol_is_answered_400_with_the_known_ones() {
    let server = start();
    for lines in ["", "sec-websocket-protocol: chat\r\n"] {
        let answer = expect_status(&server, &upgrade_with(lines), 400);
        assert!(answer.contains("parlour.v1 and parlour.v1.json"), "{answer}");
    }
}

//! The HTTP request: the answer names the fault, and nothing else happens.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

use crate::support::{TestServer, start};

const KEY: &str = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Returns a valid request with these lines added.
fn with(lines: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\n{KEY}{lines}\r\n"
    )
}

/// Sends a request. Returns the head of the answer.
fn head(mut stream: TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    lines
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[track_caller]
fn refused(server: &TestServer, request: &str, status: u16) -> String {
    let answer = server.request(request);
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{request:?}: {answer:?}"
    );
    answer
}

#[test]
fn the_index_page_says_how_to_connect() {
    let server = start();
    let answer = refused(&server, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", 200);
    assert!(answer.contains("/ws") && answer.contains("parlour.v1.json"));
    refused(&server, "GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n", 404);
    refused(&server, "DELETE / HTTP/1.1\r\nhost: localhost\r\n\r\n", 405);
    refused(
        &server,
        "POST /ws HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",
        405,
    );
}

/// Clients that do not parse `Connection` as a list, such as that of Node.js, accept only this.
#[test]
fn the_answer_101_has_upgrade_alone_as_its_connection_header() {
    let server = start();
    for connection in ["Upgrade", "keep-alive, Upgrade"] {
        let request = with("sec-websocket-protocol: parlour.v1\r\n")
            .replace("connection: Upgrade", &format!("connection: {connection}"));
        let answer = head(server.dial(), &request).to_ascii_lowercase();
        assert!(answer.starts_with("http/1.1 101 "), "{answer}");
        let lines: Vec<&str> = answer
            .lines()
            .filter(|line| line.starts_with("connection:"))
            .collect();
        assert_eq!(lines, ["connection: upgrade"], "{answer}");
    }
    // Every other answer ends the connection, and says so.
    let answer = refused(&server, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", 200);
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}

#[test]
fn a_head_over_its_limits_is_431() {
    let server = start();
    let long = format!("x-long: {}\r\n", "a".repeat(9 * 1024));
    refused(&server, &with(&long), 431);
    let many: String = (0..101).map(|line| format!("x-{line}: 1\r\n")).collect();
    refused(&server, &with(&many), 431);
    assert!(server.metric("parlour_rejects_total{class=\"http_headers_too_large\"}") >= 2.0);
}

#[test]
fn a_request_that_is_not_http_is_400() {
    let server = start();
    refused(&server, "hello\r\n\r\n", 400);
    refused(&server, "GET /ws HTTP/1.1\r\nbad header\r\n\r\n", 400);
    let answer = server.request(&with("").replace("HTTP/1.1", "HTTP/1.0"));
    assert!(answer.starts_with("HTTP/1.0 400 "), "{answer}");
}

#[test]
fn a_bad_upgrade_is_426_and_names_the_version() {
    let server = start();
    refused(
        &server,
        &with("").replace("upgrade: websocket", "upgrade: h2c"),
        426,
    );
    refused(
        &server,
        &with("").replace("connection: Upgrade", "connection: close"),
        426,
    );
    let answer = refused(&server, &with("").replace("version: 13", "version: 8"), 426);
    assert!(answer.to_ascii_lowercase().contains("sec-websocket-version: 13"));
}

#[test]
fn a_bad_key_is_400() {
    let server = start();
    refused(
        &server,
        &with("").replace(KEY, "sec-websocket-key: short\r\n"),
        400,
    );
    refused(&server, &with("").replace(KEY, ""), 400);
    refused(&server, &with(KEY), 400);
}

#[test]
fn an_unknown_subprotocol_is_400_and_the_answer_names_ours() {
    let server = start();
    for lines in ["", "sec-websocket-protocol: chat\r\n"] {
        let answer = refused(&server, &with(lines), 400);
        assert!(answer.contains("parlour.v1 and parlour.v1.json"), "{answer}");
    }
}

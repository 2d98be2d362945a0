//! HTTP errors have one form on both ports: `application/problem+json`.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use parlour_shared::problem::ProblemDetails;
use parlour_testing::eventually;

use crate::{
    failure::Fuse,
    support::{TestServer, start, start_with, status},
};

const UPGRADE: &str = "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                       sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                       sec-websocket-protocol: parlour.v1\r\n\r\n";
const FIRST_PAGE: &str = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Sends a request. Returns the head of the answer, in lower case, and its body.
fn exchange(mut stream: TcpStream, request: &str) -> (String, String) {
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase() + "\r\n", body.to_owned())
}

/// Checks an error; returns its head and its detail.
#[track_caller]
fn problem(stream: TcpStream, request: &str, status: u16, kind: &str, class: &str) -> (String, String) {
    let (head, body) = exchange(stream, request);
    assert!(
        head.starts_with(&format!("http/1.1 {status} ")),
        "{request}: {head}"
    );
    for line in [
        "content-type: application/problem+json",
        &format!("content-length: {}", body.len()),
        "connection:",
        "cross-origin-resource-policy: same-origin",
        "x-content-type-options: nosniff",
    ] {
        assert!(head.contains(&format!("\r\n{line}")), "{line} in {head}");
    }
    let found = ProblemDetails::from_json(body.as_bytes()).unwrap();
    // The body has no other members.
    assert_eq!(found.to_json() + "\n", body);
    assert_eq!(found.status, status, "{body}");
    assert_eq!(found.kind, format!("/problems/{kind}"), "{body}");
    assert_eq!(found.class.as_deref().unwrap_or_default(), class, "{body}");
    assert!(!found.title.is_empty() && !found.detail.is_empty(), "{body}");
    assert!(body.len() <= 512, "{body}");
    (head, found.detail.into_owned())
}

/// Checks an error of the public port, and that the server counts it.
#[track_caller]
fn public(server: &TestServer, request: &str, status: u16, kind: &str, class: &str) -> (String, String) {
    let name = format!("parlour_rejects_total{{class=\"{class}\"}}");
    let before = server.metric(&name);
    let found = problem(server.dial(), request, status, kind, class);
    server.await_metric(&name, before + 1.0);
    found
}

/// Checks an error of the admin port, and that the server counts it if it has a class.
#[track_caller]
fn admin(server: &TestServer, request: &str, status: u16, kind: &str, class: &str) -> (String, String) {
    let (line, lines) = request.split_once(' ').unwrap();
    let request = format!("{line} {lines}connection: close\r\n\r\n");
    let count = || match class {
        "" => 0.0,
        class => server.metric(&format!("parlour_rejects_total{{class=\"{class}\"}}")),
    };
    let before = count();
    let found = problem(server.dial_admin(), &request, status, kind, class);
    assert_eq!(count() - before, if class.is_empty() { 0.0 } else { 1.0 });
    found
}

/// Returns the start of a request with a valid host.
fn line(line: &str) -> String {
    format!("{line} HTTP/1.1\r\nhost: localhost\r\n")
}

#[test]
fn a_refused_upgrade_names_the_fault() {
    let server = start();
    let upgrade = |from: &str, to: &str| UPGRADE.replace(from, to);
    let bad = |request: &str| public(&server, request, 400, "bad-request", "http_bad_request").1;
    assert!(bad("GET / HTTP/1.1\r\n\r\n").contains("Host: localhost"));
    assert!(bad(&upgrade("dGhl", "x")).contains("Sec-WebSocket-Key"));
    assert!(bad(&upgrade("host:", "content-length: 1\r\nhost:")).contains("no body"));
    let (_, detail) = public(
        &server,
        &upgrade("parlour.v1", "chat"),
        400,
        "subprotocol",
        "http_subprotocol",
    );
    assert!(detail.contains("parlour.v1 and parlour.v1.json"), "{detail}");
    let (_, detail) = public(
        &server,
        &upgrade("localhost", "\"evil\\example\""),
        400,
        "bad-request",
        "http_bad_request",
    );
    assert!(detail.contains("host"), "{detail}");
    let (_, detail) = public(
        &server,
        &upgrade("localhost", "evil.example"),
        403,
        "host-not-allowed",
        "http_host",
    );
    assert!(detail.contains("\"evil.example\"") && detail.contains("allowed_hosts"));
    let foreign = upgrade("host:", "origin: https://evil.example\r\nhost:");
    let (_, detail) = public(&server, &foreign, 403, "origin-not-allowed", "http_origin");
    assert!(detail.contains("\"https://evil.example\"") && detail.contains("allowed_origins"));
    let unnamed = upgrade("host:", "sec-fetch-site: cross-site\r\nhost:");
    let (_, detail) = public(&server, &unnamed, 403, "origin-not-allowed", "http_origin");
    assert!(detail.contains("without an Origin header"), "{detail}");
    let repeated = upgrade("host:", "sec-fetch-site: none\r\nsec-fetch-site: none\r\nhost:");
    let (_, detail) = public(&server, &repeated, 403, "origin-not-allowed", "http_origin");
    assert!(detail.contains("sec-fetch-site is repeated"), "{detail}");
    let nothing = line("GET /nothing") + "\r\n";
    let (_, detail) = public(&server, &nothing, 404, "not-found", "http_not_found");
    assert!(detail.contains("/ws"), "{detail}");
    for (request, allow) in [("DELETE /", "get, head"), ("POST /ws", "get")] {
        let request = line(request) + "\r\n";
        let (head, _) = public(&server, &request, 405, "method-not-allowed", "http_method");
        assert!(head.contains(&format!("\r\nallow: {allow}\r\n")), "{head}");
    }
    let (head, _) = public(
        &server,
        &upgrade("version: 13", "version: 8"),
        426,
        "upgrade-required",
        "http_upgrade_required",
    );
    for line in [
        "upgrade: websocket",
        "connection: upgrade, close",
        "sec-websocket-version: 13",
    ] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
    }
}

#[test]
fn an_error_repeats_only_the_start_of_a_long_header() {
    let server = start();
    let long = "\u{e9}".repeat(3000);
    let foreign = UPGRADE.replace("host:", &format!("origin: https://{long}\r\nhost:"));
    let (head, body) = exchange(server.dial(), &foreign);
    assert!(head.starts_with("http/1.1 403 "), "{head}");
    assert!(body.len() < 1024 && body.contains("\u{e9}..."), "{body}");
}

#[test]
fn a_request_that_hyper_cannot_parse_gets_the_same_form() {
    let server = start();
    for request in [
        "hello\r\n\r\n",
        "GET /ws HTTP/1.1\r\nbad header\r\n\r\n",
        "GET /ws HTTP/3.7\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let (head, detail) = public(&server, request, 400, "bad-request", "http_bad_request");
        assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
        assert!(detail.starts_with("this is not HTTP/1.1"), "{detail}");
    }
    let long = line("GET /ws") + &format!("x: {}\r\n\r\n", "a".repeat(9 * 1024));
    let lines: String = (0..101).map(|nth| format!("x-{nth}: 1\r\n")).collect();
    let many = line("GET /ws") + &lines + "\r\n";
    for request in [long, many] {
        let (_, detail) = public(&server, &request, 431, "head-too-large", "http_headers_too_large");
        assert!(
            detail.contains("8 KiB") && detail.contains("100 lines"),
            "{detail}"
        );
    }
}

#[test]
fn a_late_request_gets_408() {
    let server = start_with(|options| options.edge.handshake_timeout = Duration::from_millis(300));
    let half = &UPGRADE[..60];
    let (head, detail) = public(&server, half, 408, "request-timeout", "handshake_timeout");
    assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
    assert!(detail.contains("0.3 s"), "{detail}");
}

#[test]
fn a_connection_over_a_limit_gets_503_or_429() {
    let server = start_with(|options| options.edge.max_connections = 1);
    let _ann = server.player("ann");
    public(&server, FIRST_PAGE, 503, "server-full", "too_many_connections");

    let server = start_with(|options| options.edge.max_unauthenticated_per_address = 1);
    let _idle = server.dial();
    server.await_metric("parlour_unauthenticated_connections", 1.0);
    public(
        &server,
        UPGRADE,
        429,
        "too-many-from-address",
        "too_many_from_address",
    );
}

#[test]
fn a_failed_server_answers_503_on_both_ports() {
    let fuse = Fuse::default();
    let server = start_with(|options| fuse.add_to(options));
    fuse.light();
    let failure = server.server.wait().unwrap_err().to_string();
    let (_, detail) = public(&server, UPGRADE, 503, "server-failed", "server_failed");
    assert_eq!(detail, "the world stopped, try again later");
    // A name that is rebound to this address learns nothing of the failure.
    let rebound = UPGRADE.replace("localhost", "evil.example");
    public(&server, &rebound, 403, "host-not-allowed", "http_host");
    let rebound = FIRST_PAGE.replace("localhost", "evil.example");
    public(&server, &rebound, 403, "host-not-allowed", "http_host");
    for path in ["/livez", "/readyz", "/metrics"] {
        let rebound = format!("GET {path} HTTP/1.1\r\nhost: evil.example\r\n");
        let (_, detail) = admin(&server, &rebound, 403, "host-not-allowed", "http_host");
        assert!(!detail.contains(&failure), "{detail}");
    }
    for (path, kind) in [("/livez", "not-alive"), ("/readyz", "not-ready")] {
        let (_, detail) = admin(&server, &line(&format!("GET {path}")), 503, kind, "");
        assert_eq!(detail, failure);
        let head = status(
            server.dial_admin(),
            &(line(&format!("HEAD {path}")) + "connection: close\r\n\r\n"),
        );
        assert_eq!(head, 503);
    }
}

#[test]
fn the_admin_port_uses_the_same_form_and_counts_no_wrong_paths_and_methods() {
    let server = start_with(|options| options.recording.history = Duration::ZERO);
    let refused = |request: &str, status, kind, class| admin(&server, request, status, kind, class);
    refused("GET / HTTP/1.1\r\n", 400, "bad-request", "http_bad_request");
    for host in ["evil.example", "evil.example:7374"] {
        let request = format!("GET /metrics HTTP/1.1\r\nhost: {host}\r\n");
        refused(&request, 403, "host-not-allowed", "http_host");
    }
    for path in ["GET /metrics", "POST /history", "GET /nothing"] {
        let request = line(path) + "origin: https://evil.example\r\n";
        let (_, detail) = refused(&request, 403, "origin-not-allowed", "http_origin");
        assert!(detail.contains("use curl"), "{detail}");
    }
    for path in ["/nothing", "/ws", "/history/", "/livez/x"] {
        let request = line(&format!("GET {path}"));
        refused(&request, 404, "not-found", "");
    }
    let (_, detail) = refused(&line("GET /playback"), 404, "not-found", "");
    assert!(detail.contains("--serve"), "{detail}");
    for (request, allow) in [
        ("POST /livez", "get, head"),
        ("PUT /metrics", "get, head"),
        ("GET /history", "post"),
        ("HEAD /history/download", "post"),
        ("OPTIONS /playback/seek", "post"),
    ] {
        if request.starts_with("HEAD") {
            let request = line(request) + "connection: close\r\n\r\n";
            assert_eq!(status(server.dial_admin(), &request), 405);
            continue;
        }
        let (head, detail) = refused(&line(request), 405, "method-not-allowed", "");
        assert!(head.contains(&format!("\r\nallow: {allow}\r\n")), "{head}");
        assert!(allow != "post" || detail.contains("curl -X POST ..."), "{detail}");
    }
    for class in ["http_not_found", "http_method"] {
        let count = server.metric(&format!("parlour_rejects_total{{class=\"{class}\"}}"));
        assert_eq!(count, 0.0, "{class}");
    }
    for path in ["/history", "/history/download"] {
        let request = line(&format!("POST {path}"));
        let (_, detail) = refused(&request, 409, "no-history", "");
        assert!(detail.contains("--history 60s"), "{detail}");
    }
}

#[test]
fn a_second_history_within_a_second_gets_503_with_retry_after() {
    let server = start();
    let write = line("POST /history") + "connection: close\r\n\r\n";
    eventually("a history", || status(server.dial_admin(), &write) == 200);
    let (head, detail) = admin(&server, &line("POST /history"), 503, "history-busy", "");
    assert!(head.contains("\r\nretry-after: 1\r\n"), "{head}");
    assert!(detail.contains("try again in a second"), "{detail}");
}

#[test]
fn head_gets_the_answer_of_get_without_the_body() {
    let server = start();
    let heads = |stream: TcpStream, path: &str| {
        let request = |method: &str| line(&format!("{method} {path}")) + "connection: close\r\n\r\n";
        let again = stream.peer_addr().unwrap();
        let (head, body) = exchange(stream, &request("HEAD"));
        let (get, _) = exchange(TcpStream::connect(again).unwrap(), &request("GET"));
        assert_eq!(body, "", "{path}");
        let plain = |head: &str| {
            head.lines()
                .filter(|line| !line.starts_with("date:") && !line.starts_with("content-length:"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(plain(&head), plain(&get), "{path}");
        assert!(head.contains("\r\ncontent-length: "), "{head}");
    };
    for path in ["/", "/nothing"] {
        heads(server.dial(), path);
    }
    eventually("ready", || server.admin("/readyz").starts_with("HTTP/1.1 200 "));
    for path in ["/", "/livez", "/readyz", "/metrics", "/nothing"] {
        heads(server.dial_admin(), path);
    }
}

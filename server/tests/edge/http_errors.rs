//! HTTP errors of both ports have one form: `application/problem+json`.

use std::{net::TcpStream, time::Duration};

use parlour_shared::problem::ProblemDetails;
use parlour_testing::eventually;

use crate::{
    failure_switch::FailureSwitch,
    support::{
        http::{self, GET_INDEX, UPGRADE_HEADERS, status},
        test_server::{TestServer, start, start_with},
    },
};

/// Returns a valid upgrade request.
fn upgrade_request() -> String {
    format!("GET /ws HTTP/1.1\r\nhost: localhost\r\n{UPGRADE_HEADERS}\r\n")
}

/// Sends a request. Returns the head of the answer, in lower case, and its body.
fn exchange(stream: TcpStream, request: &str) -> (String, String) {
    let answer = http::exchange(stream, request);
    let (head, body) = http::head_and_body(&answer);
    (head.to_ascii_lowercase(), body.to_owned())
}

/// Sends a request and checks the error. Returns the head and the detail.
#[track_caller]
fn check_error(stream: TcpStream, request: &str, status: u16, kind: &str, class: &str) -> (String, String) {
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
    let problem = ProblemDetails::from_json(body.as_bytes()).unwrap();
    // The body has no other members.
    assert_eq!(problem.to_json() + "\n", body);
    assert_eq!(problem.status, status, "{body}");
    assert_eq!(problem.kind, format!("/problems/{kind}"), "{body}");
    assert_eq!(problem.class.as_deref().unwrap_or_default(), class, "{body}");
    assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{body}");
    assert!(body.len() <= 512, "{body}");
    (head, problem.detail.into_owned())
}

/// Checks an error of the public port, and that the server counts it. Returns the head and the
/// detail.
#[track_caller]
fn public_error(
    server: &TestServer,
    request: &str,
    status: u16,
    kind: &str,
    class: &str,
) -> (String, String) {
    let name = format!("parlour_rejects_total{{class=\"{class}\"}}");
    let before = server.metric(&name);
    let error = check_error(server.connect(), request, status, kind, class);
    server.await_metric(&name, before + 1.0);
    error
}

/// Checks an error of the admin port, and that the server counts it if it has a class. Returns the
/// head and the detail.
#[track_caller]
fn admin_error(server: &TestServer, request: &str, status: u16, kind: &str, class: &str) -> (String, String) {
    let request = format!("{request}connection: close\r\n\r\n");
    let count = || match class {
        "" => 0.0,
        class => server.metric(&format!("parlour_rejects_total{{class=\"{class}\"}}")),
    };
    let before = count();
    let error = check_error(server.connect_admin(), &request, status, kind, class);
    assert_eq!(count() - before, if class.is_empty() { 0.0 } else { 1.0 });
    error
}

/// Returns the first lines of a request, with a valid host.
fn request_with_host(line: &str) -> String {
    format!("{line} HTTP/1.1\r\nhost: localhost\r\n")
}

#[test]
fn a_rejected_upgrade_names_the_fault() {
    let server = start();
    let upgrade = |from: &str, to: &str| upgrade_request().replace(from, to);
    let bad_request =
        |request: &str| public_error(&server, request, 400, "bad-request", "http_bad_request").1;
    assert!(bad_request("GET / HTTP/1.1\r\n\r\n").contains("Host: localhost"));
    assert!(bad_request(&upgrade("dGhl", "x")).contains("Sec-WebSocket-Key"));
    assert!(bad_request(&upgrade("host:", "content-length: 1\r\nhost:")).contains("no body"));
    let (_, detail) = public_error(
        &server,
        &upgrade("parlour.v1", "chat"),
        400,
        "subprotocol",
        "http_subprotocol",
    );
    assert!(detail.contains("parlour.v1 and parlour.v1.json"), "{detail}");
    let (_, detail) = public_error(
        &server,
        &upgrade("localhost", "\"evil\\example\""),
        400,
        "bad-request",
        "http_bad_request",
    );
    assert!(detail.contains("host"), "{detail}");
    let (_, detail) = public_error(
        &server,
        &upgrade("localhost", "evil.example"),
        403,
        "host-not-allowed",
        "http_host",
    );
    assert!(detail.contains("\"evil.example\"") && detail.contains("allowed_hosts"));
    let foreign = upgrade("host:", "origin: https://evil.example\r\nhost:");
    let (_, detail) = public_error(&server, &foreign, 403, "origin-not-allowed", "http_origin");
    assert!(detail.contains("\"https://evil.example\"") && detail.contains("allowed_origins"));
    let without_origin = upgrade("host:", "sec-fetch-site: cross-site\r\nhost:");
    let (_, detail) = public_error(&server, &without_origin, 403, "origin-not-allowed", "http_origin");
    assert!(detail.contains("without an Origin header"), "{detail}");
    let repeated = upgrade("host:", "sec-fetch-site: none\r\nsec-fetch-site: none\r\nhost:");
    let (_, detail) = public_error(&server, &repeated, 403, "origin-not-allowed", "http_origin");
    assert!(detail.contains("sec-fetch-site is repeated"), "{detail}");
    let nothing = request_with_host("GET /nothing") + "\r\n";
    let (_, detail) = public_error(&server, &nothing, 404, "not-found", "http_not_found");
    assert!(detail.contains("/ws"), "{detail}");
    for (request, allow) in [("DELETE /", "get, head"), ("POST /ws", "get")] {
        let request = request_with_host(request) + "\r\n";
        let (head, _) = public_error(&server, &request, 405, "method-not-allowed", "http_method");
        assert!(head.contains(&format!("\r\nallow: {allow}\r\n")), "{head}");
    }
    let (head, _) = public_error(
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
    let foreign = upgrade_request().replace("host:", &format!("origin: https://{long}\r\nhost:"));
    let (head, body) = exchange(server.connect(), &foreign);
    assert!(head.starts_with("http/1.1 403 "), "{head}");
    assert!(body.len() < 1024 && body.contains("\u{e9}..."), "{body}");
}

#[test]
fn the_error_of_a_request_that_hyper_cannot_parse_has_the_same_form() {
    let server = start();
    for request in [
        "hello\r\n\r\n",
        "GET /ws HTTP/1.1\r\nbad header\r\n\r\n",
        "GET /ws HTTP/3.7\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let (head, detail) = public_error(&server, request, 400, "bad-request", "http_bad_request");
        assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
        assert!(detail.starts_with("this is not HTTP/1.1"), "{detail}");
    }
    let long = request_with_host("GET /ws") + &format!("x: {}\r\n\r\n", "a".repeat(9 * 1024));
    let lines: String = (0..101).map(|nth| format!("x-{nth}: 1\r\n")).collect();
    let many = request_with_host("GET /ws") + &lines + "\r\n";
    for request in [long, many] {
        let (_, detail) = public_error(&server, &request, 431, "head-too-large", "http_headers_too_large");
        assert!(
            detail.contains("8 KiB") && detail.contains("100 lines"),
            "{detail}"
        );
    }
}

#[test]
fn on_the_admin_port_hyper_itself_answers_400_and_431_without_a_body() {
    let server = start();
    let long = request_with_host("GET /livez") + &format!("x: {}\r\n\r\n", "a".repeat(9 * 1024));
    for (request, status) in [("hello\r\n\r\n", 400), (&long, 431)] {
        let (head, body) = exchange(server.connect_admin(), request);
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}");
        assert_eq!(body, "");
    }
}

#[test]
fn a_late_request_is_answered_408() {
    let server = start_with(|options| options.edge.handshake_timeout = Duration::from_millis(300));
    let half = &upgrade_request()[..60];
    let (head, detail) = public_error(&server, half, 408, "request-timeout", "handshake_timeout");
    assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
    assert!(detail.contains("0.3 s"), "{detail}");
}

#[test]
fn a_connection_over_a_limit_is_answered_503_or_429() {
    let server = start_with(|options| options.edge.max_connections = 1);
    let _ann = server.player("ann");
    public_error(&server, GET_INDEX, 503, "server-full", "too_many_connections");

    let server = start_with(|options| options.edge.max_unauthenticated_per_address = 1);
    let _idle = server.connect();
    server.await_metric("parlour_unauthenticated_connections", 1.0);
    public_error(
        &server,
        &upgrade_request(),
        429,
        "too-many-from-address",
        "too_many_from_address",
    );
}

#[test]
fn a_failed_server_answers_503_on_both_ports() {
    let (server, switch) = FailureSwitch::start_server(|_| {});
    switch.turn_on();
    let failure = server.inner.wait().unwrap_err().to_string();
    let (_, detail) = public_error(&server, &upgrade_request(), 503, "server-failed", "server_failed");
    assert_eq!(detail, "the server failed, try again later");
    // The error for a rebound host name does not contain the failure.
    for request in [&upgrade_request(), GET_INDEX] {
        let rebound = request.replace("localhost", "evil.example");
        public_error(&server, &rebound, 403, "host-not-allowed", "http_host");
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        let rebound = format!("GET {path} HTTP/1.1\r\nhost: evil.example\r\n");
        let (_, detail) = admin_error(&server, &rebound, 403, "host-not-allowed", "http_host");
        assert!(!detail.contains(&failure), "{detail}");
    }
    for (path, kind) in [("/livez", "not-alive"), ("/readyz", "not-ready")] {
        let (_, detail) = admin_error(&server, &request_with_host(&format!("GET {path}")), 503, kind, "");
        assert_eq!(detail, failure);
        let head = status(
            server.connect_admin(),
            &(request_with_host(&format!("HEAD {path}")) + "connection: close\r\n\r\n"),
        );
        assert_eq!(head, 503);
    }
}

#[test]
fn errors_of_the_admin_port_have_the_same_form_and_unknown_paths_and_methods_are_not_counted() {
    let server = start_with(|options| options.recording.history = Duration::ZERO);
    let error = |request: &str, status, kind, class| admin_error(&server, request, status, kind, class);
    error("GET / HTTP/1.1\r\n", 400, "bad-request", "http_bad_request");
    for host in ["evil.example", "evil.example:7374"] {
        let request = format!("GET /metrics HTTP/1.1\r\nhost: {host}\r\n");
        error(&request, 403, "host-not-allowed", "http_host");
    }
    for path in ["GET /metrics", "POST /history", "GET /nothing"] {
        let request = request_with_host(path) + "origin: https://evil.example\r\n";
        let (_, detail) = error(&request, 403, "origin-not-allowed", "http_origin");
        assert!(detail.contains("use curl"), "{detail}");
    }
    for path in ["/nothing", "/ws", "/history/", "/livez/x"] {
        let request = request_with_host(&format!("GET {path}"));
        error(&request, 404, "not-found", "");
    }
    let (_, detail) = error(&request_with_host("GET /playback"), 404, "not-found", "");
    assert!(detail.contains("--serve"), "{detail}");
    for (request, allow) in [
        ("POST /livez", "get, head"),
        ("PUT /metrics", "get, head"),
        ("GET /history", "post"),
        ("HEAD /history/download", "post"),
        ("OPTIONS /playback/seek", "post"),
    ] {
        if request.starts_with("HEAD") {
            let request = request_with_host(request) + "connection: close\r\n\r\n";
            assert_eq!(status(server.connect_admin(), &request), 405);
            continue;
        }
        let (head, detail) = error(&request_with_host(request), 405, "method-not-allowed", "");
        assert!(head.contains(&format!("\r\nallow: {allow}\r\n")), "{head}");
        assert!(allow != "post" || detail.contains("curl -X POST ..."), "{detail}");
    }
    for class in ["http_not_found", "http_method"] {
        let count = server.metric(&format!("parlour_rejects_total{{class=\"{class}\"}}"));
        assert_eq!(count, 0.0, "{class}");
    }
    for path in ["/history", "/history/download"] {
        let request = request_with_host(&format!("POST {path}"));
        let (_, detail) = error(&request, 409, "no-history", "");
        assert!(detail.contains("--history 60s"), "{detail}");
    }
}

#[test]
fn a_second_history_within_a_second_is_answered_503_with_retry_after() {
    let server = start();
    let write = request_with_host("POST /history") + "connection: close\r\n\r\n";
    eventually("a history is written", || {
        status(server.connect_admin(), &write) == 200
    });
    let (head, detail) = admin_error(
        &server,
        &request_with_host("POST /history"),
        503,
        "history-busy",
        "",
    );
    assert!(head.contains("\r\nretry-after: 1\r\n"), "{head}");
    assert!(detail.contains("try again in a second"), "{detail}");
}

#[test]
fn a_head_request_is_answered_like_get_without_the_body() {
    let server = start();
    let check_head = |stream: TcpStream, path: &str| {
        let request =
            |method: &str| request_with_host(&format!("{method} {path}")) + "connection: close\r\n\r\n";
        let address = stream.peer_addr().unwrap();
        let (head, body) = exchange(stream, &request("HEAD"));
        let (get, _) = exchange(TcpStream::connect(address).unwrap(), &request("GET"));
        assert_eq!(body, "", "{path}");
        let comparable_lines = |head: &str| {
            head.lines()
                .filter(|line| !line.starts_with("date:") && !line.starts_with("content-length:"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(comparable_lines(&head), comparable_lines(&get), "{path}");
        assert!(head.contains("\r\ncontent-length: "), "{head}");
    };
    for path in ["/", "/nothing"] {
        check_head(server.connect(), path);
    }
    server.await_ready();
    for path in ["/", "/livez", "/readyz", "/metrics", "/nothing"] {
        check_head(server.connect_admin(), path);
    }
}

//! The admin port needs a token, or is on this machine only.

use std::net::{Ipv4Addr, SocketAddr};

use parlour::{AdminToken, Server, ServerOptions, StartError};
use parlour_sim::SimConfig;

use crate::support::{
    http::{self, status_of},
    test_server::{TestServer, start_with},
};

const TOKEN: &str = "correct-horse-battery-staple";

fn start() -> TestServer {
    start_with(|options| options.admin_token = Some(AdminToken::Text(TOKEN.parse().unwrap())))
}

/// Sends a request to the admin port with these header lines.
fn ask(server: &TestServer, line: &str, headers: &str) -> String {
    let request = format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
    http::exchange(server.connect_admin(), &request)
}

fn status(server: &TestServer, line: &str, headers: &str) -> u16 {
    status_of(&ask(server, line, headers))
}

#[test]
fn every_request_needs_the_token_except_health_checks() {
    let server = start();
    let right = format!("authorization: Bearer {TOKEN}\r\n");
    for line in [
        "GET /",
        "GET /metrics",
        "GET /worlds",
        "POST /history",
        "GET /nothing",
        "POST /livez/",
    ] {
        let answer = ask(&server, line, "");
        assert_eq!(status_of(&answer), 401, "{line}");
        assert!(answer.contains("\r\nwww-authenticate: Bearer realm="), "{answer}");
        assert!(
            answer.contains("/problems/admin-token") && answer.contains("\"admin_token\""),
            "{answer}"
        );
    }
    assert_eq!(status(&server, "GET /metrics", &right), 200);
    assert_eq!(
        status(&server, "GET /worlds", &right.replace("Bearer", "bearer")),
        200
    );
    assert_eq!(status(&server, "GET /nothing", &right), 404);
    for path in ["/livez", "/readyz"] {
        assert!(
            matches!(status(&server, &format!("GET {path}"), ""), 200 | 503),
            "{path}"
        );
    }
    let counted = ask(&server, "GET /metrics", &right);
    assert!(counted.contains("parlour_rejects_total{class=\"admin_token\"} 6\n"));
}

#[test]
fn only_the_whole_token_is_right() {
    let server = start();
    for headers in [
        format!("authorization: Bearer {TOKEN}x\r\n"),
        format!("authorization: Bearer {}\r\n", &TOKEN[1..]),
        format!("authorization: Bearer {}\r\n", TOKEN.to_uppercase()),
        format!("authorization: Basic {TOKEN}\r\n"),
        format!("authorization: {TOKEN}\r\n"),
        "authorization: Bearer \r\n".to_owned(),
        "authorization: Bearer\r\n".to_owned(),
        format!("authorization: Bearer {TOKEN}\r\nauthorization: Bearer {TOKEN}\r\n"),
        format!("x-authorization: Bearer {TOKEN}\r\n"),
    ] {
        let answer = ask(&server, "GET /metrics", &headers);
        assert_eq!(status_of(&answer), 401, "{headers}");
        assert!(!answer.contains(TOKEN), "{answer}");
    }
    assert_eq!(status(&server, &format!("GET /metrics?token={TOKEN}"), ""), 401);
}

#[test]
fn without_a_token_other_machines_must_not_reach_the_port() {
    let mut options = ServerOptions::new(SimConfig::new(Vec::new()));
    options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    for address in ["0.0.0.0:7374", "192.0.2.1:0", "[::]:7374"] {
        options.admin = address.parse().unwrap();
        let Err(error) = Server::start(options.clone()) else {
            panic!("the port is open to everyone: {address}")
        };
        assert!(matches!(error, StartError::AdminToken(_)), "{error}");
        let text = error.to_string();
        for words in [
            address,
            "needs a token",
            "--admin-token-file",
            "--admin 127.0.0.1:",
        ] {
            assert!(text.contains(words), "{words} in: {text}");
        }
    }
}

#[test]
fn with_a_token_other_machines_may_reach_the_port() {
    let server = start_with(|options| {
        options.admin = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        options.admin_token = Some(AdminToken::Text(TOKEN.parse().unwrap()));
    });
    assert_eq!(server.inner.admin_addr().ip(), Ipv4Addr::UNSPECIFIED);
}

#[test]
fn the_token_may_be_in_a_file() {
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/admin-token");
    std::fs::create_dir_all(folder).unwrap();
    let path = format!("{folder}/token-{}", std::process::id());
    std::fs::write(&path, format!("{TOKEN}\n")).unwrap();
    let server = start_with(|options| options.admin_token = Some(AdminToken::File(path.clone().into())));
    assert_eq!(
        status(
            &server,
            "GET /metrics",
            &format!("authorization: Bearer {TOKEN}\r\n")
        ),
        200
    );
    assert_eq!(status(&server, "GET /metrics", ""), 401);

    let mut options = ServerOptions::new(SimConfig::new(Vec::new()));
    options.admin_token = Some(AdminToken::File(path.clone().into()));
    for content in ["short\n", "", "two words and more words"] {
        std::fs::write(&path, content).unwrap();
        let error = options.check_admin_token().unwrap_err().to_string();
        assert!(error.contains(&path) && error.contains("16 to 512"), "{error}");
        assert!(
            content.trim().is_empty() || !error.contains(content.trim()),
            "{error}"
        );
    }
    std::fs::remove_file(&path).unwrap();
    let error = options.check_admin_token().unwrap_err().to_string();
    assert!(error.contains(&path) && error.contains("No such file"), "{error}");
}

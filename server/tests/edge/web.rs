//! Names under which the two ports answer, and web pages that may use them. The requests are those
//! that a browser sends.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};

use crate::support::{TestServer, start, start_with, status};

const UPGRADE: &str = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: parlour.v1\r\n";

/// Returns the status of an upgrade with these header lines.
fn upgrade(server: &TestServer, lines: &str) -> u16 {
    status(
        server.dial(),
        &format!("GET /ws HTTP/1.1\r\n{lines}{UPGRADE}\r\n"),
    )
}

/// Returns the status of a request to the admin port.
fn admin(server: &TestServer, request: &str, lines: &str) -> u16 {
    status(server.dial_admin(), &format!("{request} HTTP/1.1\r\n{lines}\r\n"))
}

#[track_caller]
fn answers(server: &TestServer, host: &str, expected: u16) {
    let line = format!("host: {host}\r\n");
    let good = |status: u16| if expected < 400 { status } else { expected };
    assert_eq!(upgrade(server, &line), good(101), "/ws at {host:?}");
    assert_eq!(
        status(server.dial(), &format!("GET / HTTP/1.1\r\n{line}\r\n")),
        good(200),
        "/ at {host:?}"
    );
    for path in ["/", "/livez", "/metrics", "/nothing"] {
        let expected = good(if path == "/nothing" { 404 } else { 200 });
        assert_eq!(
            admin(server, &format!("GET {path}"), &line),
            expected,
            "{path} at {host:?}"
        );
    }
}

#[test]
fn a_name_that_is_rebound_to_loopback_is_refused_on_both_ports() {
    let server = start();
    let rebound = "host: evil.example:7373\r\norigin: http://evil.example:7373\r\n";
    assert_eq!(upgrade(&server, rebound), 403);
    assert_eq!(
        upgrade(&server, "host: evil.example\r\norigin: http://evil.example\r\n"),
        403
    );
    assert_eq!(admin(&server, "GET /metrics", "host: evil.example:7374\r\n"), 403);
    server.await_metric("parlour_rejects_total{class=\"http_host\"}", 3.0);
}

#[test]
fn a_loopback_connection_accepts_only_loopback_names() {
    let server = start();
    for host in [
        "localhost",
        "localhost:7373",
        "LOCALHOST:1",
        "localhost.",
        "localhost:",
        "game.localhost:80",
        "127.0.0.1:7373",
        "127.9.8.7",
        "[::1]:7373",
        "[::1%25lo]",
        "[::ffff:127.0.0.1]",
    ] {
        answers(&server, host, 200);
    }
    for host in [
        "evil.example",
        "EVIL.example.:7373",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "notlocalhost",
        "x",
        "192.0.2.1",
        "0.0.0.0:7373",
        "[2001:db8::1]",
    ] {
        answers(&server, host, 403);
    }
}

#[test]
fn a_host_that_is_missing_repeated_or_malformed_is_400() {
    let server = start();
    for host in [
        "",
        ".",
        "a b",
        "a..b",
        "user@localhost",
        "localhost:99999",
        "localhost:+80",
        "localhost:x",
        "[::1",
        "::1",
        "localhost,evil.example",
        "http://localhost",
    ] {
        answers(&server, host, 400);
    }
    assert_eq!(upgrade(&server, ""), 400);
    assert_eq!(upgrade(&server, "host: localhost\r\nhost: localhost\r\n"), 400);
    assert_eq!(admin(&server, "GET /livez", ""), 400);
    assert_eq!(
        admin(&server, "GET /livez", "host: localhost\r\nhost: evil.example\r\n"),
        400
    );
    // Health checks of load balancers, which no browser could send.
    let plain = status(server.dial_admin(), "GET /livez HTTP/1.0\r\n\r\n");
    assert_eq!(plain, 200);
}

#[test]
fn an_absolute_target_takes_precedence_over_the_host_header() {
    let server = start();
    let public = |target: &str, host: &str| {
        status(
            server.dial(),
            &format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n"),
        )
    };
    assert_eq!(public("http://localhost/", "evil.example"), 200);
    assert_eq!(public("http://evil.example/", "localhost"), 403);
    assert_eq!(public("http://me@localhost/", "localhost"), 400);
    assert_eq!(
        admin(&server, "GET http://evil.example/metrics", "host: localhost\r\n"),
        403
    );
}

#[test]
fn configured_names_are_also_accepted() {
    let server = start_with(|options| {
        options.edge.allowed_hosts = ["play.example.org", "*.game.example"]
            .map(|host| host.parse().unwrap())
            .into();
    });
    for host in [
        "play.example.org",
        "Play.Example.org:443",
        "eu.game.example",
        "localhost",
    ] {
        answers(&server, host, 200);
    }
    for host in [
        "game.example",
        "example.org",
        "evil.play.example.org",
        "evilgame.example",
    ] {
        answers(&server, host, 403);
    }
    // The page that a proxy on this machine serves under that name.
    let page = "host: play.example.org\r\norigin: https://play.example.org\r\n";
    assert_eq!(upgrade(&server, page), 101);
    let server = start_with(|options| options.edge.allowed_hosts = vec!["*".parse().unwrap()]);
    answers(&server, "evil.example", 200);
}

/// Returns an address of this machine that is not loopback, or `None`. Sends nothing.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[test]
fn on_all_addresses_loopback_stays_strict_and_the_rest_accepts_any_name() {
    let everywhere = |hosts: &[&str]| {
        start_with(|options| {
            options.listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
            options.admin = options.listen;
            options.edge.allowed_hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
        })
    };
    // The statuses of the first page and of the metrics.
    let at = |server: &TestServer, ip: IpAddr, host: &str| {
        let dial = |port| TcpStream::connect((ip, port)).unwrap();
        let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let public = status(dial(server.address().port()), &get("/"));
        let admin = status(dial(server.server.admin_addr().port()), &get("/metrics"));
        (public, admin)
    };
    let (server, loopback) = (everywhere(&[]), Ipv4Addr::LOCALHOST.into());
    assert_eq!(at(&server, loopback, "evil.example"), (403, 403));
    assert_eq!(at(&server, loopback, "localhost"), (200, 200));
    // Without a network there is no other address to try.
    let Some(own) = own_address() else { return };
    assert_eq!(at(&server, own, "play.example.org"), (200, 200));
    // A Prometheus in the same network of containers needs no setting.
    assert_eq!(at(&server, own, "parlour:7374"), (200, 200));
    assert_eq!(at(&server, own, &own.to_string()), (200, 200));
    // A page whose name was rebound to the machine's own address cannot read private data.
    let post = |host: &str| {
        let stream = TcpStream::connect((own, server.server.admin_addr().port())).unwrap();
        status(
            stream,
            &format!("POST /history/download HTTP/1.1\r\nhost: {host}\r\n\r\n"),
        )
    };
    assert_eq!(post("evil.example"), 403);
    assert_ne!(post(&own.to_string()), 403);

    let server = everywhere(&["play.example.org"]);
    assert_eq!(at(&server, own, "play.example.org"), (200, 200));
    assert_eq!(at(&server, own, &own.to_string()), (200, 200));
    assert_eq!(at(&server, own, "evil.example"), (403, 403));
}

#[test]
fn the_admin_port_refuses_pages_from_other_sites() {
    let server = start();
    for path in ["/", "/livez", "/metrics", "/history", "/playback", "/nothing"] {
        for lines in [
            // An <img>, a link, and a form without an origin.
            "sec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors\r\nsec-fetch-dest: image\r\n",
            "sec-fetch-site: same-site\r\nsec-fetch-mode: navigate\r\n",
            "sec-fetch-site: none\r\nsec-fetch-site: none\r\n",
            "origin: https://evil.example\r\nsec-fetch-site: cross-site\r\n",
            "origin: null\r\n",
            "origin: http://localhost.evil.example\r\n",
            "origin: http://localhost\r\norigin: http://localhost\r\n",
        ] {
            let lines = format!("host: localhost\r\n{lines}");
            for method in ["GET", "POST", "OPTIONS"] {
                let status = admin(&server, &format!("{method} {path}"), &lines);
                assert_eq!(status, 403, "{method} {path} {lines}");
            }
        }
    }
    for lines in [
        "",
        "sec-fetch-site: none\r\n",
        "sec-fetch-site: same-origin\r\n",
        "origin: http://localhost:3000\r\nsec-fetch-site: same-site\r\n",
        "origin: http://[::1]:8000\r\nsec-fetch-site: cross-site\r\n",
    ] {
        let lines = format!("host: 127.0.0.1:7374\r\n{lines}");
        assert_eq!(admin(&server, "GET /metrics", &lines), 200, "{lines}");
    }
}

#[test]
fn every_answer_keeps_other_origins_from_embedding_it() {
    let server = start();
    let sealed = |answer: String| {
        let head = answer.to_ascii_lowercase();
        assert!(
            head.contains("\r\ncross-origin-resource-policy: same-origin\r\n"),
            "{answer}"
        );
        assert!(
            head.contains("\r\nx-content-type-options: nosniff\r\n"),
            "{answer}"
        );
    };
    for path in ["/", "/livez", "/metrics", "/history", "/nothing"] {
        sealed(server.admin(path));
    }
    for request in [
        "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET /ws HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n",
        "GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ] {
        sealed(server.request(request));
    }
}

#[test]
fn allowed_origins_may_be_custom_schemes_and_wildcards_and_default_ports_are_equal() {
    let server = start_with(|options| {
        options.edge.allowed_origins = [
            "https://good.org",
            "https://port.example:443",
            "http://plain.example:80/",
            "https://*.game.example",
            "capacitor://localhost",
        ]
        .map(|origin| origin.parse().unwrap())
        .into();
    });
    let from = |origin: &str| upgrade(&server, &format!("host: localhost\r\norigin: {origin}\r\n"));
    for origin in [
        "https://good.org",
        "https://GOOD.org:443",
        "https://port.example",
        "http://plain.example",
        "https://eu.game.example",
        "https://a.b.game.example",
        "capacitor://localhost",
    ] {
        assert_eq!(from(origin), 101, "{origin}");
    }
    for origin in [
        "https://evil.org",
        "null",
        "http://good.org",
        "https://good.org:444",
        "https://game.example",
        "https://evilgame.example",
        "https://eu.game.example.evil.org",
        "http://eu.game.example",
        "ionic://localhost",
        "http://localhost",
    ] {
        assert_eq!(from(origin), 403, "{origin}");
    }
}

#[test]
fn both_ports_apply_one_rule_to_web_pages() {
    let open = start();
    let listed = start_with(|options| {
        options.edge.allowed_origins = vec!["https://game.example".parse().unwrap()];
    });
    let any = start_with(|options| options.edge.allowed_origins = vec!["*".parse().unwrap()]);
    // Header lines; whether `/ws` admits them without a list, with one, and with `*`; whether the
    // admin port does.
    for (lines, [without, with_list, with_any], on_admin) in [
        // A tool, or a person at the address bar.
        ("", [true, true, true], true),
        ("sec-fetch-site: none\r\n", [true, true, true], true),
        // A page of the server's own origin.
        ("sec-fetch-site: same-origin\r\n", [true, true, true], true),
        ("origin: http://localhost:3000\r\n", [true, false, true], true),
        ("origin: http://localhost\r\n", [true, false, true], true),
        // The list does not apply to the admin port.
        ("origin: https://game.example\r\n", [false, true, true], false),
        ("origin: https://evil.example\r\n", [false, false, true], false),
        ("origin: null\r\n", [false, false, true], false),
        ("sec-fetch-site: same-site\r\n", [false, false, true], false),
        ("sec-fetch-site: cross-site\r\n", [false, false, true], false),
        // No browser repeats these headers.
        (
            "origin: http://localhost\r\norigin: http://localhost\r\n",
            [false, false, false],
            false,
        ),
        (
            "sec-fetch-site: none\r\nsec-fetch-site: none\r\n",
            [false, false, false],
            false,
        ),
    ] {
        let lines = format!("host: localhost\r\n{lines}");
        for (server, allowed) in [(&open, without), (&listed, with_list), (&any, with_any)] {
            let expected = if allowed { 101 } else { 403 };
            assert_eq!(upgrade(server, &lines), expected, "/ws {lines}");
            // Every page may read the first page.
            let first = status(server.dial(), &format!("GET / HTTP/1.1\r\n{lines}\r\n"));
            assert_eq!(first, 200, "/ {lines}");
            for (request, expected) in [
                ("GET /", 200),
                ("GET /metrics", 200),
                ("GET /history", 405),
                ("GET /playback", 404),
                ("POST /playback/pause", 404),
                ("GET /nothing", 404),
            ] {
                let expected = if on_admin { expected } else { 403 };
                assert_eq!(admin(server, request, &lines), expected, "{request} {lines}");
            }
        }
    }
}

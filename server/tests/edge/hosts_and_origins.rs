//! Which host names the two ports answer to, and which web pages may use them. The requests are
//! those of a browser.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};

use crate::support::{
    http::{UPGRADE_HEADERS, status},
    test_server::{TestServer, start, start_with},
};
use parlour::AdminToken;

/// Returns the status of an upgrade with these header lines.
fn upgrade_status(server: &TestServer, lines: &str) -> u16 {
    status(
        server.connect(),
        &format!("GET /ws HTTP/1.1\r\n{lines}{UPGRADE_HEADERS}\r\n"),
    )
}

/// Returns the status of a request to the admin port.
fn admin_status(server: &TestServer, request: &str, lines: &str) -> u16 {
    status(
        server.connect_admin(),
        &format!("{request} HTTP/1.1\r\n{lines}\r\n"),
    )
}

/// Sends requests with a host name to both ports. Checks that they are answered as usual, or with
/// the status of an error.
#[track_caller]
fn check_host(server: &TestServer, host: &str, error: Option<u16>) {
    let line = format!("host: {host}\r\n");
    let expected = |usual: u16| error.unwrap_or(usual);
    assert_eq!(upgrade_status(server, &line), expected(101), "/ws at {host:?}");
    assert_eq!(
        status(server.connect(), &format!("GET / HTTP/1.1\r\n{line}\r\n")),
        expected(200),
        "/ at {host:?}"
    );
    for path in ["/", "/livez", "/metrics", "/nothing"] {
        let usual = if path == "/nothing" { 404 } else { 200 };
        assert_eq!(
            admin_status(server, &format!("GET {path}"), &line),
            expected(usual),
            "{path} at {host:?}"
        );
    }
}

#[test]
fn a_host_name_that_was_rebound_to_loopback_is_rejected_on_both_ports() {
    let server = start();
    let rebound = "host: evil.example:7373\r\norigin: http://evil.example:7373\r\n";
    assert_eq!(upgrade_status(&server, rebound), 403);
    assert_eq!(
        upgrade_status(&server, "host: evil.example\r\norigin: http://evil.example\r\n"),
        403
    );
    assert_eq!(
        admin_status(&server, "GET /metrics", "host: evil.example:7374\r\n"),
        403
    );
    server.await_metric("parlour_rejects_total{class=\"http_host\"}", 3.0);
}

#[test]
fn a_loopback_connection_accepts_only_loopback_host_names() {
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
        check_host(&server, host, None);
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
        check_host(&server, host, Some(403));
    }
}

#[test]
fn a_missing_repeated_or_malformed_host_is_answered_400() {
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
        check_host(&server, host, Some(400));
    }
    assert_eq!(upgrade_status(&server, ""), 400);
    assert_eq!(
        upgrade_status(&server, "host: localhost\r\nhost: localhost\r\n"),
        400
    );
    assert_eq!(admin_status(&server, "GET /livez", ""), 400);
    assert_eq!(
        admin_status(&server, "GET /livez", "host: localhost\r\nhost: evil.example\r\n"),
        400
    );
    // HTTP/1.0 needs no host. Load balancers use it for health checks; browsers cannot.
    let health = status(server.connect_admin(), "GET /livez HTTP/1.0\r\n\r\n");
    assert_eq!(health, 200);
}

#[test]
fn an_absolute_target_takes_precedence_over_the_host_header() {
    let server = start();
    let public = |target: &str, host: &str| {
        status(
            server.connect(),
            &format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n"),
        )
    };
    assert_eq!(public("http://localhost/", "evil.example"), 200);
    assert_eq!(public("http://evil.example/", "localhost"), 403);
    assert_eq!(public("http://me@localhost/", "localhost"), 400);
    assert_eq!(
        admin_status(&server, "GET http://evil.example/metrics", "host: localhost\r\n"),
        403
    );
}

#[test]
fn configured_host_names_are_accepted() {
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
        check_host(&server, host, None);
    }
    for host in [
        "game.example",
        "example.org",
        "evil.play.example.org",
        "evilgame.example",
    ] {
        check_host(&server, host, Some(403));
    }
    // A proxy on this machine serves the page under that name.
    let page = "host: play.example.org\r\norigin: https://play.example.org\r\n";
    assert_eq!(upgrade_status(&server, page), 101);
    let server = start_with(|options| options.edge.allowed_hosts = vec!["*".parse().unwrap()]);
    check_host(&server, "evil.example", None);
}

/// Returns an address of this machine that is not loopback, or `None`. Sends nothing.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[test]
fn a_server_on_all_addresses_accepts_any_host_name_except_on_loopback() {
    // An admin port that other machines can reach needs a token.
    let token = "correct-horse-battery-staple";
    let authorized = format!("authorization: Bearer {token}\r\n");
    let everywhere = |hosts: &[&str]| {
        start_with(|options| {
            options.listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
            options.auth.guests = parlour::auth::GuestMode::On;
            options.admin = options.listen;
            options.admin_token = Some(AdminToken::Text(token.parse().unwrap()));
            options.edge.allowed_hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
        })
    };
    // Returns the statuses of the index page and of the metrics.
    let statuses = |server: &TestServer, ip: IpAddr, host: &str| {
        let dial = |port| TcpStream::connect((ip, port)).unwrap();
        let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{authorized}\r\n");
        let public = status(dial(server.address().port()), &get("/"));
        let admin = status(dial(server.inner.admin_addr().port()), &get("/metrics"));
        (public, admin)
    };
    let (server, loopback) = (everywhere(&[]), Ipv4Addr::LOCALHOST.into());
    assert_eq!(statuses(&server, loopback, "evil.example"), (403, 403));
    assert_eq!(statuses(&server, loopback, "localhost"), (200, 200));
    // Without a network there is no other address to try.
    let Some(own) = own_address() else { return };
    assert_eq!(statuses(&server, own, "play.example.org"), (200, 200));
    // A Prometheus in the same network of containers needs no setting.
    assert_eq!(statuses(&server, own, "parlour:7374"), (200, 200));
    assert_eq!(statuses(&server, own, &own.to_string()), (200, 200));
    // A page whose name was rebound to the machine's own address cannot read private data.
    let post = |host: &str| {
        let stream = TcpStream::connect((own, server.inner.admin_addr().port())).unwrap();
        status(
            stream,
            &format!("POST /history/download HTTP/1.1\r\nhost: {host}\r\n{authorized}\r\n"),
        )
    };
    assert_eq!(post("evil.example"), 403);
    assert_ne!(post(&own.to_string()), 403);

    let server = everywhere(&["play.example.org"]);
    assert_eq!(statuses(&server, own, "play.example.org"), (200, 200));
    assert_eq!(statuses(&server, own, &own.to_string()), (200, 200));
    assert_eq!(statuses(&server, own, "evil.example"), (403, 403));
}

#[test]
fn the_admin_port_rejects_pages_of_other_sites() {
    let server = start();
    for path in ["/", "/livez", "/metrics", "/history", "/playback", "/nothing"] {
        for lines in [
            // An image, a link, and a form without an origin.
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
                let status = admin_status(&server, &format!("{method} {path}"), &lines);
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
        assert_eq!(admin_status(&server, "GET /metrics", &lines), 200, "{lines}");
    }
}

#[test]
fn no_page_of_a_different_origin_can_embed_an_answer() {
    let server = start();
    let check_headers = |answer: String| {
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
        check_headers(server.get_admin(path));
    }
    for request in [
        "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET /ws HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n",
        "GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ] {
        check_headers(server.request(request));
    }
}

#[test]
fn allowed_origins_may_have_wildcards_custom_schemes_and_default_ports() {
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
    let status_from =
        |origin: &str| upgrade_status(&server, &format!("host: localhost\r\norigin: {origin}\r\n"));
    for origin in [
        "https://good.org",
        "https://GOOD.org:443",
        "https://port.example",
        "http://plain.example",
        "https://eu.game.example",
        "https://a.b.game.example",
        "capacitor://localhost",
    ] {
        assert_eq!(status_from(origin), 101, "{origin}");
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
        assert_eq!(status_from(origin), 403, "{origin}");
    }
}

#[test]
fn both_ports_apply_the_same_rule_to_web_pages() {
    let open = start();
    let listed = start_with(|options| {
        options.edge.allowed_origins = vec!["https://game.example".parse().unwrap()];
    });
    let any = start_with(|options| options.edge.allowed_origins = vec!["*".parse().unwrap()]);
    // Header lines; whether `/ws` accepts them without a list of origins, with one, and with `*`;
    // whether the admin port accepts them.
    for (lines, [without, with_list, with_any], on_admin) in [
        // A tool, or a person who types the address.
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
            assert_eq!(upgrade_status(server, &lines), expected, "/ws {lines}");
            // Every page may read the index page.
            let index = status(server.connect(), &format!("GET / HTTP/1.1\r\n{lines}\r\n"));
            assert_eq!(index, 200, "/ {lines}");
            for (request, expected) in [
                ("GET /", 200),
                ("GET /metrics", 200),
                ("GET /history", 405),
                ("GET /playback", 404),
                ("POST /playback/pause", 404),
                ("GET /nothing", 404),
            ] {
                let expected = if on_admin { expected } else { 403 };
                assert_eq!(
                    admin_status(server, request, &lines),
                    expected,
                    "{request} {lines}"
                );
            }
        }
    }
}

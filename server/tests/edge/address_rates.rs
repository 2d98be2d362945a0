//! The rates of handshakes and hellos per address. The limits themselves are tested in virtual time
//! (server/src/key_limiter/tests.rs).

use parlour::ServerOptions;
use parlour_shared::message::ServerMessage;

use crate::support::{
    http::{self, GET_INDEX, status_of},
    raw_client::RawClient,
    test_server::{TestServer, start_with},
};

/// Starts a server behind a proxy on this machine, so that a test can have any address. Its limits
/// never recover during a test.
fn start(handshakes: &str, hellos: &str) -> TestServer {
    start_with(|options| {
        set_rates(options, handshakes, hellos);
        options.edge.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
}

fn set_rates(options: &mut ServerOptions, handshakes: &str, hellos: &str) {
    options.edge.handshakes_per_address = Some(handshakes.parse().unwrap());
    options.edge.hellos_per_address = Some(hellos.parse().unwrap());
}

fn index(server: &TestServer, address: &str) -> String {
    server.request(&GET_INDEX.replace("host:", &format!("x-forwarded-for: {address}\r\nhost:")))
}

fn open(server: &TestServer, address: &str) -> RawClient {
    RawClient::upgrade_with_headers(server.connect(), "parlour.v1", &[("x-forwarded-for", address)])
}

#[test]
fn an_address_that_connects_too_often_gets_429_and_the_time_to_wait() {
    let server = start("3 burst, 1/2h", "1000 burst, 1000/s");
    for _ in 0..3 {
        assert_eq!(status_of(&index(&server, "192.0.2.1")), 200);
    }
    let answer = index(&server, "192.0.2.1");
    assert_eq!(status_of(&answer), 429, "{answer}");
    let (head, body) = http::head_and_body(&answer);
    let wait = head
        .lines()
        .find_map(|line| line.strip_prefix("retry-after: "))
        .expect(head);
    assert!((7_000..=7_200).contains(&wait.parse::<u32>().unwrap()), "{wait}");
    assert!(
        body.contains("/problems/rate-limited") && body.contains("\"handshake_rate\""),
        "{body}"
    );
    server.await_metric("parlour_rejects_total{class=\"handshake_rate\"}", 1.0);
    // Each address has its own limit, and a /64 has one.
    for address in ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.2"] {
        assert_eq!(status_of(&index(&server, address)), 200, "{address}");
    }
    assert_eq!(status_of(&index(&server, "2001:db8::4")), 429);
    server.await_metric("parlour_limiter_keys{limit=\"handshakes\"}", 3.0);
}

#[test]
fn an_address_that_sends_too_many_hellos_is_closed_with_4004_and_the_time_to_wait() {
    let server = start("1000 burst, 1000/s", "2 burst, 1/1h");
    let _players = [0, 1].map(|_| {
        let mut player = open(&server, "192.0.2.1");
        player.hello("ann");
        player
    });
    let mut client = open(&server, "192.0.2.1");
    client.send_hello("ann");
    let closing = client.wait_for(|message| match message {
        ServerMessage::Closing(closing) => Some(closing),
        _ => None,
    });
    assert!(
        (3_500_000..3_700_000).contains(&closing.reconnect_after_ms),
        "{closing:?}"
    );
    assert_eq!(client.close_code(), 4004);
    server.await_metric("parlour_rejects_total{class=\"hello_rate\"}", 1.0);
    open(&server, "192.0.2.2").hello("bob");
}

#[test]
fn this_machine_and_trusted_proxies_have_no_rate() {
    let direct = start_with(|options| set_rates(options, "1 burst, 1/1h", "1 burst, 1/1h"));
    let proxied = start("1 burst, 1/1h", "1 burst, 1/1h");
    for server in [direct, proxied] {
        let _players: Vec<RawClient> = (0..5).map(|_| server.player("ann")).collect();
        assert_eq!(server.metric("parlour_limiter_keys{limit=\"hellos\"}"), 0.0);
    }
}

#[test]
fn a_limit_can_be_switched_off() {
    let server = start_with(|options| {
        options.edge.handshakes_per_address = None;
        options.edge.hellos_per_address = None;
        options.edge.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    for _ in 0..5 {
        open(&server, "192.0.2.1").hello("ann");
    }
    assert_eq!(server.metric("parlour_limiter_keys{limit=\"handshakes\"}"), 0.0);
}

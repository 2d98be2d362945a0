//! A person who types JSON over loopback has more time for the hello.

use std::time::{Duration, Instant};

use parlour::ServerOptions;
use parlour_shared::message::ServerMessage;
use parlour_sim::SimConfig;

use crate::support::{
    http::GET_INDEX,
    raw_client::RawClient,
    test_server::{start, start_with},
};

/// The time for the hello of all other clients.
const SHORT: Duration = Duration::from_millis(300);

#[test]
fn json_over_loopback_has_more_time_for_the_hello() {
    let server = start_with(|options| options.edge.handshake_timeout = SHORT);
    let mut person = server.websocket("parlour.v1.json");
    for mut other in [
        server.websocket("parlour.v1"),
        RawClient::upgrade_with_headers(
            server.connect(),
            "parlour.v1.json",
            &[("x-forwarded-for", "192.0.2.1")],
        ),
    ] {
        let reason = "no hello within 0.3 s of connecting".to_owned();
        assert_eq!(other.close_code_and_reason(), (4408, reason));
    }
    // They connected after the person: the short time is also over for the person.
    person.send_hello("ann");
    assert!(matches!(person.next_message(), ServerMessage::Welcome(welcome) if welcome.name == "ann"));
}

#[test]
fn a_typed_hello_has_a_minute_or_a_longer_handshake_timeout() {
    let mut options = ServerOptions::new(SimConfig::new(Vec::new()));
    let seconds_for_hello = |options: &ServerOptions, address: &str| {
        options
            .edge
            .time_to_type_hello(address.parse().unwrap())
            .as_secs()
    };
    for (address, seconds) in [
        ("127.0.0.1", 60),
        ("::1", 60),
        ("::ffff:127.0.0.1", 60),
        ("192.0.2.1", 5),
    ] {
        assert_eq!(seconds_for_hello(&options, address), seconds, "{address}");
    }
    options.edge.handshake_timeout = Duration::from_secs(90);
    assert_eq!(seconds_for_hello(&options, "127.0.0.1"), 90);
}

#[test]
fn the_longer_time_has_an_end() {
    let server = start_with(|options| {
        options.edge.handshake_timeout = SHORT;
        options.edge.typed_hello_timeout = 3 * SHORT;
    });
    let begin = Instant::now();
    let (code, reason) = server.websocket("parlour.v1.json").close_code_and_reason();
    assert_eq!((code, &*reason), (4408, "no hello within 0.9 s of connecting"));
    assert!(begin.elapsed() >= 3 * SHORT, "{:?}", begin.elapsed());
    server.await_metric("parlour_unauthenticated_connections", 0.0);
}

#[test]
fn at_most_16_typed_hellos_wait_longer_and_do_not_count_for_the_limit_per_address() {
    let server = start_with(|options| {
        options.edge.handshake_timeout = SHORT;
        options.edge.max_unauthenticated_per_address = 1;
    });
    let persons: Vec<RawClient> = (0..16).map(|_| server.websocket("parlour.v1.json")).collect();
    // All 16 places with the longer time are taken.
    let (code, reason) = server.websocket("parlour.v1.json").close_code_and_reason();
    assert_eq!((code, &*reason), (4408, "no hello within 0.3 s of connecting"));
    server.await_metric("parlour_unauthenticated_connections", 16.0);
    server.player("ann");
    drop(persons);
    server.await_metric("parlour_unauthenticated_connections", 0.0);
}

#[test]
fn the_index_page_says_how_long_a_hello_may_take() {
    let server = start();
    let page = server.request(GET_INDEX);
    assert!(page.contains("with the hello within 60 s:\n"), "{page}");
}

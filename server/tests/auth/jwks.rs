//! Keys from an address.

use std::time::{Duration, Instant};

use parlour_testing::eventually;
use serde_json::Value;

use crate::{
    support::test_server::{TestServer, start_with},
    tokens::{Oracle, send_hello, welcome},
};

/// The vectors: tokens that are valid long after the time for which they were made.
fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../assets/auth/vectors.json")).unwrap()
}

/// Returns a JWK set with the key of this algorithm.
fn key_set(algorithm: &str) -> String {
    let vectors = vectors();
    let keys = vectors["keys"]["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["alg"] == algorithm).unwrap();
    format!("{{\"keys\":[{key}]}}")
}

/// Returns a token of this algorithm that does not expire.
fn token(algorithm: &str) -> String {
    let vectors = vectors();
    let good = vectors["good"].as_array().unwrap();
    let wanted = format!("{algorithm}: expires in the year 9999");
    let vector = good
        .iter()
        .find(|vector| vector["name"].as_str().unwrap().starts_with(&wanted));
    vector.unwrap()["token"].as_str().unwrap().to_owned()
}

fn serve_keys_of(oracle: &Oracle) -> TestServer {
    start_with(|options| options.auth.jwks_url = Some(oracle.url("/keys")))
}

fn close_code(server: &TestServer, token: &str) -> u16 {
    let mut client = server.websocket("parlour.v1");
    send_hello(&mut client, Some(token));
    client.close_code()
}

fn opens(server: &TestServer, token: &str) {
    let mut client = server.websocket("parlour.v1");
    send_hello(&mut client, Some(token));
    welcome(&mut client);
}

#[test]
fn the_keys_of_an_address_verify_tokens() {
    for algorithm in ["ES256", "RS256", "EdDSA"] {
        let oracle = Oracle::start(Some((200, key_set(algorithm))));
        let server = serve_keys_of(&oracle);
        opens(&server, &token(algorithm));
        assert!(
            oracle.last().starts_with("GET /keys HTTP/1.1\r\n"),
            "{}",
            oracle.last()
        );
    }
}

#[test]
fn unknown_keys_cause_at_most_one_fetch_a_minute() {
    let oracle = Oracle::start(Some((200, key_set("ES256"))));
    let server = serve_keys_of(&oracle);
    opens(&server, &token("ES256"));
    for _ in 0..20 {
        assert_eq!(close_code(&server, &token("ES384")), 4401);
    }
    assert_eq!(oracle.requests(), 1);
    assert_eq!(
        server.metric("parlour_auth_failures_total{reason=\"unknown_key\"}"),
        20.0
    );
}

#[test]
fn a_fetch_that_hangs_delays_only_tokens_with_unknown_keys() {
    let oracle = Oracle::start(None);
    let path = crate::tokens::directory("hanging_fetch").join("keys.json");
    std::fs::write(&path, key_set("ES256")).unwrap();
    let server = start_with(|options| {
        options.auth.jwks_url = Some(oracle.url("/keys"));
        options.auth.token_keys = Some(path);
    });
    eventually("the fetch has begun", || oracle.requests() == 1);
    let mut waiting: Vec<_> = (0..70)
        .map(|_| {
            let mut client = server.websocket("parlour.v1");
            send_hello(&mut client, Some(&token("ES384")));
            client
        })
        .collect();
    let begin = Instant::now();
    opens(&server, &token("ES256"));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    // At most 64 wait; the others must try again. The rest is refused in the same way when the
    // fetch has failed, because there were never any keys.
    for client in &mut waiting {
        assert_eq!(client.close_code(), 1013);
    }
    assert_eq!(oracle.requests(), 1);
}

#[test]
fn without_any_keys_clients_must_try_again() {
    for answer in [
        (500, String::new()),
        (200, "<html>".to_owned()),
        (302, String::new()),
    ] {
        let oracle = Oracle::start(Some(answer));
        let server = serve_keys_of(&oracle);
        assert_eq!(close_code(&server, &token("ES256")), 1013);
        assert_eq!(oracle.requests(), 1);
    }
}

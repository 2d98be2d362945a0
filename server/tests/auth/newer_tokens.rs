//! A client sends a newer token before the old one expires.

use std::time::{Duration, Instant};

use parlour::auth::NewToken;
use parlour_shared::message::{Authenticate, ClientMessage, Join, Refusal, ServerMessage};
use parlour_testing::eventually;

use crate::{
    support::{raw_client::RawClient, test_server::start},
    tokens::{guarded, send_hello, welcome},
};

/// Sends a newer token. Returns the refusal, if there is one.
fn renew(client: &mut RawClient, token: String) -> Option<Refusal> {
    client.send(&ClientMessage::Authenticate(Authenticate { request: 5, token }));
    let (request, refusal) = client.answer();
    assert_eq!(request, 5);
    refusal
}

#[test]
fn a_newer_token_prolongs_the_session() {
    let guarded = guarded("prolonged", |options| options.auth.rules.leeway = Duration::ZERO);
    let short = guarded.sign(&NewToken::of_user("ada").valid_for(Duration::from_secs(3)));
    let mut client = guarded.player(&short);
    assert_eq!(renew(&mut client, guarded.token("ada")), None);
    // Longer than the first token was valid.
    let begin = Instant::now();
    eventually("the first token has expired", || {
        begin.elapsed() > Duration::from_secs(4)
    });
    client.ping();
}

#[test]
fn a_newer_token_for_a_different_user_is_refused_and_the_session_goes_on() {
    let guarded = guarded("different_user", |_| {});
    let mut client = guarded.player(&guarded.token("ada"));
    assert_eq!(renew(&mut client, guarded.token("eve")), Some(Refusal::Forbidden));
    assert_eq!(renew(&mut client, "a.b.c".to_owned()), Some(Refusal::Forbidden));
    assert_eq!(
        (guarded.failures("other_user"), guarded.failures("malformed")),
        (1.0, 1.0)
    );
    client.join("plaza");
}

#[test]
fn a_newer_token_changes_the_granted_rooms() {
    let guarded = guarded("changed_grants", |_| {});
    let granting = |room: &str| guarded.sign(&NewToken::of_user("ada").room(room.parse().unwrap()));
    let mut client = guarded.player(&granting("plaza/1"));
    client.join("plaza/1");
    assert_eq!(renew(&mut client, granting("plaza/2")), None);
    client.send(&ClientMessage::Join(Join::room(6, "plaza")));
    assert_eq!(client.answer(), (6, Some(Refusal::Forbidden)));
    client.join("plaza/2");
}

#[test]
fn newer_tokens_are_limited_to_5_at_once() {
    let guarded = guarded("limited", |_| {});
    let mut client = guarded.player(&guarded.token("ada"));
    for _ in 0..5 {
        assert_eq!(renew(&mut client, guarded.token("ada")), None);
    }
    let refused = renew(&mut client, guarded.token("ada"));
    assert!(
        matches!(refused, Some(Refusal::RateLimited { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_guest_cannot_become_a_user() {
    let server = start();
    let mut client = server.websocket("parlour.v1");
    send_hello(&mut client, None);
    welcome(&mut client);
    assert_eq!(renew(&mut client, "a.b.c".to_owned()), Some(Refusal::Forbidden));
    client.send(&ClientMessage::Ping { nonce: 1 });
    client.wait_for(|message| matches!(message, ServerMessage::Pong(_)).then_some(()));
}

//! Guests are a mode of their own.

use parlour::{Server, ServerOptions, auth::GuestMode};
use parlour_sim::SimConfig;

use crate::{
    support::test_server::{start, start_with},
    tokens::{guarded, send_hello, welcome},
};

#[test]
fn on_loopback_without_keys_guests_are_welcome() {
    let server = start();
    let mut client = server.websocket("parlour.v1");
    send_hello(&mut client, None);
    assert_eq!(welcome(&mut client).name, "Guest");
}

#[test]
fn with_keys_a_client_needs_a_token() {
    let guarded = guarded("with_keys", |_| {});
    assert_eq!(guarded.hello(None).close_code(), 4401);
    assert_eq!(guarded.failures("no_token"), 1.0);
    welcome(&mut guarded.hello(Some(&guarded.token("ada"))));
}

#[test]
fn with_guests_on_both_are_welcome_and_a_bad_token_is_not_a_guest() {
    let guarded = guarded("both", |options| options.auth.guests = GuestMode::On);
    welcome(&mut guarded.hello(None));
    welcome(&mut guarded.hello(Some(&guarded.token("ada"))));
    assert_eq!(guarded.hello(Some("a.b.c")).close_code(), 4401);
}

#[test]
fn a_server_that_would_admit_nobody_does_not_start() {
    let start = |change: fn(&mut ServerOptions)| {
        let mut options = ServerOptions::new(SimConfig::new(Vec::new()));
        options.listen = "127.0.0.1:0".parse().unwrap();
        options.admin = options.listen;
        options.recording.history = std::time::Duration::ZERO;
        change(&mut options);
        Server::start(options)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    let refused = start(|options| options.listen = "0.0.0.0:0".parse().unwrap()).unwrap_err();
    for words in [
        "nobody could connect to 0.0.0.0:0",
        "--guests on",
        "--token-keys",
        "loopback",
    ] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    let refused = start(|options| options.auth.guests = GuestMode::Off).unwrap_err();
    assert!(
        refused.contains("nobody could connect") && !refused.contains("By default"),
        "{refused}"
    );
    start(|options| {
        options.listen = "0.0.0.0:0".parse().unwrap();
        options.auth.guests = GuestMode::On;
    })
    .unwrap();
}

#[test]
fn without_keys_a_token_is_not_accepted() {
    let server = start_with(|_| {});
    let mut client = server.websocket("parlour.v1.json");
    send_hello(&mut client, Some("a.b.c"));
    let (code, reason) = client.close_code_and_reason();
    assert_eq!(code, 4401);
    assert!(reason.contains("cannot verify tokens"), "{reason}");
}
